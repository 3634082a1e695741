"""Every frame of the bench lands in its slot of the snapshot; what is no value leaves the last value alone."""

from pathlib import Path
from typing import Any

import cantools.database
import pytest
from cantools.database.can import Database, Message

from bms.packs.bench_24 import PACK as BENCH_24
from bms.packs.ev_240 import PACK as EV_240
from bms.safety import snapshot as S
from bms.safety.snapshot import Snapshot
from bms.schema import PACK_FIELDS, Pack, replaced
from boards.parts import bench_front_end as front
from boards.parts.bench_front_end import BenchFrontEnd
from boards.unix.can import CAN
from boards.unix.transport import MemoryTransport

FRAME_BYTES = 16
REASONS = {
    "not_ready": S.NOT_READY,
    "open_wire": S.OPEN_WIRE,
    "crc_error": S.CRC_ERROR,
    "saturated": S.OUT_OF_RANGE,
    "short_circuit": S.OUT_OF_RANGE,
}


class Mailbox:
    def __init__(self) -> None:
        self.frames: list[tuple[int, bool, bytes]] = []

    def put(self, identifier: int, extended: bool, data: memoryview) -> None:
        self.frames.append((identifier, extended, bytes(data)))


@pytest.fixture(scope="module")
def wire(root: Path) -> Database:
    database = cantools.database.load_file(root / "dbc" / "hil.dbc")
    assert isinstance(database, Database)
    return database


class Rig:
    """A front end with its snapshot, fed with what cantools encodes."""

    def __init__(self, wire: Database, pack: Pack) -> None:
        self.wire = wire
        self.snap = Snapshot(pack)
        self.mailbox = Mailbox()
        self.front = BenchFrontEnd(pack)
        self.begin()

    def begin(self) -> None:
        self.front.begin(self.snap, self.mailbox)

    def send(self, name: str, **signals: Any) -> None:
        message = self.wire.get_message_by_name(name)
        values = {s.name: signals.get(s.name, s.offset) for s in message.signals}
        data = message.encode(values, strict=False)
        assert self.front.dispatch(message.frame_id, memoryview(data))

    def slot(self, kind: str, k: int) -> tuple[int, int, int]:
        """(value, age, reason)"""
        s = self.snap
        arrays = {
            "group": (s.group_mV, s.group_age_ms, s.group_reason),
            "stack": (s.stack_mV, s.stack_age_ms, s.stack_reason),
            "probe": (s.probe_ddegC, s.probe_age_ms, s.probe_reason),
            "scalar": (s.value, s.age_ms, s.reason),
        }[kind]
        return arrays[0][k], arrays[1][k], arrays[2][k]


# message, signal, what it is in the DBC's unit, kind and index of its slot, what stands there, its channel
INDEXED = [
    ("HIL_GROUPS", "group_{j}_voltage", 3, "group", 1000, S.GROUPS, 24.321),
    ("HIL_STACKS", "stack_{j}_voltage", 3, "stack", 1000, S.STACKS, 86.504),
    ("HIL_TEMPERATURES", "probe_{j}_temperature", 5, "probe", 10, S.PROBES, -12.3),
]
SCALARS = [
    ("HIL_CURRENT", "current_a", -160.123, S.CURRENT_A_mA, -160123, S.CURRENT),
    ("HIL_CURRENT", "current_b", 0.05, S.CURRENT_B_mA, 50, S.CURRENT),
    ("HIL_CURRENT", "counter", 200, S.CURRENT_count, 200, 0),
    ("HIL_VOLTAGES", "pack_voltage", 830.01, S.PACK_mV, 830010, S.VOLTAGES),
    ("HIL_VOLTAGES", "link_voltage", -0.2, S.LINK_mV, -200, S.VOLTAGES),
    ("HIL_VOLTAGES", "counter", 255, S.VOLTAGES_count, 255, 0),
    ("HIL_INPUTS", "contactor_feedback", 0b1101, S.FEEDBACK_bits, 0b1101, S.INPUTS),
    ("HIL_INPUTS", "interlock_closed", 1, S.INTERLOCK_closed, 1, S.INPUTS),
    ("HIL_INPUTS", "crash", 1, S.CRASH_seen, 1, S.INPUTS),
    ("HIL_INPUTS", "fuse_intact", 1, S.FUSE_intact, 1, S.INPUTS),
    ("HIL_INPUTS", "charger_plugged", 1, S.CHARGER_plugged, 1, S.INPUTS),
    ("HIL_INPUTS", "coil_supply_present", 1, S.COIL_SUPPLY_present, 1, S.INPUTS),
    ("HIL_INPUTS", "supply_voltage", 13.8, S.SUPPLY_mV, 13800, S.INPUTS),
    ("HIL_INPUTS", "counter", 7, S.INPUTS_count, 7, S.INPUTS),
    ("HIL_ENVIRONMENT", "insulation", 1500, S.INSULATION_kohm, 1500, S.ENVIRONMENT),
    ("HIL_ENVIRONMENT", "coolant_inlet", 22.5, S.COOLANT_INLET_ddegC, 225, S.ENVIRONMENT),
    ("HIL_ENVIRONMENT", "coolant_outlet", -7.1, S.COOLANT_OUTLET_ddegC, -71, S.ENVIRONMENT),
    ("HIL_ENVIRONMENT", "coolant_flow", 12.5, S.COOLANT_FLOW_dl_min, 125, S.ENVIRONMENT),
    ("HIL_ENVIRONMENT", "force", 4000, S.FORCE_N, 4000, S.ENVIRONMENT),
    ("HIL_POLES", "negative_pole", 210.5, S.NEGATIVE_POLE_mV, 210500, 0),
    ("HIL_POLES", "positive_pole", 619.25, S.POSITIVE_POLE_mV, 619250, 0),
    ("HIL_CHAIN", "conversion_counter", 99, S.CONVERSIONS_count, 99, S.CHAIN),
    ("HIL_CHAIN", "crc_error_chips", 0x8001, S.CRC_ERROR_chips, 0x8001, S.CHAIN),
    ("HIL_CHAIN", "lost_chips", 0x4002, S.LOST_CHIPS_bits, 0x4002, S.CHAIN),
    ("HIL_CHAIN", "reference_error", 1, S.REFERENCE_error, 1, S.CHAIN),
    ("HIL_CHAIN", "brown_out", 1, S.BROWN_OUT_seen, 1, S.CHAIN),
]


def named(message: Message) -> list[tuple[str, int, str]]:
    """Signals of a message with the raw values that say that there is no value."""
    out = []
    for signal in message.signals:
        for raw, text in (signal.choices or {}).items():
            if str(text) in REASONS:
                out.append((signal.name, int(raw), str(text)))
    return out


def test_every_sensor_signal_of_the_dbc_is_in_these_tables(wire: Database) -> None:
    listed = {(row[0], row[1]) for row in SCALARS}
    for message, signal, per_frame, *_ in INDEXED:
        listed |= {(message, "index")} | {(message, signal.format(j=j)) for j in range(per_frame)}
    sensors = {(m.name, s.name) for m in wire.messages if 0x600 <= m.frame_id < 0x680 for s in m.signals}
    assert sensors == listed


@pytest.mark.parametrize("row", INDEXED, ids=lambda row: row[0])
@pytest.mark.parametrize("pack", [BENCH_24, EV_240], ids=lambda pack: pack.name)
def test_every_indexed_value_lands_in_its_slot_and_in_no_other(wire: Database, pack: Pack, row: Any) -> None:
    message, signal, per_frame, kind, scale, channel, value = row
    count = {"group": Snapshot(pack).groups, "stack": pack.stacks, "probe": len(pack.probe_stack)}[kind]
    for k in range(count):
        rig = Rig(wire, pack)
        index, j = divmod(k, per_frame)
        values = {signal.format(j=i): (value if i == j else -(2**30)) for i in range(per_frame)}
        lowest = wire.get_message_by_name(message).get_signal_by_name(signal.format(j=0)).choices
        assert lowest is not None
        floor = min(lowest)
        values = {name: (floor / scale if v == -(2**30) else v) for name, v in values.items()}
        rig.send(message, index=index, **values)
        raw = round(value * scale)
        for other in range(count):
            expected = (raw, 0, S.OK) if other == k else (0, S.AGE_MAX_ms, S.NOT_READY)
            assert rig.slot(kind, other) == expected
        assert rig.snap.fresh_bits == channel


@pytest.mark.parametrize("row", SCALARS, ids=lambda row: f"{row[0]}.{row[1]}")
def test_every_scalar_lands_in_its_slot(wire: Database, row: Any) -> None:
    message, signal, value, slot, raw, channel = row
    rig = Rig(wire, BENCH_24)
    rig.send(message, **{signal: value})
    assert rig.slot("scalar", slot) == (raw, 0, S.OK)
    assert rig.snap.fresh_bits & channel == channel
    assert rig.snap.bad_bits == 0


@pytest.mark.parametrize("row", INDEXED, ids=lambda row: row[0])
def test_a_named_group_stack_or_probe_value_keeps_the_old_value_and_its_age(wire: Database, row: Any) -> None:
    message, signal, per_frame, kind, scale, channel, value = row
    rig = Rig(wire, EV_240)
    for name, raw, text in named(wire.get_message_by_name(message)):
        j = next(i for i in range(per_frame) if signal.format(j=i) == name)
        rig.send(message, index=0, **{signal.format(j=i): value for i in range(per_frame)})
        rig.slot(kind, j)
        ages = {"group": rig.snap.group_age_ms, "stack": rig.snap.stack_age_ms, "probe": rig.snap.probe_age_ms}[kind]
        ages[j] = 30
        rig.begin()
        rest = {signal.format(j=i): value for i in range(per_frame)}
        rig.send(message, index=0, **{**rest, name: raw / scale})
        assert rig.slot(kind, j) == (round(value * scale), 30, REASONS[text]), text
        assert rig.snap.bad_bits == channel
        assert rig.snap.fresh_bits == channel  # its neighbours


@pytest.mark.parametrize(
    ("message", "signal", "slot", "channel"),
    [(row[0], row[1], row[3], row[5]) for row in SCALARS if row[0] not in ("HIL_INPUTS", "HIL_CHAIN") and row[5]],
)
def test_a_named_scalar_keeps_the_old_value_and_its_age(
    wire: Database, message: str, signal: str, slot: int, channel: int
) -> None:
    definition = wire.get_message_by_name(message).get_signal_by_name(signal)
    for name, raw, text in named(wire.get_message_by_name(message)):
        if name != signal:
            continue
        rig = Rig(wire, BENCH_24)
        rig.send(message, **{signal: 100 * definition.scale})
        rig.snap.age_ms[slot] = 70
        rig.begin()
        rig.send(message, **{signal: raw * definition.scale})
        assert rig.slot("scalar", slot) == (100, 70, REASONS[text])
        assert rig.snap.bad_bits == channel


@pytest.mark.parametrize("signal", ["insulation", "coolant_flow", "force"])
def test_a_sensor_that_is_not_fitted_is_silent(wire: Database, signal: str) -> None:
    definition = wire.get_message_by_name("HIL_ENVIRONMENT").get_signal_by_name(signal)
    slot = next(row[3] for row in SCALARS if row[1] == signal)
    raw = next(int(raw) for raw, text in (definition.choices or {}).items() if str(text) == "not_fitted")
    rig = Rig(wire, BENCH_24)
    rig.send("HIL_ENVIRONMENT", **{signal: raw * definition.scale})
    assert rig.slot("scalar", slot) == (0, S.AGE_MAX_ms, S.NOT_READY)
    assert rig.snap.bad_bits == 0


def test_a_pack_without_a_second_current_sensor_does_not_listen_to_one(wire: Database) -> None:
    rig = Rig(wire, replaced(Pack, PACK_FIELDS, BENCH_24, current_b_sensor=None))
    rig.send("HIL_CURRENT", current_a=1.0, current_b=2.0)
    assert rig.slot("scalar", S.CURRENT_A_mA) == (1000, 0, S.OK)
    assert rig.slot("scalar", S.CURRENT_B_mA) == (0, S.AGE_MAX_ms, S.NOT_READY)
    rig.send("HIL_CURRENT", current_a=1.0, current_b=-8388.608)
    assert rig.snap.bad_bits == 0


def test_where_names_end_and_values_begin_is_what_the_dbc_says(wire: Database) -> None:
    bounds = {
        ("HIL_GROUPS", "group_0_voltage"): (front.GROUP_NAMED_mV, front.GROUP_LOW_mV),
        ("HIL_STACKS", "stack_2_voltage"): (front.STACK_NAMED_mV, front.STACK_LOW_mV),
        ("HIL_TEMPERATURES", "probe_4_temperature"): (front.PROBE_NAMED_ddegC, front.PROBE_LOW_ddegC),
        ("HIL_ENVIRONMENT", "coolant_inlet"): (front.PROBE_NAMED_ddegC, front.PROBE_LOW_ddegC),
        ("HIL_CURRENT", "current_b"): (front.WIDE_NAMED, front.WIDE_LOW),
        ("HIL_VOLTAGES", "link_voltage"): (front.WIDE_NAMED, front.WIDE_LOW),
    }
    for (message, name), (first, low) in bounds.items():
        signal = wire.get_message_by_name(message).get_signal_by_name(name)
        assert signal.choices is not None
        assert signal.minimum is not None
        raws = {str(text): int(raw) for raw, text in signal.choices.items()}
        assert raws["not_ready"] == first == min(raws.values())
        assert round(signal.minimum / signal.scale) == low
        assert sorted(raws, key=raws.__getitem__) == sorted(raws, key=REASONS.__getitem__)


def test_values_beyond_the_pack_are_ignored(wire: Database) -> None:
    rig = Rig(wire, BENCH_24)
    before = [bytes(a) for a in (rig.snap.group_mV, rig.snap.stack_mV, rig.snap.probe_ddegC, rig.snap.value)]
    for index in range(2, 128):
        rig.send("HIL_GROUPS", index=index, group_0_voltage=1, group_1_voltage=1, group_2_voltage=1)
    for index in range(1, 16):
        rig.send("HIL_STACKS", index=index, stack_0_voltage=1, stack_1_voltage=1, stack_2_voltage=1)
    for index in range(2, 16):
        rig.send("HIL_TEMPERATURES", index=index, probe_0_temperature=1)
    after = [bytes(a) for a in (rig.snap.group_mV, rig.snap.stack_mV, rig.snap.probe_ddegC, rig.snap.value)]
    assert after == before
    assert (rig.snap.fresh_bits, rig.snap.bad_bits) == (0, 0)


def test_a_new_tick_starts_with_nothing_fresh(wire: Database) -> None:
    rig = Rig(wire, BENCH_24)
    rig.send("HIL_INPUTS")
    rig.send("HIL_TICK", n=5, now=12.34)
    assert rig.front.ticked
    assert (rig.front.tick_n, rig.front.tick_ms) == (5, 12340)
    rig.begin()
    assert (rig.snap.fresh_bits, rig.snap.bad_bits, rig.front.ticked) == (0, 0, False)


@pytest.mark.parametrize("length", [0, 1, 7])
def test_sensor_frames_of_a_wrong_length_are_counted_and_dropped(wire: Database, length: int) -> None:
    rig = Rig(wire, BENCH_24)
    ids = [*range(0x600, 0x608), 0x6F0]
    for identifier in ids:
        assert rig.front.dispatch(identifier, memoryview(bytes(length)))
    assert rig.front.malformed_count == len(ids)
    assert (rig.snap.fresh_bits, rig.snap.bad_bits, rig.front.ticked) == (0, 0, False)


class Bus:
    """The front end behind a controller."""

    def __init__(self, pack: Pack) -> None:
        self.transport = MemoryTransport()
        self.can = CAN(1, 500_000, transport=self.transport)
        self.can.set_filters(None)
        self.snap = Snapshot(pack)
        self.mailbox = Mailbox()
        self.front = BenchFrontEnd(pack)

    def drain(self, frames: bytes, frames_max: int = 1000) -> int:
        self.transport.deliver(frames)
        self.front.begin(self.snap, self.mailbox)
        return self.front.drain(self.can, frames_max)


def framed(word: int, data: bytes = bytes(8), length: int | None = None) -> bytes:
    length = len(data) if length is None else length
    return word.to_bytes(4, "little") + bytes([length, 0, 0, 0]) + data.ljust(8, b"\0")


def test_foreign_frames_go_to_the_mailbox_whatever_they_are() -> None:
    bus = Bus(BENCH_24)
    data = bytes(range(8))
    frames = [0x000, 0x200, 0x210, 0x5FF, 0x609, 0x67F, 0x680, 0x6F1, 0x7FF]
    extended = [0x600, 0x6F0, 0x18FF50E5]
    stream = b"".join(framed(i, data) for i in frames)
    stream += b"".join(framed(i | 0x8000_0000, data[:5]) for i in extended)
    assert bus.drain(stream) == len(frames) + len(extended)
    assert bus.mailbox.frames == [(i, False, data) for i in frames] + [(i, True, data[:5]) for i in extended]
    assert bus.snap.fresh_bits == 0


def test_remote_frames_are_dropped() -> None:
    bus = Bus(BENCH_24)
    assert bus.drain(framed(0x200 | 0x4000_0000) + framed(0x605 | 0x4000_0000)) == 2
    assert bus.mailbox.frames == []
    assert bus.snap.fresh_bits == 0


def test_frames_with_a_length_beyond_eight_do_no_harm() -> None:
    bus = Bus(BENCH_24)
    assert bus.drain(framed(0x200, bytes(8), 15) + framed(0x605, bytes(8), 15)) == 2
    assert bus.mailbox.frames == [(0x200, False, bytes(8))]


def test_a_drain_stops_at_the_bound_and_goes_on_next_time() -> None:
    bus = Bus(BENCH_24)
    assert bus.drain(b"".join(framed(0x200 + k) for k in range(100)), 96) == 96
    assert bus.drain(b"", 96) == 4
    assert [i for i, _, _ in bus.mailbox.frames] == [0x200 + k for k in range(100)]


def test_a_drain_stops_behind_the_bench_tick() -> None:
    bus = Bus(BENCH_24)
    assert bus.drain(framed(0x200) + framed(0x6F0) + framed(0x201)) == 2
    assert bus.front.ticked
    assert bus.drain(b"") == 1
    assert [i for i, _, _ in bus.mailbox.frames] == [0x200, 0x201]
