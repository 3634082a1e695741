"""What can go wrong with one measured channel, applied to its reading as it would go out.

A reading is a whole number in the wire's unit; below `low` it is the name of a reason. Faults of different
kinds on one channel work one after the other in the order in which they began. Random ones have a stream of
their own, by seed and name.
"""

import zlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bms.safety.snapshot import CRC_ERROR, NOT_READY, OPEN_WIRE, OUT_OF_RANGE
from hil.sensorframes import Slot

_ANY = (float("-inf"), float("inf"))
_UNIT = "V, A, K, kohm or l/min"
# kind -> (what severity is, lowest, highest)
KINDS: dict[str, tuple[str, float, float]] = {
    "silence": ("not used", *_ANY),
    "open": ("not used", *_ANY),
    "crc_error": ("not used", *_ANY),
    "saturated": ("not used", *_ANY),
    "stuck": ("not used", *_ANY),
    "offset": (_UNIT, *_ANY),
    "gain": ("factor", *_ANY),
    "drift": (_UNIT + " a second", *_ANY),
    "noise": ("sigma in " + _UNIT, 0.0, float("inf")),
    "swapped": ("number of the other channel of its sort", 0.0, float("inf")),
    "reversed": ("not used", *_ANY),
    "delayed": ("ms", 0.0, 60000.0),
    "intermittent": ("share of samples that are lost", 0.0, 1.0),
    "quantised": ("step in " + _UNIT, 1e-6, float("inf")),
}
NAMED = {"silence": NOT_READY, "open": OPEN_WIRE, "crc_error": CRC_ERROR, "saturated": OUT_OF_RANGE}
NUMERIC = ("stuck", "offset", "gain", "drift", "noise", "reversed", "delayed", "quantised")
ALL_KINDS = (*NAMED, *NUMERIC, "intermittent")  # of one signed value


@dataclass(frozen=True)
class Channel:
    """One measured value: what it is called, how it is counted, which kinds of fault it can have.

    `named` has the raw value of each kind in NAMED which the wire can tell.
    """

    name: str
    index: int  # in its bank, or among the plain ones
    wire_per_unit: float
    lsb: float  # in the wire's unit
    low: float
    high: float
    period_ms: int
    named: Mapping[str, int]
    kinds: tuple[str, ...]


def names(place: Slot) -> dict[str, int]:
    """Raw values of the kinds in NAMED on a signed signal of hil.dbc."""
    return {kind: place.named(reason) for kind, reason in NAMED.items()}


def checked(channel: Channel, kind: str, severity: float) -> None:
    """ValueError for a kind the channel cannot have or a severity that makes no sense."""
    if kind not in channel.kinds:
        raise ValueError(f"{channel.name}: no fault {kind!r}; there are {', '.join(channel.kinds)}")
    meaning, low, high = KINDS[kind]
    if not low <= severity <= high:
        raise ValueError(f"{channel.name}: {kind} severity {severity} ({meaning}) not within {low:g} ... {high:g}")


class ChannelFault:
    """One fault of one channel; `felt` counts the readings that it changed."""

    def __init__(self, channel: Channel, kind: str, severity: float, seed: int) -> None:
        self.channel = channel
        self.kind = kind
        self.severity = severity
        self.felt = 0
        self._begin_ms: int | None = None
        self._held: float | None = None
        self._past: deque[float] = deque()
        name = zlib.crc32(f"{channel.name} {kind}".encode())
        self._generator = np.random.Generator(np.random.PCG64([seed, 3, name]))

    def alter(self, reading: float, now_ms: int) -> float:
        """The reading that goes out instead."""
        changed = self._alter(reading, now_ms)
        if changed != reading:
            self.felt += 1
        return changed

    def _alter(self, reading: float, now_ms: int) -> float:
        channel, kind, severity = self.channel, self.kind, self.severity
        if kind in channel.named:
            return channel.named[kind]
        if kind == "intermittent":
            return channel.named["silence"] if self._generator.random() < severity else reading
        if kind == "stuck":
            if self._held is None:
                self._held = reading
            return self._held
        if kind == "delayed":
            self._past.append(reading)
            while len(self._past) > 1 + round(severity / channel.period_ms):
                self._past.popleft()
            return self._past[0]
        if kind == "reversed" and channel.high == 1:
            return 1 - reading
        if self._begin_ms is None:
            self._begin_ms = now_ms
        if not channel.low <= reading <= channel.high:
            return reading
        wire = severity * channel.wire_per_unit
        if kind == "offset":
            reading += wire
        elif kind == "gain":
            reading *= severity
        elif kind == "drift":
            reading += wire * (now_ms - self._begin_ms) / 1000
        elif kind == "noise":
            reading += wire * float(self._generator.standard_normal())
        elif kind == "reversed":
            reading = -reading
        elif kind == "quantised":
            reading = round(reading / wire) * wire
        reading = round(round(reading / channel.lsb) * channel.lsb)
        if not channel.low <= reading <= channel.high:
            clipped = min(max(reading, channel.low), channel.high)
            return channel.named.get("saturated", clipped)
        return reading
