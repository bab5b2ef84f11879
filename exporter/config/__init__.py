"""The configuration: one YAML file, environment variables and secret files."""

from exporter.config.loading import load
from exporter.config.model import Config

__all__ = ["Config", "load"]
