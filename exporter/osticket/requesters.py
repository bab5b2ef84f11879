"""Who asks: requester ids from osTicket's users and their default addresses."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.labels import OTHER, UNKNOWN
from exporter.osticket.database import Session
from exporter.osticket.schema import Schema

NOBODY = 0
# Labels with a meaning of their own: a mailbox of that name goes by its whole address.
_TAKEN: Final = frozenset({UNKNOWN, OTHER})


@dataclass(frozen=True, slots=True)
class Requesters:
    """All requesters of one moment. Code 0 is the unknown one.

    Attributes:
        ids: requester id by code; ``ids[0]`` is empty.
        names: a display name by code (of the user row with the lowest id).
        users: osTicket user ids, sorted.
        codes: requester code of each of ``users``.
        blocked: whether the default address of each of ``users`` matches an excluded sender.
    """

    ids: Sequence[str]
    names: Sequence[str]
    users: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int32]
    blocked: npt.NDArray[np.bool_]

    def positions(self, users: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Return the position of each user id in ``users`` (0 where absent) and whether it is there."""
        if not len(self.users):
            return np.zeros(len(users), dtype=np.int64), np.zeros(len(users), dtype=np.bool_)
        place = np.minimum(np.searchsorted(self.users, users), len(self.users) - 1)
        return place, self.users[place] == users


def read(session: Session, schema: Schema, site_domains: Collection[str], senders: Sequence[str]) -> Requesters:
    """Read all users with their default addresses.

    A user's address is that of ``default_email_id``; where that row is gone, the user's address of the lowest id.
    The requester id is the local part inside one of the site's domains, else the whole address, in lower case.

    Args:
        site_domains: mail domains whose local parts are cluster accounts; compared in lower case.
        senders: shell patterns (``*``, ``?``) of addresses whose tickets are excluded; case-insensitive.
    """
    rows = session.rows(
        "SELECT u.id, u.name, COALESCE(d.address, f.address, '')"
        f" FROM {schema.table('user')} u LEFT JOIN {schema.table('user_email')} d ON d.id=u.default_email_id"
        f" LEFT JOIN {schema.table('user_email')} f ON f.id=(SELECT MIN(m.id) FROM {schema.table('user_email')} m"
        " WHERE d.id IS NULL AND m.user_id=u.id) ORDER BY u.id"
    )
    domains = {domain.lower() for domain in site_domains}
    patterns = [re.compile(translate(sender.lower())) for sender in senders]
    code_of: dict[str, int] = {"": NOBODY}
    names = [""]
    codes = np.zeros(len(rows), dtype=np.int32)
    blocked = np.zeros(len(rows), dtype=np.bool_)
    for place, (_, name, address) in enumerate(rows):
        requester = requester_id(str(address), domains)
        code = code_of.setdefault(requester, len(code_of))
        if code == len(names):
            names.append(str(name or ""))
        codes[place] = code
        blocked[place] = any(pattern.match(str(address).strip().lower()) for pattern in patterns)
    users = np.array([row[0] for row in rows], dtype=np.int64)
    return Requesters(list(code_of), names, users, codes, blocked)


def requester_id(address: str, site_domains: Collection[str]) -> str:
    """Return the requester id of an address; empty for an empty one, and for none that a label could tell apart."""
    address = address.strip().lower()
    local, at, domain = address.rpartition("@")
    inside = at and local and local not in _TAKEN and domain in site_domains
    requester = local if inside else address
    return "" if requester in _TAKEN else requester
