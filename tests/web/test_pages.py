from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from exporter import __version__
from exporter.health import Record
from exporter.web.pages import state_of
from tests.web.serving import Serving

VOID = {"meta", "link", "br"}


class Tags(HTMLParser):
    """Reads a page and objects to tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an opened tag."""
        if tag not in VOID:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        """Check a closed tag."""
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """A surface that anybody may read."""
    with Serving() as server:
        yield server


def test_landing_page_says_who_and_how(serving: Serving) -> None:
    """The landing page is well-formed and shows version, collectors, their states, and that data are invented."""
    page = httpx.get(f"{serving.url}/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    tags = Tags()
    tags.feed(page.text)
    assert tags.open == []
    assert tags.links == ["/metrics", "/readyz", "/healthz"]
    assert __version__ in page.text
    assert '<td>tickets</td><td class="up">up</td>' in page.text
    assert '<td>slurm</td><td class="starting">starting</td><td>never</td>' in page.text
    assert "Invented data for a demonstration: slurm." in page.text


def test_every_link_leads_somewhere(serving: Serving) -> None:
    """No link of the landing page is dead (a service that is not ready says so)."""
    tags = Tags()
    tags.feed(httpx.get(f"{serving.url}/").text)
    assert [httpx.get(serving.url + link).status_code for link in tags.links] == [200, 503, 200]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (Record("x", 10), "starting"),
        (Record("x", 10, failures=1), "failing"),
        (Record("x", 10, succeeded=True, failures=1), "up"),
        (Record("x", 10, succeeded=True, running_since=70.0), "up"),
        (Record("x", 10, succeeded=True, running_since=69.0), "hanging"),
    ],
)
def test_state_is_one_word(record: Record, expected: str) -> None:
    """A collector's state tells starting, failing, hanging and up apart (now is 100)."""
    assert state_of(record, 100.0) == expected


def test_healthz_needs_nothing(serving: Serving) -> None:
    """`/healthz` answers although no collector is ready."""
    answer = httpx.get(f"{serving.url}/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_readyz_waits_for_every_collector() -> None:
    """`/readyz` is 503 and names the collector until it has succeeded once; a later failure changes nothing."""
    with Serving() as serving:
        answer = httpx.get(f"{serving.url}/readyz")
        assert answer.status_code == 503
        assert answer.text == "not ready: collector slurm has not succeeded yet, 0 failed refreshes\n"
        for succeeded in (True, False):
            serving.health.started("slurm")
            serving.health.finished("slurm", succeeded=succeeded)
            answer = httpx.get(f"{serving.url}/readyz")
            assert (answer.status_code, answer.text) == (200, "ready\n")


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz", "/nowhere"])
def test_every_answer_is_guarded_against_browsers(serving: Serving, path: str) -> None:
    """Every answer tells browsers not to guess types, frame, cache, or load anything from elsewhere."""
    headers = httpx.get(serving.url + path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/metrics/",
        "//",
        "/../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/static/..\\..\\x",
        "/healthz/x",
        "/%00",
    ],
)
def test_everything_else_is_nowhere(serving: Serving, path: str) -> None:
    """Paths that are not served, traversals among them, are 404 in plain text; nothing is looked up on a disk."""
    request = f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    answer = serving.raw(request.encode())
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"content-type: text/plain; charset=utf-8" in answer
    assert answer.endswith(b"\r\n\r\nNot Found")
