"""The bus between bench and firmware, and what can go wrong on it: the table of its faults, and who applies them.

Bus stands between a tick's frames and the target, in both directions: what actors and sensors send to the firmware, and what
the firmware sends as the actors hear it. Targets are `frame:NAME` for every message of dbc/bms.dbc, of the protocols that the
pack speaks and of the sensor frames of dbc/hil.dbc, and `bus` for all of it but the sensors' frames, which stand for wires.
HIL_TICK, HIL_ACTUATORS, HIL_DONE and the probes are wires as well and never touched. What is not modelled: arbitration, and
that a real controller discards what fails the bus's own checksum, so that corruption here is the kind which it misses.

Actors take no frame that is shorter than its layout. Kinds work in the order of KINDS, whichever began first: a twin or a
remote frame is made before its original falls silent. Seeded by scenario, target, kind and direction.
"""

import struct
from collections.abc import Sequence
from functools import cache
from random import Random
from typing import NamedTuple

from cantools.database.can import Message

from bms.schema import Pack
from hil import framefaults as ff
from hil.actors.wire import database, is_protected
from hil.errors import BadInput
from hil.scenario import Scenario

_FRAME = struct.Struct("<IB3x8s")
BENCH = "hil.dbc"
CLOCK = "HIL_TICK"
FIRMWARE = "BMS"
"""Its name among the senders of a DBC file."""
WHOLE = "bus"


class Kind(NamedTuple):
    """One type of fault: what it does, what its severity means, and what the firmware owes."""

    name: str
    make: type[ff.FrameFault]
    where: str  # frame, bus or both
    does: str
    meaning: str  # of the severity
    low: float
    high: float
    healthy: float | None  # severity of no fault, where ramps begin; None: it comes at once
    owes: str


class Controller(ff.FrameFault):
    """Bus puts the error frames that tell the firmware's controller."""

    def step(self, batch: list[ff.Frame], now_ms: int) -> list[ff.Frame]:
        self.changed += not self.over
        return batch


class BusOff(Controller):
    """Nothing passes either way."""

    def step(self, batch: list[ff.Frame], now_ms: int) -> list[ff.Frame]:
        super().step(batch, now_ms)
        return batch if self.over else [frame for frame in batch if not self.place.has(frame[0])]


_RIDES = "rides through while a valid command comes within its deadline, a sensor's value within its own; then names the loss"
_LOST = "command_lost at its deadline"
_NEVER = "never obeys it and warns; while no true command gets through, " + _LOST
_NOTHING = "owes nothing: it is another frame"
_UNUSED = ("not used", float("-inf"), float("inf"), None)
# fmt: off
KINDS = tuple(Kind(*row) for row in (
    # name, what makes it, where; what it does to a frame; severity: meaning, low, high, healthy; what the firmware owes
    ("extended_twin", ff.ExtendedTwin, "both", "its content once more, under the extended identifier of its number",
     *_UNUSED, _NOTHING),
    ("remote", ff.Remote, "both", "a remote frame of its identifier behind it",
     *_UNUSED, _NOTHING),
    ("wrong_period", ff.WrongPeriod, "frame", "comes at another rate, with whole counters",
     "times the period", 0.1, 100.0, 1.0, _RIDES),
    ("counter_freeze", ff.CounterFreeze, "frame", "the counter stands still under a valid checksum",
     *_UNUSED, "takes it as repeated; " + _LOST),
    ("counter_skip", ff.CounterSkip, "frame", "the counter goes too far under a valid checksum",
     "counts too many, each frame", 0.0, 254.0, 0.0, "rides through steps that its deadline holds; else warns; " + _LOST),
    ("delay", ff.Delay, "both", "comes later",
     "ms, in whole ticks, rounded up", 0.0, 60e3, 0.0, "rides through what is even and begins within the deadline"),
    ("reorder", ff.Reorder, "both", "changes places with the next of its identifier; bus: a tick's frames, all of them",
     "share", 0.0, 1.0, 0.0, "rides through: what comes behind a newer one is old, and order within a tick is nothing"),
    ("duplicate", ff.Duplicate, "both", "comes again: at once, then a tick later each",
     "copies", 0.0, 20.0, 0.0, "takes copies as repeated: they neither count nor disturb"),
    ("corrupt", ff.Corrupt, "both", "random bits of the content flip",
     "bits of each frame", 0.0, 64.0, 0.0, _NEVER),
    ("flip_bit", ff.FlipBit, "frame", "one bit of the content flips",
     "bit, 8 a byte, lowest first", 0.0, 63.0, None, _NEVER),
    ("wrong_length", ff.WrongLength, "both", "comes cut, or filled up with zeros",
     "data length code", 0.0, 8.0, None, _NEVER),
    ("drop", ff.Drop, "both", "is lost now and then",
     "share", 0.0, 1.0, 0.0, _RIDES),
    ("drop_every", ff.DropEvery, "frame", "is lost regularly",
     "of how many frames one", 1.0, 1e6, None, _RIDES),
    ("silence", ff.Silence, "both", "does not come",
     *_UNUSED, _RIDES),
    ("babble", ff.Babble, "both", "comes with random content; bus: any identifier comes, at any length",
     "frames more in every tick", 0.0, 90.0, 0.0, "keeps its tick and obeys none; if true commands are crowded out, " + _LOST),
    ("error_warning", Controller, "bus", "the controller counts errors",
     *_UNUSED, "goes on"),
    ("error_passive", Controller, "bus", "the controller counts many errors",
     *_UNUSED, "goes on and warns: can_error_passive"),
    ("bus_off", BusOff, "bus", "the controller is off the bus, again whenever it restarts; nothing passes",
     *_UNUSED, "restarts with patience; " + _LOST + "; once the bus is back, sends again and tells can_bus_off"),
))
# fmt: on
BY_NAME = {kind.name: kind for kind in KINDS}
_RANK = {kind.make: n for n, kind in enumerate(KINDS)} | {ff.Shuffle: [kind.make for kind in KINDS].index(ff.Reorder)}
_PROTECTED = ("counter_freeze", "counter_skip")
WHOLE_NUMBERS = ("flip_bit", "wrong_length", "drop_every")

CONTROLLER = {  # kind: (identifier, details) of the error frame, as linux/can/error.h has them; the worst last
    "error_warning": (ff.ERROR | 0x004, 0x08),
    "error_passive": (ff.ERROR | 0x004, 0x20),
    "bus_off": (ff.ERROR | 0x040, 0x00),
}
_RECOVERED = (ff.ERROR | 0x004, 0x40)


class Bus:
    """outgoing() on the way to the firmware, incoming() on the way from it; only while `active`."""

    def __init__(self, pack: Pack, seed: int) -> None:
        self.active = False
        self._seed = seed
        self._wires = frozenset(message.frame_id for message in _database(BENCH).messages)
        self._messages = {"frame:" + message.name: message for message in _touchable(pack)}
        self._lengths = {_word(message): message.length for message in self._messages.values()}
        self._faults: dict[tuple[str, str], tuple[ff.FrameFault, ff.FrameFault]] = {}
        self._felt_before: dict[tuple[str, str], int] = {}
        self._lanes: tuple[list[ff.FrameFault], list[ff.FrameFault]] = ([], [])
        self._controller: list[str] = []  # kinds in force
        self._told = ""  # what the controller was told last
        self.kinds = {target: self._possible(message) for target, message in self._messages.items()}
        self.kinds[WHOLE] = tuple(kind.name for kind in KINDS if kind.where != "frame")

    def _possible(self, message: Message) -> tuple[str, ...]:
        names = [kind.name for kind in KINDS if kind.where != "bus"]
        if not is_protected(message):
            names = [name for name in names if name not in _PROTECTED]
        if not message.cycle_time or message.frame_id in self._wires:  # several frames of a period share a sensor's identifier
            names.remove("wrong_period")
        if message.is_extended_frame and message.frame_id > ff.STANDARD_MAX:
            names.remove("extended_twin")
        return tuple(names)

    def set(self, target: str, kind: str, severity: float) -> None:
        """Begins a fault, or changes how bad it is. ValueError for a severity that cannot be."""
        place = self._place(target)
        if kind in WHOLE_NUMBERS and severity != int(severity):
            raise ValueError(f"{target}: severity {severity:g}: {kind} wants a whole number")
        if kind == "wrong_length" and severity == place.length:
            raise ValueError(f"{target}: severity {severity:g}: that is its length")
        if kind in ("flip_bit", "corrupt") and target != WHOLE and severity > 8 * place.length - (kind == "flip_bit"):
            raise ValueError(f"{target}: severity {severity:g}: it has {8 * place.length} bits")
        pair = self._faults.get((target, kind))
        if pair is None:
            make = ff.Shuffle if (target, kind) == (WHOLE, "reorder") else BY_NAME[kind].make
            streams = [Random(f"{self._seed} {target} {kind} {way}") for way in ("to", "from")]
            self._faults[target, kind] = pair = (make(place, severity, streams[0]), make(place, severity, streams[1]))
            for lane, fault in zip(self._lanes, pair):
                lane.append(fault)
        for fault in pair:
            fault.severity = severity
        self._arrange()

    def clear(self, target: str, kind: str) -> None:
        """Ends a fault; how often it was felt is kept, and what it holds back still comes."""
        pair = self._faults.pop((target, kind), None)
        if pair is not None:
            for fault in pair:
                fault.over = True
            self._felt_before[target, kind] = self._felt_before.get((target, kind), 0) + _sum(pair)
            self._arrange()

    def felt(self, target: str, kind: str) -> int:
        """Frames that were not as they would have been, ticks in which the controller was told; at either end of the wire."""
        return self._felt_before.get((target, kind), 0) + _sum(self._faults.get((target, kind), ()))

    def outgoing(self, frames: bytes, now_ms: int) -> bytes:
        """What the firmware receives in place of these frames of 16 bytes."""
        batch = self._through(0, list(_FRAME.iter_unpack(frames)), now_ms)
        now = self._controller[-1] if self._controller else ""
        if now or self._told:
            if now or self._told != "bus_off":  # that is left by a restart only
                word, detail = CONTROLLER.get(now, _RECOVERED)
                batch.insert(0, (word, ff.BYTES, bytes((0, detail, 0, 0, 0, 0, 0, 0))))
            self._told = now
            self._arrange()
        return b"".join([_FRAME.pack(*frame) for frame in batch])

    def incoming(self, answer: Sequence[tuple[int, bytes]], now_ms: int) -> list[tuple[int, bytes]]:
        """What the actors hear of an answer of the firmware."""
        batch = self._through(1, [(word, ff.BYTES, data) for word, data in answer], now_ms)
        lengths = self._lengths
        return [(word, data) for word, length, data in batch if length >= lengths.get(word, 0)]

    def _through(self, way: int, batch: list[ff.Frame], now_ms: int) -> list[ff.Frame]:
        done = False
        for fault in self._lanes[way]:
            batch = fault.step(batch, now_ms)
            done = done or (fault.over and not fault.holds)
        if done:
            self._arrange()
        return batch

    def _arrange(self) -> None:
        """Forgets what is over and holds nothing any more."""
        for lane in self._lanes:
            lane[:] = [fault for fault in lane if fault.holds or not fault.over]
            lane.sort(key=lambda fault: _RANK[type(fault)])
        self._controller = [kind for kind in CONTROLLER if (WHOLE, kind) in self._faults]
        self.active = bool(self._lanes[0] or self._lanes[1] or self._told)

    def _place(self, target: str) -> ff.Place:
        if target == WHOLE:
            return ff.Place(None, ff.BYTES, 0, False, self._wires)
        message = self._messages[target]
        return ff.Place(_word(message), message.length, message.cycle_time or 0, is_protected(message), self._wires)


def require_told(scenario: Scenario, target: object) -> None:
    """BadInput where a scenario moves the controller's state and a real bus lies between: that takes no error frames."""
    for i, fault in enumerate(scenario.faults):
        if fault.target == WHOLE and fault.type in CONTROLLER and not getattr(target, "takes_error_frames", True):
            what = f"[[fault]] {i + 1} type: {fault.type!r}"
            raise BadInput(f"{scenario.path}: {what}: only a target without --bus can be told of errors on the bus")


def told() -> dict[str, str]:
    """The table for people: what each kind does, and what the firmware owes."""
    return {kind.name: f"{kind.does}; severity: {kind.meaning}; the firmware {kind.owes}" for kind in KINDS}


def _touchable(pack: Pack) -> list[Message]:
    """Every message that a fault can be about: all traffic, and the sensors' frames."""
    files = ["bms.dbc"]
    if pack.inverter is not None:
        files.append(pack.inverter.protocol + ".dbc")
    if pack.charger_protocol != "bms":
        files.append(pack.charger_protocol + ".dbc")
    messages = [message for name in files for message in _database(name).messages]
    return messages + [m for m in _database(BENCH).messages if FIRMWARE not in m.senders and m.name != CLOCK]


def _word(message: Message) -> int:
    return message.frame_id | (ff.EXTENDED if message.is_extended_frame else 0)


def _sum(pair: Sequence[ff.FrameFault]) -> int:
    return sum(fault.changed for fault in pair)


_database = cache(database)
