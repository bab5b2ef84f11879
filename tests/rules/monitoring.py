"""A private Prometheus and Alertmanager with the shipped configuration, and a receiver that keeps what they send."""

import json
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import yaml

from tests.servers import free_port, program

SHIPPED = Path(__file__).parents[2] / "prometheus"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Notification:
    """One alert of one notification, as a webhook receives it.

    Attributes:
        receiver: Alertmanager's receiver that was notified.
        status: ``firing`` or ``resolved``.
        labels: the alert's labels.
        annotations: the alert's annotations.
        arrived: when, on this process' monotonic clock.
    """

    receiver: str
    status: str
    labels: dict[str, str]
    annotations: dict[str, str]
    arrived: float


class Monitoring:
    """Prometheus and Alertmanager on free ports of loopback.

    Args:
        targets: ``host:port`` of the exporters to scrape as job ``umbrella``.
        hurry: scrape and evaluate every second and group for one second, so that tests need not wait; otherwise the
            intervals are those that are shipped.
    """

    def __init__(self, targets: Sequence[str], *, hurry: bool) -> None:
        self.targets = list(targets)
        self.hurry = hurry
        self.directory = Path(tempfile.mkdtemp(prefix="umb-mon."))
        self.prometheus = f"127.0.0.1:{free_port()}"
        self.alertmanager = f"127.0.0.1:{free_port()}"
        self.arrivals: queue.Queue[Notification] = queue.Queue()
        self.receiver = _receiver(self.arrivals)
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        self._write("alertmanager.yml", self._alertmanager_config())
        self._write("prometheus.yml", self._prometheus_config())
        try:
            self._start(
                "prometheus-alertmanager",
                f"--config.file={self.directory / 'alertmanager.yml'}",
                f"--storage.path={self.directory / 'alerts'}",
                f"--web.listen-address={self.alertmanager}",
                "--cluster.listen-address=",
            )
            self._start(
                "prometheus",
                f"--config.file={self.directory / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.directory / 'tsdb'}",
                f"--web.listen-address={self.prometheus}",
                # What fires before Prometheus has discovered its Alertmanager is sent again after this time.
                *(["--rules.alert.resend-delay=1s"] if self.hurry else []),
            )
            self._wait(f"http://{self.alertmanager}/-/ready")
            self._wait(f"http://{self.prometheus}/-/ready")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop all three and remove their files."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)
        self.receiver.shutdown()
        self.receiver.server_close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def query(self, expr: str) -> list[Json]:
        """Return the result of an instant query.

        Raises:
            httpx.HTTPStatusError: Prometheus refused the expression.
        """
        answer = httpx.get(f"http://{self.prometheus}/api/v1/query", params={"query": expr}, timeout=30)
        answer.raise_for_status()
        found: list[Json] = answer.json()["data"]["result"]
        return found

    def wait_for_data(self, expr: str, *, patience: float = 60) -> list[Json]:
        """Ask until the expression has a result.

        Raises:
            TimeoutError: it has none within ``patience`` seconds.
        """
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            found = self.query(expr)
            if found:
                return found
            time.sleep(0.2)
        raise TimeoutError(f"Prometheus had nothing for {expr} within {patience:.0f} s\n{self._log('prometheus')}")

    def notification(self, alertname: str, *, patience: float = 60, **labels: str) -> Notification:
        """Return the next notification of an alert with these labels; others that arrive meanwhile are dropped.

        Raises:
            TimeoutError: none came within ``patience`` seconds.
        """
        wanted = {"alertname": alertname, **labels}
        deadline = time.monotonic() + patience
        while True:
            try:
                found = self.arrivals.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                log = self._log("prometheus-alertmanager")
                raise TimeoutError(f"no notification of {wanted} within {patience:.0f} s\n{log}") from None
            if wanted.items() <= found.labels.items():
                return found

    def _prometheus_config(self) -> Json:
        config: Json = yaml.safe_load((SHIPPED / "prometheus.yml").read_text())
        config["rule_files"] = [str(SHIPPED / "rules" / "*.yml")]
        config["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [self.alertmanager]}]}]
        places = {"umbrella": self.targets, "prometheus": [self.prometheus], "alertmanager": [self.alertmanager]}
        jobs = [job for job in config["scrape_configs"] if job["job_name"] in places]
        for job in jobs:
            job["static_configs"] = [{"targets": places[job["job_name"]]}]
        config["scrape_configs"] = jobs
        if self.hurry:
            config["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        return config

    def _alertmanager_config(self) -> Json:
        config: Json = yaml.safe_load((SHIPPED / "alertmanager.yml").read_text())
        for receiver in config["receivers"]:
            address = f"http://127.0.0.1:{self.receiver.server_port}/{receiver['name']}"
            receiver["webhook_configs"] = [{"url": address, "send_resolved": True}]
        if self.hurry:
            for route in [config["route"], *config["route"]["routes"]]:
                route |= {"group_wait": "1s", "group_interval": "1s"}
        return config

    def _write(self, name: str, config: Json) -> None:
        (self.directory / name).write_text(yaml.safe_dump(config))

    def _start(self, name: str, *arguments: str) -> None:
        with (self.directory / f"{name}.log").open("wb") as log:
            command = [program(name), *arguments]
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))

    def _wait(self, address: str) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(address, timeout=5).is_success:
                    return
            except httpx.TransportError:
                if any(process.poll() is not None for process in self.processes):
                    break
                time.sleep(0.1)
        raise TimeoutError(f"{address} did not answer\n{self._log('prometheus')}{self._log('prometheus-alertmanager')}")

    def _log(self, name: str) -> str:
        path = self.directory / f"{name}.log"
        return path.read_text()[-2000:] if path.exists() else ""


def _receiver(arrivals: queue.Queue[Notification]) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived = time.monotonic()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in body["alerts"]:
                arrivals.put(
                    Notification(body["receiver"], alert["status"], alert["labels"], alert["annotations"], arrived)
                )
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)
