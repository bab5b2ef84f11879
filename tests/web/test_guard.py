import asyncio
import base64
import threading
from collections.abc import Iterator

import bcrypt
import httpx
import pytest
from pydantic import SecretStr

from exporter.web import guard
from exporter.web.guard import Passwords
from tests.collectors import PATIENCE, wait_for
from tests.web.serving import Serving

HASH = bcrypt.hashpw(b"open sesame", bcrypt.gensalt(4)).decode()


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """A surface that only prometheus may read; its hash is as htpasswd writes it."""
    with Serving(users={"prometheus": HASH.replace("$2b$", "$2y$"), "zoë": HASH}) as server:
        yield server


@pytest.mark.parametrize("path", ["/", "/metrics", "/readyz", "/nowhere", "/healthz/", "//healthz"])
def test_all_but_healthz_asks_for_a_password(serving: Serving, path: str) -> None:
    """Without credentials every path but `/healthz` is 401, existing or not, and asks for them."""
    answer = httpx.get(serving.url + path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="Umbrella", charset="UTF-8"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "umbrella_" not in answer.text


def test_healthz_is_open(serving: Serving) -> None:
    """`/healthz` answers without credentials, and with wrong ones."""
    assert httpx.get(f"{serving.url}/healthz").status_code == 200
    assert httpx.get(f"{serving.url}/healthz", auth=("prometheus", "wrong")).status_code == 200


@pytest.mark.parametrize("user", ["prometheus", "zoë"])
def test_right_password_opens(serving: Serving, user: str) -> None:
    """The right password opens every path; names may have any letters."""
    for path in ("/", "/metrics"):
        assert httpx.get(serving.url + path, auth=(user, "open sesame")).status_code == 200


def test_wrong_password_stays_out(serving: Serving) -> None:
    """A wrong password, a wrong case, another user's name, an empty name: all 401, also after a right one."""
    assert httpx.get(f"{serving.url}/metrics", auth=("prometheus", "open sesame")).status_code == 200
    for credentials in (
        ("prometheus", "open"),
        ("prometheus", ""),
        ("prometheus", "open sesame\x00"),
        ("Prometheus", "open sesame"),
        ("", "open sesame"),
        ("nobody", "open sesame"),
    ):
        assert httpx.get(f"{serving.url}/metrics", auth=credentials).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic =",
        "Bearer abc",
        "Basic " + base64.b64encode(b"\xff:x").decode(),
        "Basic YQ==",
    ],
)
def test_broken_credentials_stay_out(serving: Serving, header: str) -> None:
    """An Authorization header that cannot be read is the same as none."""
    assert httpx.get(f"{serving.url}/metrics", headers={"authorization": header}).status_code == 401


def count_checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return a list to which every bcrypt check adds its hash."""
    checks: list[bytes] = []
    real = bcrypt.checkpw

    def counted(password: bytes, stored: bytes) -> bool:
        checks.append(stored)
        return real(password, stored)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    return checks


def test_a_right_password_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second scrape with the same password costs no bcrypt; a wrong one does each time."""
    checks = count_checks(monkeypatch)
    passwords = Passwords({"prometheus": SecretStr(HASH)})

    async def scrapes() -> list[bool | None]:
        return [await passwords.right("prometheus", word) for word in (b"open sesame", b"open sesame", b"no", b"no")]

    assert asyncio.run(scrapes()) == [True, True, False, False]
    assert len(checks) == 3


def test_unknown_user_costs_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a user that does not exist a hash of the same cost is checked, so that time tells nothing."""
    checks = count_checks(monkeypatch)
    passwords = Passwords({"prometheus": SecretStr(HASH)})
    assert asyncio.run(passwords.right("nobody", b"open sesame")) is False
    assert [stored.split(b"$")[2] for stored in checks] == [b"04"]


def test_memory_of_passwords_is_bounded_and_holds_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remembered passwords are digests, and the oldest make room."""
    monkeypatch.setattr(guard, "_REMEMBERED", 2)
    checks = count_checks(monkeypatch)
    passwords = Passwords({name: SecretStr(HASH) for name in "abc"})

    async def scrapes() -> None:
        for name in "abcba":
            assert await passwords.right(name, b"open sesame")

    asyncio.run(scrapes())
    assert len(checks) == 4
    assert all(b"sesame" not in digest for digest in passwords._right)


def test_replaced_passwords_hold_at_once() -> None:
    """After a reload the old password is wrong, remembered or not, and the new one right."""
    passwords = Passwords({"prometheus": SecretStr(HASH)})
    assert asyncio.run(passwords.right("prometheus", b"open sesame"))
    passwords.replace({"prometheus": SecretStr(bcrypt.hashpw(b"new", bcrypt.gensalt(4)).decode())})
    assert asyncio.run(passwords.right("prometheus", b"open sesame")) is False
    assert asyncio.run(passwords.right("prometheus", b"new"))


def test_longest_passwords_work_as_elsewhere() -> None:
    """A password beyond bcrypt's 72 bytes is cut, as the tools that write the hashes do."""
    long = b"p" * 100
    passwords = Passwords({"prometheus": SecretStr(bcrypt.hashpw(long[:72], bcrypt.gensalt(4)).decode())})
    assert asyncio.run(passwords.right("prometheus", long))


def test_a_flood_of_guesses_does_not_lock_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """While more guesses wait than are queued, new ones get 503, and a remembered password still opens."""
    monkeypatch.setattr(guard, "_LONGEST_QUEUE", 1)
    started, release = threading.Event(), threading.Event()
    real = bcrypt.checkpw

    def slow(password: bytes, stored: bytes) -> bool:
        if password == b"guess":
            started.set()
            release.wait(PATIENCE)
        return real(password, stored)

    monkeypatch.setattr(bcrypt, "checkpw", slow)
    with Serving(users={"prometheus": HASH}) as serving:
        url = f"{serving.url}/metrics"
        assert httpx.get(url, auth=("prometheus", "open sesame")).status_code == 200
        outcome: list[int] = []
        guesser = threading.Thread(
            target=lambda: outcome.append(httpx.get(url, auth=("x", "guess"), timeout=PATIENCE).status_code)
        )
        guesser.start()
        assert started.wait(PATIENCE)
        refused = httpx.get(url, auth=("x", "guess"))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert httpx.get(url, auth=("prometheus", "open sesame")).status_code == 200
        release.set()
        guesser.join(PATIENCE)
    assert outcome == [401]
    wait_for(lambda: not guesser.is_alive())
