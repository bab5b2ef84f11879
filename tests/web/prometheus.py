"""A private Prometheus that scrapes what a test serves."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.collectors import wait_for
from tests.servers import free_port, program

Job = dict[str, Any]
Series = dict[tuple[tuple[str, str], ...], float]


class Prometheus:
    """Prometheus on a free port of loopback, scraping every second; a context manager.

    Args:
        jobs: scrape configurations, as in its file.
    """

    def __init__(self, *jobs: Job) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="umb-prom."))
        self.address = f"127.0.0.1:{free_port()}"
        # JSON is YAML.
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}
        (self.directory / "prometheus.yml").write_text(json.dumps(config))

    def __enter__(self) -> Self:
        command = [
            program("prometheus"),
            f"--config.file={self.directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.directory / 'tsdb'}",
            f"--web.listen-address={self.address}",
        ]
        self._log = (self.directory / "log").open("wb")
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def get(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer of its API; None while it does not answer."""
        try:
            answer = httpx.get(f"http://{self.address}/api/v1/{path}", params=parameters)
        except httpx.TransportError:
            return None
        return answer.json()["data"] if answer.status_code == httpx.codes.OK else None

    def scraped(self) -> dict[str, Job]:
        """Wait until every target was scraped, and return the targets by job."""

        def targets() -> list[Job]:
            return (self.get("targets") or {}).get("activeTargets", [])  # type: ignore[no-any-return]

        wait_for(lambda: targets() and all(target["health"] != "unknown" for target in targets()))
        return {target["labels"]["job"]: target for target in targets()}

    def query(self, expression: str) -> Series:
        """Return the values of an instant query by their labels, name, job and instance left out."""
        found = self.get("query", query=expression)["result"]
        own = ("__name__", "job", "instance")
        return {
            tuple(sorted((name, text) for name, text in series["metric"].items() if name not in own)): float(
                series["value"][1]
            )
            for series in found
        }
