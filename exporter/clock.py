"""The present, passed in: what day it is, and how long something took."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Two readings that must not be mixed.

    Attributes:
        now: seconds since the epoch (UTC); jumps when somebody sets the machine's clock.
        monotonic: seconds since some moment; only differences mean something, and they survive such a jump.
    """

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
