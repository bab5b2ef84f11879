import io
import logging
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import bcrypt
import httpx
import pytest
import trustme
from prometheus_client.parser import text_string_to_metric_families

from exporter import app, registry
from exporter.app import Service, collect
from exporter.clock import Clock
from exporter.collector import Collector, Refresh
from exporter.config import Config
from exporter.departments import Directory
from exporter.errors import CollectorError, ConfigError
from exporter.registry import build_collectors, enabled
from exporter.state import StateDirectory
from exporter.world import World
from tests.collectors import PATIENCE, Scripted, gauges, wait_for
from tests.web.test_tls import write

OPEN = re.compile(r"open (https?://127\.0\.0\.1:\d+/)")


def refused(_now: float) -> Refresh:
    """Fail as a source does that is away."""
    raise CollectorError("the database refused")


def config_of(folder: Path, **sections: object) -> Config:
    """Return a configuration with the demo's tickets and Slurm."""
    values = {"osticket": {"url": "demo://"}, "slurm": {"source": "demo"}, "state": {"directory": folder}, **sections}
    return Config(**values)  # type: ignore[arg-type]


class Builder:
    """Builds given collectors and keeps the world that they were built into."""

    def __init__(self, *collectors: Scripted) -> None:
        self.collectors = collectors
        self.worlds: list[World] = []

    def __call__(self, config: Config, world: World) -> list[Collector]:
        """Build those that are on."""
        self.worlds.append(world)
        return [collector for collector in self.collectors if collector.name in enabled(config)]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what Umbrella itself logged; the libraries below it talk too."""
    return [record.getMessage() for record in caplog.records if record.name.startswith("exporter")]


def collected(folder: Path, *collectors: Scripted, only: Sequence[str] = ()) -> tuple[int, dict[str, float]]:
    """Run collect and return exit code and values by metric and first label."""
    output = io.BytesIO()
    code = collect(config_of(folder), output, only=only, build=Builder(*collectors))
    values = {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(output.getvalue().decode())
        for sample in family.samples
    }
    return code, values


def test_collect_refreshes_everything_in_order(tmp_path: Path) -> None:
    """One refresh each, Slurm before the tickets, all metrics out, everything closed, exit code 0."""
    order: list[str] = []

    def noting(name: str, family: str) -> Scripted:
        def note(_now: float) -> Refresh:
            order.append(name)
            return gauges(family)

        return Scripted(name, note)

    slurm, tickets = noting("slurm", "slurm_x"), noting("tickets", "osticket_x")
    code, values = collected(tmp_path, slurm, tickets)
    assert (code, order) == (0, ["slurm", "tickets"])
    assert values["slurm_x a"] == values["osticket_x a"] == values["umbrella_collector_up tickets"] == 1
    assert not any(name.startswith(("process_", "python_")) for name in values)
    assert slurm.closed.is_set()
    assert tickets.closed.is_set()


def test_collect_names_what_failed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A failed collector makes exit code 1 and one line that names it; the other's metrics are printed all the same."""
    code, values = collected(tmp_path, Scripted("slurm", lambda _: gauges("slurm_x")), Scripted("tickets", refused))
    assert code == 1
    assert values["slurm_x a"] == 1
    assert values["umbrella_collector_up tickets"] == 0
    assert caplog.messages == ["Collector tickets: the database refused"]


def broken(_now: float) -> Refresh:
    """Fail as code with a bug does."""
    raise RuntimeError("printer on fire")


@pytest.mark.parametrize(
    ("script", "said"), [(refused, "the database refused"), (broken, "an unexpected RuntimeError")]
)
def test_collect_only_tickets_asks_slurm_for_departments(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, script: Callable[[float], Refresh], said: str
) -> None:
    """`--only tickets` publishes the tickets alone; Slurm, asked for their departments, may fail without harm."""
    slurm = Scripted("slurm", script)
    code, values = collected(tmp_path, slurm, Scripted("tickets", lambda _: gauges("osticket_x")), only=["tickets"])
    assert code == 0
    assert slurm.calls == 1
    assert slurm.closed.is_set()
    assert values["osticket_x a"] == 1
    assert "umbrella_collector_up slurm" not in values
    (message,) = caplog.messages
    assert message.startswith(f"tickets: departments stay unknown: {said}")


def test_collect_only_slurm_asks_nobody_else(tmp_path: Path) -> None:
    """`--only slurm` refreshes Slurm; the tickets are not asked."""
    tickets = Scripted("tickets", refused)
    code, values = collected(tmp_path, Scripted("slurm", lambda _: gauges("slurm_x")), tickets, only=["slurm"])
    assert (code, tickets.calls, values["slurm_x a"]) == (0, 0, 1)


def test_collect_asks_slurm_only_for_unknown_departments(tmp_path: Path) -> None:
    """Departments kept from an earlier run are enough for `--only tickets`: Slurm is not asked."""
    slurm, tickets = Scripted("slurm", refused), Scripted("tickets", lambda _: gauges("osticket_x"))

    def build(config: Config, world: World) -> list[Collector]:
        del config
        world.directory.replace({"ann": "cs"})
        return [slurm, tickets]

    assert collect(config_of(tmp_path), io.BytesIO(), only=["tickets"], build=build) == 0
    assert (slurm.calls, tickets.calls) == (0, 1)


def test_collect_refuses_unknown_names(tmp_path: Path) -> None:
    """`--only` with a collector that is not on is a usage mistake that lists those that are."""
    with pytest.raises(ConfigError, match=r"--only gpu: .* expected some of slurm, tickets"):
        collected(tmp_path, only=["gpu"])


def test_nothing_to_do_is_refused(tmp_path: Path) -> None:
    """Without any collector `collect` and `serve` refuse and say which keys and variables to set."""
    config = Config.model_validate({"state": {"directory": tmp_path}})
    with pytest.raises(ConfigError, match=r"osticket\.url \(UMBRELLA_OSTICKET__URL\).*demo://"):
        collect(config, io.BytesIO())
    with pytest.raises(ConfigError, match="no collector is on"):
        app.serve(lambda: config)


@pytest.mark.parametrize(
    ("sections", "shown"),
    [
        ({}, True),
        ({"slurm": {"source": "off"}}, True),
        ({"slurm": {"source": "cli"}}, False),
        ({"users": {"label": "hash"}}, False),
        ({"osticket": {"url": "sqlite:///x"}}, False),
    ],
)
def test_only_invented_people_are_shown(tmp_path: Path, sections: dict[str, object], shown: bool) -> None:  # noqa: FBT001  a table
    """A demonstration shows its people's ids unless told otherwise; where somebody may be real, pseudonyms stand."""
    with StateDirectory(tmp_path) as state:
        world = app.make_world(config_of(tmp_path, **sections), state, Directory())
    assert (world.pseudonyms.label("ann") == "ann") is shown


def test_demonstration_brings_its_schools(tmp_path: Path) -> None:
    """A demonstration without schools in its configuration has those of its invented university."""
    with StateDirectory(tmp_path) as state:
        own = app.make_world(config_of(tmp_path, schools={"COS": ["math"]}), state, Directory()).schools
        demo = app.make_world(config_of(tmp_path), state, Directory()).schools
    assert dict(own.by_department) == {"math": "COS"}
    assert len(set(demo.by_department.values())) > 1


def test_collectors_are_built_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The registry builds what is on, Slurm first; when one cannot be built, those before it are closed."""
    built = Scripted("slurm", refused)

    class Module:
        def __init__(self, collector: Scripted | None) -> None:
            self.collector = collector

        def build(self, config: Config, world: World) -> Collector:
            del config, world
            if self.collector is None:
                raise ConfigError("cannot be built")
            return self.collector

    modules = {"exporter.slurm.collector": Module(built), "exporter.osticket.collector": Module(built)}
    monkeypatch.setattr(registry, "import_module", modules.__getitem__)
    with StateDirectory(tmp_path) as state:
        config = config_of(tmp_path)
        world = app.make_world(config, state, Directory())
        assert build_collectors(config, world) == [built, built]
        assert not built.closed.is_set()
        modules["exporter.osticket.collector"] = Module(None)
        with pytest.raises(ConfigError, match="cannot be built"):
            build_collectors(config, world)
    assert built.closed.is_set()


@contextmanager
def service(load: object, config: Config, builder: Builder) -> Iterator[Service]:
    """Run a service without its web server."""
    with StateDirectory(config.state.directory) as state:
        running = Service(load, state, Clock(), builder)  # type: ignore[arg-type]
        running.start(config)
        try:
            yield running
        finally:
            assert running.schedule.stop(PATIENCE) == []


def test_reload_with_a_mistake_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A configuration with mistakes, or with nothing on, is said once, in one line; the old collectors go on."""
    config = config_of(tmp_path, slurm={"source": "off"})
    tickets = Scripted("tickets", lambda _: gauges("osticket_x"))
    mistakes: list[Exception] = [ConfigError("umbrella.yml, osticket.refresh: soon\nweb.listen: here"), OSError("disk")]

    def load() -> Config:
        if mistakes:
            raise mistakes.pop(0)
        return Config.model_validate({"state": {"directory": tmp_path}})

    builder = Builder(tickets)
    with service(load, config, builder) as running:
        wait_for(lambda: tickets.calls)
        for _ in range(3):
            running.reload()
        assert len(builder.worlds) == 1
        assert not tickets.closed.is_set()
    start = "Reload: the old configuration stays in force: "
    assert caplog.messages[0] == start + "umbrella.yml, osticket.refresh: soon; web.listen: here"
    assert caplog.messages[1].startswith(start + "an unexpected OSError at app.py:")
    assert caplog.messages[2].startswith(start + "no collector is on: set osticket.url")
    assert len(caplog.messages) == 3


def test_reload_rebuilds_in_the_same_world(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A valid configuration rebuilds the collectors with its schools, and the departments known so far stay."""
    caplog.set_level(logging.INFO)
    config = config_of(tmp_path, slurm={"source": "off"}, schools={"COS": ["math"]})
    new = config_of(tmp_path, slurm={"source": "off"}, schools={"CEC": ["cs"]}, users={"label": "id"})
    builder = Builder(Scripted("tickets", lambda _: gauges("osticket_x")))
    with service(lambda: new, config, builder) as running:
        running.reload()
    first, second = builder.worlds
    assert second.directory is first.directory
    assert second.state is first.state
    assert (first.schools.of("cs"), second.schools.of("cs")) == ("other", "CEC")
    assert second.pseudonyms.label("ann") == "ann"
    assert said(caplog) == ["Reload: the configuration is in force"]


def test_reload_says_what_takes_a_restart(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Keys that only a restart can change are named."""
    authority = trustme.CA()
    cert, key = write(authority.issue_cert("127.0.0.1"), tmp_path, "server")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = {"cert_file": cert, "key_file": key}
    config = config_of(tmp_path, web={"listen": "127.0.0.1:1"})
    changed = {"listen": "127.0.0.1:2", "tls": {**tls, "client_ca_file": tmp_path / "ca.pem"}}
    new = config_of(tmp_path, web=changed, state={"directory": tmp_path / "other"})
    with service(lambda: new, config, Builder()) as running:
        running.reload()
    expected = "state.directory and web.listen and web.tls and web.tls.client_ca_file changed, which takes a restart"
    assert said(caplog) == [f"Reload: {expected}"]


def test_reload_takes_new_certificates_and_passwords(tmp_path: Path) -> None:
    """A reload reads the certificate files again and lets the new users in."""
    authority = trustme.CA()
    cert, key = write(authority.issue_cert("127.0.0.1"), tmp_path, "server")
    users = {"prometheus": bcrypt.hashpw(b"x", bcrypt.gensalt(4)).decode()}
    tls = {"cert_file": cert, "key_file": key}
    config = config_of(tmp_path, web={"tls": tls})
    with service(
        lambda: config_of(tmp_path, web={"tls": tls, "basic_auth_users": users}), config, Builder()
    ) as running:
        assert not running.passwords
        write(authority.issue_cert("localhost"), tmp_path, "server")
        running.reload()
        assert running.passwords
        assert running.tls is not None


@pytest.fixture
def signals() -> Iterator[None]:
    """Puts back the signal handlers that a service run in this process sets; a SIGTERM too early fails the test."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}

    def fail(_number: int, _frame: object) -> None:
        raise AssertionError("the service was ended before it served")

    signal.signal(signal.SIGTERM, fail)
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def run_here(config: Config, load: Callable[[], Config], builder: Builder, visit: Callable[[str], None]) -> int:
    """Run the service in this process; ``visit`` gets its URL in a thread, then it is ended by SIGTERM."""
    found: list[str] = []
    ours = logging.getLogger("exporter.app")
    handler = logging.Handler()
    handler.emit = lambda record: found.extend(OPEN.findall(record.getMessage()))  # type: ignore[method-assign]
    ours.addHandler(handler)

    def visit_and_end() -> None:
        try:
            wait_for(lambda: found)
            wait_for(lambda: answers(found[0]))
            visit(found[0])
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    visitor = threading.Thread(target=visit_and_end)
    loads = iter([config])
    visitor.start()
    try:
        return app.serve(lambda: next(loads, None) or load(), build=builder)
    finally:
        visitor.join(PATIENCE)
        ours.removeHandler(handler)


def answers(url: str) -> bool:
    """Whether the service answers."""
    try:
        return httpx.get(f"{url}healthz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.usefixtures("signals")
def test_serving_until_terminated(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The service says what to open, serves its collectors, reloads at SIGHUP, and ends with 0 at SIGTERM."""
    caplog.set_level(logging.INFO)
    config = config_of(tmp_path, slurm={"source": "off"}, web={"listen": "127.0.0.1:0"})
    tickets = Scripted("tickets", lambda _: gauges("osticket_x"))
    bodies: list[str] = []

    def visit(url: str) -> None:
        wait_for(lambda: httpx.get(f"{url}readyz").status_code == 200)
        bodies.append(httpx.get(f"{url}metrics").text)
        os.kill(os.getpid(), signal.SIGHUP)
        wait_for(lambda: "Reload: the configuration is in force" in caplog.messages)

    assert run_here(config, lambda: config, Builder(tickets), visit) == 0
    assert 'osticket_x{user="b"} 2.0' in bodies[0]
    assert "process_cpu_seconds_total" in bodies[0]
    assert tickets.closed.is_set()


@pytest.mark.usefixtures("signals")
def test_hung_refresh_does_not_keep_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a refresh that ignores everything the process ends the hard way, with code 0, after its log is flushed."""
    caplog.set_level(logging.INFO)
    began, release = threading.Event(), threading.Event()
    ended: list[object] = []

    def hang(_now: float) -> Refresh:
        began.set()
        release.wait(PATIENCE)
        return gauges("osticket_x")

    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(logging, "shutdown", lambda: ended.append("flushed"))
    config = config_of(tmp_path, slurm={"source": "off"}, web={"listen": "127.0.0.1:0"})
    tickets = Scripted("tickets", hang)
    run_here(config, lambda: config, Builder(tickets), lambda _: wait_for(began.is_set))
    assert ended == ["flushed", 0]
    release.set()
    wait_for(tickets.closed.is_set)


@pytest.mark.parametrize(
    ("host", "secure", "url"),
    [("0.0.0.0", False, "http://localhost:"), ("::", True, "https://localhost:"), ("::1", False, "http://[::1]:")],  # noqa: S104  a test
)
def test_address_can_be_opened(host: str, secure: bool, url: str) -> None:  # noqa: FBT001  a table
    """The address that is said is one that a browser on this machine can open."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.create_server((host, 0), family=family)) as opened:
        assert app._address(opened, secure=secure) == f"{url}{opened.getsockname()[1]}/"


class Process:
    """The service as a process of its own."""

    def __init__(self, folder: Path, text: str) -> None:
        self.config = folder / "umbrella.yml"
        self.config.write_text(text)
        command = [sys.executable, "-m", "tests.service_process", str(self.config)]
        root = Path(__file__).parents[1]
        self.child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=root)
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.child.stderr is not None
        self.lines.extend(iter(self.child.stderr.readline, ""))
        self.child.stderr.close()

    @property
    def log(self) -> str:
        """What it said so far."""
        return "".join(self.lines)

    def url(self) -> str:
        """Wait until it says what to open."""
        wait_for(lambda: OPEN.search(self.log))
        found = OPEN.search(self.log)
        assert found is not None
        return found[1]

    def value(self, name: str) -> float | None:
        """Return the value of a metric without labels."""
        text = httpx.get(f"{self.url()}metrics").text
        found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else None

    def end(self) -> int:
        """Wait for its end and return the exit code."""
        code = self.child.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return code


@contextmanager
def process(folder: Path, text: str) -> Iterator[Process]:
    """Run the service as a process; it is killed at the end if it is still there."""
    running = Process(folder, text)
    try:
        yield running
    finally:
        running.child.kill()
        running.end()


TICKETS = (
    "osticket: {{url: 'demo://'}}\nusers: {{top: {top}}}\nstate: {{directory: {state}}}\nweb: {{listen: '{listen}'}}\n"
)


def tickets(folder: Path, top: int = 20, listen: str = "127.0.0.1:0") -> str:
    """Return a configuration file."""
    return TICKETS.format(top=top, state=folder / "state", listen=listen)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_the_service_during_a_refresh(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and SIGINT end the service with code 0 though a refresh hangs, which is said; the other one served."""
    with process(tmp_path, tickets(tmp_path) + "slurm: {source: demo}\n") as running:
        wait_for(lambda: running.value("osticket_top") == 20)
        assert 'umbrella_demo_data{collector="slurm"} 1.0' in httpx.get(f"{running.url()}metrics").text
        assert httpx.get(f"{running.url()}readyz").status_code == 503
        running.child.send_signal(number)
        assert running.end() == 0
        assert "Ending while slurm is still refreshing" in running.log
        assert "Traceback" not in running.log


def test_quiet_end(tmp_path: Path) -> None:
    """Without a refresh under way the service ends without a word, and its state directory is free again."""
    with process(tmp_path, tickets(tmp_path)) as running:
        wait_for(lambda: running.value("osticket_top") == 20)
        said = running.log
        running.child.terminate()
        assert running.end() == 0
        assert running.log == said
    with StateDirectory(tmp_path / "state"):
        pass


def test_reload_by_signal(tmp_path: Path) -> None:
    """SIGHUP puts a valid file in force and leaves the service as it was with a broken one, which is said once."""
    with process(tmp_path, tickets(tmp_path)) as running:
        wait_for(lambda: running.value("osticket_top") == 20)
        running.config.write_text("osticket: {url: [")
        running.child.send_signal(signal.SIGHUP)
        wait_for(lambda: "the old configuration stays in force" in running.log)
        assert running.value("osticket_top") == 20
        running.config.write_text(tickets(tmp_path, top=7))
        running.child.send_signal(signal.SIGHUP)
        wait_for(lambda: running.value("osticket_top") == 7)
        running.child.terminate()
        assert running.end() == 0
        assert running.log.count("old configuration") == 1
        assert "Traceback" not in running.log


def test_taken_port_ends_with_a_message(tmp_path: Path) -> None:
    """A port that is taken is one clear line and exit code 1."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        listen = f"127.0.0.1:{other.getsockname()[1]}"
        with process(tmp_path, tickets(tmp_path, listen=listen)) as running:
            assert running.end() == 1
            expected = f"umbrella: cannot listen on {listen} (web.listen): the port is taken; stop the other process "
            assert running.log == expected + "(`ss -ltnp` names it) or set another port\n"


def test_second_instance_is_refused(tmp_path: Path) -> None:
    """Two services on one state directory: the second refuses, the first goes on."""
    with process(tmp_path, tickets(tmp_path)) as first:
        first.url()
        (tmp_path / "second").mkdir()
        with process(tmp_path / "second", tickets(tmp_path)) as second:
            assert second.end() == 1
            assert "another instance of Umbrella" in second.log
        wait_for(lambda: first.value("osticket_top") == 20)


def test_service_over_tls_with_passwords(tmp_path: Path) -> None:
    """With certificates, a client authority and users configured, only who has both reads metrics."""
    authority = trustme.CA()
    cert, key = write(authority.issue_cert("127.0.0.1"), tmp_path, "server")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    hashed = bcrypt.hashpw(b"open sesame", bcrypt.gensalt(4)).decode()
    tls = f"{{cert_file: {cert}, key_file: {key}, client_ca_file: {tmp_path}/ca.pem}}"
    web = f"web:\n  listen: 127.0.0.1:0\n  tls: {tls}\n  basic_auth_users: {{prometheus: '{hashed}'}}\n"
    text = f"osticket: {{url: 'demo://'}}\nstate: {{directory: {tmp_path}/state}}\n{web}"
    context = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    with process(tmp_path, text) as running:
        url = running.url()
        assert url.startswith("https://")
        assert httpx.get(f"{url}healthz", verify=context).status_code == 200
        assert httpx.get(f"{url}metrics", verify=context, auth=("prometheus", "open sesame")).status_code == 403
        authority.issue_cert("prometheus.example.org").configure_cert(context)
        assert httpx.get(f"{url}metrics", verify=context).status_code == 401
        assert httpx.get(f"{url}metrics", verify=context, auth=("prometheus", "open sesame")).status_code == 200
        assert hashed not in running.log
