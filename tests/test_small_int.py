"""Every product of the integer lane fits a small integer of the target, whatever the sensors say and for however long."""

from array import array
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.packs import bench_24, ev_240
from bms.schema import PACK_FIELDS, Pack, replaced
from tests.fake_board import CHARGE, CLOCK_MASK, DRIVE, OPEN, FakeBoard
from tests.small_int import Overflowed, SmallArray, SmallInt, SmallView

PACKS = {
    "bench_24": bench_24.PACK,
    "ev_240": ev_240.PACK,
    "tapped_1": replaced(Pack, PACK_FIELDS, bench_24.PACK, name="tapped_1", taps=(1,) * 12),
    "tapped_48": replaced(Pack, PACK_FIELDS, bench_24.PACK, name="tapped_48", taps=(48, 48)),
}
# What the wire of the sensors can carry: signed 19, 20, 12 and 24 bits.
GROUP_mV = 262143
STACK_mV = 524287
CURRENT_mA = 8388607
VOLTAGE_mV = 8388607


def shrunk(value: Any, known: dict[int, Any]) -> Any:
    """The value with small integers in place of integers; arrays that two rooms share stay shared."""
    if isinstance(value, bool) or id(value) in known:
        return known.get(id(value), value)
    if isinstance(value, int):
        return SmallInt(value)
    if isinstance(value, array):
        known[id(value)] = SmallArray(value)
        known[id(known[id(value)])] = known[id(value)]
        known[-id(value)] = value  # keeps the id alive
        return known[id(value)]
    if isinstance(value, memoryview) and isinstance(value.obj, array):
        whole = shrunk(value.obj, known)
        skipped = np.frombuffer(value, np.uint8).ctypes.data - value.obj.buffer_info()[0]
        return SmallView(whole, skipped // value.itemsize, len(value))
    if isinstance(value, tuple):
        items = [shrunk(item, known) for item in value]
        return type(value)._make(items) if hasattr(value, "_make") else tuple(items)
    return value


def with_small_ints(app: App) -> App:
    """The same firmware, every integer and every array of its integer lane replaced by a small one."""
    known: dict[int, Any] = {}
    rooms = [app, *(room for room in vars(app).values() if hasattr(room, "__dict__"))]
    for room in rooms:
        if room is app.filter or room is app.board:
            continue
        for name, value in list(vars(room).items()):
            changed = shrunk(value, known)
            if changed is not value:
                setattr(room, name, changed)
    return app


class SmallBoard(FakeBoard):
    """Its clock is small as well."""

    def sample(self, snap: Any, mailbox: Any) -> int:
        return SmallInt(super().sample(snap, mailbox))


def firmware(pack: Pack) -> tuple[App, SmallBoard]:
    """A board that has just been switched on, and the firmware on it."""
    board = SmallBoard(pack)
    return with_small_ints(App(pack, board)), board


def ticks(app: App, count: int) -> None:
    """The integer lane alone: the float lane knows no small integers."""
    for _ in range(count):
        one_tick(app)


def one_tick(app: App) -> None:
    """The lane in the phase that is its turn: every tenth tick does what the others do not."""
    app.lane()
    app._phase = (app._phase + 1) % 10


def knobs(board: FakeBoard, corner: int, size: int) -> None:
    """Every sensor at one end or the other of what it can say: one bit of `corner` each, `size` parts of 16 of it."""

    def end(bit: int, reach: int) -> int:
        return (reach if corner >> bit & 1 else -reach - 1) * size // 16

    for g in range(len(board.group_mV)):
        board.group_mV[g] = end(g % 2, GROUP_mV)
    for s in range(len(board.stack_error_mV)):
        total = sum(board.group_mV[s * board.groups_per_stack : (s + 1) * board.groups_per_stack])
        board.stack_error_mV[s] = end(2 + s % 2, STACK_mV) - total
    board.pack_error_mV = end(4, VOLTAGE_mV) - pack_mV(board)
    board.link_mV = end(5, VOLTAGE_mV)
    for i in range(len(board.probe_ddegC)):
        board.probe_ddegC[i] = end(6 + i % 2, 2000)
    board.stray_mA = end(8, CURRENT_mA)
    board.b_error_mA = end(9, CURRENT_mA) - board.stray_mA


def pack_mV(board: FakeBoard) -> int:
    """What the string of stacks reads."""
    return sum(board.group_mV) + sum(board.stack_error_mV)


@pytest.mark.parametrize("value", [1 << 15, -(1 << 15), 1 << 29])
def test_the_small_integer_itself_notices_a_product_beyond_thirty_bits(value: int) -> None:
    with pytest.raises(Overflowed):
        SmallInt(value) * (1 << 16)
    with pytest.raises(Overflowed):
        (1 << 16) * SmallInt(value)
    assert SmallInt(1 << 29) - (1 << 29) == 0
    array_of = SmallArray([0])
    with pytest.raises(Overflowed):
        array_of[0] = 1 << 30


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_ordinary_driving_fits_small_integers(pack: Pack) -> None:
    app, board = firmware(pack)
    ticks(app, 10)
    for request, load_mA in ((OPEN, 0), (DRIVE, 0), (DRIVE, -20000), (DRIVE, 4000), (OPEN, 0), (CHARGE, 0), (CHARGE, 5000)):
        board.request = request
        board.load_mA = load_mA
        ticks(app, 80)
    assert isinstance(app.coulomb.charge_mAs, SmallInt)
    assert isinstance(app.bound.layer_high_mV, SmallInt)
    assert isinstance(app.contactor._flowed_mAms, SmallInt)


@settings(max_examples=25)
@given(
    name=st.sampled_from(sorted(PACKS)),
    worlds=st.lists(
        st.tuples(st.integers(0, 1023), st.integers(0, 16), st.sampled_from([10, 10, 1, 30, 500, 7000]), st.integers(0, 3)),
        min_size=1,
        max_size=4,
    ),
    closed=st.booleans(),
)
def test_no_value_that_the_sensors_can_send_overflows_the_tick(
    name: str, worlds: list[tuple[int, int, int, int]], closed: bool
) -> None:
    app, board = firmware(PACKS[name])
    ticks(app, 5)
    if closed:
        board.request = DRIVE
        ticks(app, 20)
    for corner, size, tick_ms, request in worlds:
        knobs(board, corner, size)
        board.tick_ms = tick_ms
        board.request = request
        ticks(app, 12)


def test_a_current_that_drains_through_the_precharge_resistor_path_overflows_nothing() -> None:
    """The link is up at the end of a precharge through which far more charge has flowed than it takes."""
    app, board = firmware(ev_240.PACK)
    ticks(app, 10)
    board.request = DRIVE
    board.stray_mA = -1_000_000
    ticks(app, 100)
    board.stray_mA = 0
    ticks(app, 60)


@pytest.mark.parametrize("tick_ms", [10, 500])
@pytest.mark.parametrize("stray_mA", [1_600_000, -1_600_000])
def test_the_ledger_stays_small_when_the_current_sensor_drifts_for_months(tick_ms: int, stray_mA: int) -> None:
    """A month of 0.3 A in standby counts as much as ten minutes of 1600 A: the same sum in fewer ticks."""
    app, board = firmware(ev_240.PACK)
    ticks(app, 5)
    coulomb = app.coulomb
    sign = 1 if stray_mA > 0 else -1
    board.tick_ms = tick_ms
    board.stray_mA = stray_mA
    for _ in range(3):
        ticks(app, 40)
        coulomb.charge_mAs = SmallInt(coulomb.capacity_mAs if sign > 0 else 0)
    assert 0 <= coulomb.charge_mAs <= coulomb.capacity_mAs


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_the_clock_wraps_at_a_gigabyte_of_milliseconds_and_nobody_notices(pack: Pack) -> None:
    app, board = firmware(pack)
    board.now_ms = CLOCK_MASK - 500
    twin, other = firmware(pack)
    for k in range(150):
        board.request = other.request = DRIVE if k > 20 else OPEN
        one_tick(app)
        one_tick(twin)
        assert list(app.record()) == list(twin.record())
    assert board.now_ms < 2000
    assert app.clock.late_ticks == 0


def test_a_voltage_of_a_lone_layer_at_the_end_of_its_range_overflows_nothing() -> None:
    app, board = firmware(PACKS["tapped_1"])
    ticks(app, 5)
    for volts_mV in (GROUP_mV, -GROUP_mV - 1):
        board.group_mV = [volts_mV] * len(board.group_mV)
        ticks(app, 12)
        assert app.snap.group_mV[0] == volts_mV
