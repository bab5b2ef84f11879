"""What a started stack must do; each check returns what it saw, or raises :class:`CheckError` with what is wrong."""

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final, TypeVar

import yaml

from tests.compose.engine import ROOT, EngineError, Stack, command

PATIENCE: Final = 120.0  # seconds: several scrapes and evaluations
_HARDENED: Final = {"ReadonlyRootfs": True, "CapDrop": ["ALL"], "Privileged": False, "PidsLimit": 256}

Result = TypeVar("Result")


class CheckError(Exception):
    """The stack does not do what it must."""


@dataclass(frozen=True)
class Site:
    """A stack and where its ports are.

    Attributes:
        stack: the project.
        ports: port on 127.0.0.1 by service.
    """

    stack: Stack
    ports: Mapping[str, int]

    def get(self, service: str, path: str) -> str:
        """Return what a service answers.

        Raises:
            CheckError: it does not answer, or with an error.
        """
        url = f"http://127.0.0.1:{self.ports[service]}{path}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(url, timeout=20) as answer:
                text: str = answer.read().decode()
        except (OSError, HTTPException) as error:
            raise CheckError(f"{url}: {error}") from error
        return text

    def query(self, promql: str, at: float | None = None) -> list[dict[str, Any]]:
        """Return the instant vector that Prometheus answers, now or at a time in seconds since 1970."""
        moment = {} if at is None else {"time": str(at)}
        answer = json.loads(
            self.get("prometheus", "/api/v1/query?" + urllib.parse.urlencode({"query": promql, **moment}))
        )
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result


def eventually(look: Callable[[], Result], patience: float = PATIENCE) -> Result:
    """Return what ``look`` returns once it raises no :class:`CheckError`; its last error after ``patience`` seconds."""
    end = time.monotonic() + patience
    while True:
        try:
            return look()
        except CheckError:
            if time.monotonic() > end:
                raise
        time.sleep(1)


def healthy(site: Site) -> str:
    """Every container runs and its own healthcheck succeeds."""
    states = {
        service: site.stack.inspect(service)["State"].get("Health", {}).get("Status", "no healthcheck")
        for service in site.stack.services()
    }
    if set(states.values()) != {"healthy"}:
        raise CheckError(str(states))
    return ", ".join(states)


def hardened(site: Site) -> str:
    """The engine has each container read-only, without capabilities, limited, its ports on 127.0.0.1 only."""
    for service in site.stack.services():
        container = site.stack.inspect(service)
        host = container["HostConfig"]
        wrong = {key: host[key] for key, wanted in _HARDENED.items() if host[key] != wanted}
        if wrong or "no-new-privileges:true" not in host["SecurityOpt"] or not host["Memory"] or not host["NanoCpus"]:
            raise CheckError(f"{service}: {wrong} {host['SecurityOpt']} {host['Memory']} {host['NanoCpus']}")
        if container["Config"]["User"].split(":")[0] in ("", "0", "root"):
            raise CheckError(f"{service} runs as root")
        bindings = [binding["HostIp"] for ports in (host["PortBindings"] or {}).values() for binding in ports]
        if set(bindings) - {"127.0.0.1"}:
            raise CheckError(f"{service} is published on {bindings}")
    return "as the engine has it, not only as the file says it"


def unprivileged(site: Site) -> str:
    """Inside the exporter's container the process is user 10001 and writes to its state alone."""
    program = (
        "import os, pathlib\n"
        "assert os.getuid() == os.getgid() == 10001, os.getuid()\n"
        "for place in ('/', '/etc/umbrella', '/opt/umbrella', '/usr/local'):\n"
        "    try: pathlib.Path(place, 'probe').write_text('x')\n"
        "    except OSError: continue\n"
        "    raise SystemExit(place + ' can be written')\n"
        "for line in pathlib.Path('/proc/self/status').read_text().splitlines():\n"
        "    if line.startswith(('CapEff', 'CapPrm', 'CapBnd')): assert int(line.split()[1], 16) == 0, line\n"
        "pathlib.Path('/var/lib/umbrella/probe').write_text('x')\n"
        "os.unlink('/var/lib/umbrella/probe')\n"
    )
    try:
        site.stack.run("exec", "-T", "exporter", "python", "-c", program)
    except EngineError as error:
        raise CheckError(str(error)) from error
    return "user 10001, no capability, nothing but the state can be written"


def demonstration(site: Site) -> str:
    """The exporter is ready and says that its data are invented."""
    eventually(lambda: site.get("exporter", "/readyz"))
    text = site.get("exporter", "/metrics")
    if text.count("\numbrella_demo_data{") != text.count("\numbrella_collector_up{"):
        raise CheckError("not every collector says that its data are invented")
    tickets = sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("osticket_tickets{"))
    if tickets < 1000:  # the demonstration has some 6000
        raise CheckError(f"{tickets:.0f} tickets")
    return f"{tickets:.0f} invented tickets"


def targets(site: Site) -> str:
    """Prometheus scrapes every target whose service runs."""

    def look() -> str:
        up = {row["metric"]["instance"]: row["value"][1] for row in site.query("up")}
        # Prometheus calls itself localhost.
        named = {instance.partition(":")[0].replace("localhost", "prometheus"): value for instance, value in up.items()}
        missing = [service for service in site.stack.services() if named.get(service) != "1"]
        if missing:
            raise CheckError(f"not scraped: {', '.join(missing)}; up: {up}")
        return ", ".join(instance for instance, value in up.items() if value == "1")

    return eventually(look)


def rules(site: Site) -> str:
    """Prometheus has every rule of prometheus/rules, and none fails."""
    files = (ROOT / "prometheus" / "rules").glob("*.yml")
    wanted = sum(len(group["rules"]) for file in files for group in yaml.safe_load(file.read_text())["groups"])

    def look() -> str:
        groups = json.loads(site.get("prometheus", "/api/v1/rules"))["data"]["groups"]
        loaded = [rule for group in groups for rule in group["rules"]]
        unwell = [
            f"{rule['name']}: {rule.get('lastError', rule['health'])}" for rule in loaded if rule["health"] != "ok"
        ]
        if len(loaded) != wanted or unwell:
            raise CheckError(f"{len(loaded)} of {wanted} rules; {unwell}")
        return f"{wanted} rules"

    return eventually(look)


def watchdog(site: Site) -> str:
    """The alert that always fires has reached Alertmanager."""

    def look() -> str:
        names = {alert["labels"]["alertname"] for alert in json.loads(site.get("alertmanager", "/api/v2/alerts"))}
        if "Watchdog" not in names:
            raise CheckError(f"Alertmanager has {sorted(names)}")
        return f"Alertmanager has {', '.join(sorted(names))}"

    return eventually(look)


def host_figures(site: Site) -> str:
    """The node exporter speaks of this machine, not of its container."""
    mounts = {row["metric"]["mountpoint"] for row in site.query("node_filesystem_size_bytes")}
    if "/" not in mounts or any(mount.startswith("/host") for mount in mounts):
        raise CheckError(f"file systems: {sorted(mounts)}")
    if site.query("node_network_receive_bytes_total"):
        raise CheckError("network figures, which can only be the container's")
    memory = float(site.query("node_memory_MemTotal_bytes")[0]["value"][1])
    return f"{len(mounts)} file systems, {memory / 2**30:.1f} GiB of memory"


def no_way_out(site: Site) -> str:
    """The node exporter is on one network only, which the engine has as internal."""
    networks = list(site.stack.inspect("node-exporter")["NetworkSettings"]["Networks"])
    internal = [json.loads(command(["docker", "network", "inspect", name]))[0]["Internal"] for name in networks]
    if internal != [True]:
        raise CheckError(f"networks {networks}, internal: {internal}")
    return f"the node exporter is on {networks[0]}, which is internal"


def dashboards(site: Site) -> str:
    """Guests see Grafana's provisioned dashboards and their data; nobody can log in."""
    if "grafana" not in site.stack.services():
        return "left out: no release of Grafana was given (--grafana)"
    found = {board["uid"] for board in json.loads(site.get("grafana", "/api/search?type=dash-db"))}
    wanted = {json.loads(file.read_text())["uid"] for file in (ROOT / "grafana" / "dashboards").glob("*.json")}
    if found != wanted:
        raise CheckError(f"dashboards {sorted(found)}, expected {sorted(wanted)}")
    home = json.loads(site.get("grafana", "/api/dashboards/home"))["dashboard"]["uid"]
    if home != "umbrella-overview":
        raise CheckError(f"the home page is {home}")
    proxied = json.loads(
        site.get("grafana", "/api/datasources/proxy/uid/umbrella-prometheus/api/v1/query?query=umbrella_demo_data")
    )
    if not proxied["data"]["result"]:
        raise CheckError("the data source answers nothing")
    return f"home {home}, {len(found)} dashboards, data through the data source"


def survives(site: Site) -> str:
    """After every container was made anew, pseudonyms and samples are those of before."""
    before, moment = _requesters(site), time.time()
    eventually(lambda: _scraped_since(site, moment))
    site.stack.run("up", "--detach", "--wait", "--force-recreate")
    eventually(lambda: site.get("exporter", "/readyz"))
    after = _requesters(site)
    if not before or len(before & after) < len(before) / 2:
        raise CheckError(f"pseudonyms changed: {len(before & after)} of {len(before)} are the same")
    if not site.query('up{job="umbrella"}', at=moment + 15):
        raise CheckError("Prometheus forgot the samples from before")
    return f"{len(before & after)} of {len(before)} requesters under the same pseudonym, samples kept"


def _requesters(site: Site) -> set[str]:
    lines = site.get("exporter", "/metrics").splitlines()
    users = {
        line.partition('user="')[2].partition('"')[0] for line in lines if line.startswith("osticket_user_tickets{")
    }
    return users - {"other", "unknown"}


def _scraped_since(site: Site, moment: float) -> None:
    if not site.query(f'timestamp(up{{job="umbrella"}}) > {moment}'):
        raise CheckError("no scrape since")


CHECKS: Final = (
    healthy,
    hardened,
    unprivileged,
    demonstration,
    targets,
    rules,
    watchdog,
    host_figures,
    no_way_out,
    dashboards,
    survives,
)
