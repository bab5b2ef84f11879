"""Backtest of the ticket spike alerts: false alarms, planted spikes found, how soon; beside the usual recipe.

``python -m bench.arrivals`` walks through the demo's history and a busier, over-dispersed simulated help desk;
``--url`` adds a real osTicket database, which is only read. Every day is judged by what was known before it.
"""

import argparse
from typing import Final

import numpy as np

from bench.arrivals_desks import Desk, database_desk, demo_desk, process_desk
from bench.arrivals_walk import Floats, Naive, Ours, Walk, planted_spikes, walk
from exporter.arrivals import WINDOWS

Row = tuple[str, str, str, str]

SPIKES: Final = 300
SEED: Final = 5
YOUNG: Final = (21, 111)  # days of age: a help desk with three weeks of history, and the months after
ALERTS: Final = tuple((scope, window) for scope in ("total", "department") for window in WINDOWS)


def rows() -> list[Row]:
    """Return rows (work, naive, ours, target) over the demo history and the simulated help desk."""
    demo, busy = demo_desk(), process_desk(20)
    return [
        *backtest(demo, demo.last_day - 240, demo.last_day),
        *backtest(demo, demo.first_day + YOUNG[0], demo.first_day + YOUNG[1]),
        *backtest(busy, busy.last_day - 90, busy.last_day),
    ]


def real_rows(url: str, zone: str, prefix: str) -> list[Row]:
    """Return the same rows over a real database: its last 360 days, and its youth."""
    desk = database_desk(url, zone, prefix)
    first = max(desk.first_day + YOUNG[0], desk.last_day - 360)
    return [
        *backtest(desk, first, desk.last_day),
        *backtest(desk, desk.first_day + YOUNG[0], min(desk.first_day + YOUNG[1], desk.last_day)),
    ]


def backtest(desk: Desk, first: int, last: int) -> list[Row]:
    """Return the rows of one help desk over the days from ``first`` to before ``last``."""
    ours, naive = walk(desk, Ours.fit, first, last), walk(desk, Naive.fit, first, last)
    our_spikes, naive_spikes = (planted_spikes(desk, ours, each, SPIKES, SEED) for each in (ours, naive))
    where = f"{desk.name}, days {first - desk.first_day} to {last - desk.first_day} of its history"
    return [
        (f"false spike alarms in 60 days, total and {desk.size} departments; {where}", _alarms(naive), _alarms(ours),
         "≤ 1"),
        (f"spikes of 3 times the expected over 24 h found, {SPIKES} planted; {where}", _found(naive_spikes),
         _found(our_spikes), "≥ 95 %"),
        (f"median delay of these; {where}", _delay(naive_spikes), _delay(our_spikes), "reported"),
    ]  # fmt: skip


def _alarms(walked: Walk) -> str:
    parts = [
        f"{scope} {window} {rate:.1f}" for scope, window in ALERTS if (rate := walked.per_60_days((scope, window)))
    ]
    return f"{walked.per_60_days(*ALERTS):.1f}" + (f" ({', '.join(parts)})" if parts else "")


def _found(hours: Floats) -> str:
    return f"{np.isfinite(hours).mean():.1%}"


def _delay(hours: Floats) -> str:
    return f"{np.median(hours):.1f} h"


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="SQLAlchemy URL of a real osTicket database")
    parser.add_argument("--zone", default="UTC", help="zone in which its times are written (default: %(default)s)")
    parser.add_argument("--prefix", default="ost_", help="of its tables (default: %(default)s)")
    options = parser.parse_args()
    real = real_rows(options.url, options.zone, options.prefix) if options.url else []
    for work, naive, ours, target in [*rows(), *real]:
        print(f"{work}\n    naive: {naive}\n    ours: {ours}\n    target: {target}")


if __name__ == "__main__":
    main()
