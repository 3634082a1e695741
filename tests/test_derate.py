"""Layers that warm fast, or that are far apart in temperature, are given less current; sensors that err take none away."""

import random
from collections.abc import Callable, Iterable
from fractions import Fraction
from math import floor
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.app import App
from bms.control import envelope as E
from bms.control.derate import Derate, left_permille
from bms.packs import aero_96, bench_24, bess_14, ev_240
from bms.safety.probes import Probes
from bms.safety.signals import Signals
from bms.schema import PACK_FIELDS, SENSOR_FIELDS, Pack, Sensor, replaced
from tests.fake_board import DRIVE, OPEN, FakeBoard
from tests.small_int import SmallInt

PACK = bench_24.PACK
PACKS = (bench_24.PACK, ev_240.PACK, bess_14.PACK, aero_96.PACK)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
RATE = PACK.thermal.rate_derate_mK_s
GRADIENT = PACK.thermal.gradient_derate_ddegC
EVEN = 30  # a gradient that the pack declares


def heard(hottest_ddegC: int, oldest_ms: int = 0) -> Any:
    return SimpleNamespace(hottest_ddegC=hottest_ddegC, probe_oldest_ms=oldest_ms)


def fed(derate: Derate, temperatures: Iterable[int], gradient_ddegC: int = EVEN) -> list[int]:
    """What is left after each round."""
    return [derate.step(heard(t), gradient_ddegC) for t in temperatures]


def ramp(mK_s: float, rounds: int, start_ddegC: int = 200) -> list[int]:
    """Readings of a probe that rises so fast, as a sensor of a tenth of a kelvin gives them."""
    return [round(start_ddegC + mK_s * k / 1000) for k in range(rounds)]


def line(value: Fraction, first: int, second: int) -> int:
    return floor(1000 * min(Fraction(1), max(Fraction(0), (second - value) / (second - first))))


@pytest.mark.parametrize("mK_s", [-900, 0, 200, 300, 350, 370, 410, 460, 500, 550, 570, 900, 3000])
def test_what_is_left_falls_from_all_to_nothing_between_the_declared_rises(mK_s: int) -> None:
    """A rise that two readings may feign is not believed."""
    derate = Derate(PACK)
    fed(derate, ramp(mK_s, 400))
    assert derate.rise_mK_s == pytest.approx(mK_s, abs=1)
    assert derate.noise_mK_s == 60
    sure = Fraction(derate.rise_mK_s - 60)
    # readings of a tenth of a kelvin make a rise tremble by a mK/s, and what fell with that comes back slowly
    assert line(sure + 3, *RATE) <= derate.left_permille <= line(sure, *RATE)
    assert (derate.left_permille == 1000) == (sure <= RATE[0])
    assert (derate.left_permille == 0) == (sure >= RATE[1])


@pytest.mark.parametrize("gradient", [0, 30, 49, 50, 51, 60, 65, 79, 80, 81, 120, 500])
def test_what_is_left_falls_from_all_to_nothing_between_the_declared_gradients(gradient: int) -> None:
    derate = Derate(PACK)
    assert derate.step(heard(250), gradient) == derate.left_permille == derate.gradient_permille
    assert derate.left_permille == line(Fraction(gradient), *GRADIENT)


def test_the_worse_of_rise_and_gradient_counts() -> None:
    left = {}
    for mK_s in (0, 460):
        for gradient in (EVEN, 65, 72):
            derate = Derate(PACK)
            left[mK_s, gradient] = fed(derate, ramp(mK_s, 300), gradient)[-1]
            assert derate.gradient_permille == left[0, gradient]
    for gradient in (65, 72):
        assert left[460, gradient] == min(left[460, EVEN], left[0, gradient]) < 1000


@packs
@pytest.mark.parametrize("seed", range(2))
def test_noise_and_steps_of_a_sensor_take_nothing_away_at_the_fastest_warming_that_is_allowed(pack: Pack, seed: int) -> None:
    """Four sigma of noise, either end of a step, on a rise just at the first value; a gradient that is all error."""
    dice = random.Random(seed)
    sensor = pack.probe_sensor
    derate = Derate(pack)
    noise_dK, lsb_dK = sensor.noise_u / 1e5, max(1, sensor.lsb_u // 100_000)
    errors = 2 * (sensor.offset_u + 4 * sensor.noise_u + sensor.lsb_u) // 100_000
    for k in range(1500):
        true = 200 + pack.thermal.rate_derate_mK_s[0] * k / 1000
        read = floor((true + max(-4, min(4, dice.gauss(0, 1))) * noise_dK) / lsb_dK) * lsb_dK
        assert derate.step(heard(read), errors) == 1000, k


@packs
def test_it_knows_of_a_sensor_what_those_know_who_watch_it(pack: Pack) -> None:
    watch, derate = Probes(pack, Signals()), Derate(pack)
    assert derate.noise_mK_s == watch.noise_ddegC * 100 // 10
    assert derate._gradient_ddegC[0] == max(pack.thermal.gradient_derate_ddegC[0], watch.errors_ddegC)
    assert derate._gradient_ddegC[1] == pack.thermal.gradient_derate_ddegC[1]
    noisy = replaced(Sensor, SENSOR_FIELDS, pack.probe_sensor, noise_u=999_000)
    assert Derate(replaced(Pack, PACK_FIELDS, pack, probe_sensor=noisy)).noise_mK_s == 820


def test_probes_too_coarse_for_the_declared_gradient_take_nothing_before_they_can_tell() -> None:
    coarse = replaced(Sensor, SENSOR_FIELDS, PACK.probe_sensor, offset_u=3_500_000)
    derate = Derate(replaced(Pack, PACK_FIELDS, PACK, probe_sensor=coarse))
    assert [derate.step(heard(250), gradient) for gradient in (77, 78, 79, 80)] == [1000, 1000, 500, 0]
    coarser = replaced(Sensor, SENSOR_FIELDS, PACK.probe_sensor, offset_u=9_000_000)
    derate = Derate(replaced(Pack, PACK_FIELDS, PACK, probe_sensor=coarser))
    assert [derate.step(heard(250), gradient) for gradient in (79, 80)] == [1000, 0]


def test_it_falls_at_once_and_comes_back_in_fifty_seconds() -> None:
    derate = Derate(PACK)
    assert [derate.step(heard(250), g) for g in (EVEN, 65, 80)] == [1000, 500, 0]
    back = fed(derate, [250] * 600)
    assert back[:3] == [2, 4, 6]
    assert back.index(1000) == 499
    assert set(back[500:]) == {1000}


@given(
    slow=st.lists(st.integers(-3, 60), min_size=30, max_size=30),
    faster=st.lists(st.integers(0, 20), min_size=30, max_size=30),
    gradients=st.tuples(st.integers(0, 120), st.integers(0, 120)),
)
def test_who_warms_faster_and_less_evenly_never_gets_more(
    slow: list[int], faster: list[int], gradients: tuple[int, int]
) -> None:
    """Temperatures of every second: the second pack rises by more in each."""
    one, other = Derate(PACK), Derate(PACK)
    a = b = 200
    for rise, more in zip(slow, faster):
        a += rise
        b += rise + more
        left = fed(one, [a] * 10, min(gradients))
        less = fed(other, [b] * 10, max(gradients))
        assert all(x >= y for x, y in zip(left, less))


@given(value=st.integers(-5000, 20_000), more=st.integers(0, 500), ends=st.tuples(st.integers(1, 9000), st.integers(1, 1000)))
def test_between_its_ends_a_share_is_a_line_that_only_falls(value: int, more: int, ends: tuple[int, int]) -> None:
    both = (ends[0], ends[0] + ends[1])
    left = left_permille(SmallInt(value), both)
    assert left == line(Fraction(value), *both)
    assert left_permille(value + more, both) <= left


@pytest.mark.parametrize("mK_s", [100, 250, 400])
def test_a_steady_rise_goes_on_as_it_is_and_one_that_quickens_is_seen_coming(mK_s: int) -> None:
    derate = Derate(PACK)
    fed(derate, ramp(mK_s, 205))
    assert derate.coming_mK_s == pytest.approx(derate.rise_mK_s, abs=40)
    begins = round(200 + mK_s * 0.204)
    fed(derate, ramp(mK_s * 2, 55, begins))
    assert derate.coming_mK_s > 1.5 * mK_s > derate.rise_mK_s * 0.99


def test_the_formulas_of_rise_and_of_what_is_coming_are_those_of_means_of_a_second() -> None:
    dice = random.Random(4)
    derate = Derate(PACK)
    means: list[Fraction] = []
    for _ in range(60):
        readings = [dice.randint(-300, 700) for _ in range(10)]
        for k, t in enumerate(readings):
            derate.step(heard(t), EVEN)
            assert derate.second == (k == 9)
        means = (means or [Fraction(sum(readings), 10)] * 10) + [Fraction(sum(readings), 10)]
        now, half, whole = means[-1], means[-6], means[-11]
        assert derate.rise_mK_s == 100 * (now - whole) / 10
        late, early = 100 * (now - half) / 5, 100 * (half - whole) / 5
        assert derate.coming_mK_s == late + 3 * (late - early)


def test_without_temperatures_nothing_is_known_to_rise_and_what_comes_after_is_no_jump() -> None:
    derate = Derate(PACK)
    assert (derate.left_permille, derate.gradient_permille, derate.rise_mK_s, derate.coming_mK_s) == (1000, 1000, 0, 0)
    assert derate.second is False
    fed(derate, ramp(450, 305))
    assert derate.left_permille < 1000
    for oldest_ms, known in ((59_999, True), (60_000, False)):
        derate.step(heard(900, oldest_ms), EVEN)
        assert (derate.rise_mK_s != 0, derate.coming_mK_s != 0, derate.second) == (known, known, False)
    back = fed(derate, [700] * 40)
    assert derate.rise_mK_s == derate.coming_mK_s == 0
    assert back == sorted(back)


@given(readings=st.lists(st.integers(-2047, 2047), min_size=25, max_size=25), gradient=st.integers(0, 4095))
def test_the_whole_range_of_the_sensors_fits_small_integers(readings: list[int], gradient: int) -> None:
    derate = Derate(PACK)
    for t in readings:
        for _ in range(10):
            derate.step(heard(SmallInt(t)), SmallInt(gradient))


# In the envelope and in the firmware.


def envelope_with(pack: Pack, left: int, low_permille: int = 400) -> E.Envelope:
    envelope = E.Envelope(pack)
    envelope.derate_permille = left
    envelope.soc_lo_permille, envelope.soc_hi_permille = low_permille, 600
    bound: Any = SimpleNamespace(hot_ddegC=300, cold_ddegC=250)
    for phase in range(4, 9):
        envelope.refresh(bound, phase)
    return envelope


@packs
@given(left=st.integers(0, 1000))
def test_map_and_table_are_derated_in_proportion_and_the_line_of_the_map_stays(pack: Pack, left: int) -> None:
    all_of, part = envelope_with(pack, 1000), envelope_with(pack, left)
    assert part.map_dA == all_of.map_dA == all_of._allowed_dA > 0
    assert part._allowed_dA == all_of.map_dA * left // 1000
    assert 0 <= all_of.table_dA * left // 1000 - part.table_dA <= pack.cell.capacity_mAh // 10_000 + 1
    assert part._allowed_reason == (E.MAP if left == 1000 else E.TEMPERATURE)
    assert envelope_with(pack, left, 20)._table_reason == (E.SOC if left == 1000 else E.TEMPERATURE)


def driven(pack: Pack, disturb: Callable[[FakeBoard, int], None]) -> tuple[App, FakeBoard]:
    """In drive, with something done to the board in every tick from then on."""
    board = FakeBoard(pack)
    app = App(pack, board)
    for k in range(400):
        board.request = DRIVE if k > 20 else OPEN
        app.tick()
    for k in range(1600):
        disturb(board, k)
        app.tick()
        assert not app.lane_failed, app.last_error
    return app, board


def test_a_pack_that_warms_too_fast_is_told_so_in_both_limits_with_the_reason() -> None:
    def warm(board: FakeBoard, k: int) -> None:
        board.probe_ddegC = [250 + k * 42 // 1000 for _ in board.probe_ddegC]  # 0.42 K/s

    app, _ = driven(PACK, warm)
    left = app.rounds.derate.left_permille
    assert 0 < left < 1000
    envelope = app.envelope
    assert envelope.derate_permille == left
    assert envelope._allowed_dA == envelope.map_dA * left // 1000
    assert (envelope._allowed_reason, envelope._table_reason) == (E.TEMPERATURE, E.TEMPERATURE)
    assert envelope.charge_dA <= envelope._allowed_dA


def test_a_stack_that_is_cooled_unevenly_gets_less_before_its_fault_trips() -> None:
    def tilt(board: FakeBoard, k: int) -> None:
        board.probe_ddegC[0] = 250 - min(k // 20, 65)

    app, board = driven(PACK, tilt)
    assert app.rounds.derate.left_permille == line(Fraction(65), *GRADIENT)
    assert app.envelope.discharge_dA <= app.envelope.table_dA > 0
    assert board.contacts & 4
