"""Older osTicket schemas, made from the newest one by taking away what they did not have yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import create_engine

from exporter.demo.schema import metadata
from tests.oracle.rowset import Connection

Version = Literal["1.18", "1.14", "1.12", "1.10"]


@dataclass(frozen=True, slots=True)
class Variant:
    """A schema: its signature, the columns that it lacks, the events that it knows.

    Attributes:
        signature: of the release, as in the table config.
        missing: (table, column) pairs.
        statements: run on the empty tables of 1.18, with ``{p}`` for the prefix.
        has_event_table: whether events have ids; else the name stands in ``thread_event.state``.
        has_merge: whether tickets can be merged.
        upgraded: whether rows of ``thread_event`` may lack their ``thread_type``.
    """

    signature: str
    missing: tuple[tuple[str, str], ...] = ()
    statements: tuple[str, ...] = ()
    has_event_table: bool = True
    has_merge: bool = True
    upgraded: bool = False


_BEFORE_1_14: Final = (
    ("ticket", "ticket_pid"), ("ticket", "sort"), ("ticket", "flags"), ("thread_event", "thread_type"),
    ("department", "schedule_id"), ("sla", "schedule_id"), ("thread_entry", "extra"),
    ("thread_entry_email", "email_id"),
)  # fmt: skip
_STATES: Final = (
    "'created','closed','reopened','assigned','transferred','overdue','edited','viewed','error','collab','resent'"
)
VARIANTS: Final[Mapping[Version, Variant]] = {
    "1.18": Variant("5fb92bef17f3b603659e024c01cc7a59"),
    "1.14": Variant("4bd47d94b10bd8a6bab35c119dadf41f", upgraded=True),
    "1.12": Variant("00c949a623b82848baaf3480b51307e3", _BEFORE_1_14, has_merge=False),
    "1.10": Variant(
        "98ad7d550c26ac44340350912296e673",
        (*_BEFORE_1_14, ("thread_event", "event_id"), ("thread_entry", "recipients")),
        (
            f"ALTER TABLE `{{p}}thread_event` ADD state ENUM({_STATES}) NOT NULL AFTER topic_id",
            "ALTER TABLE `{p}help_topic` ADD isactive TINYINT(1) UNSIGNED NOT NULL DEFAULT 1",
            "DROP TABLE `{p}event`",
        ),
        has_event_table=False,
        has_merge=False,
    ),
}


def create(connection: Connection, url: str, prefix: str, version: Version, engine: str) -> Variant:
    """Create the empty tables of a version, all on one storage engine, and return what the version is like."""
    variant = VARIANTS[version]
    schema = metadata(prefix)
    for table in schema.tables.values():
        table.dialect_options["mysql"]["engine"] = engine
    maker = create_engine(url)
    schema.create_all(maker)
    maker.dispose()
    with connection.cursor() as cursor:
        for table_name, column in variant.missing:
            _drop(connection, f"{prefix}{table_name}", column)
        for statement in variant.statements:
            cursor.execute(statement.format(p=prefix))
    return variant


def _drop(connection: Connection, table: str, column: str) -> None:
    with connection.cursor() as cursor:
        # Indexes that a dropped column leaves with other columns than osTicket's matter to nobody here.
        cursor.execute(f"ALTER TABLE `{table}` DROP COLUMN `{column}`")
