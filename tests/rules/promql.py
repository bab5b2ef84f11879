"""What a PromQL expression is made of: parsed by promql-parser, which follows Prometheus' own grammar."""

import re
from typing import Any

import promql_parser

# Grafana fills these in before Prometheus sees the expression; inside strings they need no replacement.
_GRAFANA = {"$__rate_interval": "5m", "$__interval": "1m", "$__range": "1h"}


def parsed(expr: str) -> Any:
    """Return the syntax tree of an expression of a rule or of a dashboard.

    Raises:
        ValueError: it does not parse; the message names the place.
    """
    for name, value in _GRAFANA.items():
        expr = expr.replace(name, value)
    return promql_parser.parse(expr)


def metrics(expr: str) -> set[str]:
    """Return the names of all series that an expression selects."""
    return {selector.name for selector in selectors(expr)}


def selectors(expr: str) -> list[Any]:
    """Return all vector selectors of an expression, those under a range too."""
    found: list[Any] = []
    _walk(parsed(expr), found)
    return found


def _walk(node: Any, found: list[Any]) -> None:
    if isinstance(node, promql_parser.VectorSelector):
        found.append(node)
        return
    children = [getattr(node, name, None) for name in ("lhs", "rhs", "expr", "vector_selector", "param")]
    children += list(getattr(node, "args", None) or [])
    for child in children:
        if child is not None and not isinstance(child, str):
            _walk(child, found)


def families(names: set[str]) -> set[str]:
    """Return series names without the endings of histograms."""
    return {re.sub(r"_(bucket|gcount|gsum)$", "", name) for name in names}
