"""Grafana's dashboards, described in Python and written as JSON by `python -m infra.grafana`."""
