"""Current beyond what was published, beyond what a pulse may take, and where none may flow: by exact models in fractions."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.packs import bench_24, bess_14, ev_240
from bms.safety import contactor as C
from bms.safety import signals as N
from bms.safety.held import HOLD_ms, SLOW_HOLD_ms
from bms.safety.overload import FALL_ms, Overload
from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot
from bms.schema import Pack, Sensor
from tests.small_int import SmallArray, SmallInt

PACKS = {"bench_24": bench_24.PACK, "ev_240": ev_240.PACK, "bess_14": bess_14.PACK}
CLOSED = C.COILS[C.CLOSED]


class Temperatures:
    """What overload asks of bound."""

    cold_ddegC = hot_ddegC = 250


class World:
    """A watcher whose ticks and rounds are as the firmware's."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.signals, self.snap, self.bound = pack, Signals(), Snapshot(pack), Temperatures()
        self.overload = Overload(pack, self.signals)
        self.ticks = 0

    def tick(self, current_dA: int, mask: int = CLOSED, charge_dA: int = 0, discharge_dA: int = 0, map_dA: int = 0) -> None:
        """10 ms, and a round in every tenth."""
        self.snap.current_dA, self.snap.current_mA = SmallInt(current_dA), SmallInt(current_dA * 100)
        self.overload.step(self.snap, mask, SmallInt(charge_dA), SmallInt(discharge_dA), 10)
        self.ticks += 1
        if self.ticks % 10 == 0:
            self.overload.refresh(self.bound, SmallInt(map_dA))  # type: ignore[arg-type]

    def value(self, signal: int) -> int:
        """Of the moment."""
        return self.signals.value[signal]


def error_A(sensor: Sensor, current_A: Fraction) -> Fraction:
    """The most that a sensor may be wrong at a current."""
    fixed = Fraction(sensor.offset_u + 4 * sensor.noise_u + sensor.lsb_u, 1_000_000)
    return fixed + abs(current_A) * Fraction(sensor.gain_ppm, 1_000_000)


@pytest.mark.parametrize("name", PACKS)
@settings(max_examples=40)
@given(limit=st.integers(0, 15000), current=st.integers(-16383, 16383))
def test_only_what_certainly_flows_beyond_two_percent_of_a_standing_limit_counts(name: str, limit: int, current: int) -> None:
    world = World(PACKS[name])
    for _ in range(3):
        world.tick(current, charge_dA=limit, discharge_dA=limit)
    size = Fraction(abs(current), 10)
    capacity_A = Fraction(world.pack.cell.capacity_mAh, 1000)
    allowed = Fraction(limit, 10) * Fraction(102, 100) + capacity_A * Fraction(2, 100)
    exact_dA = (size - error_A(world.pack.current_a_sensor, size) - allowed) * 10
    over = world.value(N.CHARGE_OVER_dA if current >= 0 else N.DISCHARGE_OVER_dA)
    assert exact_dA - 5 - size / 100 <= over <= exact_dA + 1
    assert world.value(N.DISCHARGE_OVER_dA if current >= 0 else N.CHARGE_OVER_dA) < 0


@pytest.mark.parametrize("name", PACKS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_whoever_obeys_late_or_with_a_slew_is_not_blamed_and_the_line_is_never_below_a_standing_limit(
    name: str, data: st.DataObject
) -> None:
    world = World(PACKS[name])
    pack = world.pack
    full_dA = pack.cell.capacity_mAh // 10 * pack.cell.charge_max_mC // 10000
    limits = data.draw(st.lists(st.tuples(st.integers(0, full_dA), st.integers(1, 120)), min_size=1, max_size=6))
    late = data.draw(st.integers(0, HOLD_ms // 10 - 1))
    slew_dA = full_dA * 10 // FALL_ms + 1
    told: list[int] = [0]
    current = over_ticks = 0
    for limit, ticks in limits:
        for _ in range(ticks):
            told.append(limit)
            wanted = told[max(0, len(told) - 1 - late)]
            current += max(-slew_dA, min(slew_dA, wanted - current))
            world.tick(current, charge_dA=limit)
            # the line falls a round at a time, and a slew a tick: within a round it has caught up, and no row counts so few
            over_ticks = over_ticks + 1 if world.value(N.CHARGE_OVER_dA) > 0 else 0
            assert over_ticks < 10
            assert world.overload.charge_line_dA >= max(told[-HOLD_ms // 10 :])


@pytest.mark.parametrize("name", PACKS)
def test_a_limit_that_falls_to_nothing_binds_after_the_hold_and_the_fall(name: str) -> None:
    world = World(PACKS[name])
    pack = world.pack
    full_dA = pack.cell.capacity_mAh // 10 * pack.cell.charge_max_mC // 10000
    for _ in range(300):
        world.tick(full_dA, charge_dA=full_dA)
    ms = 0
    while world.value(N.CHARGE_OVER_dA) <= 0:
        world.tick(full_dA // 2)
        ms += 10
    hold_ms = SLOW_HOLD_ms if name == "bess_14" or pack.inverter is not None else HOLD_ms
    assert hold_ms + FALL_ms * 4 // 10 <= ms <= hold_ms + 200 + FALL_ms * 6 // 10
    for _ in range(400):
        world.tick(0)
    assert world.overload.charge_line_dA == world.overload.tolerance_dA


@pytest.mark.parametrize("name", PACKS)
def test_behind_open_contactors_nothing_is_over_and_what_flows_is_stray_once_they_have_had_time(name: str) -> None:
    world = World(PACKS[name])
    pack = world.pack
    world.tick(0)
    settle_ms = pack.contactor_delay_ms * 2 + 100
    for k in range(60):
        world.tick(-5000, mask=0)
        assert world.value(N.DISCHARGE_OVER_dA) < 0
        assert (world.value(N.STRAY_CURRENT_mA) > 0) == (k * 10 >= settle_ms)
    exact = (500 - error_A(pack.current_a_sensor, Fraction(500))) * 1000
    assert abs(world.value(N.STRAY_CURRENT_mA) - exact) <= 20
    for mask in C.COILS[1:]:
        world.tick(-5000, mask=mask)
        assert world.value(N.STRAY_CURRENT_mA) < -100, "the precharge's current is no stray, and the row lets go"


@pytest.mark.parametrize("name", PACKS)
def test_what_the_sensor_may_show_of_nothing_is_no_stray_current(name: str) -> None:
    world = World(PACKS[name])
    most_mA = int(error_A(world.pack.current_a_sensor, Fraction(0)) * 1000)
    for sign in (1, -1):
        for _ in range(60):
            world.snap.current_mA = sign * most_mA
            world.overload.step(world.snap, 0, 0, 0, 10)
            assert world.value(N.STRAY_CURRENT_mA) <= 0


def clamped(permille: Fraction) -> Fraction:
    """A pulse is never more than empty or twice full."""
    return max(Fraction(0), min(Fraction(2000), permille))


def discharge_A(pack: Pack, table: tuple[int, ...], ddegC: int) -> Fraction:
    """A table of the cell at a temperature that is one of its knots."""
    at = pack.cell.discharge_ddegC.index(ddegC)
    return Fraction(table[at] * pack.cell.capacity_mAh, 1_000_000)


@pytest.mark.parametrize("name", PACKS)
@settings(max_examples=20, deadline=None)
@given(
    ddegC=st.sampled_from((-200, 0, 100, 250, 700)),
    parts=st.lists(st.tuples(st.integers(0, 110), st.integers(1, 30)), min_size=1, max_size=6),
)
def test_a_discharge_pulse_fills_and_recovers_as_the_squared_current_says(
    name: str, ddegC: int, parts: list[tuple[int, int]]
) -> None:
    world = World(PACKS[name])
    pack = world.pack
    world.bound.cold_ddegC = world.bound.hot_ddegC = ddegC
    cont = discharge_A(pack, pack.cell.discharge_cont_mC, ddegC)
    pulse = discharge_A(pack, pack.cell.discharge_pulse_mC, ddegC)
    for _ in range(10):
        world.tick(0)
    low = high = Fraction(0)
    for percent, rounds in parts:
        current_A = Fraction(int(pulse * percent / 10), 10)
        sure = max(Fraction(0), current_A - error_A(pack.current_a_sensor, current_A))
        for _ in range(rounds):
            for _ in range(10):
                world.tick(-int(current_A * 10), discharge_dA=16383)
            step = Fraction(100, 10_000) * 1000 / (pulse**2 - cont**2)
            slack = pulse * Fraction(3, 100) + Fraction(1, 2)
            less = max(Fraction(0), sure - slack)
            low = clamped(low + (less**2 - (cont + pulse / 100) ** 2) * step)
            high = clamped(high + (sure**2 - max(Fraction(0), cont - pulse / 100) ** 2) * step)
            assert low - 2 <= world.value(N.OVERLOAD_permille) <= high + 2


@pytest.mark.parametrize("name", PACKS)
def test_the_continuous_current_never_is_an_overload_and_a_full_pulse_is_one_after_ten_seconds(name: str) -> None:
    world = World(PACKS[name])
    pack = world.pack
    cont = discharge_A(pack, pack.cell.discharge_cont_mC, 250)
    pulse = discharge_A(pack, pack.cell.discharge_pulse_mC, 250)
    for _ in range(3000):
        world.tick(-int(cont * 10 * Fraction(1 + Fraction(pack.current_a_sensor.gain_ppm, 1_000_000))))
        assert world.value(N.OVERLOAD_permille) == 0
    seen = pulse + error_A(pack.current_a_sensor, pulse * Fraction(103, 100))
    ms = 0
    while world.value(N.OVERLOAD_permille) <= 1000:
        world.tick(-int(seen * 10))
        ms += 10
    assert 9_800 <= ms <= 11_000
    while world.value(N.OVERLOAD_permille) > 0:
        world.tick(0)
        ms += 10
    rest_ms = 10_000 * (pulse**2 - cont**2) / cont**2
    assert abs(ms - 10_400 - rest_ms) <= 800 + rest_ms / 50


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize("cold_ddegC", [250, 850])
def test_a_spent_pulse_is_paid_back_as_soon_as_something_may_flow_and_not_before(name: str, cold_ddegC: int) -> None:
    """At 85 degC both tables end at nothing: no limit is held back there that could be given, and a cooler cell recovers."""
    world = World(PACKS[name])
    pack = world.pack
    pulse = discharge_A(pack, pack.cell.discharge_pulse_mC, 250)
    while world.value(N.OVERLOAD_permille) <= 1000:
        world.tick(-int(pulse * 11))
    spent_permille = world.value(N.OVERLOAD_permille)
    world.bound.cold_ddegC, world.bound.hot_ddegC = cold_ddegC, 850
    assert discharge_A(pack, pack.cell.discharge_pulse_mC, 850) == 0
    for _ in range(6000):
        world.tick(0)
        assert world.value(N.OVERLOAD_permille) == spent_permille
    world.bound.cold_ddegC = world.bound.hot_ddegC = 800
    cont = discharge_A(pack, pack.cell.discharge_cont_mC, 800)
    pulse = discharge_A(pack, pack.cell.discharge_pulse_mC, 800)
    ms = 0
    while world.value(N.OVERLOAD_permille) > 0:
        world.tick(0)
        ms += 10
    rest_ms = 10 * spent_permille * (pulse**2 - cont**2) / cont**2
    assert abs(ms - rest_ms) <= 500 + rest_ms / 20


@pytest.mark.parametrize("name", PACKS)
@settings(max_examples=20, deadline=None)
@given(map_c=st.integers(0, 40), parts=st.lists(st.tuples(st.integers(-50, 100), st.integers(1, 40)), min_size=1, max_size=6))
def test_a_charge_pulse_is_what_flows_beyond_the_map(name: str, map_c: int, parts: list[tuple[int, int]]) -> None:
    world = World(PACKS[name])
    pack = world.pack
    capacity_dA = pack.cell.capacity_mAh // 100
    map_dA = capacity_dA * map_c // 10
    least = Fraction(capacity_dA, 50) + 1
    full = max(Fraction(map_dA, 2), least) * 10
    low = high = Fraction(0)
    for tenths, rounds in parts:
        current = min(capacity_dA * tenths // 10, 16000)
        size = Fraction(current, 10)
        sure = max(Fraction(0), (size - error_A(pack.current_a_sensor, size)) * 10) if current > 0 else Fraction(0)
        for _ in range(rounds):
            for _ in range(10):
                world.tick(current, map_dA=map_dA)
            for slack in (0, 1):
                flows = max(Fraction(0), sure - slack * (3 + sure / 500))
                beyond = flows - map_dA * Fraction(105, 100) + (1 - slack)
                rate = beyond if beyond > 0 else min(Fraction(0), flows - max(Fraction(map_dA), least))
                if slack:
                    low = clamped(low + rate / full * 100)
                else:
                    high = clamped(high + rate / full * 100)
            assert low - 2 <= world.value(N.REGEN_PULSE_permille) <= high + 2


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize("dt_ms", [1, 10, 500])
@pytest.mark.parametrize("current", [16383, -16383, 0])
def test_no_current_and_no_lateness_overflow_the_target(name: str, dt_ms: int, current: int) -> None:
    world = World(PACKS[name])
    overload = world.overload
    for key, value in list(vars(overload).items()):
        if type(value) is int:
            setattr(overload, key, SmallInt(value))
    overload._pulse_dA = SmallArray(overload._pulse_dA)  # type: ignore[assignment]
    overload._cont_dA = SmallArray(overload._cont_dA)  # type: ignore[assignment]
    for ddegC in (-2000, -300, 250, 850, 2000):
        world.bound.cold_ddegC = world.bound.hot_ddegC = ddegC
        for k in range(300):
            world.snap.current_dA, world.snap.current_mA = SmallInt(current), SmallInt(current * 100)
            overload.step(world.snap, CLOSED if k % 7 else 0, SmallInt(16383), SmallInt(16383), SmallInt(dt_ms))
            if k % 10 == 9:
                overload.refresh(world.bound, SmallInt(16383 if k % 20 == 9 else 0))  # type: ignore[arg-type]
                assert 0 <= world.value(N.OVERLOAD_permille) <= 2000
                assert 0 <= world.value(N.REGEN_PULSE_permille) <= 2000
