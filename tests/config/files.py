"""Configuration files for the tests."""

from pathlib import Path

from exporter.config import Config, load


def read(folder: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    """Load a file with this text."""
    path = folder / "umbrella.yml"
    path.write_text(text)
    return load(path, environ or {})
