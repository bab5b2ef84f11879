"""Which format and encoding a client wants, from ``Accept`` and ``Accept-Encoding`` (RFC 9110, section 12.5)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from exporter.snapshot import Format

CONTENT_TYPES: Final[Mapping[Format, str]] = {
    "text": "text/plain; version=0.0.4; charset=utf-8",
    "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One element of an ``Accept…`` header: what, with which parameters, how much wanted (0 to 1)."""

    value: str
    parameters: Mapping[str, str]
    quality: float


def choices(header: str) -> Iterator[Choice]:
    """Read an ``Accept`` or ``Accept-Encoding`` header; an unreadable quality counts as 0."""
    for element in header.split(","):
        value, *rest = (part.strip() for part in element.split(";"))
        pairs = (part.partition("=") for part in rest)
        parameters = {name.strip().lower(): text.strip().strip('"').lower() for name, _, text in pairs}
        if value:
            yield Choice(value.lower(), parameters, _quality(parameters.pop("q", "1")))


def choose_format(accept: str) -> Format:
    """Return OpenMetrics 1.0 if the client names it and wants it at least as much as text 0.0.4, else text 0.0.4.

    A client that accepts neither gets text all the same: nobody is helped by a 406.
    """
    wanted = {"text": 0.0, "openmetrics": 0.0}
    for choice in choices(accept):
        version = choice.parameters.get("version")
        if choice.value == "application/openmetrics-text" and version in (None, "1.0.0"):
            wanted["openmetrics"] = max(wanted["openmetrics"], choice.quality)
        elif choice.value == "text/plain" and version in (None, "0.0.4"):
            wanted["text"] = max(wanted["text"], choice.quality)
    return "openmetrics" if 0 < wanted["openmetrics"] >= wanted["text"] else "text"


def accepts_gzip(accept_encoding: str) -> bool:
    """Return whether gzip is acceptable and no less wanted than no encoding at all."""
    qualities = {choice.value: choice.quality for choice in choices(accept_encoding)}
    anything = qualities.get("*", 0.0)
    gzip = qualities.get("gzip", qualities.get("x-gzip", anything))
    return 0 < gzip >= qualities.get("identity", 0.0)


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
