"""Grafana's provisioning, dashboards, and the builder that writes them."""
