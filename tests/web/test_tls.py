import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from exporter.errors import WebError
from exporter.web.server import load_certificate, tls_context
from tests.web.serving import Serving, drain

Files = tuple[Path, Path]


def write(certificate: trustme.LeafCert, folder: Path, name: str) -> Files:
    """Write certificate chain and key and return their paths."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    cert.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(key)
    return cert, key


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The authority of server and clients."""
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The server's certificate and key."""
    return write(authority.issue_cert("127.0.0.1"), tmp_path_factory.mktemp("tls"), "server")


@pytest.fixture(scope="module")
def client_ca(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file with the authority of clients."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="module")
def mutual(files: Files, client_ca: Path) -> Iterator[Serving]:
    """A surface for clients with a certificate."""
    with Serving(context=tls_context(*files, client_ca), client_certificates=True) as server:
        yield server


def trusting(authority: trustme.CA, client: trustme.LeafCert | None = None) -> ssl.SSLContext:
    """Return a client's context."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    if client is not None:
        client.configure_cert(context)
    return context


def status(serving: Serving, path: str, context: ssl.SSLContext) -> int:
    """Return the status of one request on a connection of its own."""
    return httpx.get(serving.url + path, verify=context).status_code


def test_tls_serves(authority: trustme.CA, files: Files) -> None:
    """Over TLS everything is as without; a client that does not know the authority sees no answer."""
    with Serving(context=tls_context(*files, None)) as serving:
        assert status(serving, "/metrics", trusting(authority)) == 200
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{serving.url}/metrics")
        assert status(serving, "/metrics", trusting(authority)) == 200


def test_old_tls_and_plain_http_get_nothing(authority: trustme.CA, files: Files) -> None:
    """TLS 1.1 fails the handshake, and plain HTTP on the port gets no metric."""
    old = trusting(authority)
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with Serving(context=tls_context(*files, None)) as serving:
        with pytest.raises(httpx.ConnectError):
            status(serving, "/metrics", old)
        assert b"umbrella" not in serving.raw(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")


def test_client_certificate_opens(mutual: Serving, authority: trustme.CA) -> None:
    """A certificate of the trusted authority opens every path."""
    context = trusting(authority, authority.issue_cert("prometheus.example.org"))
    assert status(mutual, "/metrics", context) == 200


def test_without_client_certificate_only_healthz(mutual: Serving, authority: trustme.CA) -> None:
    """Without a certificate `/healthz` answers and everything else is 403."""
    context = trusting(authority)
    assert status(mutual, "/healthz", context) == 200
    for path in ("/", "/metrics", "/readyz", "/nowhere"):
        assert status(mutual, path, context) == 403


def test_foreign_client_certificate_fails(mutual: Serving, authority: trustme.CA) -> None:
    """A certificate of another authority fails the handshake."""
    context = trusting(authority, trustme.CA().issue_cert("prometheus.example.org"))
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError, httpx.ConnectError)):
        status(mutual, "/metrics", context)


def test_keep_alive_keeps_the_certificate(mutual: Serving, authority: trustme.CA) -> None:
    """Several requests on one connection are all let in by its certificate."""
    context = trusting(authority, authority.issue_cert("prometheus.example.org"))
    with httpx.Client(base_url=mutual.url, verify=context) as client:
        assert [client.get(path).status_code for path in ("/metrics", "/", "/metrics")] == [200] * 3


def test_new_certificate_without_restart(authority: trustme.CA, tmp_path: Path) -> None:
    """A certificate loaded anew is shown to the next client, while an open connection goes on."""
    context = tls_context(*write(authority.issue_cert("127.0.0.1"), tmp_path, "old"), None)
    other = trustme.CA()
    with (
        Serving(context=context) as serving,
        httpx.Client(base_url=serving.url, verify=trusting(authority)) as client,
    ):
        assert client.get("/healthz").status_code == 200
        load_certificate(context, *write(other.issue_cert("127.0.0.1"), tmp_path, "new"))
        assert client.get("/healthz").status_code == 200
        assert status(serving, "/healthz", trusting(other)) == 200
        with pytest.raises(httpx.ConnectError):
            status(serving, "/healthz", trusting(authority))


def test_unusable_files_are_named(files: Files, tmp_path: Path) -> None:
    """A missing certificate, a wrong key and a client authority that is none are errors that name the files."""
    other = write(trustme.CA().issue_cert("127.0.0.1"), tmp_path, "other")
    with pytest.raises(WebError, match=r"missing\.pem.*web\.tls"):
        tls_context(tmp_path / "missing.pem", files[1], None)
    with pytest.raises(WebError, match=r"server\.pem and .*other\.key"):
        tls_context(files[0], other[1], None)
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(WebError, match=r"empty\.pem \(web\.tls\.client_ca_file\)"):
        tls_context(*files, tmp_path / "empty.pem")


def test_silence_and_garbage_harm_nobody(mutual: Serving, authority: trustme.CA) -> None:
    """Clients that connect and say nothing, or something that is no handshake, do not keep others out."""
    silent = [mutual.connect() for _ in range(50)]
    garbage = mutual.connect()
    garbage.sendall(b"\x16\x03\x01\xff\xff" + b"\x00" * 1000)
    assert status(mutual, "/healthz", trusting(authority)) == 200
    garbage.sendall(b"\x00" * 100_000)
    drain(garbage)
    for connection in [*silent, garbage]:
        connection.close()
