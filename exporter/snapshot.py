"""What a scrape sees: rendered and compressed once when a collector publishes, never on the scrape path.

A snapshot is immutable; the store swaps a new one in with a single assignment, so a scrape needs no lock and never
sees half a refresh. Each collector's families are one part of it. A part is kept as text and as a raw deflate stream
that ends on a byte boundary and refers to nothing before it (RFC 1951, a full flush): such streams can be joined, so
any selection of parts becomes *one* gzip member (RFC 1952) without compressing anything again. Browsers and several
HTTP clients stop after the first member, so a concatenation of members would not do.
"""

import hashlib
import re
import struct
import threading
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import ALLOWUTF8
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.samples import Sample

from exporter.labels import MAX_LENGTH, clean

Format = Literal["text", "openmetrics"]

# The part with Umbrella's own and Python's process metrics; in every answer, whatever ``collect[]`` asks for.
SELF: Final = "umbrella"
# Longest label value: the 128 characters that `clean` leaves, and an id that `distinct` may append.
LONGEST_VALUE: Final = MAX_LENGTH + 32

# What some parser stops at: control characters, and lone surrogates, which UTF-8 cannot carry.
_BREAKING: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_EOF: Final = b"# EOF\n"
# Magic, deflate, no flags, no time stamp, no extra flags, unknown system.
_GZIP_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_FINAL_BLOCK: Final = b"\x03\x00"


@dataclass(frozen=True, slots=True)
class Body:
    """One part in one format: the text, and the same as joinable deflate stream."""

    plain: bytes
    deflated: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """What one collector published, rendered."""

    families: frozenset[str]
    text: Body
    openmetrics: Body


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of a scrape, ready to send."""

    plain: bytes
    gzip: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that was published last, per collector and as a whole.

    Attributes:
        parts: rendered parts by collector, :data:`SELF` first.
        whole: the answer to a scrape without ``collect[]``, per format.
    """

    parts: Mapping[str, Part] = field(default_factory=dict)
    whole: Mapping[Format, Answer] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Mapping[str, Part]) -> "Snapshot":
        """Join the parts into a snapshot."""
        frozen = MappingProxyType(dict(parts))
        return cls(
            frozen, {"text": _join(frozen.values(), "text"), "openmetrics": _join(frozen.values(), "openmetrics")}
        )

    def answer(self, kind: Format, only: Collection[str] | None = None) -> Answer:
        """Return the body of a scrape: everything, or the named collectors' parts and Umbrella's own.

        Names that published nothing yet add nothing.
        """
        if only is None:
            return self.whole[kind]
        return _join((part for name, part in self.parts.items() if name == SELF or name in only), kind)


def render(families: Iterable[Metric]) -> Part:
    """Render families in both formats.

    Raises:
        ValueError: a family appears twice, or has something that no exposition can carry.
    """
    safe = [_safe(family) for family in families]
    names = frozenset(family.name for family in safe)
    if len(names) < len(safe):
        raise ValueError("a metric family was published twice in one refresh")
    source = _Families(safe)
    # All our names are legacy names, which this scheme leaves as they are and looks at least closely.
    text = generate_latest(source, ALLOWUTF8)
    openmetrics: bytes = generate_openmetrics(source, ALLOWUTF8)  # type: ignore[no-untyped-call]  # theirs
    return Part(names, _body(text), _body(openmetrics.removesuffix(_EOF)))


class SnapshotStore:
    """Holds the newest snapshot. Reading it is one attribute access; writers take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.snapshot = Snapshot.of({SELF: render(())})

    def publish(self, parts: Mapping[str, Part]) -> None:
        """Swap in new parts, all at once; the parts of other collectors stay.

        Raises:
            ValueError: a metric family is already published by another collector.
        """
        with self._lock:
            merged = {**self.snapshot.parts, **parts}
            taken: set[str] = set()
            for name, part in merged.items():
                if twice := taken & part.families:
                    raise ValueError(f"collector {name} published {', '.join(sorted(twice))}, as another one does")
                taken |= part.families
            self.snapshot = Snapshot.of(merged)

    def keep(self, names: Collection[str]) -> None:
        """Drop the parts of all collectors but the named ones."""
        with self._lock:
            parts = self.snapshot.parts
            self.snapshot = Snapshot.of({name: part for name, part in parts.items() if name == SELF or name in names})


class _Families:
    """What the client library's renderers take for a registry."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _body(plain: bytes) -> Body:
    compressor = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Body(plain, compressor.compress(plain) + compressor.flush(zlib.Z_FULL_FLUSH))


def _join(parts: Iterable[Part], kind: Format) -> Answer:
    bodies = [part.text if kind == "text" else part.openmetrics for part in parts]
    if kind == "openmetrics":
        bodies.append(_body(_EOF))
    plain = b"".join(body.plain for body in bodies)
    trailer = struct.pack("<LL", zlib.crc32(plain), len(plain) & 0xFFFFFFFF)
    return Answer(plain, b"".join((_GZIP_HEADER, *(body.deflated for body in bodies), _FINAL_BLOCK, trailer)))


def _safe(family: Metric) -> Metric:
    """Return the family with label values that any parser takes; collectors clean theirs, this is the second line."""
    if all(_harmless(value) for sample in family.samples for value in sample.labels.values()):
        return family
    safe = Metric(family.name, family.documentation, family.type, family.unit)
    safe.samples = [_clean_sample(sample) for sample in family.samples]
    return safe


def _harmless(value: str) -> bool:
    return len(value) <= LONGEST_VALUE and (value.isprintable() or not _BREAKING.search(value))


def _clean_sample(sample: Sample) -> Sample:
    labels = {name: value if _harmless(value) else _defused(value) for name, value in sample.labels.items()}
    return sample._replace(labels=labels)


def _defused(value: str) -> str:
    """Clean a value and mark it with a digest of what it was, so that two do not become one series."""
    digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{clean(value)} ({digest})"
