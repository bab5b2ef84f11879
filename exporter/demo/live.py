"""The demo's desk goes on living: minute by minute tickets arrive, are answered, closed, opened again.

New tickets arrive as the history leads to expect (see :func:`exporter.demo.moments.rate`), so that the exporter's
expectation holds and ticket alerts stay silent, except for the planted incidents of :mod:`exporter.demo.spikes`: the
first within 35 minutes, then one every 3 to 5 days. So that dashboards move at any hour, agents and requesters work on
the open tickets more busily than a real desk would: something happens every minute or two.

What happens in a minute is a function of the seed, that minute and the database; when :meth:`DemoDesk.advance` is
called changes nothing.
"""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import Connection, Engine, create_engine, event, insert, select, update
from sqlalchemy.exc import DatabaseError as SqlDatabaseError

from exporter.demo import fixed
from exporter.demo.book import Book, Question, Requester
from exporter.demo.cast import DEPARTMENTS, make_cast
from exporter.demo.generator import PREFIX, fill
from exporter.demo.history import TOPICS
from exporter.demo.moments import rate
from exporter.demo.schema import like_osticket, metadata, table
from exporter.demo.slurm import SEED
from exporter.demo.spikes import Spike, planned_spikes
from exporter.demo.subjects import SHARES
from exporter.demo.texts import CATEGORIES, make_texts

_MINUTE: Final = 60
_DAY: Final = 86_400
# Per second, at any hour.
_DEEDS: Final = {"note": 1 / 240, "assign": 1 / 240, "follow_up": 1 / 360, "transfer": 1 / 1200}
_ANSWER: Final = 1 / (2 * 3600)  # per second and unanswered ticket
_BACKLOG: Final = 200  # open tickets around which closings keep the desk
_CALM: Final = 1 / (5 * 3600)  # per second: closings of each ticket of an incident
_REOPEN: Final = 0.15  # of the closings: about one a day
_OLDEST: Final = 2 * _DAY  # a database left behind longer is written anew
_FILE: Final = "demo-osticket.sqlite"
_NAMESPACE: Final = "demo"  # of the settings in which the desk keeps its own place


class DemoDesk:
    """A synthetic help desk that is open around the clock.

    Attributes:
        engine: the database, for whoever reads it.
        seed: of everything that happens.
    """

    def __init__(self, engine: Engine, seed: int = SEED, *, temporary: Path | None = None) -> None:
        self.engine = engine
        self.seed = seed
        self._temporary = temporary
        self._schema = metadata(PREFIX)
        self._cast = make_cast(seed)
        self._texts = make_texts(seed)

    def open(self, now: float) -> None:
        """Note in the database that the desk opens at ``now``: the plan of incidents begins there."""
        config = table(self._schema, "config")
        settings = {"seed": self.seed, "opened": int(now), "advanced": int(now) // _MINUTE * _MINUTE}
        with self.engine.begin() as connection:
            for name, value in settings.items():
                row = {"namespace": _NAMESPACE, "key": name, "value": str(value)}
                connection.execute(insert(config).values(row))

    def settings(self) -> dict[str, int]:
        """Return ``seed``, ``opened`` and ``advanced`` as the database has them; empty before :meth:`open`."""
        with self.engine.connect() as connection:
            return self._settings(connection)

    def _settings(self, connection: Connection) -> dict[str, int]:
        config = table(self._schema, "config").c
        query = select(config.key, config.value).where(config.namespace == _NAMESPACE)
        return {row.key: int(row.value) for row in connection.execute(query)}

    def advance(self, now: float) -> int:
        """Let everything happen that happens in the whole minutes since the last call.

        Args:
            now: the present, seconds since the epoch. An earlier one than before changes nothing.

        Returns:
            Rows inserted.
        """
        with self.engine.begin() as connection:
            like_osticket(connection)
            settings = self._settings(connection)
            begin, end = settings["advanced"], int(now) // _MINUTE * _MINUTE
            if end <= begin:
                return 0
            book = Book(connection, self._schema)
            spikes = [
                (spike, moment)
                for spike in planned_spikes(self.seed, settings["opened"], end)
                for moment in spike.moments
                if begin <= moment < end
            ]
            usual = 0.0
            for minute in range(begin, end, _MINUTE):
                if minute == begin or minute % 3600 == 0:
                    usual = rate(minute) * _MINUTE
                incidents = [(spike, at) for spike, at in spikes if minute <= at < minute + _MINUTE]
                self._minute(book, minute, usual, incidents)
            config = table(self._schema, "config")
            mine = (config.c.namespace == _NAMESPACE) & (config.c.key == "advanced")
            connection.execute(update(config).where(mine).values(value=str(end)))
            return book.rows

    def _minute(self, book: Book, minute: int, usual: float, spikes: list[tuple[Spike, int]]) -> None:
        """Let one minute happen, in which ``usual`` tickets are expected besides those of incidents."""
        rng = np.random.default_rng((self.seed, 5, minute))
        asked = [(None, minute + int(second)) for second in rng.integers(0, _MINUTE, rng.poisson(usual))]
        for spike, moment in sorted([*asked, *spikes], key=lambda each: each[1]):
            self._ask(rng, book, spike, moment)
        latest = minute + _MINUTE - 1  # what follows comes after the minute's questions
        self._work(rng, book, latest)
        self._end(rng, book, usual, latest)

    def _ask(self, rng: np.random.Generator, book: Book, spike: Spike | None, moment: int) -> None:
        """Somebody opens a ticket: anybody about anything, or one of the department that an incident has hit."""
        weights = self._cast.later()
        if spike is None:
            category = str(rng.choice(CATEGORIES, p=list(SHARES.values())))
        else:
            category = spike.theme
            weights = np.where(self._cast.department == DEPARTMENTS.index(spike.department), 1.0, 0.0)
        person = int(rng.choice(len(self._cast), p=weights / weights.sum()))
        subject = self._texts.subjects.pick(rng, category, 1)
        body = self._texts.first_messages(rng, subject)
        high = rng.random() < 0.01
        question = Question(
            subject=self._texts.subjects.texts[int(subject[0])],
            body=self._texts.bodies.texts[int(body[0])],
            priority=fixed.HIGH if high else fixed.NORMAL,
            topic=TOPICS[category] if rng.random() < 0.8 else 1,
            source=str(rng.choice(["Email", "Web"], p=[0.7, 0.3])),
            incident=spike is not None,
        )
        book.ask(Requester(self._cast.name[person], self._cast.address[person]), question, moment)

    def _work(self, rng: np.random.Generator, book: Book, moment: int) -> None:
        """Agents answer what waits, take, hand over and annotate tickets; requesters write again."""
        waiting = sorted(number for number, ticket in book.open.items() if not ticket.answered)
        for number, dice in zip(waiting, rng.random(len(waiting)).tolist(), strict=True):
            if dice < _ANSWER * _MINUTE:
                book.answer(book.open[number], self._agent(rng), moment, self._body(rng, "answer"))
        for deed, chance in _DEEDS.items():
            if book.open and rng.random() < chance * _MINUTE:
                ticket = book.open[int(rng.choice(sorted(book.open)))]
                if deed == "note":
                    book.note(ticket, self._agent(rng), moment, self._body(rng, "note"))
                elif deed == "assign":
                    book.assign(ticket, self._agent(rng), moment)
                elif deed == "follow_up" and ticket.answered:
                    book.follow_up(ticket, moment, self._body(rng, "follow_up"))
                elif deed == "transfer":
                    book.transfer(ticket, int(rng.choice([1, 4, 5, 6])), self._agent(rng), moment)

    def _end(self, rng: np.random.Generator, book: Book, usual: float, moment: int) -> None:
        """Agents close answered tickets, the cron job marks late ones, requesters open closed ones again."""
        now = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")
        chance = usual / _BACKLOG
        for number, dice in zip(sorted(book.open), rng.random(len(book.open)).tolist(), strict=True):
            ticket = book.open[number]
            if ticket.answered and dice < (_CALM * _MINUTE if ticket.incident else chance):
                book.close(ticket, ticket.staff or self._agent(rng), moment)
            elif ticket.due is not None and ticket.due < now and not ticket.overdue:
                book.overdue(ticket, moment)
        if rng.random() < usual * _REOPEN:
            closed = book.closed_since(moment - 14 * _DAY)
            if closed:
                book.reopen(closed[int(rng.integers(len(closed)))], moment)

    @staticmethod
    def _agent(rng: np.random.Generator) -> int:
        return int(rng.integers(1, len(fixed.STAFF) + 1))

    def _body(self, rng: np.random.Generator, kind: str) -> str:
        return self._texts.bodies.texts[int(self._texts.bodies.pick(rng, kind, 1)[0])]

    def close(self) -> None:
        """Release the database; one in a temporary directory is deleted."""
        self.engine.dispose()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)


def open_demo(state_dir: Path | None, now: float, seed: int = SEED) -> tuple[Engine, DemoDesk]:
    """Return a living demo desk on SQLite, and its engine.

    A database that an earlier run left in ``state_dir`` is used again if it is whole, of the same seed and at most two
    days behind; otherwise a new one is written, which takes a few seconds.

    Args:
        state_dir: where the database lives; None: in a temporary directory, deleted by :meth:`DemoDesk.close`.
        now: the present, seconds since the epoch.
        seed: of history, people and everything that happens.
    """
    temporary = Path(tempfile.mkdtemp(prefix="umbrella-demo.")) if state_dir is None else None
    path = (temporary or state_dir or Path()) / _FILE
    if not _usable(path, now, seed):
        _write(path, now, seed)
    engine = _engine(path)
    return engine, DemoDesk(engine, seed, temporary=temporary)


def _usable(path: Path, now: float, seed: int) -> bool:
    """Whether a whole, recent demo database of this seed lies at ``path``."""
    if not path.exists():
        return False
    engine = _engine(path)
    try:
        with engine.connect() as connection:
            whole = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() == "ok"
        settings = DemoDesk(engine, seed).settings() if whole else {}
    except SqlDatabaseError:
        return False  # not SQLite's, or without our tables
    finally:
        engine.dispose()
    return settings.get("seed") == seed and now - _OLDEST <= settings.get("advanced", 0) <= now


def _write(path: Path, now: float, seed: int) -> None:
    """Write a new database aside and move it into place when it is whole."""
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    engine = _engine(aside)
    fill(engine, tickets=None, seed=seed, now=datetime.fromtimestamp(now, UTC))
    DemoDesk(engine, seed).open(now)
    engine.dispose()
    aside.replace(path)


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _fast(connection: object, _record: object) -> None:
        # A demo that is lost with the machine's power is written anew.
        connection.execute("PRAGMA synchronous = OFF")  # type: ignore[attr-defined]  # SQLite's own connection

    return engine
