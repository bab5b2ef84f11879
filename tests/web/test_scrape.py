import asyncio
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.web.serving import Serving

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """A surface that anybody may read."""
    with Serving() as server:
        yield server


@pytest.fixture
def client(serving: Serving) -> Iterator[httpx.Client]:
    """A client of that surface that asks for no encoding by itself."""
    with httpx.Client(base_url=serving.url, headers={"accept-encoding": "identity"}) as session:
        yield session


def families(text: str) -> set[str]:
    """Return the names of an exposition's families."""
    return {family.name for family in text_string_to_metric_families(text)}


def test_text_is_the_default(client: httpx.Client) -> None:
    """Without a wish in Accept the answer is text 0.0.4, complete, and says what it depends on."""
    answer = client.get("/metrics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, TEXT)
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert {"osticket_x", "umbrella_collector_up"} <= families(answer.text)


def test_openmetrics_on_request(client: httpx.Client) -> None:
    """OpenMetrics is sent with its own content type."""
    answer = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"] == OPENMETRICS
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text"])
def test_gzip_holds_the_same(client: httpx.Client, accept: str) -> None:
    """The compressed answer unpacks to the plain one."""
    plain = client.get("/metrics", headers={"accept": accept})
    packed = client.get("/metrics", headers={"accept": accept, "accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) == packed.num_bytes_downloaded


def test_head_is_get_without_body(client: httpx.Client) -> None:
    """HEAD answers with the headers of GET and no body, and the connection goes on."""
    head, get = client.head("/metrics"), client.get("/metrics")
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]


def test_collect_filters_by_collector(client: httpx.Client) -> None:
    """`collect[]` leaves the named collectors' families and Umbrella's own."""
    nothing = families(client.get("/metrics", params={"collect[]": "slurm"}).text)
    assert "osticket_x" not in nothing
    assert "umbrella_collector_up" in nothing
    both = client.get("/metrics", params={"collect[]": ["slurm", "tickets"]})
    assert both.text == client.get("/metrics").text


@pytest.mark.parametrize("name", ["gpu", "", "Tickets", "\x00\n<script>", "x" * 9000])
def test_unknown_collector_is_refused(client: httpx.Client, name: str) -> None:
    """A collector that is not enabled is a client's mistake: 400 and the list of those that are."""
    answer = client.get("/metrics", params={"collect[]": ["tickets", name]})
    assert answer.status_code == 400
    assert answer.text.endswith("is not an enabled collector; enabled: slurm, tickets\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(answer.text) < 300


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz"])
def test_other_methods_are_refused(client: httpx.Client, method: str, path: str) -> None:
    """Nothing can be written: every method but GET and HEAD is 405, in plain text."""
    answer = client.request(method, path, content=b"x" * 100)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_more_routes_can_be_passed_in() -> None:
    """Later parts of the house add routes, which the landing page links."""

    async def sd(request: Request) -> Response:
        del request
        return PlainTextResponse("[]")

    with Serving(routes=[Route("/sd/nodes", sd)], links=[("/sd/nodes", "Slurm's <nodes>")]) as more:
        assert httpx.get(f"{more.url}/sd/nodes").text == "[]"
        assert "Slurm&#x27;s &lt;nodes&gt;" in httpx.get(f"{more.url}/").text


def test_thousand_scrapes_at_once() -> None:
    """A thousand concurrent scrapes of 10 000 series, on a connection each, all get the whole answer."""

    async def scrape(client: httpx.AsyncClient, url: str) -> int:
        answer = await client.get(url, timeout=None)
        answer.raise_for_status()
        return len(answer.content)

    async def scrape_all(url: str, total: int) -> list[int]:
        limits = httpx.Limits(max_connections=total, max_keepalive_connections=0)
        async with httpx.AsyncClient(limits=limits) as client:
            return await asyncio.gather(*(scrape(client, url) for _ in range(total)))

    with Serving(values=[f"user {number}" for number in range(10_000)]) as large:
        expected = len(large.store.snapshot.answer("text").plain)
        lengths = asyncio.run(scrape_all(f"{large.url}/metrics", 1000))
    assert lengths == [expected] * 1000
