"""Who is let in: client certificates and basic authentication before every path but ``/healthz``."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

import bcrypt
from anyio import CapacityLimiter, to_thread
from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

OPEN_PATH: Final = "/healthz"
# Key in the connection's state that the protocol sets when the client showed a certificate of a trusted authority.
CLIENT_CERTIFICATE: Final = "client_certificate"

_REMEMBERED: Final = 128
_LONGEST_QUEUE: Final = 32
# bcrypt looks at no more; the tools that write hashes cut silently, the library refuses.
_BCRYPT_BYTES: Final = 72


class Passwords:
    """Checks passwords against bcrypt hashes, in as much time for an unknown user as for a known one.

    bcrypt takes some 100 ms of processor time per check, by design. It runs in threads, two at once, and a password
    that was right is remembered as a keyed digest (the key lives and dies with the process), so that scrapes after
    the first cost next to nothing.
    """

    def __init__(self, users: Mapping[str, SecretStr]) -> None:
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._threads: CapacityLimiter | None = None
        self._waiting = 0
        self.replace(users)

    def replace(self, users: Mapping[str, SecretStr]) -> None:
        """Take other users and hashes; what is remembered holds only for hashes that stayed."""
        hashes = {name: value.get_secret_value().encode() for name, value in users.items()}
        # A hash that nobody has the password of, as expensive as the dearest of the real ones.
        cost = max((int(value.split(b"$")[2]) for value in hashes.values()), default=4)
        self._nobody = bcrypt.hashpw(secrets.token_bytes(16).hex().encode(), bcrypt.gensalt(cost))
        self._hashes = hashes

    def __bool__(self) -> bool:
        """Whether a password is asked for at all."""
        return bool(self._hashes)

    async def right(self, user: str, password: bytes) -> bool | None:
        """Return whether this is the user's password; None when too many checks are waiting already."""
        stored = self._hashes.get(user, self._nobody)
        digest = hmac.digest(self._key, stored + hashlib.sha256(password).digest() + user.encode(), "sha256")
        if digest in self._right:
            self._right.move_to_end(digest)
            return True
        if self._waiting >= _LONGEST_QUEUE:
            return None
        # Made here: a limiter belongs to the event loop that it is made in.
        self._threads = self._threads or CapacityLimiter(2)
        self._waiting += 1
        try:
            matches = await to_thread.run_sync(_check, password, stored, limiter=self._threads)
        finally:
            self._waiting -= 1
        if not matches or user not in self._hashes:
            return False
        self._right[digest] = None
        if len(self._right) > _REMEMBERED:
            self._right.popitem(last=False)
        return True


class Guard:
    """Lets requests through that show what is asked for."""

    def __init__(self, app: ASGIApp, passwords: Passwords, *, client_certificates: bool = False) -> None:
        self._app = app
        self._passwords = passwords
        self._client_certificates = client_certificates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on."""
        refusal = None if scope["path"] == OPEN_PATH else await self._refusal(scope)
        await (refusal or self._app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        if self._client_certificates and not scope["state"].get(CLIENT_CERTIFICATE):
            return PlainTextResponse("a client certificate of a trusted authority is required\n", 403)
        if not self._passwords:
            return None
        user, password = _credentials(Headers(scope=scope).get("authorization", ""))
        right = await self._passwords.right(user, password) if user else False
        if right:
            return None
        if right is None:
            return PlainTextResponse("too many passwords are being checked; try again\n", 503, {"retry-after": "1"})
        challenge = {"www-authenticate": 'Basic realm="Umbrella", charset="UTF-8"'}
        return PlainTextResponse("user name and password are required\n", 401, challenge)


def _check(password: bytes, stored: bytes) -> bool:
    return bcrypt.checkpw(password[:_BCRYPT_BYTES], stored)


def _credentials(header: str) -> tuple[str, bytes]:
    """Read an ``Authorization`` header; anything but basic authentication is an empty user."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        user, _, password = base64.b64decode(token.strip(), validate=True).partition(b":")
        return user.decode(), password
    except (binascii.Error, ValueError):  # not base64, not UTF-8
        return "", b""
