"""Grafana's dashboards as typed Python: pure functions that return the JSON which provisioning loads."""
