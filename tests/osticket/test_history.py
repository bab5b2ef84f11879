import random
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.osticket.dialect import MISSING
from exporter.osticket.dimensions import EVENTS
from exporter.osticket.history import OPENING_SECONDS, Events, Responses, Threads, of_tickets
from exporter.osticket.words import EventWords
from exporter.zones import ZoneTable

UTC = ZoneTable.of(ZoneInfo("UTC"))
DAYS = 719_528  # of the year 1970
TICKET, TASK, CHILD = 1, 2, 3
CREATED, CLOSED, REOPENED = (EVENTS.index(name) for name in ("created", "closed", "reopened"))
# thread, ticket, kind
THREADS = np.array([[11, 1, TICKET], [12, 2, TICKET], [13, 3, CHILD], [14, 1, TASK], [15, 1, TICKET]], dtype=np.uint32)


def log(*events: tuple[int, int, int, float]) -> EventWords:
    """Return a log of (id, thread, kind, second); a second below zero is a zero date."""
    matrix = np.array(
        [[number, thread, 0, DAYS if at >= 0 else 1, max(at, 0)] for number, thread, _, at in events], dtype=np.uint32
    ).reshape(len(events), 5)
    return EventWords(
        ids=matrix[:, 0].astype(np.int64),
        threads=matrix[:, 1].astype(np.int64),
        kinds=np.array([kind for _, _, kind, _ in events], dtype=np.int8),
        written=np.zeros(len(events), dtype=np.int8),
        by_agent=np.ones(len(events), dtype=np.bool_),
        matrix=matrix,
    )


def closings(events: Sequence[tuple[int, int, int, float]], own: Sequence[int] = (1, 2, 3)) -> list[int]:
    """Return when each ticket was closed for good."""
    read = Events.from_words([log(*events[:2]), log(*events[2:])], Threads.from_words(THREADS), UTC)
    found: list[int] = read.closings(np.array(own, dtype=np.int32)).tolist()
    return found


def test_threads_update() -> None:
    """Rows are inserted or replaced, in order; nothing moves when nothing is new; unknown threads are of kind 0."""
    threads = Threads.from_words(THREADS[1:])
    before = threads.ids
    threads.update(THREADS[1:3])
    assert threads.ids is before
    threads.update(np.array([[11, 1, TICKET], [12, 9, TASK]], dtype=np.uint32))
    assert threads.ids.tolist() == [11, 12, 13, 14, 15]
    objects, kinds = threads.find(np.array([12, 11, 16, 0]))
    assert (objects.tolist(), kinds.tolist()) == ([9, 1, 0, 0], [TASK, TICKET, 0, 0])
    assert threads.tickets(np.array([11, 15, 12, 13, 14, 99])).tolist() == [1, 3]


def test_threads_of_an_empty_desk() -> None:
    """Without threads nothing is found, and the first ones are taken in."""
    threads = Threads()
    assert threads.tickets(np.array([1])).tolist() == []
    threads.update(THREADS)
    assert threads.ids.tolist() == [11, 12, 13, 14, 15]


@pytest.mark.parametrize(
    ("events", "moments"),
    [
        ([], [MISSING, MISSING, MISSING]),
        ([(1, 11, CLOSED, 50)], [50, MISSING, MISSING]),
        ([(1, 11, CLOSED, 50), (2, 11, REOPENED, 60)], [MISSING, MISSING, MISSING]),
        ([(1, 11, CLOSED, 50), (2, 11, REOPENED, 60), (3, 11, CLOSED, 70)], [70, MISSING, MISSING]),
        ([(1, 11, CLOSED, 50), (2, 11, CLOSED, 60)], [60, MISSING, MISSING]),
        # at the same second the id decides
        ([(1, 11, CLOSED, 50), (2, 11, REOPENED, 50)], [MISSING, MISSING, MISSING]),
        ([(2, 11, CLOSED, 50), (1, 11, REOPENED, 50)], [50, MISSING, MISSING]),
        # the time goes before the id
        ([(1, 11, CLOSED, 90), (2, 11, REOPENED, 60)], [90, MISSING, MISSING]),
        # without a date an event is none
        ([(1, 11, CLOSED, 50), (2, 11, REOPENED, -1)], [50, MISSING, MISSING]),
        # a ticket with two threads; tasks and merged children do not count
        ([(1, 11, CLOSED, 50), (2, 15, REOPENED, 60)], [MISSING, MISSING, MISSING]),
        ([(1, 14, CLOSED, 50), (2, 13, CLOSED, 60), (3, 12, CLOSED, 70), (4, 99, CLOSED, 80)], [MISSING, 70, MISSING]),
    ],
)
def test_closings(events: list[tuple[int, int, int, float]], moments: list[int]) -> None:
    """A ticket was resolved at its last closing that no reopening follows."""
    assert closings(events) == moments


@given(
    st.lists(st.tuples(st.sampled_from([11, 12]), st.sampled_from([CLOSED, REOPENED]), st.integers(0, 4))),
    st.randoms(use_true_random=False),
)
def test_closings_in_any_order(rows: list[tuple[int, int, int]], rng: random.Random) -> None:
    """However the log is ordered, a walk through it in order of time and id gives the same."""
    events = [(number, thread, kind, float(at)) for number, (thread, kind, at) in enumerate(rows, 1)]
    truth = {11: MISSING, 12: MISSING}
    for _, thread, kind, at in sorted(events, key=lambda event: (event[3], event[0])):
        truth[thread] = int(at) if kind == CLOSED else MISSING
    rng.shuffle(events)
    assert closings(events, (1, 2)) == [truth[11], truth[12]]


def test_every_event_of_a_ticket_is_counted() -> None:
    """Tasks' events are not counted; those of deleted tickets are, and those without a date."""
    events = log((1, 11, CREATED, 1), (2, 14, CREATED, 1), (3, 0, CREATED, 1), (4, 99, CLOSED, -1), (5, 11, -1, 1))
    counts = Events.from_words([events], Threads.from_words(THREADS), UTC).counts
    assert dict(zip(EVENTS, counts.tolist(), strict=True)) == {
        **dict.fromkeys(EVENTS, 0), "created": 2, "closed": 1
    }  # fmt: skip


def test_the_event_itself_says_whose_it_is() -> None:
    """The type written in an event goes before that of its thread."""
    events = log((1, 14, CREATED, 1), (2, 11, CREATED, 1), (3, 14, CREATED, 1))
    events.written[:] = [TICKET, TASK, 0]
    _, known = Threads.from_words(THREADS).find(events.threads)
    assert of_tickets(events, known).tolist() == [True, False, False]


def first_response(
    answers: Sequence[tuple[int, int]],
    created: Sequence[int] = (100, 100, 100),
    by_agent: Sequence[bool] = (False,) * 3,
) -> list[int]:
    """Return the first response of tickets 1 to 3 to answers (thread, second); a second below zero is a zero date."""
    words = np.array([[thread, DAYS if at >= 0 else 1, max(at, 0)] for thread, at in answers], dtype=np.uint32)
    chunks = [words[:1], words[1:]] if len(words) else []
    own = np.array([1, 2, 3], dtype=np.int32)
    responses = Responses.from_words(chunks, Threads.from_words(THREADS), UTC)
    found: list[int] = responses.first(own, np.array(created, dtype=np.int64), np.array(by_agent)).tolist()
    return found


def test_first_responses() -> None:
    """The earliest dated answer in any of a ticket's own threads; none in tasks, children and unknown threads."""
    assert first_response([]) == [MISSING] * 3
    assert first_response([(11, 300), (15, 200), (11, 900), (12, -1)]) == [200, MISSING, MISSING]
    assert first_response([(13, 150), (14, 150), (99, 150), (12, 160)]) == [MISSING, 160, MISSING]
    assert first_response([(11, 50)]) == [50, MISSING, MISSING]


def test_the_opening_of_an_agent_is_no_answer() -> None:
    """Where an agent opened the ticket, answers within its first minute belong to the opening."""
    last = 100 + OPENING_SECONDS
    assert first_response([(11, last), (12, last)], by_agent=(True, False, False)) == [MISSING, last, MISSING]
    assert first_response([(11, last), (11, last + 1)], by_agent=(True, False, False))[0] == last + 1
    assert first_response([(11, 100)], created=(MISSING, 0, 0), by_agent=(True, False, False))[0] == 100


def test_history_of_no_tickets() -> None:
    """Events and answers of tickets that are all gone are nobody's."""
    nobody = np.empty(0, dtype=np.int32)
    events = Events.from_words([log((1, 11, CLOSED, 5))], Threads.from_words(THREADS), UTC)
    assert events.closings(nobody).tolist() == []
    assert events.opened_by_agent(np.array([1, 2], dtype=np.int32)).tolist() == [False, False]
    words = np.array([[11, DAYS, 5]], dtype=np.uint32)
    responses = Responses.from_words([words], Threads.from_words(THREADS), UTC)
    assert responses.first(nobody, nobody.astype(np.int64), nobody.astype(np.bool_)).tolist() == []
