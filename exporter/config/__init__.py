"""The configuration: one YAML file, environment variables and secret files."""

from exporter.config.loading import load
from exporter.config.model import Config
from exporter.config.secret_files import secrets_of

__all__ = ["Config", "load", "secrets_of"]
