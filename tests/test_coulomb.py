"""The ledger counts exactly, its interval never loses the true charge, and no look at the voltage excludes the true SoC."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.packs import bench_24, ev_240
from bms.safety.coulomb import Coulomb
from bms.schema import PACK_FIELDS, SENSOR_FIELDS, Pack, Sensor, replaced
from tests.fake_board import FakeBoard
from tests.test_bound import PACKS as WORLDS
from tests.test_bound import Truth, world

PACKS = (bench_24.PACK, ev_240.PACK)
packs = st.sampled_from(PACKS)
traces = st.lists(
    st.tuples(
        st.integers(-600_000, 600_000) | st.integers(-2000, 2000), st.sampled_from([1, 9, 10, 11, 30, 500]), st.integers(1, 50)
    ),
    max_size=12,
)


@given(pack=packs, start=st.integers(300, 700), trace=traces)
def test_the_ledger_agrees_with_exact_fractions(pack: Pack, start: int, trace: list[tuple[int, int, int]]) -> None:
    """No rounding is ever lost: what is less than one mAs waits for its turn."""
    coulomb = Coulomb(pack, start)
    exact = Fraction(coulomb.charge_mAs)
    for current_mA, dt_ms, count in trace:
        for _ in range(count):
            if not 0.1 < (exact + Fraction(current_mA * dt_ms, 1000)) / coulomb.capacity_mAs < 0.9:
                continue
            exact += Fraction(current_mA * dt_ms, 1000)
            coulomb.step(current_mA, 0, dt_ms)
            assert 0 <= exact - coulomb.charge_mAs < 1


@given(pack=packs, trace=traces)
def test_the_change_of_charge_has_the_sign_of_the_charge_that_flowed(pack: Pack, trace: list[tuple[int, int, int]]) -> None:
    """foxBMS #82 lost the sign in its counter."""
    coulomb = Coulomb(pack, 500)
    before = coulomb.charge_mAs
    net = 0
    for current_mA, dt_ms, _ in trace:
        net += current_mA * dt_ms
        coulomb.step(current_mA, 0, dt_ms)
    moved = coulomb.charge_mAs - before
    assert moved >= 0 if net > 0 else moved <= 0
    if abs(net) >= 1000:
        assert (moved > 0) == (net > 0)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@pytest.mark.parametrize("permille", range(0, 1001, 20))
def test_what_was_stored_as_soc_is_what_is_read_again(pack: Pack, permille: int) -> None:
    coulomb = Coulomb(pack, permille)
    coulomb.publish()
    assert coulomb.soc_permille == permille


def test_a_current_of_one_milliampere_is_not_lost_in_an_hour() -> None:
    coulomb = Coulomb(bench_24.PACK, 500)
    before = coulomb.charge_mAs
    for _ in range(360_000):
        coulomb.step(1, 0, 10)
    assert coulomb.charge_mAs - before == 3600


@given(
    pack=packs,
    trace=st.lists(st.tuples(st.floats(-8.0, 8.0), st.integers(1, 200)), min_size=1, max_size=5),
    gain=st.sampled_from([-1, 0, 1]),
    offset=st.sampled_from([-1, 0, 1]),
    spread=st.sampled_from([-1, 0, 1]),
    leak=st.sampled_from([0, 1]),
    start=st.integers(250, 750),
)
@settings(max_examples=50)
def test_the_interval_holds_the_true_charge_for_any_error_that_is_declared(
    pack: Pack, trace: list[tuple[float, int]], gain: int, offset: int, spread: int, leak: int, start: int
) -> None:
    """Gain, offset, step of the sensor, capacity of all layers, self-discharge: each at an end of what the pack declares."""
    coulomb = Coulomb(pack, start)
    sensor = pack.current_a_sensor
    coulomb.low_mAs = coulomb.high_mAs = coulomb.charge_mAs
    true_mAs = Fraction(coulomb.charge_mAs)
    own = 1000 + spread * pack.spread_capacity_permille
    leak_mA = Fraction(leak * pack.cell.capacity_mAh * pack.cell.self_discharge_ppm_h, 1_000_000)
    for c_rate, count in trace:
        true_mA = Fraction(round(c_rate * pack.cell.capacity_mAh))
        read = true_mA * (1_000_000 + gain * sensor.gain_ppm) / 1_000_000 + Fraction(offset * sensor.offset_u, 1000)
        step_mA = Fraction(sensor.lsb_u, 1000)
        reading_mA = int(round(read / step_mA) * step_mA)
        for _ in range(count):
            flowed = true_mA * 100 / 1000
            if not 0 < true_mAs + flowed * 1000 / own < coulomb.capacity_mAs:
                continue
            true_mAs += flowed * 1000 / own - leak_mA * 100 / 1000
            coulomb.step(reading_mA, 0, 100)
            assert coulomb.low_mAs <= true_mAs <= coulomb.high_mAs


@given(
    pack=packs,
    trace=st.lists(st.tuples(st.integers(-100_000, 100_000), st.integers(1, 30)), max_size=6),
    more=st.tuples(st.integers(0, 500_000), st.integers(0, 20_000), st.integers(0, 30)),
)
def test_larger_declared_errors_never_give_a_narrower_interval(
    pack: Pack, trace: list[tuple[int, int]], more: tuple[int, int, int]
) -> None:
    sensor = pack.current_a_sensor
    worse_sensor = replaced(
        Sensor, SENSOR_FIELDS, sensor, offset_u=sensor.offset_u + more[0], gain_ppm=sensor.gain_ppm + more[1]
    )
    worse = replaced(
        Pack,
        PACK_FIELDS,
        pack,
        current_a_sensor=worse_sensor,
        spread_capacity_permille=pack.spread_capacity_permille + more[2],
    )
    one, other = Coulomb(pack, 500), Coulomb(worse, 500)
    for coulomb in (one, other):
        coulomb.low_mAs = coulomb.high_mAs = coulomb.charge_mAs
        for current_mA, count in trace:
            for _ in range(count):
                coulomb.step(current_mA, 0, 10)
    assert other.low_mAs <= one.low_mAs <= one.high_mAs <= other.high_mAs


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_current_that_is_not_measured_may_be_as_large_as_the_rating(pack: Pack) -> None:
    coulomb = Coulomb(pack, 500)
    coulomb.low_mAs = coulomb.high_mAs = coulomb.charge_mAs
    for _ in range(100):
        coulomb.step(0, pack.current_a_sensor.deadline_ms + 10, 10)
    assert coulomb.high_mAs - coulomb.charge_mAs >= pack.charge_rating_dA * 100
    assert coulomb.charge_mAs - coulomb.low_mAs >= pack.discharge_rating_dA * 100


@settings(max_examples=80)
@given(draw=world(["bench_24", "lone", "wide"], t=st.integers(-100, 550)))
def test_no_look_at_the_voltage_excludes_the_true_soc_whatever_came_before(draw: dict[str, Any]) -> None:
    """After an off-time of unknown length, with any hysteresis, relaxation, spread and sensor error: the interval holds."""
    board = Truth(WORLDS[draw["pack"]], draw)
    app = App(board.pack, board)
    for _ in range(40):
        board.flow(0.0)
        app.tick()
    soc = float(board.layers.soc.mean()) * 1000
    assert app.coulomb.low_permille <= soc <= app.coulomb.high_permille
    assert app.coulomb.conflicts == 0


@settings(max_examples=60)
@given(draw=world(["bench_24"], t=st.integers(0, 500)), c_rate=st.sampled_from([-4.0, -1.0, 0.5, 2.0]))
def test_no_look_at_the_voltage_under_load_excludes_the_true_soc(draw: dict[str, Any], c_rate: float) -> None:
    board = Truth(WORLDS[draw["pack"]], draw)
    app = App(board.pack, board)
    for k in range(80):
        board.flow(c_rate * board.pack.cell.capacity_mAh * min(1.0, 0.1 + draw["t"] / 300) if k > 12 else 0.0)
        app.tick()
        soc = float(board.layers.soc.mean()) * 1000
        assert app.coulomb.low_permille <= soc <= app.coulomb.high_permille


@pytest.mark.parametrize("stored", [0, 500, 1000, -1])
def test_what_was_stored_never_narrows_the_interval_for_the_off_time_is_unknown(stored: int) -> None:
    board = FakeBoard(bench_24.PACK, stored)
    app = App(bench_24.PACK, board)
    assert (app.coulomb.low_permille, app.coulomb.high_permille) == (0, 1000)
    for _ in range(300):
        app.tick()
    other = App(bench_24.PACK, FakeBoard(bench_24.PACK, 500))
    for _ in range(300):
        other.tick()
    assert app.coulomb.low_permille == other.coulomb.low_permille
    assert app.coulomb.high_permille == other.coulomb.high_permille
