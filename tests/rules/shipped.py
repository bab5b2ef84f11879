"""What is shipped, as data: rules, their tests, the runbook, and which series exist."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from exporter.catalogue import ALL

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "prometheus"


@dataclass(frozen=True, slots=True)
class Rule:
    """One recording or alerting rule."""

    name: str
    expr: str
    alert: bool
    labels: dict[str, str]
    annotations: dict[str, str]
    source: dict[str, Any]


def rules() -> list[Rule]:
    """Return all rules of prometheus/rules."""
    groups = [
        group
        for path in sorted((PROMETHEUS / "rules").glob("*.yml"))
        for group in yaml.safe_load(path.read_text())["groups"]
    ]
    return [
        Rule(
            rule.get("alert") or rule["record"],
            rule["expr"],
            "alert" in rule,
            rule.get("labels", {}),
            rule.get("annotations", {}),
            rule,
        )
        for group in groups
        for rule in group["rules"]
    ]


def alerts() -> list[Rule]:
    """Return the alerting rules."""
    return [rule for rule in rules() if rule.alert]


def cases() -> list[dict[str, Any]]:
    """Return all cases of prometheus/tests."""
    return [
        case
        for path in sorted((PROMETHEUS / "tests").glob("*.yml"))
        for case in yaml.safe_load(path.read_text())["tests"]
    ]


def known_series() -> set[str]:
    """Return the names of all series that exist: ours, recorded ones, and the listed ones of others."""
    ours = {
        spec.name + part
        for spec in ALL
        for part in (("_bucket", "_gcount", "_gsum") if spec.kind == "gaugehistogram" else ("",))
    }
    recorded = {rule.name for rule in rules() if not rule.alert}
    lines = (Path(__file__).parent / "foreign_metrics.txt").read_text().splitlines()
    return ours | recorded | {line for line in lines if not line.startswith("#")}
