"""No hidden layer is ever outside the bounds, however its pack is spread inside what is declared; and worse is never tighter.

The truth is a numpy model of every layer, made from the cell's data with formulas of its own (Arrhenius, exponentials),
drawn inside the declared spread with its corners on purpose, and seen through sensors that err as far as they may.
"""

import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.packs import bench_24, ev_240
from bms.safety import faults as F
from bms.safety import signals as N
from bms.safety.bound import Bound
from bms.safety.snapshot import CURRENT_A_mA, Snapshot
from bms.schema import PACK_FIELDS, Pack, replaced
from tests.fake_board import DRIVE, OPEN, FakeBoard

Numbers = Any  # a numpy array of floats, one a layer
LONE = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="lone", taps=(1,) * 6)
WIDE = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="wide", taps=(48,))
PACKS = {"bench_24": bench_24.PACK, "ev_240": ev_240.PACK, "lone": LONE, "wide": WIDE}
GAS = 8.314462618
KNOTS = np.linspace(0.0, 1.0, 21)


class Layers:
    """Every layer of a pack: state, own parameters, own temperature. Voltages in mV, currents in mA, SoC as a fraction."""

    def __init__(self, pack: Pack, draw: dict[str, Any]) -> None:
        cell = pack.cell
        self.pack = pack
        n = sum(pack.taps) * pack.stacks
        rng = np.random.default_rng(draw["seed"])

        def part(corner: int) -> Numbers:
            """Each layer's place inside a spread, -1 to 1: one layer against all its sisters, or anywhere."""
            if corner == 0:
                return rng.uniform(-1.0, 1.0, n)
            out = np.full(n, -float(corner))
            out[draw["odd"] % n] = float(corner)
            return out

        self.capacity = 1.0 + part(draw["capacity"]) * pack.spread_capacity_permille / 1000
        match = pack.soc_match_permille / 1000
        offset = part(draw["soc_spread"]) * pack.spread_soc_permille / 1000
        self.soc = np.clip(match + offset + (draw["soc"] - match) / self.capacity, 0.0, 1.0)
        self.r_part = 1.0 + part(draw["r"]) * pack.spread_r_permille / 1000
        self.m_part = 1.0 + part(draw["hyst"]) * pack.spread_hyst_permille / 1000
        self.h = np.clip(draw["h"] + 0.015 * part(draw["capacity"]), -1.0, 1.0)
        self.slow_mV = draw["slow"] * cell.relax_mV
        self.t_ddegC = draw["t"] + part(draw["t_spread"]) * pack.spread_t_ddegC
        # what the resistor-capacitor elements remember from before, as a current
        wake_mA = pack.wake_memory_dA * 100 * draw["memory"]
        self.v1_mV = wake_mA * self.resistance(cell.r1_uohm, 1) / 1e6
        self.v2_mV = wake_mA * self.resistance(cell.r2_uohm, 2) / 1e6

    def resistance(self, table: tuple[int, ...], element: int) -> Numbers:
        """Micro-ohms of each layer: at its SoC, its temperature, its place in the spread."""
        kelvin = self.t_ddegC / 10 + 273.15
        reference = self.pack.cell.t_ref_ddegC / 10 + 273.15
        arrhenius = np.exp(self.pack.cell.ea_J_mol[element] / GAS * (1.0 / kelvin - 1.0 / reference))
        return np.interp(self.soc, KNOTS, table) * arrhenius * self.r_part

    def step(self, current_mA: float, dt_ms: float) -> None:
        """A constant current for a while."""
        cell = self.pack.cell
        self.soc = np.clip(self.soc + current_mA * dt_ms / 3.6e6 / cell.capacity_mAh / self.capacity, 0.0, 1.0)
        for name, r, tau, element in (("v1_mV", cell.r1_uohm, cell.tau1_ms, 1), ("v2_mV", cell.r2_uohm, cell.tau2_ms, 2)):
            keep = np.exp(-dt_ms / np.interp(self.soc, KNOTS, tau))
            end = current_mA * self.resistance(r, element) / 1e6
            setattr(self, name, end + (getattr(self, name) - end) * keep)

    def voltage_mV(self, current_mA: float) -> Numbers:
        """Terminal voltage of each layer."""
        cell = self.pack.cell
        ocv = np.interp(self.soc, KNOTS, cell.ocv_mV) + self.h * self.m_part * np.interp(self.soc, KNOTS, cell.hyst_mV)
        entropy = np.interp(self.soc, KNOTS, cell.entropy_uV_K) / 1000 * (self.t_ddegC - cell.t_ref_ddegC) / 10
        return ocv + entropy + self.slow_mV + current_mA * self.resistance(cell.r0_uohm, 0) / 1e6 + self.v1_mV + self.v2_mV


class Truth(FakeBoard):
    """A board whose groups are the sums of true layers, read by sensors that err to their bounds."""

    def __init__(self, pack: Pack, draw: dict[str, Any]) -> None:
        super().__init__(pack, draw.get("stored", -1))
        self.layers = Layers(pack, draw)
        self.draw = draw
        self.true_mA = 0.0

    def flow(self, current_mA: float) -> None:
        """One tick of this current, then what the sensors say."""
        draw, pack = self.draw, self.pack
        self.layers.step(current_mA, self.tick_ms)
        self.true_mA = current_mA
        sensor = pack.current_a_sensor
        read = current_mA * (1 + draw["gain"] * sensor.gain_ppm / 1e6) + draw["offset"] * sensor.offset_u / 1000
        self.stray_mA = round(read * 1000 / sensor.lsb_u) * sensor.lsb_u // 1000
        at = 0
        voltage = self.layers.voltage_mV(current_mA)
        sensor = pack.group_sensor
        for g in range(len(self.group_mV)):
            n = pack.taps[g % self.groups_per_stack]
            true = float(voltage[at : at + n].sum())
            most = (sensor.offset_u + 4 * sensor.noise_u) / 1000 + true * sensor.gain_ppm / 1e6
            self.group_mV[g] = round(true + (-1) ** g * draw["volts"] * most)
            at += n
        probe = pack.probe_sensor.offset_u / 1e5 + 4 * pack.probe_sensor.noise_u / 1e5
        for i in range(len(self.probe_ddegC)):
            self.probe_ddegC[i] = round(draw["t"] + draw["probe"] * (probe * (-1) ** (i // 2)))


ends = st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0])
corner = st.sampled_from([-1, 0, 1])


def world(packs: list[str], **fixed: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Everything that may differ between two packs of the same declaration."""
    drawn: dict[str, Any] = {
        "pack": st.sampled_from(packs),
        "seed": st.integers(0, 1 << 30),
        "odd": st.integers(0, 1 << 30),
        **dict.fromkeys(("capacity", "soc_spread", "r", "hyst", "t_spread"), corner),
        "soc": st.one_of(st.floats(0.03, 0.97), st.sampled_from([0.03, 0.1, 0.9, 0.97])),
        "h": st.floats(-1.0, 1.0) | ends,
        "slow": ends,
        "t": st.integers(0, 600),
        "memory": ends,
        **dict.fromkeys(("gain", "offset", "volts", "probe"), ends),
    }
    return st.fixed_dictionaries(drawn | fixed)


c_rates = st.lists(st.tuples(st.sampled_from([-6.0, -3.0, -1.0, -0.2, 0.0, 0.2, 1.0, 3.0]), st.integers(1, 40)), max_size=5)


@settings(max_examples=60)
@given(draw=world(["bench_24", "lone", "wide"]), steps=c_rates)
def test_no_true_layer_is_outside_the_bounds_whatever_the_current(draw: dict[str, Any], steps: list[tuple[float, int]]) -> None:
    pack = PACKS[draw["pack"]]
    board = Truth(pack, draw)
    app = App(pack, board)
    for c_rate, ticks in [(0.0, 12), *steps]:
        for _ in range(ticks):
            board.flow(c_rate * pack.cell.capacity_mAh * max(0.05, min(1.0, draw["t"] / 250)))
            app.tick()
            assert not app.lane_failed, app.last_error
            voltage = board.layers.voltage_mV(board.true_mA)
            assert voltage.max() <= app.bound.layer_high_mV
            assert voltage.min() >= app.bound.layer_low_mV
    assert board.layers.t_ddegC.max() <= app.bound.hot_ddegC
    assert board.layers.t_ddegC.min() >= app.bound.cold_ddegC


@settings(max_examples=12)
@given(draw=world(["ev_240"]), c_rate=st.sampled_from([-3.0, 0.0, 1.0]))
def test_no_true_layer_of_a_large_pack_is_outside_the_bounds(draw: dict[str, Any], c_rate: float) -> None:
    test_no_true_layer_is_outside_the_bounds_whatever_the_current.hypothesis.inner_test(draw, [(c_rate, 40)])  # type: ignore[attr-defined]


@settings(max_examples=60)
@given(draw=world(["bench_24"], t=st.integers(-200, 20), memory=st.sampled_from([-0.1, 0.0, 0.1])), c_rate=ends)
def test_no_true_layer_is_outside_the_bounds_in_the_cold(draw: dict[str, Any], c_rate: float) -> None:
    """Resistance falls 6 to 8 % a kelvin there, so layers of one stack differ by temperature alone."""
    test_no_true_layer_is_outside_the_bounds_whatever_the_current.hypothesis.inner_test(draw, [(c_rate / 4, 60)])  # type: ignore[attr-defined]


@functools.cache
def snapshot(pack: Pack, t_ddegC: int = 250) -> Snapshot:
    """Every group at 3.6 V a layer, every probe at one temperature."""
    board = FakeBoard(pack)
    board.probe_ddegC = [t_ddegC] * len(board.probe_ddegC)
    app = App(pack, board)
    app.tick()
    return app.snap


def width(pack: Pack, lo: int, hi: int, t_ddegC: int, c_permille: int, excess_mV: int) -> int:
    """How far apart the bounds are after a second of a current."""
    snap = snapshot(pack, t_ddegC)
    bound = Bound(pack, N.Signals(), pack.wake_memory_dA)
    snap.current_dA = pack.cell.capacity_mAh * c_permille // 100000
    snap.value[CURRENT_A_mA] = snap.current_dA * 100
    for k in range(100):
        bound.step(snap, lo, hi, excess_mV, k % 10, 10)
    return bound.layer_high_mV - bound.layer_low_mV


worse = st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(0, 30), st.integers(0, 2000), st.integers(0, 200))


@given(
    name=st.sampled_from(sorted(PACKS)),
    mid=st.integers(0, 1000),
    span=st.integers(0, 300),
    t=st.sampled_from([-200, 0, 100, 250, 450]),
    c=st.integers(-3000, 3000),
    excess=st.integers(0, 500),
    by=worse,
)
@settings(max_examples=100)
def test_knowing_less_being_colder_or_drawing_more_never_gives_a_tighter_bound(
    name: str, mid: int, span: int, t: int, c: int, excess: int, by: tuple[int, int, int, int, int]
) -> None:
    pack = PACKS[name]
    lo, hi = max(0, mid - span), min(1000, mid + span)
    before = width(pack, lo, hi, t, c, excess)
    below, above, colder, more, disagree = by
    sign = 1 if c >= 0 else -1
    assert width(pack, max(0, lo - below), min(1000, hi + above), t, c, excess) >= before
    assert width(pack, lo, hi, t - colder, c, excess) >= before
    assert width(pack, lo, hi, t, c + sign * more, excess) >= before
    assert width(pack, lo, hi, t, c, excess + disagree) >= before


def test_a_pack_tapped_at_every_layer_is_bounded_by_its_measurement_and_its_error_alone() -> None:
    """Peer: ordinary packs are the case n = 1, and nothing is lost on them."""
    sensor = LONE.group_sensor
    error_mV = (sensor.offset_u + 4 * sensor.noise_u + sensor.lsb_u) / 1000 + 4280 * sensor.gain_ppm / 1e6
    for c in (0, 3000, -6000):
        assert width(LONE, 0, 1000, 0, c, 0) <= 2 * (error_mV + 3) + 1


@pytest.mark.parametrize("name", ["bench_24", "ev_240"])
@pytest.mark.parametrize("t_ddegC", [250, 0, -100, -180])
def test_a_pack_that_wakes_cold_and_at_rest_closes_without_a_fault(name: str, t_ddegC: int) -> None:
    """Charging is allowed from -20 degC, discharging from -30: what layers may remember must not be a latched fault."""
    board = FakeBoard(PACKS[name])
    board.probe_ddegC = [t_ddegC] * len(board.probe_ddegC)
    app = App(PACKS[name], board)
    for k in range(400):
        board.request = DRIVE if k > 20 else OPEN
        app.tick()
        assert app.monitor.severity < F.TRIP_AFTER_RAMP, (k, app.monitor.first_cause)


@given(group=st.integers(0, 3), mV=st.integers(300, 2000), sign=st.sampled_from([-1, 1]))
@settings(max_examples=30)
def test_what_stack_and_groups_disagree_about_is_laid_wholly_on_one_layer_both_ways(group: int, mV: int, sign: int) -> None:
    board = FakeBoard(bench_24.PACK)
    app = App(bench_24.PACK, board)
    for _ in range(30):
        app.tick()
    before = (app.bound.layer_low_mV, app.bound.layer_high_mV)
    board.group_mV[group] += 0
    board.stack_error_mV[0] = sign * mV
    app.tick()
    excess = mV - app.plausible.sum_tolerance_mV
    assume(excess > 0)
    assert app.bound.layer_high_mV >= before[1] + excess - 3
    assert app.bound.layer_low_mV <= before[0] - excess + 3
