"""The demo's synthetic data."""
