"""The tables that grow with the tickets: ticket, thread, entries, events, form answers, requesters."""

from sqlalchemy import MetaData, Table

from exporter.demo.columns import (
    choice,
    flag,
    indexes,
    key,
    letter,
    moment,
    number,
    part_of_key,
    signed,
    stamps,
    text,
    word,
)


def add_ticket_tables(schema: MetaData, prefix: str) -> None:
    """Declare osTicket 1.18's tables of tickets, conversations, answers and requesters in ``schema``."""
    _ticket(schema, prefix)
    _threads(schema, prefix)
    _entries(schema, prefix)
    _answers(schema, prefix)
    _people(schema, prefix)


def _ticket(schema: MetaData, prefix: str) -> None:
    table = Table(
        f"{prefix}ticket",
        schema,
        key("ticket_id"),
        number("ticket_pid", None, null=True),
        word("number", 20, null=True),
        *(number(name) for name in ("user_id", "user_email_id", "status_id", "dept_id", "sla_id", "topic_id")),
        *(number(name) for name in ("staff_id", "team_id", "email_id", "lock_id", "flags", "sort")),
        word("ip_address", 64),
        choice("source", ("Web", "Email", "Phone", "API", "Other"), "Other"),
        word("source_extra", 40, null=True),
        flag("isoverdue"),
        flag("isanswered"),
        *(moment(name, null=True) for name in ("duedate", "est_duedate", "reopened", "closed", "lastupdate")),
        *stamps(),
    )
    indexes(
        table, "user_id", "dept_id", "staff_id", "team_id", "status_id", "created", "closed", "duedate", "topic_id",
        "sla_id", "ticket_pid",
    )  # fmt: skip


def _threads(schema: MetaData, prefix: str) -> None:
    thread = Table(
        f"{prefix}thread",
        schema,
        key(),
        number("object_id", None),
        letter("object_type", None),
        text("extra", null=True),
        moment("lastresponse", null=True),
        moment("lastmessage", null=True),
        moment("created"),
    )
    indexes(thread, "object_id", "object_type")
    event = Table(
        f"{prefix}thread_event",
        schema,
        key(),
        number("thread_id"),
        letter("thread_type"),
        number("event_id", None, null=True),
        *(number(name, None) for name in ("staff_id", "team_id", "dept_id", "topic_id")),
        word("data", 1024, null=True),
        word("username", 128, "SYSTEM"),
        number("uid", None, null=True),
        letter("uid_type", "S"),
        flag("annulled"),
        moment("timestamp"),
    )
    indexes(event, ticket_state=("thread_id", "event_id", "timestamp"), ticket_stats=("timestamp", "event_id"))


def _entries(schema: MetaData, prefix: str) -> None:
    entry = Table(
        f"{prefix}thread_entry",
        schema,
        key(),
        *(number(name) for name in ("pid", "thread_id", "staff_id", "user_id")),
        letter("type"),
        number("flags"),
        word("poster", 128),
        number("editor", None, null=True),
        letter("editor_type", null=True),
        word("source", 32),
        word("title", 255, null=True),
        text("body"),
        word("format", 16, "html"),
        word("ip_address", 64),
        text("extra", null=True),
        text("recipients", null=True),
        *stamps(),
    )
    indexes(entry, "pid", "thread_id", "staff_id", "type")
    mail = Table(
        f"{prefix}thread_entry_email",
        schema,
        key(),
        number("thread_entry_id", None),
        number("email_id", None, null=True),
        word("mid", 255, None),
        text("headers", null=True),
    )
    indexes(mail, "thread_entry_id", "mid", "email_id")
    merge = Table(
        f"{prefix}thread_entry_merge", schema, key(), number("thread_entry_id", None), text("data", null=True)
    )
    indexes(merge, "thread_entry_id")


def _answers(schema: MetaData, prefix: str) -> None:
    entry = Table(
        f"{prefix}form_entry",
        schema,
        key(),
        number("form_id", None),
        number("object_id", None, null=True),
        letter("object_type", "T"),
        number("sort", 1),
        text("extra", null=True),
        *stamps(),
    )
    indexes(entry, entry_lookup=("object_type", "object_id"))
    Table(
        f"{prefix}form_entry_values",
        schema,
        part_of_key("entry_id"),
        part_of_key("field_id"),
        text("value", null=True),
        signed("value_id", null=True),
    )


def _people(schema: MetaData, prefix: str) -> None:
    user = Table(
        f"{prefix}user",
        schema,
        key(),
        number("org_id", None),
        signed("default_email_id"),
        number("status"),
        word("name", 128, None),
        *stamps(),
    )
    indexes(user, "org_id", "default_email_id", "name")
    email = Table(
        f"{prefix}user_email",
        schema,
        key(),
        number("user_id", None),
        number("flags"),
        word("address", 255, None),
    )
    indexes(email, "address", unique=("address",), user_email_lookup=("user_id",))
