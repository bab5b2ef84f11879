"""How a label names a person: by pseudonym, id, name, or not at all."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Final, Literal

from exporter.labels import OTHER, UNKNOWN, clean, distinct

Mode = Literal["hash", "id", "name", "off"]

_PREFIX: Final = "u-"
# 10 base32 characters are 50 bits: among 100 000 persons two share a pseudonym with probability 4 in a million.
_LENGTH: Final = 10


class Pseudonyms:
    """The labels of persons under one setting of ``users.label``.

    Args:
        mode: ``hash`` (keyed pseudonym), ``id``, ``name`` (the id where no name is known), or ``off`` (everybody is
            ``other``).
        key: 32 bytes from the state directory; the same key makes the same pseudonyms, in every command and in
            ticket, Slurm and GPU metrics alike. Without it nobody can tell who is behind one by trying names.
    """

    def __init__(self, mode: Mode, key: bytes) -> None:
        self.mode: Final = mode
        self._key = key

    def label(self, requester_id: str, display_name: str | None = None) -> str:
        """Return the label of one person.

        Args:
            requester_id: login name or address, in any case; ``unknown`` and ``other`` name nobody and stay.
            display_name: the name, for the mode ``name``.
        """
        if requester_id in (UNKNOWN, OTHER):
            return requester_id
        if self.mode == "hash":
            return self._hash(requester_id)
        if self.mode == "id":
            return clean(requester_id.lower())
        if self.mode == "name":
            return clean(display_name or "") or clean(requester_id.lower())
        return OTHER

    def labels(self, people: Mapping[str, str | None]) -> dict[str, str]:
        """Return the label of each of several persons in one metric; equal names get `` (id)`` appended.

        Args:
            people: display name, or None, by requester id.
        """
        labels = {person: self.label(person, name) for person, name in people.items()}
        return distinct(labels, (UNKNOWN, OTHER)) if self.mode in ("id", "name") else labels

    def _hash(self, requester_id: str) -> str:
        # The "person" parameter separates this use of the key from any later one.
        text = requester_id.lower().encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(text, key=self._key, digest_size=10, person=b"umbrella-person").digest()
        return _PREFIX + base64.b32encode(digest).decode("ascii").lower()[:_LENGTH]
