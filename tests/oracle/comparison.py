"""Two sets of samples held side by side, with a difference that a person can read."""

import math
from collections import defaultdict

from tests.oracle.oracle import Samples

_SHOWN = 8  # differences of one metric; the rest is counted


def differences(exporter: Samples, oracle: Samples, tolerance: float = 1e-9) -> str:
    """Return what differs, metric by metric, and an empty text when nothing does."""
    lines: dict[str, list[str]] = defaultdict(list)
    for key in sorted(exporter.keys() | oracle.keys(), key=lambda key: (key[0], sorted(key[1]))):
        ours, truth = exporter.get(key), oracle.get(key)
        if ours is not None and truth is not None and math.isclose(ours, truth, rel_tol=tolerance, abs_tol=1e-6):
            continue
        labels = ", ".join(f"{name}={value!r}" for name, value in sorted(key[1]))
        lines[key[0]].append(f"  {{{labels}}}: exporter {_text(ours)}, oracle {_text(truth)}")
    blocks = []
    for name, found in lines.items():
        more = [f"  … and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        blocks.append("\n".join([f"{name} ({len(found)} differ)", *found[:_SHOWN], *more]))
    return "\n".join(blocks)


def _text(value: float | None) -> str:
    return "has none" if value is None else f"{value:.17g}"
