"""Looks at what the chart makes, without a cluster: for the tests."""
