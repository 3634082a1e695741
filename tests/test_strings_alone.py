"""What the sensors of stacks and pack say of the mean layer agrees with the docstring in plain words, tick by tick."""

import random
from array import array
from fractions import Fraction
from math import ceil, floor
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import bench_24, bess_14, ev_240
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.strings import Strings
from bms.schema import PACK_FIELDS, SENSOR_FIELDS, Pack, Sensor, replaced

POOR = replaced(Sensor, SENSOR_FIELDS, bench_24.PACK.stack_sensor, offset_u=77_123, noise_u=1_234, lsb_u=9_001, gain_ppm=7_777)
ODD = replaced(
    Pack,
    PACK_FIELDS,
    bench_24.PACK,
    name="odd",
    taps=(7, 4, 2),
    stacks=3,
    stack_sensor=POOR,
    pack_sensor=replaced(Sensor, SENSOR_FIELDS, POOR, gain_ppm=3_333),
)
PAIR = replaced(Pack, PACK_FIELDS, ODD, name="pair", stacks=2)
PACKS = (bench_24.PACK, ev_240.PACK, bess_14.PACK, ODD, PAIR)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
SIGNALS = (N.STACK_HIGH_mV, N.STACK_LOW_mV, N.PACK_HIGH_mV, N.PACK_LOW_mV)


def error_mV(sensor: Sensor, mV: int) -> int:
    """Most that the sensor errs at this value."""
    return floor(Fraction(sensor.offset_u + 4 * sensor.noise_u + sensor.lsb_u + mV // 1000 * sensor.gain_ppm, 1000)) + 1


@packs
@pytest.mark.parametrize("seed", range(3))
def test_the_mean_layer_of_the_extreme_stacks_and_of_the_pack_is_bounded_outwards(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    signals = N.Signals()
    signals.where[N.STACK_HIGH_mV] = signals.where[N.STACK_LOW_mV] = 9
    strings = Strings(pack, signals)
    told = [signals.value[k] for k in SIGNALS]
    where = [0, 0]
    layers = sum(pack.taps)
    full_mV = layers * pack.cell.v_max_mV[2]
    stack_mV, pack_mV = error_mV(pack.stack_sensor, full_mV), error_mV(pack.pack_sensor, pack.stacks * full_mV)
    snap: Any = SimpleNamespace(stacks=pack.stacks, stack_mV=array("i", [0] * pack.stacks), value=array("i", [0] * S.SCALARS))
    edge = (1 << 29) - 2  # one less than what stands for no reading
    for _ in range(250):
        if dice.random() < 0.7:
            middle = dice.choice([0, 80_000, -3, edge, -edge])
            for s in range(pack.stacks):
                snap.stack_mV[s] = max(-edge, min(edge, middle + dice.choice([0, 1, -1, 40, -900])))
            snap.value[S.PACK_mV] = dice.choice([0, 1, -1, dice.randint(-900_000, 900_000)])
        bits = dice.choice([S.STACKS, S.VOLTAGES, S.STACKS | S.VOLTAGES, 0, 0x1FFF, 0x1FFF & ~S.STACKS & ~S.VOLTAGES])
        if bits & S.STACKS:
            high, low = max(snap.stack_mV), min(snap.stack_mV)
            told[0] = ceil(Fraction(high + stack_mV, layers))
            told[1] = floor(Fraction(low - stack_mV, layers))
            where = [list(snap.stack_mV).index(high), list(snap.stack_mV).index(low)]
        if bits & S.VOLTAGES:
            mV = snap.value[S.PACK_mV]
            told[2] = ceil(Fraction(mV + pack_mV, layers * pack.stacks))
            told[3] = floor(Fraction(mV - pack_mV, layers * pack.stacks))
        assert strings.step(snap, bits) == bits & (S.STACKS | S.VOLTAGES)
        assert [signals.value[k] for k in SIGNALS] == told
        assert [signals.where[N.STACK_HIGH_mV], signals.where[N.STACK_LOW_mV]] == where
        if pack.stacks > 1 and bits & S.STACKS:
            assert strings._scan(snap) == pack.stacks


@packs
def test_a_first_reading_of_nothing_is_one(pack: Pack) -> None:
    signals = N.Signals()
    strings = Strings(pack, signals)
    for k in SIGNALS:
        signals.value[k] = 12_345
    snap: Any = SimpleNamespace(stacks=pack.stacks, stack_mV=array("i", [0] * pack.stacks), value=array("i", [0] * S.SCALARS))
    strings.step(snap, S.STACKS | S.VOLTAGES)
    assert all(abs(signals.value[k]) < 1_000 for k in SIGNALS)


def test_the_extreme_stacks_are_found_out_to_the_very_ends_of_thirty_bits() -> None:
    end = 1 << 29
    for mV in ([-end] * 3, [end - 1] * 3, [end - 1, -end, 0], [0, end - 1, -end], [1 - end, -end, -end], [0, 1, -1]):
        signals = N.Signals()
        strings = Strings(ODD, signals)
        snap: Any = SimpleNamespace(stacks=3, stack_mV=array("i", mV))
        assert strings._scan(snap) == 3
        assert (strings._high_mV, strings._low_mV) == (max(mV), min(mV))
        assert signals.where[N.STACK_HIGH_mV] == mV.index(max(mV))
        assert signals.where[N.STACK_LOW_mV] == mV.index(min(mV))
