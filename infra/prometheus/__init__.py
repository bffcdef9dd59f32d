"""Prometheus's rules for the programs, and what is known of the metrics that they are made of."""
