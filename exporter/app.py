"""The wiring: from a configuration to collectors, schedule, snapshot and web surface."""

import asyncio
import importlib
import logging
import os
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO, Final

from exporter import __version__
from exporter.clock import Clock
from exporter.collector import Collector
from exporter.config import Config
from exporter.departments import Directory, Schools
from exporter.errors import ConfigError, UmbrellaError
from exporter.health import Health
from exporter.people import Pseudonyms
from exporter.process import process_families
from exporter.refreshing import Refresher, Reporter, Stage, describe_bug
from exporter.registry import Builder, build_collectors, close_all, enabled
from exporter.scheduling import Schedule
from exporter.snapshot import SELF, SnapshotStore, render
from exporter.state import StateDirectory
from exporter.web.guard import Passwords
from exporter.web.server import Limits, Server, allow_files, listen, load_certificate, tls_context
from exporter.web.surface import Surface, build_surface
from exporter.world import World

log = logging.getLogger(__name__)

# Seconds that refreshes under way may take after a signal to end; with the web server's own two it stays below five.
_GRACE: Final = 1.5


def make_world(config: Config, state: StateDirectory, directory: Directory) -> World:
    """Return the world that collectors of this configuration are built into.

    Raises:
        StateError: the key of the pseudonyms can neither be read nor made.
    """
    # Invented people need no pseudonyms: a demonstration shows who they are unless it is told otherwise. With a real
    # Slurm beside it they are not all invented.
    everybody = config.osticket.demo and config.slurm.source in ("demo", "off")
    invented = everybody and "label" not in config.users.model_fields_set
    schools: Mapping[str, list[str]] = config.schools
    if config.osticket.demo and not schools:
        schools = importlib.import_module("exporter.demo.calibration").schools()
    return World(
        directory=directory,
        schools=Schools.from_lists(schools),
        state=state,
        pseudonyms=Pseudonyms("id" if invented else config.users.label, state.key()),
    )


def require_collectors(config: Config) -> None:
    """Refuse a configuration without anything to do.

    Raises:
        ConfigError: no collector is on; says how to turn one on.
    """
    if not enabled(config):
        raise ConfigError(
            "no collector is on: set osticket.url (UMBRELLA_OSTICKET__URL) to the address of osticket's database, or "
            "slurm.source (UMBRELLA_SLURM__SOURCE) to cli; for a demonstration with invented data set osticket.url to "
            "demo:// and slurm.source to demo"
        )


def collect(
    config: Config,
    output: BinaryIO,
    *,
    only: Sequence[str] = (),
    clock: Clock | None = None,
    build: Builder = build_collectors,
) -> int:
    """Refresh every collector once, in order, and write the exposition (text 0.0.4).

    Failures are logged, naming the collector. The process's own metrics are left out: node_exporter, whose textfile
    collector may read this, has metrics of the same names.

    Args:
        config: the configuration.
        output: where the exposition goes, in one piece.
        only: names of the collectors to refresh; empty: all that are on.
        clock: the present.
        build: makes the collectors.

    Returns:
        The exit code: 1 if a collector failed wholly or in part.

    Raises:
        ConfigError: no collector is on, or ``only`` names one that is not.
        StateError: the state directory cannot be used.
    """
    require_collectors(config)
    for name in only:
        if name not in enabled(config):
            raise ConfigError(f"--only {name}: no such collector is on; expected some of {', '.join(enabled(config))}")
    clock = clock or Clock()
    stage = Stage(SnapshotStore(), Health(clock), clock, Reporter(clock, log))
    with StateDirectory(config.state.directory, shared=True) as state:
        # All are built, so that departments kept from an earlier run are known to the tickets alone, too.
        directory = Directory()
        collectors = build(config, make_world(config, state, directory))
        try:
            wanted = [collector for collector in collectors if not only or collector.name in only]
            if not directory.departments:
                _fill(collectors, wanted, clock.now())
            stage.health.enable((collector.name, collector.interval, collector.demo) for collector in wanted)
            outcomes = [Refresher(collector, stage).refresh() for collector in wanted]
        finally:
            close_all(collectors)
    stage.store.publish({SELF: render(stage.health.families())})
    output.write(stage.store.snapshot.answer("text").plain)
    output.flush()
    return 0 if all(outcomes) else 1


def _fill(collectors: Sequence[Collector], wanted: Sequence[Collector], now: float) -> None:
    """Ask Slurm for the departments that the tickets need, where Slurm itself is not asked for."""
    if not any(collector.name == "tickets" for collector in wanted):
        return
    for collector in collectors:
        if collector.name == "slurm" and collector not in wanted:
            try:
                collector.refresh(now)
            except Exception as error:
                text = str(error) if isinstance(error, UmbrellaError) else describe_bug(error)
                log.debug("Slurm failed", exc_info=True)
                log.warning("tickets: departments stay unknown: %s", text)


class Service:
    """Everything that lives as long as the process; a reload puts new collectors into it.

    Args:
        load: reads the configuration anew.
        state: the state directory, held.
        clock: the present.
        build: makes the collectors.
    """

    def __init__(self, load: Callable[[], Config], state: StateDirectory, clock: Clock, build: Builder) -> None:
        self._load = load
        self._state = state
        self._build = build
        self._directory = Directory()
        self._reloading = threading.Lock()
        self._config: Config | None = None
        self.stage = Stage(SnapshotStore(), Health(clock), clock, Reporter(clock, log))
        self.schedule = Schedule(self.stage, process_families())
        self.passwords = Passwords({})
        self.tls: ssl.SSLContext | None = None

    def start(self, config: Config) -> None:
        """Build the collectors and start refreshing.

        Raises:
            UmbrellaError: something cannot be built; nothing runs.
        """
        tls = config.web.tls
        if tls is not None:
            self.tls = tls_context(tls.cert_file, tls.key_file, tls.client_ca_file)
        self._apply(config)

    def reload(self) -> None:
        """Read the configuration anew and put it in force; a mistake in it is said and changes nothing."""
        with self._reloading:
            try:
                config = self._load()
                require_collectors(config)
                if self.tls is not None and config.web.tls is not None:
                    load_certificate(self.tls, config.web.tls.cert_file, config.web.tls.key_file)
                old = self._config
                self._apply(config)
            except UmbrellaError as error:
                text = "; ".join(str(error).splitlines())
                log.error("Reload: the old configuration stays in force: %s", text)  # noqa: TRY400  the text says all
                return
            except Exception as error:
                log.debug("Reload failed", exc_info=True)
                log.error("Reload: the old configuration stays in force: %s", describe_bug(error))  # noqa: TRY400  as above
                return
            log.info("Reload: the configuration is in force")
            if old is not None and (fixed := _fixed_changes(old, config)):
                log.warning("Reload: %s changed, which takes a restart", " and ".join(fixed))

    def _apply(self, config: Config) -> None:
        collectors = self._build(config, make_world(config, self._state, self._directory))
        self.passwords.replace(config.web.basic_auth_users)
        self.schedule.run(collectors)
        self._config = config


def _fixed_changes(old: Config, new: Config) -> list[str]:
    """Return the keys that differ although only a restart can change them."""
    client_ca = [config.web.tls and config.web.tls.client_ca_file for config in (old, new)]
    changes = {
        "state.directory": old.state.directory != new.state.directory,
        "web.listen": old.web.listen != new.web.listen,
        "web.tls": (old.web.tls is None) != (new.web.tls is None),
        "web.tls.client_ca_file": client_ca[0] != client_ca[1],
    }
    return [key for key, changed in changes.items() if changed]


def serve(load: Callable[[], Config], *, clock: Clock | None = None, build: Builder = build_collectors) -> int:
    """Run the service until SIGTERM or SIGINT; SIGHUP reloads. Call it from the main thread.

    Args:
        load: reads the configuration; called at start and at each SIGHUP.
        clock: the present.
        build: makes the collectors.

    Returns:
        The exit code, 0.

    Raises:
        ConfigError: the configuration cannot be used, or has nothing to do.
        StateError: the state directory cannot be used.
        WebError: the port is taken, or a certificate cannot be used.
    """
    # A reload asked for before the service is up must not end it.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    config = load()
    require_collectors(config)
    sockets = listen(config.web.host, config.web.port)
    try:
        with StateDirectory(config.state.directory) as state:
            service = Service(load, state, clock or Clock(), build)
            service.start(config)
            try:
                _run(service, config, sockets)
            finally:
                stuck = service.schedule.stop(_GRACE)
    finally:
        for opened in sockets:
            opened.close()
    if stuck:
        log.warning("Ending while %s is still refreshing; its state is whole", " and ".join(stuck))
        logging.shutdown()
        os._exit(0)  # a thread in foreign code would keep the interpreter from ending
    return 0


def _run(service: Service, config: Config, sockets: list[socket.socket]) -> None:
    limits = Limits(connections=allow_files(Limits().connections))
    tls = config.web.tls
    stage = service.stage
    app = build_surface(
        Surface(stage.store, stage.health, stage.clock),
        service.passwords,
        client_certificates=tls is not None and tls.client_ca_file is not None,
    )

    def reload_aside() -> None:
        threading.Thread(target=service.reload, name="reload", daemon=True).start()

    server = Server(app, limits=limits, context=service.tls, on_reload=reload_aside)
    log.info("Umbrella %s: open %s", __version__, _address(sockets[0], secure=tls is not None))
    asyncio.run(server.serve(sockets))


def _address(opened: socket.socket, *, secure: bool) -> str:
    """Return the URL to open in a browser on this machine."""
    host, port = opened.getsockname()[:2]
    everywhere = ("0.0.0.0", "::")  # noqa: S104  compared with, not listened on
    shown = "localhost" if host in everywhere else f"[{host}]" if ":" in host else host
    return f"http{'s' if secure else ''}://{shown}:{port}/"
