"""``python -m grafana.build`` writes grafana/dashboards and docs/dashboards.md; ``--check`` only says what differs."""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from grafana.build.docs import documentation
from grafana.build.overview import overview
from grafana.build.query import Json
from grafana.build.runbook import runbook
from grafana.build.tickets import ticket_board

ROOT: Final = Path(__file__).resolve().parents[2]
DASHBOARDS: Final = ROOT / "grafana" / "dashboards"
RUNBOOK: Final = ROOT / "docs" / "runbook.md"
PAGE: Final = ROOT / "docs" / "dashboards.md"


def boards() -> list[Json]:
    """Return every dashboard."""
    return [overview(), ticket_board(), runbook(RUNBOOK.read_text(encoding="utf-8"))]


def rendered() -> dict[Path, str]:
    """Return what each file should hold."""
    found = boards()
    files = {
        DASHBOARDS / f"{board['uid'].removeprefix('umbrella-')}.json": json.dumps(board, indent=1, ensure_ascii=False)
        + "\n"
        for board in found
    }
    return {**files, PAGE: documentation([board for board in found if board["templating"]["list"]])}


def differing(directory: Path, wanted: dict[Path, str]) -> list[str]:
    """Return the names of files that are missing, differ, or are no longer written by the builder.

    Args:
        directory: every JSON file below it must be among those wanted.
        wanted: text by path.
    """
    candidates = {*directory.glob("**/*.json"), *(path for path in wanted if path.exists())}
    present = {path: path.read_text(encoding="utf-8") for path in candidates}
    return sorted(path.name for path in present.keys() | wanted.keys() if present.get(path) != wanted.get(path))


def main(arguments: list[str] | None = None) -> int:
    """Write or compare; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grafana.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs")
    check: bool = parser.parse_args(arguments).check
    wanted = rendered()
    if check:
        names = differing(DASHBOARDS, wanted)
        if names:
            sys.stderr.write(f"{', '.join(names)}: not what grafana/build writes; run python -m grafana.build\n")
        return 1 if names else 0
    DASHBOARDS.mkdir(parents=True, exist_ok=True)
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
