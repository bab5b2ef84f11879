"""Colours, thresholds, value names and overrides: one meaning per colour, told apart with colour-blind eyes too."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from grafana.build.query import Json

# Okabe and Ito's palette, which people with any common colour blindness can tell apart.
BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
YELLOW: Final = "#F0E442"
ORANGE: Final = "#E69F00"
RED: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
GREY: Final = "#999999"
CYCLE: Final = (SKY, ORANGE, GREEN, PURPLE, YELLOW, BLUE, RED, GREY)

PRIORITIES: Final = {"Emergency": RED, "High": ORANGE, "Normal": SKY, "Low": GREEN, "unknown": GREY}

# In gauge histograms: upper bound in seconds as the bucket's label has it, and as people say it.
BOUND_NAMES: Final = {
    3600: "1 h", 14400: "4 h", 28800: "8 h", 86400: "1 d", 172800: "2 d", 432000: "5 d", 864000: "10 d",
    1296000: "15 d", 1728000: "20 d", 2592000: "30 d", 5184000: "60 d", 7776000: "90 d", 15552000: "180 d",
    43200000: "500 d",
}  # fmt: skip


def steps(base: str, *higher: tuple[float, str]) -> Json:
    """Return absolute thresholds: a base colour and the colours from certain values on."""
    return {
        "mode": "absolute",
        "steps": [{"color": base, "value": None}, *({"color": color, "value": value} for value, color in higher)],
    }


def fixed(color: str) -> Json:
    """Return one colour for everything."""
    return {"mode": "fixed", "fixedColor": color}


def words(names: Mapping[str, tuple[str, str]]) -> list[Json]:
    """Return value mappings: text and colour by value."""
    options = {
        value: {"text": text, "color": color, "index": n} for n, (value, (text, color)) in enumerate(names.items())
    }
    return [{"type": "value", "options": options}]


def absent(text: str) -> Json:
    """Return a value mapping for what does not exist, such as a part of nothing."""
    return {
        "type": "special",
        "options": {"match": "null+nan", "result": {"text": text, "color": "transparent", "index": 0}},
    }


def by_name(name: str, **properties: object) -> Json:
    """Return an override of the field ``name``; a double underscore in a property stands for a dot."""
    return _override({"id": "byName", "options": name}, properties)


def by_pattern(pattern: str, **properties: object) -> Json:
    """Return an override of the fields whose name matches a regular expression."""
    return _override({"id": "byRegexp", "options": f"/{pattern}/"}, properties)


def _override(matcher: Json, properties: Mapping[str, object]) -> Json:
    return {
        "matcher": matcher,
        "properties": [{"id": name.replace("__", "."), "value": value} for name, value in properties.items()],
    }


def priority_colors() -> list[Json]:
    """Return the fixed colours of osTicket's usual priorities."""
    return [by_name(name, color=fixed(color)) for name, color in PRIORITIES.items()]


def year_colors(first: int = 2010, last: int = 2049) -> list[Json]:
    """Return a fixed colour for every year, so that a year keeps its colour when the next one begins."""
    years = range(first, last + 1)
    return [
        by_pattern(
            f"^({'|'.join(str(year) for year in years if year % len(CYCLE) == turn)})$", color=fixed(color), min=0
        )
        for turn, color in enumerate(CYCLE)
    ]


def bucket_names(bounds: Sequence[float]) -> list[Json]:
    """Return readable names for the buckets of a gauge histogram with these bounds in seconds."""
    names = [BOUND_NAMES[int(bound)] for bound in bounds]
    ranges = [f"up to {names[0]}", *(f"{low} to {high}" for low, high in pairwise(names))]
    edges = [by_name(str(float(bound)), displayName=text) for bound, text in zip(bounds, ranges, strict=True)]
    return [*edges, by_name("+Inf", displayName=f"over {names[-1]}")]
