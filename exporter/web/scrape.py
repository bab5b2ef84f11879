"""``/metrics``: the newest snapshot, copied out."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from exporter.health import Health
from exporter.labels import clean
from exporter.snapshot import SnapshotStore
from exporter.web.negotiation import CONTENT_TYPES, accepts_gzip, choose_format

Endpoint = Callable[[Request], Awaitable[Response]]

# A body goes out in pieces of this size, so that a client that does not read holds one of them and not the whole.
_PIECE: Final = 64 * 1024


class ExpositionResponse(Response):
    """A body that is kept once in memory however many clients read it slowly."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head, then the body piece by piece, each when the client has taken the one before."""
        del receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = memoryview(self.body)[: 0 if scope["method"] == "HEAD" else None]
        for start in range(0, len(body), _PIECE):
            await send({"type": "http.response.body", "body": body[start : start + _PIECE], "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def metrics_endpoint(store: SnapshotStore, health: Health) -> Endpoint:
    """Return the endpoint of ``/metrics``; ``collect[]`` names collectors, Umbrella's own metrics always come along."""

    async def metrics(request: Request) -> Response:
        only = request.query_params.getlist("collect[]")
        known = [record.name for record in health.records()]
        if unknown := [name for name in only if name not in known]:
            text = f"collect[]: {clean(unknown[0])!r} is not an enabled collector; enabled: {', '.join(known)}\n"
            return PlainTextResponse(text, 400)
        kind = choose_format(request.headers.get("accept", ""))
        answer = store.snapshot.answer(kind, only or None)
        headers = {"content-type": CONTENT_TYPES[kind], "vary": "Accept, Accept-Encoding"}
        if accepts_gzip(request.headers.get("accept-encoding", "")):
            return ExpositionResponse(answer.gzip, headers={**headers, "content-encoding": "gzip"})
        return ExpositionResponse(answer.plain, headers=headers)

    return metrics
