"""No group of a pack inside its declared spread strays from its sisters; what one layer has beyond it is told in full.

The layers are those of test_bound, here with one group against all others and every stack at a temperature of its own.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.packs import bench_24, bess_14, ev_240
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.bound import Bound
from bms.safety.plausible import sensor_error_m
from bms.safety.sisters import Sisters
from bms.safety.snapshot import Snapshot
from bms.schema import PACK_FIELDS, SENSOR_FIELDS, Pack, Sensor, replaced
from tests.test_bound import Layers


def tapped(*taps: int) -> Pack:
    """The bench's pack with other taps."""
    return replaced(Pack, PACK_FIELDS, bench_24.PACK, name="tapped", taps=taps)


BENCH, EV = bench_24.PACK, ev_240.PACK
UNEQUAL = tapped(6, 3, 6, 9)
PACKS = {"bench_24": BENCH, "ev_240": EV, "bess_14": bess_14.PACK, "unequal": UNEQUAL, "lone": tapped(*[1] * 6)}
PACKS["wide"] = tapped(48, 48, 48)
MEAN_mV = 3600
SURE_permille = 5  # the ledger's interval, either way


class Stand:
    """Sisters and bounds over group voltages that a test sets: no machine, no monitor."""

    def __init__(
        self,
        pack: Pack,
        lo_permille: int = 480,
        hi_permille: int = 520,
        t_ddegC: int = 250,
        current_dA: int = 0,
        ticks: int = 10,
    ) -> None:
        self.signals = N.Signals()
        self.snap = Snapshot(pack)
        self.bound = Bound(pack, self.signals, 0)
        self.sisters = Sisters(pack, self.signals)
        self.soc = (lo_permille, hi_permille)
        self.sum_excess_mV = 0
        self.ticks = 0
        for i in range(self.snap.probes):
            self.snap.probe_ddegC[i] = t_ddegC
        self.probed()
        for g in range(self.snap.groups):
            self.snap.group_mV[g] = MEAN_mV * self.snap.layers[g]
        self.snap.current_dA = current_dA
        self.run(ticks)

    def probed(self) -> None:
        """The probes have come."""
        self.snap._scan_probes()
        self.snap.probe_oldest_ms = 0

    def tick(self, new_bits: int = S.GROUPS) -> int:
        """One tick in the order of the lane. What a hidden layer may have beyond the spread."""
        snap, phase = self.snap, self.ticks % 10
        snap._scan_groups()
        stray_mV = self.sisters.step(snap, new_bits, self.sum_excess_mV)
        self.bound.step(snap, *self.soc, self.sum_excess_mV + stray_mV, phase, 10)
        if phase == 6:
            self.sisters.refresh(snap, self.bound, 100)
        self.ticks += 1
        return stray_mV

    def run(self, ticks: int) -> int:
        """Some ticks; what the last one said."""
        stray_mV = 0
        for _ in range(ticks):
            stray_mV = self.tick()
        return stray_mV

    def told(self, signal: int) -> int:
        """The signal's value."""
        return int(self.signals.value[signal])


class Spread(Layers):
    """A pack whose layers stand at the ends of the declared spread, one group against all others or anywhere."""

    def __init__(self, pack: Pack, draw: dict[str, Any]) -> None:
        super().__init__(
            pack, dict.fromkeys(("seed", "odd", "capacity", "soc_spread", "r", "hyst", "t_spread", "slow", "memory"), 0) | draw
        )
        n = len(self.soc)
        self.groups = list(pack.taps) * pack.stacks
        first = np.cumsum([0, *self.groups])
        odd = draw["odd"] % len(self.groups)
        rng = np.random.default_rng(draw["seed"])

        def part(side: int) -> Any:
            if side == 0:
                return rng.uniform(-1.0, 1.0, n)
            out = np.full(n, -float(side))
            out[first[odd] : first[odd + 1]] = float(side)
            return out

        self.first = first
        sides = draw["sides"]
        match = pack.soc_match_permille / 1000
        self.capacity = 1.0 + part(sides[0]) * pack.spread_capacity_permille / 1000
        self.soc = match + part(sides[1]) * pack.spread_soc_permille / 1000 + (draw["soc"] - match) / self.capacity
        self.r_part = 1.0 + part(sides[2]) * pack.spread_r_permille / 1000
        self.m_part = 1.0 + part(sides[3]) * pack.spread_hyst_permille / 1000
        self.h = draw["h"]
        self.stack_ddegC = draw["t"] + draw["stacks_ddegC"] * rng.uniform(-1.0, 1.0, pack.stacks)
        self.t_ddegC = np.repeat(self.stack_ddegC, sum(pack.taps)) + part(sides[4]) * pack.spread_t_ddegC
        self.v1_mV = self.v2_mV = np.zeros(n)

    def read(self, snap: Snapshot, current_mA: float, errors: list[int]) -> None:
        """Group sensors err to their bounds, alternately or the odd one against all others."""
        sensor = self.pack.group_sensor
        volts = self.voltage_mV(current_mA)
        for g, sign in enumerate(errors):
            true = float(volts[self.first[g] : self.first[g + 1]].sum())
            most = (sensor.offset_u + 4 * sensor.noise_u) / 1000 + true * sensor.gain_ppm / 1e6
            snap.group_mV[g] = round(true + sign * most)
        snap.current_dA = round(current_mA / 100)

    def probe(self, snap: Snapshot, sign: int) -> None:
        """Probes of cold stacks read too warm and those of hot ones too cold, or the reverse."""
        most = (self.pack.probe_sensor.offset_u + 4 * self.pack.probe_sensor.noise_u) / 1e5
        middle = self.stack_ddegC.mean()
        for i, stack in enumerate(self.pack.probe_stack):
            t = self.stack_ddegC[stack]
            snap.probe_ddegC[i] = round(t + sign * (most if t < middle else -most))


side = st.sampled_from([-1, 0, 1])
spreads = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 1 << 30),
        "odd": st.integers(0, 1 << 30),
        "sides": st.tuples(side, side, side, side, side) | st.sampled_from([(-1, -1, 1, 1, -1), (1, 1, 1, 1, -1)]),
        "soc": st.floats(0.06, 0.95) | st.sampled_from([0.06, 0.1, 0.85]),
        "h": st.sampled_from([-1.0, 0.0, 1.0]),
        "t": st.integers(-180, 550),
        "stacks_ddegC": st.sampled_from([0, 30, 150]),
        "probe": side,
        "c_rate": st.sampled_from([-6.0, -3.0, -0.3, 0.0, 1.0, 4.0]),
        "before_s": st.sampled_from([0, 10, 60]),
    }
)


@settings(max_examples=25)
@given(name=st.sampled_from(sorted(PACKS)), draw=spreads)
def test_no_group_of_a_pack_inside_its_spread_ever_strays(name: str, draw: dict[str, Any]) -> None:
    pack = PACKS[name]
    world = Spread(pack, draw)
    errors = [1 if g == draw["odd"] % len(world.groups) else -1 for g in range(len(world.groups))]
    if world.voltage_mV(0.0)[world.first[errors.index(1)]] < world.voltage_mV(0.0).mean():
        errors = [-sign for sign in errors]
    stand = Stand(pack, ticks=0)
    world.probe(stand.snap, draw["probe"])
    stand.probed()
    able_mC = np.interp(draw["t"], pack.cell.discharge_ddegC, pack.cell.discharge_pulse_mC)
    rating_dA = pack.charge_rating_dA if draw["c_rate"] > 0 else pack.discharge_rating_dA
    most_mA = min(pack.cell.capacity_mAh * able_mC / 1000, rating_dA * 100)
    current_mA = float(np.clip(draw["c_rate"] * pack.cell.capacity_mAh, -most_mA, most_mA))

    def flow(mA: float, ticks: int, settling: bool = False) -> None:
        for _ in range(ticks):
            world.step(mA, 10)
            world.read(stand.snap, mA, errors)
            mean = 1000 * float((world.soc * world.capacity).sum() / world.capacity.sum())
            stand.soc = (max(0, int(mean) - SURE_permille), min(1000, int(mean) + SURE_permille))
            stand.tick()
            assert settling or stand.sisters.stray_mV == 0

    flow(0.0, 10)
    if world.soc.min() - 6.0 * draw["before_s"] / 3600 > 0.02 and world.soc.max() + 4.0 * draw["before_s"] / 3600 < 0.98:
        # minutes of the same current before: what RC elements of both keep of it
        world.step(current_mA, draw["before_s"] * 1000)
        stand.bound._memory_1 = stand.bound._memory_2 = int(abs(current_mA) / 100) << 16
        flow(current_mA, 20, settling=True)
    flow(current_mA, 10)
    flow(-current_mA / 2, 5)


@settings(max_examples=40)
@given(
    name=st.sampled_from(["bench_24", "ev_240", "bess_14", "lone"]),
    group=st.integers(0, 1000),
    off_mV=st.integers(-4000, 4000),
    c=st.sampled_from([0, 1000, -3000]),
)
def test_what_one_layer_has_beyond_the_spread_strays_and_the_rest_is_at_most_what_the_spread_explains(
    name: str, group: int, off_mV: int, c: int
) -> None:
    """All other layers alike: the layer's deviation less what the spread explains, to the millivolt; once it is seen, it is
    laid on the bounds whole, and they have the layer between them."""
    pack = PACKS[name]
    stand = Stand(pack, current_dA=pack.cell.capacity_mAh * c // 100_000)
    g = group % stand.snap.groups
    stand.snap.group_mV[g] += off_mV
    stray_mV = stand.run(1)
    allowed_mV = stand.sisters.allowed_mV
    n = pack.taps[0]
    assert stand.sisters.stray_mV == max(0, abs(off_mV) - allowed_mV)
    seen = abs(off_mV) > allowed_mV
    assert stray_mV == (abs(off_mV) if n > 1 and seen else 0), "a layer with taps of its own hides nothing"
    if seen:
        assert stand.signals.where[N.SISTER_LOAD_mV] == g
        assert stand.told(N.SISTER_LOAD_mV) == stand.sisters.stray_mV
    true_mV = MEAN_mV + off_mV
    unseen_mV = 0 if seen or n == 1 else allowed_mV
    assert stand.bound.layer_low_mV - unseen_mV <= true_mV <= stand.bound.layer_high_mV + unseen_mV


@pytest.mark.parametrize("name", ["bench_24", "ev_240"])
def test_a_reversed_or_doubled_layer_is_inside_the_bounds_at_rest(name: str) -> None:
    stand = Stand(PACKS[name])
    for off_mV in (-MEAN_mV - 1000, MEAN_mV):
        stand.snap.group_mV[1] = MEAN_mV * 6 + off_mV
        stand.run(1)
        assert stand.bound.layer_low_mV <= MEAN_mV + off_mV <= stand.bound.layer_high_mV


@settings(max_examples=20)
@given(off=st.lists(st.integers(-3000, 3000), min_size=2, max_size=2).map(sorted), sign=st.sampled_from([-1, 1]))
def test_more_deviation_never_is_less_stray_nor_a_tighter_bound(off: list[int], sign: int) -> None:
    seen = []
    for mV in sorted(abs(value) for value in off):
        stand = Stand(BENCH)
        stand.snap.group_mV[2] += sign * mV
        stray_mV = stand.run(1)
        seen.append((stray_mV, stand.bound.layer_high_mV, stand.bound.layer_low_mV))
    assert seen[0][0] <= seen[1][0]
    assert seen[0][1] <= seen[1][1] and (sign > 0 or seen[0][2] >= seen[1][2])


def allowed_mV(pack: Pack, **more: int) -> int:
    """What the spread explains after two rounds."""
    return Stand(pack, **more, ticks=20).sisters.allowed_mV


@given(
    pack=st.sampled_from([BENCH, UNEQUAL]),
    t=st.integers(-200, 500),
    c=st.integers(-3000, 3000),
    lo=st.integers(50, 500),
    by=st.integers(1, 60),
)
@settings(max_examples=12)
def test_a_wider_spread_more_current_cold_or_error_never_explains_less(pack: Pack, t: int, c: int, lo: int, by: int) -> None:
    dA = pack.cell.capacity_mAh * c // 100_000
    now = {"lo_permille": lo, "hi_permille": lo + 50, "t_ddegC": t, "current_dA": dA}
    least = allowed_mV(pack, **now)
    assert allowed_mV(pack, **now | {"current_dA": dA + (by if dA >= 0 else -by)}) >= least
    assert allowed_mV(pack, **now | {"t_ddegC": t - by}) >= least
    assert allowed_mV(pack, **now | {"lo_permille": lo - min(by, lo), "hi_permille": lo + 50 + by}) >= least
    for field in (
        "spread_soc_permille",
        "spread_capacity_permille",
        "spread_r_permille",
        "spread_hyst_permille",
        "spread_t_ddegC",
    ):
        wider = replaced(Pack, PACK_FIELDS, pack, **{field: getattr(pack, field) + by})
        assert allowed_mV(wider, **now) >= least, field
    for name in ("group_sensor", "probe_sensor"):
        sensor = getattr(pack, name)
        worse = replaced(Sensor, SENSOR_FIELDS, sensor, offset_u=sensor.offset_u + 100 * by)
        assert allowed_mV(replaced(Pack, PACK_FIELDS, pack, **{name: worse}), **now) >= least, name


@pytest.mark.parametrize("taps", [(6, 6), (6,), (48,), (1, 1)])
@pytest.mark.parametrize("off_mV", [-2000, 2000])
def test_with_two_groups_the_other_one_is_the_median_and_alone_there_is_none(taps: tuple[int, ...], off_mV: int) -> None:
    stand = Stand(tapped(*taps))
    stand.snap.group_mV[0] += off_mV
    stand.run(1)
    assert stand.sisters.stray_mV == (abs(off_mV) - stand.sisters.allowed_mV if len(taps) == 2 else 0)


def test_a_small_group_among_large_ones_is_compared_layer_by_layer() -> None:
    """Three layers at 3.5 V among larger groups at 3.6 V: three times nine tenths of a volt, seen as nine layers."""
    stand = Stand(UNEQUAL)
    assert stand.run(1) == 0
    stand.snap.group_mV[1] = 3 * (MEAN_mV - 400)
    stand.run(1)
    assert stand.sisters.stray_mV == 9 * 400 - stand.sisters.allowed_mV
    assert stand.sisters.fallen_group == 1


def test_a_disagreeing_stack_silences_the_rows_of_layers_but_not_what_they_may_have() -> None:
    rows = (N.SISTER_LOAD_mV, N.COLLAPSE_mV, N.TAPS_SHIFTED_mV)
    stand = Stand(BENCH)
    stand.snap.group_mV[1] -= 2000
    stray_mV = stand.run(1)
    assert stray_mV > 1000 and stand.told(N.SISTER_LOAD_mV) and stand.told(N.COLLAPSE_mV)
    before = (stand.bound.layer_high_mV, stand.bound.layer_low_mV)
    stand.sum_excess_mV = 1
    assert stand.run(1) == stray_mV
    assert [stand.told(signal) for signal in rows] == [0, 0, 0]
    assert stand.bound.layer_high_mV >= before[0] + 1 and stand.bound.layer_low_mV <= before[1] - 1
    stand.snap.group_mV[2] += 2000
    stand.run(1)
    assert [stand.told(signal) for signal in rows] == [0, 0, 0]
    stand.sum_excess_mV = 0
    stand.run(1)
    assert stand.told(N.TAPS_SHIFTED_mV) > 1000


@settings(max_examples=15)
@given(phase=st.integers(0, 9), fall_mV=st.integers(200, 3000), over_ticks=st.integers(1, 7), before_mV=st.integers(0, 500))
def test_a_fall_within_70_ms_is_told_whole_for_at_least_50_ms(
    phase: int, fall_mV: int, over_ticks: int, before_mV: int
) -> None:
    stand = Stand(BENCH)
    stand.run(phase)
    stand.snap.group_mV[0] -= stand.sisters.allowed_mV + before_mV
    stand.run(20)
    whole = 0
    fallen_mV = 0
    for k in range(32):
        if k < over_ticks:
            stand.snap.group_mV[0] -= fall_mV * (k + 1) // over_ticks - fallen_mV
            fallen_mV = fall_mV * (k + 1) // over_ticks
        stand.run(1)
        assert stand.told(N.COLLAPSE_mV) <= fall_mV
        whole += stand.told(N.COLLAPSE_mV) >= fall_mV
    assert whole >= 5
    assert stand.told(N.COLLAPSE_mV) == 0, "it stays low, and falls no more"


@settings(max_examples=8)
@given(mV=st.integers(1, 20))
def test_a_slow_fall_never_is_a_collapse(mV: int) -> None:
    stand = Stand(BENCH)
    for _ in range(1200 // mV):
        stand.snap.group_mV[0] -= mV
        stand.run(1)
        assert stand.told(N.COLLAPSE_mV) <= 20 * mV


@settings(max_examples=30)
@given(high=st.integers(0, 39), low=st.integers(0, 39), up=st.integers(0, 3000), down=st.integers(0, 3000))
def test_taps_are_shifted_only_between_neighbours_of_one_stack(high: int, low: int, up: int, down: int) -> None:
    stand = Stand(EV)
    stand.snap.group_mV[high] += up
    stand.snap.group_mV[low] -= down
    stand.run(1)
    allowed = stand.sisters.allowed_mV
    neighbours = abs(high - low) == 1 and high // 4 == low // 4
    shifted_mV = max(0, min(up, down) - allowed) if neighbours else 0
    assert stand.told(N.TAPS_SHIFTED_mV) == shifted_mV
    if shifted_mV:
        assert stand.signals.where[N.TAPS_SHIFTED_mV] == min(high, low)
        assert stand.told(N.SISTER_LOAD_mV) == stand.told(N.COLLAPSE_mV) == 0


def test_what_has_come_back_into_the_spread_is_told_no_more() -> None:
    stand = Stand(BENCH)
    stand.snap.group_mV[0] -= 2000
    assert stand.run(3) > 0
    stand.snap.group_mV[0] += 2000
    assert stand.run(1) == 0
    assert not any(stand.told(signal) for signal in (N.SISTER_LOAD_mV, N.COLLAPSE_mV, N.TAPS_SHIFTED_mV))


def test_groups_that_did_not_come_are_not_compared_anew() -> None:
    stand = Stand(BENCH)
    stand.snap.group_mV[0] -= 2000
    assert stand.tick(0) == 0
    stray_mV = stand.tick()
    assert stray_mV > 0
    stand.snap.group_mV[0] += 2000
    assert stand.tick(0) == stray_mV


def test_only_a_pack_that_has_rested_for_as_long_as_declared_tells_what_strays_at_rest() -> None:
    rest_s = 3
    guards = BENCH.guards._replace(sister_rest_s=rest_s)
    stand = Stand(replaced(Pack, PACK_FIELDS, BENCH, guards=guards))
    stand.snap.current_dA = BENCH.open_current_dA
    stand.run(20)
    stand.snap.group_mV[0] -= 2000
    for busy in (True, False):
        ticks = 0
        stand.snap.current_dA = 0
        while not stand.told(N.SISTER_REST_mV):
            ticks += 1
            if busy and ticks == 250:
                stand.snap.current_dA = -BENCH.open_current_dA
                stand.run(10)
                stand.snap.current_dA = 0
            stand.run(1)
            assert ticks < 700
        least = rest_s * 100 + (250 if busy else 0)
        assert least - 10 <= ticks <= least + 20, "a round more or less"
        assert stand.told(N.SISTER_REST_mV) == stand.sisters.stray_mV
        stand.snap.current_dA = BENCH.open_current_dA
        stand.run(10)
        assert stand.told(N.SISTER_REST_mV) == 0


@settings(max_examples=40)
@given(n=st.sampled_from([1, 2, 6, 24, 48]), before_permille=st.integers(-1000, 1000), lost_mV=st.integers(0, 4200))
def test_a_layer_has_never_lost_more_than_its_sisters_say_it_may_have_once_they_say_anything(
    n: int, before_permille: int, lost_mV: int
) -> None:
    """Wherever inside the spread it stood before."""
    stand = Stand(tapped(*[n] * 5), ticks=20)
    allowed_mV = stand.sisters.allowed_mV
    off_mV = allowed_mV * before_permille // 1000 - lost_mV
    stand.snap.group_mV[3] += off_mV
    stand.run(1)
    assert (stand.sisters.lost_mV > 0) == (-off_mV > allowed_mV)
    if stand.sisters.lost_mV:
        assert lost_mV <= stand.sisters.lost_mV <= lost_mV + 2 * allowed_mV
        assert stand.sisters.fallen_group == 3
    stand.snap.group_mV[3] -= off_mV
    stand.run(1)
    assert stand.sisters.lost_mV == 0


def test_both_sensors_may_err_against_each_other() -> None:
    """At rest a lone layer has no spread of current: what remains is twice the error of one sensor and more."""
    error_mV = sensor_error_m(BENCH.group_sensor, BENCH.cell.v_max_mV[2])
    assert Stand(PACKS["lone"]).sisters.allowed_mV >= 2 * error_mV
