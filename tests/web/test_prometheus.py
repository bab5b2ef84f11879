from pathlib import Path

import bcrypt
import trustme
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exporter.catalogue import tickets
from exporter.snapshot import render
from exporter.web.negotiation import CONTENT_TYPES
from exporter.web.server import tls_context
from tests.test_snapshot import HOSTILE
from tests.web.prometheus import Prometheus
from tests.web.serving import Serving
from tests.web.test_tls import write

COUNTS = [number % 3 for number in range(len(tickets.RESOLUTION.bounds) + 1)]


def static(serving: Serving) -> dict[str, object]:
    """Return the part of a scrape configuration that says where."""
    return {"static_configs": [{"targets": [f"127.0.0.1:{serving.port}"]}]}


def test_prometheus_reads_both_formats() -> None:
    """A real Prometheus reads OpenMetrics and text 0.0.4 alike: hostile labels, gauge histograms, counters."""
    serving: Serving

    async def text(request: Request) -> Response:
        del request
        return Response(serving.store.snapshot.answer("text").plain, media_type=CONTENT_TYPES["text"])

    # Prometheus 2.42 asks for OpenMetrics wherever it can, so that text has a path of its own here.
    with Serving(values=HOSTILE, routes=[Route("/text", text)]) as serving:
        families = [
            tickets.RESOLUTION.histogram({("High",): (COUNTS, 12.5)}),
            tickets.EVENTS.family([(("created",), 7.0)]),
        ]
        serving.store.publish({"slurm": render(families)})
        jobs = [
            {"job_name": "openmetrics", **static(serving)},
            {"job_name": "text", "metrics_path": "/text", **static(serving)},
        ]
        with Prometheus(*jobs) as prometheus:
            targets = prometheus.scraped()
            assert {job: target["lastError"] for job, target in targets.items()} == {"openmetrics": "", "text": ""}
            for job in targets:
                values = prometheus.query(f'osticket_x{{job="{job}"}}')
                assert sorted(values.values()) == [float(number + 1) for number in range(len(HOSTILE))]
                for number, value in enumerate(HOSTILE, 1):
                    if value.isprintable() and len(value) < 128:
                        assert values[(("user", value),)] == number
                name = "osticket_ticket_resolution_seconds"
                assert prometheus.query(f'{name}_gcount{{job="{job}"}}') == {(("priority", "High"),): sum(COUNTS)}
                assert prometheus.query(f'{name}_gsum{{job="{job}"}}') == {(("priority", "High"),): 12.5}
                buckets = prometheus.query(f'{name}_bucket{{job="{job}"}}')
                assert len(buckets) == len(COUNTS)
                assert buckets[("le", "+Inf"), ("priority", "High")] == sum(COUNTS)
                quantile = f'histogram_quantile(0.5, {name}_bucket{{job="{job}"}})'
                assert 3600 < prometheus.query(quantile)[(("priority", "High"),)] < 180 * 86400
                events = prometheus.query(f'osticket_ticket_events_total{{job="{job}"}}')
                assert events == {(("event", "created"),): 7}


def test_openmetrics_is_what_prometheus_asks_for() -> None:
    """What Prometheus sends as Accept and Accept-Encoding is answered with OpenMetrics in gzip."""
    seen: list[Request] = []

    async def note(request: Request) -> Response:
        seen.append(request)
        return Response(b"")

    with (
        Serving(routes=[Route("/note", note)]) as serving,
        Prometheus({"job_name": "note", "metrics_path": "/note", **static(serving)}) as prometheus,
    ):
        prometheus.scraped()
    headers = seen[0].headers
    with Serving() as serving:
        head = f"accept: {headers['accept']}\r\naccept-encoding: {headers['accept-encoding']}\r\n"
        answer = serving.raw(f"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{head}\r\n".encode())
    assert b"content-type: application/openmetrics-text; version=1.0.0; charset=utf-8" in answer
    assert b"content-encoding: gzip" in answer


def test_prometheus_over_mutual_tls_with_a_password(tmp_path: Path) -> None:
    """Prometheus with certificate and password reads the metrics; without either it is down and says why."""
    authority = trustme.CA()
    users = {"prometheus": bcrypt.hashpw(b"open sesame", bcrypt.gensalt(4)).decode()}
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = write(authority.issue_cert("127.0.0.1"), tmp_path, "server")
    cert, key = write(authority.issue_cert("prometheus.example.org"), tmp_path, "client")
    known = {"ca_file": str(tmp_path / "ca.pem")}
    shown = {**known, "cert_file": str(cert), "key_file": str(key)}
    password = {"basic_auth": {"username": "prometheus", "password": "open sesame"}}
    context = tls_context(*server, tmp_path / "ca.pem")
    with Serving(users=users, context=context, client_certificates=True) as serving:
        tls = {"scheme": "https", **static(serving)}
        jobs = (
            {"job_name": "both", "tls_config": shown, **password, **tls},
            {"job_name": "password", "tls_config": known, **password, **tls},
            {"job_name": "certificate", "tls_config": shown, **tls},
        )
        with Prometheus(*jobs) as prometheus:
            errors = {job: target["lastError"] for job, target in prometheus.scraped().items()}
    assert errors == {
        "both": "",
        "password": "server returned HTTP status 403 Forbidden",
        "certificate": "server returned HTTP status 401 Unauthorized",
    }
