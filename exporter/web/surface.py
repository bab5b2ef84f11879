"""The web surface: routes, headers and the guard, put together."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporter.clock import Clock
from exporter.health import Health
from exporter.snapshot import SnapshotStore
from exporter.web.guard import OPEN_PATH, Guard, Passwords
from exporter.web.pages import alive, landing_endpoint, ready_endpoint, style_hash
from exporter.web.scrape import metrics_endpoint


@dataclass(frozen=True, slots=True)
class Surface:
    """What the web surface shows.

    Attributes:
        store: what ``/metrics`` serves.
        health: the collectors' records.
        clock: the present, for ages.
        routes: further Starlette routes; they are guarded like the others.
        links: (path, what is there) of further pages, for the landing page.
    """

    store: SnapshotStore
    health: Health
    clock: Clock
    routes: Sequence[BaseRoute] = ()
    links: Sequence[tuple[str, str]] = ()


def build_surface(surface: Surface, passwords: Passwords, *, client_certificates: bool = False) -> ASGIApp:
    """Return the ASGI application.

    Args:
        surface: what is shown.
        passwords: whom basic authentication lets in; empty: everybody.
        client_certificates: whether a verified client certificate is required.
    """
    app = Starlette(
        routes=[
            Route("/", landing_endpoint(surface.health, surface.clock, surface.links)),
            Route("/metrics", metrics_endpoint(surface.store, surface.health)),
            Route(OPEN_PATH, alive),
            Route("/readyz", ready_endpoint(surface.health)),
            *surface.routes,
        ]
    )
    app.router.redirect_slashes = False
    # Outside the guard, so that its refusals have the headers too.
    return SafeHeaders(Guard(app, passwords, client_certificates=client_certificates))


class SafeHeaders:
    """Adds the headers that keep a browser from making more of an answer than it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = {
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
            "content-security-policy": (
                f"default-src 'none'; img-src 'self'; style-src {style_hash()}; base-uri 'none'; form-action 'none'; "
                "frame-ancestors 'none'"
            ),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the head of the answer."""

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_completed)
