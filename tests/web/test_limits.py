import logging
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import httpx
import pytest

from exporter.errors import WebError
from exporter.web.server import Limits, allow_files, listen
from tests.collectors import PATIENCE, wait_for
from tests.web.serving import Serving, drain

GET = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n"
SHORT = Limits(head_seconds=0.5, answer_seconds=0.5)
# Some 10 MB, more than the kernel buffers for a connection.
LARGE = [f"{number:0150d}" for number in range(50_000)]


def read_until(connection: socket.socket, end: bytes) -> None:
    """Read an answer up to its end."""
    received = b""
    while not received.endswith(end):
        piece = connection.recv(65536)
        assert piece, "the server hung up"
        received += piece


def push_until_cut(connection: socket.socket, piece: bytes) -> None:
    """Send a piece again and again until the server hangs up, which raises."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        connection.sendall(piece)
        pause.wait(0.01)


def alive(serving: Serving) -> bool:
    """Whether another client is served."""
    return httpx.get(f"{serving.url}/healthz").status_code == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nhost: x\r\n" + b"".join(b"x-%d: y\r\n" % n for n in range(100_000)) + b"\r\n",
        b"GET /metrics HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500 + b"\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
        b"\x00" * 100_000,
    ],
    ids=["request line", "headers", "header", "ssh", "tls", "no host", "two lengths", "zeros"],
)
def test_requests_beyond_the_limits_are_refused(serving_default: Serving, request_bytes: bytes) -> None:
    """A request line of 1 MB, 100 000 headers, and clients that speak no HTTP get 400 and are hung up on."""
    answer = serving_default.raw(request_bytes)
    # With much unread behind it the server's reset may overtake its answer.
    assert answer.startswith(b"HTTP/1.1 400 ") or (not answer and len(request_bytes) > 32 * 1024)
    assert alive(serving_default)


def test_ten_thousand_headers_are_refused(serving_default: Serving) -> None:
    """A head of 10 000 header lines is larger than allowed, even if it arrives slowly enough to be seen whole."""
    head = b"GET /metrics HTTP/1.1\r\nhost: x\r\n" + b"".join(b"x-%d: y\r\n" % number for number in range(10_000))
    with closing(serving_default.connect()) as connection:
        with suppress(OSError):
            for start in range(0, len(head), 1000):
                connection.sendall(head[start : start + 1000])
        answer = drain(connection)
    assert answer.startswith(b"HTTP/1.1 400 ") or not answer
    assert b" 200 " not in answer


@pytest.fixture(scope="module")
def serving_default() -> Iterator[Serving]:
    """A surface with the shipped limits."""
    with Serving() as server:
        yield server


def test_websockets_are_not_spoken(serving_default: Serving) -> None:
    """A request to upgrade the connection is served as the plain request that it also is."""
    answer = serving_default.raw(
        b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: eHh4eHh4eHh4eHh4eHh4eA==\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_answers_do_not_wait_for_acknowledgements(serving_default: Serving) -> None:
    """Connections send without delay: head and body go out in two packets, and Nagle would hold the second 40 ms."""
    with httpx.Client(base_url=serving_default.url) as client:
        client.get("/healthz")
        connections = list(serving_default.server.server_state.connections)
        options = [
            connection.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            for connection in connections
        ]
    assert options
    assert all(options)


def test_pipelined_requests_are_answered_in_order(serving_default: Serving) -> None:
    """Several requests in one packet get their answers, one after the other."""
    answer = serving_default.raw(
        b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    assert [answer.index(status) > 0 for status in (b" 200 OK", b" 404 Not Found")] == [True, True]
    assert answer.index(b" 200 OK") < answer.index(b" 404 Not Found")


def test_half_open_connections_are_cut() -> None:
    """Clients that connect and say nothing, or stop in the middle of the head, are hung up on."""
    with Serving(limits=SHORT) as serving:
        silent, halfway = serving.connect(), serving.connect()
        halfway.sendall(GET[:20])
        assert drain(silent) == b""
        assert drain(halfway) == b""
        assert alive(serving)
        silent.close()
        halfway.close()


def test_head_that_drips_in_is_cut() -> None:
    """A head that comes byte by byte without end is cut although bytes keep coming, also on a used connection."""
    with Serving(limits=SHORT) as serving, closing(serving.connect()) as dripping:
        dripping.sendall(GET)
        wait_for(lambda: serving.server.server_state.total_requests == 1)
        with pytest.raises(ConnectionError):
            push_until_cut(dripping, b"x")


def test_idle_connections_stay() -> None:
    """A connection that waits for its next scrape is no slow client: it outlives the limits for those."""
    with Serving(limits=SHORT) as serving, closing(serving.connect()) as idle, closing(serving.connect()) as silent:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        read_until(idle, b"ok\n")
        assert drain(silent) == b""  # the same limits have cut this one
        idle.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        read_until(idle, b"ok\n")


def test_readers_that_never_read_are_cut() -> None:
    """A hundred clients that ask for megabytes and read nothing delay nobody, hold little, and are hung up on."""
    with Serving(limits=SHORT, values=LARGE) as serving:
        readers = []
        for _ in range(100):
            reader = socket.socket()
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", serving.port))
            reader.sendall(GET)
            readers.append(reader)
        assert alive(serving)
        whole = len(serving.store.snapshot.answer("text").plain)
        buffered = [
            connection.transport.get_write_buffer_size() for connection in list(serving.server.server_state.connections)
        ]
        assert max(buffered, default=0) < whole / 5
        wait_for(lambda: not serving.server.server_state.connections)
        assert all(len(drain(reader)) < whole for reader in readers)
        assert alive(serving)
        for reader in readers:
            reader.close()


def test_body_without_end_is_cut() -> None:
    """A client that sends a body nobody asked for is answered, then hung up on although bytes keep coming."""
    with Serving(limits=SHORT) as serving, closing(serving.connect()) as sender:
        sender.sendall(b"POST /metrics HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        assert sender.recv(65536).startswith(b"HTTP/1.1 405 ")
        with pytest.raises(ConnectionError):
            push_until_cut(sender, b"1\r\nx\r\n")


def test_one_connection_too_many_is_told() -> None:
    """Beyond the limit of connections a request gets 503, and is served again when others are gone."""
    with Serving(limits=Limits(connections=3)) as serving:
        others = [serving.connect() for _ in range(3)]
        wait_for(lambda: len(serving.server.server_state.connections) == 3)
        assert httpx.get(f"{serving.url}/healthz").status_code == 503
        for other in others:
            other.close()
        wait_for(lambda: httpx.get(f"{serving.url}/healthz").status_code == 200)


def test_hostile_clients_fill_no_log(serving_default: Serving, caplog: pytest.LogCaptureFixture) -> None:
    """What strangers send is not logged line by line."""
    caplog.set_level(logging.INFO, "uvicorn")
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    for _ in range(5):
        serving_default.raw(b"nonsense\r\n\r\n")
    assert caplog.records == []


def test_taken_port_is_said() -> None:
    """A port that another process listens on is an error that says so and what to do."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(WebError, match=rf"cannot listen on 127\.0\.0\.1:{port} \(web\.listen\): the port is taken"):
            listen("127.0.0.1", port)


def test_host_with_several_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host name listens on each of its addresses, or, when one is taken, on none."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        addresses = [("127.0.0.1", 0), ("127.0.0.2", 0)]
        answer = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", address) for address in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: answer)
        both = listen("two.example.org", 0)
        assert [opened.getsockname()[0] for opened in both] == ["127.0.0.1", "127.0.0.2"]
        for opened in both:
            opened.close()
        answer[1] = (socket.AF_INET, socket.SOCK_STREAM, 0, "", other.getsockname())
        with pytest.raises(WebError, match=r"two\.example\.org:0 .*taken"):
            listen("two.example.org", 0)


@pytest.mark.parametrize(
    ("host", "said"), [("192.0.2.1", "no such address"), ("no-such-host.invalid", "cannot be resolved")]
)
def test_unusable_address_is_said(host: str, said: str) -> None:
    """An address of another machine and a name that is none are errors that say so."""
    with pytest.raises(WebError, match=said):
        listen(host, 0)


def test_all_addresses_at_once() -> None:
    """The IPv6 wildcard listens for IPv4 too."""
    sockets = listen("::", 0)
    port = sockets[0].getsockname()[1]
    socket.create_connection(("127.0.0.1", port)).close()
    for opened in sockets:
        opened.close()


@pytest.mark.parametrize(
    ("soft", "hard", "expected", "raised"),
    [
        (1024, 4096, 2048, 2176),
        (1024, 1024, 896, None),
        (1024, resource.RLIM_INFINITY, 2048, 2176),
        (65536, 65536, 2048, None),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, 2048, None),
    ],
)
def test_file_limit_follows_connections(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, expected: int, raised: int | None
) -> None:
    """The limit of open files is raised as far as allowed; fewer connections are let in where that is too little."""
    calls: list[int] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: calls.append(limits[0]))
    assert allow_files(2048) == expected
    assert calls == ([] if raised is None else [raised])
