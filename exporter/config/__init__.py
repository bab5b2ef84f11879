"""The configuration: one YAML file, environment variables and secret files."""
