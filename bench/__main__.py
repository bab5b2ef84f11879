"""``make bench``: every number to meet, beside a naive way measured in the same run."""

import importlib
import os
import sys
from typing import Final

PARTS: Final = ("tickets", "scrape", "slurm_accounts", "arrivals", "alerting", "end_to_end")


def main() -> None:
    """Run the parts named as arguments, all by default, and print one table in Markdown."""
    chosen = sys.argv[1:] or PARTS
    unknown = set(chosen) - set(PARTS)
    if unknown:
        sys.exit(f"no part {', '.join(sorted(unknown))}; expected some of {', '.join(PARTS)}")
    print(f"{os.cpu_count()} processors; load before the run {os.getloadavg()[0]:.1f}", flush=True)
    print("\n| work | naive | umbrella | target |\n|---|---|---|---|", flush=True)
    for part in chosen:
        for row in importlib.import_module(f"bench.{part}").rows():
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
