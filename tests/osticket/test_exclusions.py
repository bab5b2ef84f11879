import pytest

from tests.osticket.helpdesk import NOW, HelpDesk
from tests.osticket.service import Service, Start

EXCLUDED = "osticket_excluded_tickets"


def excluded(service: Service) -> dict[str, float]:
    """Return how many tickets are excluded, by reason."""
    return {reason: service.sum(EXCLUDED, reason=reason) for reason in service.labels(EXCLUDED, "reason")}


def test_nothing_is_excluded_by_itself(desk: HelpDesk, start: Start) -> None:
    """Without any rule every ticket counts, automatic ones too."""
    service = start(desk.url, exclude={"auto_replies": False})
    assert service.refresh(0)
    assert set(excluded(service).values()) == {0}
    assert service.sum("osticket_tickets") == service.record.rows == 200


def test_each_ticket_is_excluded_for_its_first_reason(desk: HelpDesk, start: Start) -> None:
    """A ticket that several rules exclude is counted once, under the first of them."""
    desk.sql(
        "UPDATE ost_thread_entry_email SET headers='From: someone@example.edu'",
        "UPDATE ost_ticket SET user_id=1, topic_id=1, ticket_pid=NULL, flags=0",
    )
    entry = "(SELECT e.id FROM ost_thread_entry e JOIN ost_thread t ON t.id=e.thread_id WHERE e.type='M'"
    mailed = [row[0] for row in desk.rows(
        "SELECT t.object_id FROM ost_thread t JOIN ost_thread_entry e ON e.thread_id=t.id AND e.type='M'"
        " JOIN ost_thread_entry_email m ON m.thread_entry_id=e.id ORDER BY 1 LIMIT 5"
    )]  # fmt: skip
    every = ",".join(map(str, mailed))
    desk.sql(
        f"UPDATE ost_ticket SET topic_id=10 WHERE ticket_id IN ({every})",
        f"UPDATE ost_form_entry_values v JOIN ost_form_entry f ON f.id=v.entry_id SET v.value='[SPAM] x'"
        f" WHERE v.field_id=20 AND f.object_id IN ({','.join(map(str, mailed[:4]))})",
        f"UPDATE ost_ticket SET user_id=2 WHERE ticket_id IN ({','.join(map(str, mailed[:3]))})",
        "UPDATE ost_thread_entry_email SET headers='Precedence: bulk' WHERE thread_entry_id IN"
        f" {entry} AND t.object_id IN ({','.join(map(str, mailed[:2]))}))",
        f"UPDATE ost_ticket SET ticket_pid=7, flags=1 WHERE ticket_id={mailed[0]}",
    )
    address = desk.value(
        "SELECT e.address FROM ost_user u JOIN ost_user_email e ON e.id=u.default_email_id WHERE u.id=2"
    )
    rules = {"senders": [address.upper()], "subjects": [r"^\[spam\]"], "topics": ["report a problem"]}
    service = start(desk.url, exclude=rules)
    assert service.refresh(0)
    assert excluded(service) == {"merged": 1, "auto_reply": 1, "sender": 1, "subject": 1, "topic": 1}
    assert service.sum("osticket_tickets") == 195


@pytest.mark.parametrize("topic", ["Access Issue", "REPORT a problem / access issue", "11"])
def test_topics_by_name_path_and_id(desk: HelpDesk, start: Start, topic: str) -> None:
    """A topic is named by its own name, its full path, or its id, in any case."""
    service = start(desk.url, exclude={"topics": [topic], "auto_replies": False})
    assert service.refresh(0)
    assert excluded(service)["topic"] == desk.value("SELECT COUNT(*) FROM ost_ticket WHERE topic_id=11") > 0


def test_subjects_of_the_form_go_before_titles(desk: HelpDesk, start: Start) -> None:
    """The form's subject decides; where it is empty or gone, the title of the original message."""
    desk.sql(
        "UPDATE ost_form_entry_values SET value='plain' WHERE field_id=20",
        "UPDATE ost_thread_entry SET title='noise' WHERE type='M'",
        "UPDATE ost_form_entry_values v JOIN ost_form_entry f ON f.id=v.entry_id SET v.value='' WHERE v.field_id=20"
        " AND f.object_id=5",
        "DELETE v FROM ost_form_entry_values v JOIN ost_form_entry f ON f.id=v.entry_id WHERE v.field_id=20"
        " AND f.object_id IN (6, 7)",
    )
    service = start(desk.url, exclude={"subjects": ["NOISE"], "auto_replies": False})
    assert service.refresh(0)
    assert excluded(service)["subject"] == 3
    ticket = desk.add_ticket(NOW)
    desk.sql(
        "UPDATE ost_form_entry_values v JOIN ost_form_entry f ON f.id=v.entry_id SET v.value='more noise'"
        f" WHERE v.field_id=20 AND f.object_id={ticket}"
    )
    assert service.refresh()
    assert excluded(service)["subject"] == 4


def test_help_desk_without_ticket_forms(desk: HelpDesk, start: Start) -> None:
    """Without a form of tickets priorities are unknown, and titles are the subjects."""
    desk.sql("DELETE FROM ost_form WHERE type='T'", "UPDATE ost_thread_entry SET title='noise' WHERE type='M'")
    service = start(desk.url, exclude={"subjects": ["noise"], "auto_replies": False})
    assert service.refresh(0)
    assert excluded(service)["subject"] == 200
    other = start(desk.url)
    assert other.refresh(0)
    assert other.sum("osticket_tickets", priority="unknown") == other.sum("osticket_tickets") > 0


def test_deleted_forms_are_noticed(desk: HelpDesk, start: Start) -> None:
    """When the ticket form changes while Umbrella runs, everything is read anew."""
    service = start(desk.url)
    assert service.refresh(0)
    desk.sql("DELETE FROM ost_form WHERE type='T'")
    assert service.refresh()
    assert service.sum("osticket_tickets", priority="unknown") == service.sum("osticket_tickets") > 0
