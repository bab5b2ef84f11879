"""Entry point: ``umbrella`` and ``python -m exporter``."""

import sys

from exporter.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
