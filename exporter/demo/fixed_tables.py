"""The tables that the installer and the administrator fill: statuses, priorities, queues, topics, forms, settings."""

from sqlalchemy import Column, MetaData, Table, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects import mysql, sqlite

from exporter.demo.columns import SIGNED, TINY, choice, flag, indexes, key, moment, number, stamps, text, word


def add_fixed_tables(schema: MetaData, prefix: str) -> None:
    """Declare osTicket 1.18's tables of settings and choices in ``schema``."""
    _choices(schema, prefix)
    _department(schema, prefix)
    _help_topic(schema, prefix)
    _staff(schema, prefix)
    _forms(schema, prefix)
    _config(schema, prefix)


def _choices(schema: MetaData, prefix: str) -> None:
    status = Table(
        f"{prefix}ticket_status",
        schema,
        key("id", SIGNED),
        word("name", 60),
        word("state", 16, null=True),
        *(number(name) for name in ("mode", "flags", "sort")),
        text("properties"),
        *stamps(),
    )
    indexes(status, "name", "state", unique=("name",))
    priority = Table(
        f"{prefix}ticket_priority",
        schema,
        key("priority_id", TINY),
        word("priority", 60),
        word("priority_desc", 30),
        word("priority_color", 7),
        flag("priority_urgency"),
        flag("ispublic", 1),
    )
    indexes(priority, "priority", "priority_urgency", "ispublic", unique=("priority",))
    event = Table(f"{prefix}event", schema, key(), word("name", 60, None), word("description", 60, null=True))
    indexes(event, "name", unique=("name",))
    sla = Table(
        f"{prefix}sla",
        schema,
        key(),
        number("schedule_id"),
        number("flags", 3),
        number("grace_period"),  # hours
        word("name", 64),
        text("notes", null=True),
        *stamps(),
    )
    indexes(sla, "name", unique=("name",))
    team = Table(
        f"{prefix}team",
        schema,
        key("team_id"),
        number("lead_id"),
        number("flags", 1),
        word("name", 125),
        text("notes", null=True),
        *stamps(),
    )
    indexes(team, "name", "lead_id", unique=("name",))


def _department(schema: MetaData, prefix: str) -> None:
    table = Table(
        f"{prefix}department",
        schema,
        key(),
        number("pid", None, null=True),
        *(number(name) for name in ("tpl_id", "sla_id", "schedule_id", "email_id", "autoresp_email_id")),
        number("manager_id"),
        number("flags"),
        word("name", 128),
        text("signature"),
        flag("ispublic", 1),
        flag("group_membership"),
        flag("ticket_auto_response", 1),
        flag("message_auto_response"),
        word("path", 128, "/"),
        moment("updated"),
        moment("created"),
    )
    indexes(table, "manager_id", "autoresp_email_id", "tpl_id", "flags", unique=("name",), name=("name", "pid"))


def _help_topic(schema: MetaData, prefix: str) -> None:
    table = Table(
        f"{prefix}help_topic",
        schema,
        key("topic_id"),
        number("topic_pid"),
        flag("ispublic", 1),
        flag("noautoresp"),
        number("flags", 0, null=True),
        *(number(name) for name in ("status_id", "priority_id", "dept_id", "staff_id", "team_id", "sla_id")),
        *(number(name) for name in ("page_id", "sequence_id", "sort")),
        word("topic", 128),
        word("number_format", 32, null=True),
        text("notes", null=True),
        *stamps(),
    )
    indexes(
        table, "topic_pid", "priority_id", "dept_id", "sla_id", "page_id",
        unique=("topic",), topic=("topic", "topic_pid"), staff_id=("staff_id", "team_id"),
    )  # fmt: skip


def _staff(schema: MetaData, prefix: str) -> None:
    table = Table(
        f"{prefix}staff",
        schema,
        key("staff_id"),
        number("dept_id"),
        number("role_id"),
        word("username", 32),
        *(word(name, 32, null=True) for name in ("firstname", "lastname")),
        word("passwd", 128, null=True),
        word("backend", 32, null=True),
        word("email", 255, null=True),
        word("phone", 24),
        word("phone_ext", 6, null=True),
        word("mobile", 24),
        text("signature"),
        word("lang", 16, null=True),
        word("timezone", 64, null=True),
        word("locale", 16, null=True),
        text("notes", null=True),
        flag("isactive", 1),
        flag("isadmin"),
        flag("isvisible", 1),
        *(flag(name) for name in ("onvacation", "assigned_only", "show_assigned_tickets", "change_passwd")),
        *(number(name) for name in ("max_page_size", "auto_refresh_rate")),
        choice("default_signature_type", ("none", "mine", "dept"), "none"),
        choice("default_paper_size", ("Letter", "Legal", "Ledger", "A4", "A3"), "Letter"),
        text("extra", null=True),
        text("permissions", null=True),
        moment("created"),
        moment("lastlogin", null=True),
        moment("passwdreset", null=True),
        moment("updated"),
    )
    indexes(table, "username", "dept_id", "isactive", "onvacation", unique=("username",), issuperuser=("isadmin",))


def _forms(schema: MetaData, prefix: str) -> None:
    form = Table(
        f"{prefix}form",
        schema,
        key(),
        number("pid", None, null=True),
        word("type", 8, "G"),
        number("flags", 1),
        word("title", 255, None),
        word("instructions", 512, null=True),
        word("name", 64),
        text("notes", null=True),
        *stamps(),
    )
    indexes(form, "type")
    field = Table(
        f"{prefix}form_field",
        schema,
        key(),
        number("form_id", None),
        number("flags", 1, null=True),
        word("type", 255, "text"),
        word("label", 255, None),
        word("name", 64, None),
        text("configuration", null=True),
        number("sort", None),
        word("hint", 512, null=True),
        *stamps(),
    )
    indexes(field, "form_id", "sort")


def _config(schema: MetaData, prefix: str) -> None:
    table = Table(
        f"{prefix}config",
        schema,
        key(),
        word("namespace", 64, None),
        word("key", 64, None),
        Column("value", Text, nullable=False),
        Column(
            "updated",
            mysql.TIMESTAMP().with_variant(sqlite.VARCHAR(19), "sqlite"),
            nullable=False,
            server_default=sql("CURRENT_TIMESTAMP"),
        ),
    )
    indexes(table, unique=("namespace",), namespace=("namespace", "key"))
