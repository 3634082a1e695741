"""Stacks and pack by their own sensors: never a mean layer less high or less low than it may be, never a fault in a pack inside
its operating limits, and no word before the first value."""

import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.app import App
from bms.packs import bench_24, bess_14, ev_240
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot
from bms.safety.strings import Strings
from bms.schema import Pack, Sensor
from tests.fake_board import DRIVE, FakeBoard
from tests.small_int import SmallArray, SmallInt

PACKS = (bench_24.PACK, ev_240.PACK, bess_14.PACK)
FAULT = 2
WIDEST_mV = 524_287  # what the wire of a stack's sensor can say


def most_wrong_mV(sensor: Sensor, mV: Fraction) -> Fraction:
    """What a sensor may err at a value: offset, four sigma of noise, a step, gain."""
    return Fraction(sensor.offset_u + 4 * sensor.noise_u + sensor.lsb_u, 1000) + abs(mV) * sensor.gain_ppm / 1_000_000


class Heard:
    """A snapshot, and the watcher of stacks and pack behind it."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.snap, self.signals = pack, Snapshot(pack), Signals()
        self.strings = Strings(pack, self.signals)

    def tick(self, stacks_mV: list[int | None], pack_mV: int | None) -> None:
        """One tick in which some came."""
        self.snap.fresh_bits = 0
        for s, mV in enumerate(stacks_mV):
            if mV is not None:
                self.snap.stack_mV[s] = mV
                self.snap.stack_age_ms[s] = 0
        if pack_mV is not None:
            for k in (S.PACK_mV, S.LINK_mV):
                self.snap.value[k] = pack_mV
                self.snap.age_ms[k] = 0
        self.strings.step(self.snap, self.snap.summarise(10))

    def told(self) -> tuple[int, ...]:
        """STACK_HIGH, STACK_LOW, PACK_HIGH, PACK_LOW."""
        return tuple(self.signals.value[k] for k in (N.STACK_HIGH_mV, N.STACK_LOW_mV, N.PACK_HIGH_mV, N.PACK_LOW_mV))


def readings(pack: Pack) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(-WIDEST_mV, WIDEST_mV), min_size=pack.stacks, max_size=pack.stacks)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@given(data=st.data())
def test_the_bounds_are_those_of_the_extreme_stacks_and_the_pack_rounded_outwards(pack: Pack, data: st.DataObject) -> None:
    heard = Heard(pack)
    for _ in range(3):
        stacks_mV = data.draw(readings(pack))
        pack_mV = data.draw(st.integers(-8_000_000, 8_000_000))
        heard.tick(list(stacks_mV), pack_mV)
        layers = sum(pack.taps)
        full_mV = Fraction(layers * pack.cell.v_max_mV[FAULT])
        wrong_mV = most_wrong_mV(pack.stack_sensor, full_mV)
        whole_mV = most_wrong_mV(pack.pack_sensor, full_mV * pack.stacks)
        exact = (
            (max(stacks_mV) + wrong_mV) / layers,
            (min(stacks_mV) - wrong_mV) / layers,
            (pack_mV + whole_mV) / (layers * pack.stacks),
            (pack_mV - whole_mV) / (layers * pack.stacks),
        )
        for told, bound, sign in zip(heard.told(), exact, (1, -1, 1, -1)):
            assert 0 <= (told - bound) * sign < 1 + Fraction(2, layers)
        where = heard.signals.where
        assert stacks_mV[where[N.STACK_HIGH_mV]] == max(stacks_mV)
        assert stacks_mV[where[N.STACK_LOW_mV]] == min(stacks_mV)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_pack_at_its_operating_limits_with_sensors_at_their_worst_is_far_from_a_fault(pack: Pack, sign: int) -> None:
    cell = pack.cell
    layer_mV = cell.v_max_mV[0] if sign > 0 else cell.v_min_mV[0]
    stack_mV = Fraction(sum(pack.taps) * layer_mV)
    stack_reads = stack_mV + sign * most_wrong_mV(pack.stack_sensor, stack_mV)
    pack_reads = stack_mV * pack.stacks + sign * most_wrong_mV(pack.pack_sensor, stack_mV * pack.stacks)
    heard = Heard(pack)
    heard.tick([round(stack_reads)] * pack.stacks, round(pack_reads))
    high, low, pack_high, pack_low = heard.told()
    assert max(high, pack_high) < cell.v_max_mV[FAULT] - 30
    assert min(low, pack_low) > cell.v_min_mV[FAULT] + 50


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@given(data=st.data())
def test_a_stack_whose_mean_layer_is_beyond_the_limit_is_told_whatever_its_sensor_errs(pack: Pack, data: st.DataObject) -> None:
    sign = data.draw(st.sampled_from([1, -1]))
    which = data.draw(st.integers(0, pack.stacks - 1))
    share = data.draw(st.fractions(-1, 1))
    limit_mV = pack.cell.v_max_mV[FAULT] if sign > 0 else pack.cell.v_min_mV[FAULT]
    true_mV = Fraction(sum(pack.taps) * (limit_mV + sign))
    stacks_mV: list[int | None] = [sum(pack.taps) * 3600] * pack.stacks
    stacks_mV[which] = round(true_mV + share * most_wrong_mV(pack.stack_sensor, true_mV))
    heard = Heard(pack)
    heard.tick(stacks_mV, None)
    high, low, _, _ = heard.told()
    assert high > limit_mV if sign > 0 else low < limit_mV
    assert heard.signals.where[N.STACK_HIGH_mV if sign > 0 else N.STACK_LOW_mV] == which


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@given(data=st.data(), more_mV=st.integers(0, 50_000))
def test_a_higher_reading_never_gives_a_lower_bound(pack: Pack, data: st.DataObject, more_mV: int) -> None:
    stacks_mV = data.draw(readings(pack))
    which = data.draw(st.integers(0, pack.stacks - 1))
    one, other = Heard(pack), Heard(pack)
    one.tick(list(stacks_mV), sum(stacks_mV))
    stacks_mV[which] += more_mV
    other.tick(list(stacks_mV), sum(stacks_mV))
    assert all(after >= before for before, after in zip(one.told(), other.told()))


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_nothing_is_said_before_the_first_values_and_silence_keeps_the_last_ones(pack: Pack) -> None:
    heard = Heard(pack)
    start = heard.told()
    silent: list[int | None] = [None] * pack.stacks
    for _ in range(50):
        heard.tick(silent, None)
    assert heard.told() == start == (0, 20000, 0, 20000)
    heard.tick([80_000] * pack.stacks, 80_000 * pack.stacks)
    kept = heard.told()
    assert kept != start
    heard.tick(silent, None)
    heard.tick([None] + [500_000] * (pack.stacks - 1), None)
    assert heard.told() == kept, "a sensor of its kind is missing"


def test_the_stack_that_is_too_high_is_named_on_the_whole_firmware() -> None:
    board = FakeBoard(ev_240.PACK)
    app = App(ev_240.PACK, board)
    for k in range(220):
        board.request = DRIVE if k > 20 else 0
        board.stack_error_mV[7] = 24 * 700 if k >= 200 else 0
        app.tick()
    assert app.monitor.is_active(8)
    assert app.signals.where[N.STACK_HIGH_mV] == 7


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@given(stack_mV=st.integers(-WIDEST_mV, WIDEST_mV), pack_mV=st.integers(-8_388_608, 8_388_607))
def test_whatever_the_wire_can_say_fits_small_integers(pack: Pack, stack_mV: int, pack_mV: int) -> None:
    heard = Heard(pack)
    heard.snap.stack_mV = SmallArray(heard.snap.stack_mV)  # type: ignore[assignment]
    heard.snap.value = SmallArray(heard.snap.value)  # type: ignore[assignment]
    for name, value in list(vars(heard.strings).items()):
        if isinstance(value, int) and not isinstance(value, bool):
            setattr(heard.strings, name, SmallInt(value))
    heard.tick([stack_mV, *([-stack_mV] * (pack.stacks - 1))], pack_mV)
    assert all(-(1 << 30) <= told < 1 << 30 for told in heard.told())


ON_TARGET = """
import sys
sys.path.append(".")
import micropython
from bms.packs.{pack} import PACK
from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot
from bms.safety.strings import Strings
snap = Snapshot(PACK)
signals = Signals()
strings = Strings(PACK, signals)
def step(seed):
    for s in range(PACK.stacks):
        seed = (seed * 1103 + 12345) % 1048573
        snap.stack_mV[s] = seed - 524287
    snap.value[2] = seed * 8 - 4000000
    strings.step(snap, 18)
    return seed
seed = 1
for k in range(200):
    micropython.heap_lock()
    seed = step(seed)
    micropython.heap_unlock()
    print(list(signals.value[40:44]), list(signals.where[40:44]))
"""


@pytest.mark.parametrize("pack", ["bench_24", "ev_240"])
def test_the_target_says_what_the_desk_says_and_allocates_nothing(pack: str, micropython: str, root: Path) -> None:
    script = ON_TARGET.format(pack=pack)
    done = subprocess.run([micropython, "-c", script], cwd=root, capture_output=True, text=True, check=False, timeout=60)
    lines: list[str] = []

    def collect(*words: Any) -> None:
        lines.append(" ".join(str(word) for word in words))

    exec(script, {"print": collect})
    assert done.stdout.splitlines() == lines, done.stdout[-500:] + done.stderr
    assert len(lines) == 200
