"""The pages for people and probes: ``/``, ``/healthz``, ``/readyz``. None of them says anything private."""

import base64
import hashlib
import html
from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from exporter import __version__
from exporter.clock import Clock
from exporter.health import Health, Record
from exporter.web.scrape import Endpoint

STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:50rem;padding:0 1rem;color:#1b1f24;"
    "background:#fff}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;"
    "border-bottom:1px solid #d0d7de}.failing,.hanging{color:#b3261e;font-weight:600}"
    ".demo{background:#fff4ce;padding:.5rem .8rem}"
)


def style_hash() -> str:
    """Return the source expression that lets the page's own style pass its content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"


def state_of(record: Record, monotonic: float) -> str:
    """Return one word for a collector's state: ``up``, ``starting``, ``hanging`` or ``failing``."""
    if record.hung(monotonic):
        return "hanging"
    if record.succeeded:
        return "up"
    return "failing" if record.failures else "starting"


def landing_endpoint(health: Health, clock: Clock, links: Sequence[tuple[str, str]] = ()) -> Endpoint:
    """Return the endpoint of ``/``.

    Args:
        health: the collectors' records.
        clock: the present.
        links: paths of further pages, each with a sentence on what is there.
    """
    all_links = (
        ("/metrics", "the metrics, for Prometheus"),
        ("/readyz", "whether every collector has succeeded once"),
        ("/healthz", "whether the process lives"),
        *links,
    )

    async def landing(request: Request) -> Response:
        del request
        return HTMLResponse(_landing(health.records(), clock, all_links))

    return landing


def ready_endpoint(health: Health) -> Endpoint:
    """Return the endpoint of ``/readyz``: 503 and the reason until every enabled collector has succeeded once."""

    async def ready(request: Request) -> Response:
        del request
        reasons = [
            f"not ready: collector {record.name} has not succeeded yet, {record.failures} failed refreshes\n"
            for record in health.unready()
        ]
        return PlainTextResponse("".join(reasons), 503) if reasons else PlainTextResponse("ready\n")

    return ready


async def alive(request: Request) -> Response:
    """Answer ``/healthz``: that it is answered is the whole message."""
    del request
    return PlainTextResponse("ok\n")


def _landing(records: Sequence[Record], clock: Clock, links: Sequence[tuple[str, str]]) -> str:
    now, monotonic = clock.now(), clock.monotonic()
    rows = "".join(_row(record, now, monotonic) for record in records)
    items = "".join(
        f'<li><a href="{html.escape(path)}">{html.escape(path)}</a>: {html.escape(what)}</li>' for path, what in links
    )
    demo = ", ".join(record.name for record in records if record.demo)
    banner = f'<p class="demo">Invented data for a demonstration: {html.escape(demo)}.</p>' if demo else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Umbrella</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><h1>Umbrella {html.escape(__version__)}</h1>{banner}"
        "<table><thead><tr><th>Collector</th><th>State</th><th>Last success</th><th>Rows</th></tr></thead>"
        f"<tbody>{rows}</tbody></table><ul>{items}</ul></body></html>\n"
    )


def _row(record: Record, now: float, monotonic: float) -> str:
    state = state_of(record, monotonic)
    age = f"{max(0.0, now - record.last_success):.0f} s ago" if record.last_success else "never"
    return (
        f'<tr><td>{html.escape(record.name)}</td><td class="{state}">{state}</td><td>{age}</td>'
        f"<td>{record.rows}</td></tr>"
    )
