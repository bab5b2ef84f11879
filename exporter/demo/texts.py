"""Pools of filled-in texts, from which tickets take by index: a pool of thousands serves a million tickets."""

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from exporter.demo import bodies
from exporter.demo.apportion import apportion
from exporter.demo.subjects import AUTOMATIC, AWAY, SHARES, SUBJECTS, WORDS

Ints = npt.NDArray[np.int64]
CATEGORIES: Final = tuple(SHARES)

_POOL: Final = 6000  # distinct fillings of all categories together
_BODIES: Final = 4  # first messages per subject


@dataclass(frozen=True, slots=True)
class Pool:
    """Texts and where each kind of them lies.

    Attributes:
        texts: all texts.
        ranges: first index and number of texts by kind.
    """

    texts: Sequence[str]
    ranges: Mapping[str, tuple[int, int]]

    def pick(self, rng: np.random.Generator, kind: str, size: int) -> Ints:
        """Return ``size`` random indexes of texts of ``kind``."""
        first, number = self.ranges[kind]
        return first + rng.integers(0, number, size)


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of a demo.

    Attributes:
        subjects: kinds: the categories, ``automatic`` and ``away``.
        bodies: kinds: ``answer``, ``follow_up``, ``solved``, ``note``, ``automatic``, ``received`` and, for the first
            message of subject ``n``, :data:`_BODIES` texts from ``n * _BODIES`` on (kind ``first``).
    """

    subjects: Pool
    bodies: Pool

    def first_messages(self, rng: np.random.Generator, subjects: Ints) -> Ints:
        """Return a first message for each subject."""
        return subjects * _BODIES + rng.integers(0, _BODIES, len(subjects))


def make_texts(seed: int) -> Texts:
    """Fill in all templates."""
    rng = np.random.default_rng((seed, 2))
    subjects: dict[str, list[str]] = {}
    for category, number in zip(CATEGORIES, apportion(_POOL, list(SHARES.values())), strict=True):
        filled = _fill(rng, SUBJECTS[category], int(number))
        subjects[category] = _spoken(rng, filled)
    samples = [texts[0] for texts in subjects.values()]
    subjects["automatic"] = [pattern.format(subject=subject) for pattern in AUTOMATIC for subject in samples]
    subjects["away"] = list(AWAY)
    pool = _pool(subjects)
    return Texts(
        subjects=pool,
        bodies=_pool(
            {
                "first": list(_first_messages(rng, pool.texts)),
                "answer": _html(bodies.ANSWERS),
                "follow_up": _html(_fill(rng, bodies.FOLLOW_UPS, 200)),
                "solved": _html(bodies.SOLVED),
                "note": _html(bodies.NOTES),
                "automatic": _html([bodies.AUTOMATIC]),
                "received": _html([bodies.RECEIVED]),
            }
        ),
    )


def _pool(kinds: Mapping[str, Sequence[str]]) -> Pool:
    texts: list[str] = []
    ranges: dict[str, tuple[int, int]] = {}
    for kind, members in kinds.items():
        ranges[kind] = len(texts), len(members)
        texts += members
    return Pool(tuple(texts), ranges)


def _fill(rng: np.random.Generator, templates: Sequence[str], number: int, **fixed: str) -> list[str]:
    """Return ``number`` texts: templates drawn with falling frequency, each slot from its word list."""
    weights = 1.0 / np.arange(2, len(templates) + 2)  # the first templates are the everyday ones
    chosen = rng.choice(len(templates), size=number, p=weights / weights.sum())
    draws = rng.random((number, len(WORDS)))
    columns = {slot: column for column, slot in enumerate(WORDS)}
    slots = [[name for _, name, _, _ in string.Formatter().parse(template) if name] for template in templates]
    return [
        templates[which].format(**fixed, **{
            slot: WORDS[slot][int(draws[row, columns[slot]] * len(WORDS[slot]))] for slot in slots[which]
            if slot not in fixed
        })
        for row, which in enumerate(chosen.tolist())
    ]  # fmt: skip


def _spoken(rng: np.random.Generator, subjects: list[str]) -> list[str]:
    """Write some subjects as people write them: small letters, URGENT, Fwd, a full stop missing or doubled."""
    dice = rng.random(len(subjects))
    return [
        subject.lower() if roll < 0.12
        else f"URGENT: {subject}" if roll < 0.14
        else f"Fwd: {subject}" if roll < 0.17
        else f"Re: {subject}" if roll < 0.20
        else f"Question: {subject}" if roll < 0.24
        else f"{subject}!" if roll < 0.26
        else subject
        for subject, roll in zip(subjects, dice, strict=True)
    ]  # fmt: skip


def _first_messages(rng: np.random.Generator, subjects: Sequence[str]) -> Iterable[str]:
    """Yield :data:`_BODIES` mails per subject."""
    number = len(subjects) * _BODIES
    greetings, closings = (rng.integers(0, len(words), number) for words in (bodies.GREETINGS, bodies.CLOSINGS))
    middles = _fill(rng, bodies.QUESTIONS, number, subject="\0")
    for row, middle in enumerate(middles):
        told = middle.replace("\0", subjects[row // _BODIES].rstrip("?!."))
        yield f"<p>{bodies.GREETINGS[greetings[row]]}<br />{told}</p><p>{bodies.CLOSINGS[closings[row]]}</p>"


def _html(texts: Sequence[str]) -> list[str]:
    return [f"<p>{text}</p>" for text in texts]


def headers(kind: str, **values: Any) -> str:
    """Return the raw mail headers that osTicket keeps with a message.

    Args:
        kind: ``plain``, or one of the ways in which mail programs mark what no person wrote.
        values: ``sender``, ``subject``, ``mid``.
    """
    common = (
        "Received: from mail.example.edu by helpdesk.example.edu with ESMTPS\n"
        "From: {sender}\nTo: Help Desk <help@example.edu>\nSubject: {subject}\nMessage-ID: {mid}\n"
        "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n"
    ).format(**values)
    return common + AUTOMATIC_HEADERS.get(kind, "")


AUTOMATIC_HEADERS: Final[Mapping[str, str]] = {
    "auto-submitted": "Auto-Submitted: auto-replied\n",
    "precedence": "Precedence: auto_reply\nX-Autoreply: yes\n",
    "bulk": "Precedence: bulk\n",
    "generated": "Auto-Submitted: auto-generated\nPrecedence: bulk\n",
}
