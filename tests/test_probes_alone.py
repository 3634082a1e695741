"""Probes and their stillness agree, tick by tick, with plain models that keep every reading and sort with sorted()."""

import random
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import bench_24, ev_240
from bms.safety import probes as module
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety import stillness
from bms.schema import CELL_FIELDS, GUARDS_FIELDS, PACK_FIELDS, SENSOR_FIELDS, Cell, Guards, Pack, Sensor, replaced

BASE = bench_24.PACK


def varied(
    name: str,
    stacks: int,
    probe_stack: tuple[int, ...],
    hot_ddegC: int = 0,
    crack_ddegC: int = 0,
    taps: tuple[int, ...] = (5, 7),
    **sensor: int,
) -> Pack:
    """The bench's pack with other probes."""
    top = BASE.cell.t_discharge_max_ddegC
    cell = replaced(Cell, CELL_FIELDS, BASE.cell, t_discharge_max_ddegC=(*top[:2], hot_ddegC or top[2]))
    cracks = BASE.guards.gradient_ddegC
    guards = replaced(Guards, GUARDS_FIELDS, BASE.guards, gradient_ddegC=(*cracks[:2], crack_ddegC or cracks[2]))
    made: Pack = replaced(
        Pack,
        PACK_FIELDS,
        BASE,
        name=name,
        stacks=stacks,
        probe_stack=probe_stack,
        cell=cell,
        guards=guards,
        taps=taps,
        probe_sensor=replaced(Sensor, SENSOR_FIELDS, BASE.probe_sensor, **sensor),
    )
    return made


MIXED = varied("mixed", 4, (2, 0, 1, 2, 0, 2, 1, 2, 2), offset_u=989_000, noise_u=37_300, lsb_u=51_000)  # 2, 2, 5, none
LONE = varied("lone", 3, (0, 1, 2), period_ms=33)
MANY = varied("many", 2, tuple(k % 2 for k in range(22)), period_ms=150, noise_u=25_000, lsb_u=1)
SLOW = varied("slow", 2, (0, 0, 0, 1, 1, 1, 1), hot_ddegC=300, crack_ddegC=60, period_ms=700, offset_u=1_000, lsb_u=10)
FIRST_LONE = varied("first_lone", 3, (0, 1, 2, 1, 2))
ONE_GROUP = varied("one_group", 1, (0, 0), taps=(6,))
TWO_GROUPS = varied("two_groups", 1, (0, 0))
PACKS = (BASE, ev_240.PACK, MIXED, LONE, MANY, SLOW, FIRST_LONE, ONE_GROUP, TWO_GROUPS)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
MINUTE_ms = 60_000
FAR = 1 << 28
TOLD = (N.PROBE_WIRE_open, N.PROBE_WIRE_short, N.PROBE_ODD_ddegC, N.PROBE_FROZEN_ms, N.RISE_ddegC, N.GRADIENT_ddegC)


def rounded_up(a: int, b: int) -> int:
    return (a + b - 1) // b


class PlainStill:
    """Rows of readings since each probe last changed."""

    def __init__(self, pack: Pack, slot_ms: int, noise_ddegC: int) -> None:
        self.slot_ms, self.noise_ddegC = slot_ms, noise_ddegC
        self.sisters = []
        for i, stack in enumerate(pack.probe_stack):
            round_robin = [k for k in (*range(i + 1, len(pack.probe_stack)), *range(i)) if pack.probe_stack[k] == stack]
            self.sisters.append(round_robin[:7])
        self.since: list[list[list[int]]] = []
        self.worst_ms = self.where = 0

    def begin(self, row: list[int]) -> None:
        self.since = [[row] for _ in row]
        self.worst_ms = self.where = 0

    def step(self, row: list[int]) -> None:
        told = []
        for i, sisters in enumerate(self.sisters):
            rows = self.since[i]
            rows.append(row)
            if row[i] != rows[0][i]:
                self.since[i] = [row]
                told.append(0)
                continue
            away = [max([abs(now[k] - rows[0][k]) for k in sisters], default=0) for now in rows]
            counted = next((n for n, a in enumerate(reversed(away)) if a <= self.noise_ddegC), len(away))
            told.append(min(MINUTE_ms, counted * self.slot_ms) if away[-1] >= 30 else 0)
        self.worst_ms = max(told)
        self.where = told.index(self.worst_ms)


class Plain:
    """What probes tell, in plain words. `signals`: value and place."""

    def __init__(self, pack: Pack) -> None:
        s = pack.probe_sensor
        self.pack = pack
        error = ((s.offset_u + 4 * s.noise_u + s.lsb_u) // 1000 + 1) // 100 + 1
        self.noise = 2 * rounded_up(4 * s.noise_u + s.lsb_u, 100_000)
        self.errors = 2 * error
        self.hot = pack.cell.t_discharge_max_ddegC[2] - error
        self.rounds = rounded_up(100, s.period_ms)
        self.slot_ms = self.rounds * s.period_ms
        self.slots = rounded_up(2000, self.slot_ms) + 1
        self.still = PlainStill(pack, self.slot_ms, self.noise)
        self.came: set[int] = set()
        self.round = 0
        self.history: list[list[int]] = []
        self.order = [[i for i, stack in enumerate(pack.probe_stack) if stack == s] for s in range(pack.stacks)]
        self.wired = False
        self.signals: dict[int, tuple[int, int]] = {}

    def step(self, snap: S.Snapshot, sisters: Any) -> None:
        pack = self.pack
        if self.wired or snap.bad_bits & S.PROBES:
            self.wired = False
            for reason, signal in ((S.OPEN_WIRE, N.PROBE_WIRE_open), (S.OUT_OF_RANGE, N.PROBE_WIRE_short)):
                places = [i for i, r in enumerate(snap.probe_reason) if r == reason]
                self.signals[signal] = (1, places[-1]) if places else (0, self.signals.get(signal, (0, 255))[1])
                self.wired = self.wired or bool(places)
        if not snap.fresh_bits & S.PROBES:
            return
        if snap.probe_oldest_ms >= MINUTE_ms:
            self.history = []
            return
        row = list(snap.probe_ddegC)
        over = self.is_over(list(snap.probe_age_ms))
        if not self.history:
            self.history = [row]
            self.still.begin(row)
        elif over:
            self.history.append(row)
            self.still.step(row)
        fallen = sisters.lost_mV > max(0, sum(snap.stack_sum_mV) // (sum(pack.taps) * pack.stacks) // 4)
        hides = pack.stacks * len(pack.taps) == 1 or sisters.allowed_mV >= pack.cell.v_min_mV[2]
        hides = hides and sisters.resting_s >= 3
        self.rises(row, sisters.fallen_group // len(pack.taps) if fallen else -1, hides)
        self.compare(row)
        self.signals[N.PROBE_FROZEN_ms] = self.still.worst_ms, self.still.where

    def is_over(self, ages: list[int]) -> bool:
        """Whether a slot is over: so many rounds, each ending when somebody comes for the second time."""
        youngest = {i for i, age in enumerate(ages) if age == min(ages)}
        again = bool(youngest & self.came)
        self.came = youngest if again else self.came | youngest
        self.round = (self.round + again) % self.rounds
        return again and self.round == 0

    def rises(self, row: list[int], fallen_stack: int, hides: bool) -> None:
        known = len(self.history) >= self.slots
        gained = [now - then if known else 0 for now, then in zip(row, self.history[-self.slots] if known else row)]
        hot = [hides or v >= self.hot or s == fallen_stack for v, s in zip(row, self.pack.probe_stack)]
        suspects = [g if h else 0 for g, h in zip(gained, hot)]
        most, worst = max(0, *gained), max(0, *suspects)
        self.signals[N.RISE_ddegC] = most, gained.index(most) if most else 0
        self.signals[N.RUNAWAY_ddegC] = (worst + self.noise, suspects.index(worst)) if worst else (0, 0)

    def compare(self, row: list[int]) -> None:
        spans, odds = [(0, 0)], [(0, 0)]
        for s, members in enumerate(self.order):
            members.sort(key=lambda i: row[i])  # stable, as they stood before
            if len(members) < 2:
                continue
            v = [row[i] for i in members]
            n = len(v)
            spans.append((v[-1] - v[0], s))
            above, below = v[-1] - v[0], 0
            if n > 2:
                middle = (v[(n - 1) // 2] + v[n // 2] - 2 * v[0]) // 2
                above, below = v[-1] - v[0] - middle, middle
            odds.append((below, members[0]) if below > above else (above, members[-1]))
        widest, at = max(spans, key=lambda span: span[0])
        odd, odd_at = max(odds, key=lambda far: far[0])
        crack, declared = self.pack.guards.gradient_ddegC[2], self.pack.spread_t_ddegC
        bound = widest + self.errors if widest + self.errors > crack else widest
        self.signals[N.GRADIENT_ddegC] = max(bound, declared), at
        self.signals[N.PROBE_ODD_ddegC] = odd - self.errors - declared, odd_at


class World:
    """Probes, their plain twin, and the snapshot that both see."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.snap, self.signals = pack, S.Snapshot(pack), N.Signals()
        self.probes, self.plain = module.Probes(pack, self.signals), Plain(pack)
        self.sisters: Any = SimpleNamespace(resting_s=0, allowed_mV=0, lost_mV=0, fallen_group=0)
        self.snap.probe_oldest_ms = 10
        assert self.probes.agree_ddegC == self.plain.errors + pack.spread_t_ddegC
        assert (self.probes.errors_ddegC, self.probes.noise_ddegC) == (self.plain.errors, self.plain.noise)

    def tick(self, row: list[int], ages: list[int] | None = None, fresh: int = S.PROBES) -> None:
        snap = self.snap
        for i, value in enumerate(row):
            snap.probe_ddegC[i] = value
            snap.probe_age_ms[i] = ages[i] if ages else 10
        snap.fresh_bits = fresh
        self.probes.step(snap, self.sisters)
        self.plain.step(snap, self.sisters)
        said = self.plain.signals
        assert {k: (self.signals.value[k], self.signals.where[k]) for k in said} == said


@packs
@pytest.mark.parametrize("seed", range(3))
def test_whatever_probes_read_is_told_as_the_models_that_keep_everything_tell_it(pack: Pack, seed: int) -> None:
    dice = random.Random(f"{pack.name} {seed}")
    world = World(pack)
    plain, n = world.plain, len(pack.probe_stack)
    layers = sum(pack.taps) * pack.stacks
    row = [250] * n
    stuck: set[int] = set()
    for k in range(220 if n < 15 else 150):
        if k % 40 == 0:
            row = [dice.choice([250, 250, -300, plain.hot - 4])] * n
            stuck = set(dice.sample(range(n), min(n - 1, dice.choice([0, 1, 2]))))
            drift = dice.choice([0, 0, 1, 2, -1])
            step = dice.choice([0, 1, 2, 30])
        row = [v if i in stuck else v + drift + dice.randint(-step, step) for i, v in enumerate(row)]
        if dice.random() < 0.1:
            wide = dice.choice([plain.pack.guards.gradient_ddegC[2] - plain.errors, pack.spread_t_ddegC, plain.noise, 30])
            row[dice.randrange(n)] = row[dice.randrange(n)] + dice.choice([1, -1]) * (wide + dice.choice([-1, 0, 1]))
        world.sisters.fallen_group = dice.randrange(pack.stacks * len(pack.taps))
        layer = dice.choice([0, 3_600, -2])
        for s in range(pack.stacks):
            world.snap.stack_sum_mV[s] = layer * layers // pack.stacks + dice.choice([0, 0, -1, 1])
        quarter = sum(world.snap.stack_sum_mV) // layers // 4
        world.sisters.lost_mV = dice.choice([0, 1, quarter, quarter + 1, 3_000])
        world.sisters.allowed_mV = dice.choice([0, 500, 2_499, 2_500])
        world.sisters.resting_s = dice.choice([0, 2, 3, 90])
        ages = [10] * n
        if dice.random() < 0.3:
            ages = [dice.choice([10, 20, 110]) for _ in range(n)]
        world.snap.probe_oldest_ms = dice.choice([100] * 60 + [59_999, 60_000])
        world.snap.bad_bits = dice.choice([0, 0, 0, 0, S.PROBES, S.GROUPS])
        for i in range(n):
            world.snap.probe_reason[i] = dice.choice([0, 0, 0, 0, 0, 0, 1, 3, 2, 4]) if dice.random() < 0.3 else 0
        world.tick(row, ages, dice.choice([S.PROBES] * 12 + [0, S.GROUPS]))


@packs
def test_a_rise_is_known_after_the_window_and_is_that_of_the_window(pack: Pack) -> None:
    world = World(pack)
    n = len(pack.probe_stack)
    ticks = world.plain.slots * world.plain.rounds + 3
    for k in range(3 * ticks):
        world.tick([k * k] * (n - 1) + [k * k + k])


@packs
def test_a_probe_that_repeats_itself_for_more_than_a_minute_is_told_for_a_minute(pack: Pack) -> None:
    still = stillness.Stillness(pack, N.Signals(), 20_000, 2)
    snap, plain = S.Snapshot(pack), PlainStill(pack, 20_000, 2)
    n = len(pack.probe_stack)
    assert still.begin(snap) == 0
    plain.begin([0] * n)
    for k in range(8):
        row = [40 + k] + [0] * (n - 1)
        for i in range(n):
            snap.probe_ddegC[i] = row[i]
        plain.step(row)
        assert still.step(snap) == plain.worst_ms <= MINUTE_ms


@pytest.mark.parametrize("pack", [LONE, ev_240.PACK, MIXED], ids=lambda pack: pack.name)
@pytest.mark.parametrize("low", [-FAR, -FAR + 1])
def test_temperatures_of_twenty_eight_bits_either_way_are_compared_without_a_wrap(pack: Pack, low: int) -> None:
    n = len(pack.probe_stack)
    for first, second in ((low, FAR - 1), (FAR, low), (FAR - 1, low), (0, FAR), (0, low)):
        world = World(pack)
        for _ in range(world.plain.slots * world.plain.rounds + 4):
            world.tick([first] * n)
        for one in range(n):
            world.tick([second if i == one else first for i in range(n)])
            world.tick([first] * n)
        for _ in range(world.plain.rounds):
            world.tick([second] * n)


@packs
@pytest.mark.parametrize("noise_ddegC", [0, 1])
def test_without_noise_the_least_move_of_a_sister_counts(pack: Pack, noise_ddegC: int) -> None:
    dice = random.Random(pack.name)
    still, plain = stillness.Stillness(pack, N.Signals(), 100, noise_ddegC), PlainStill(pack, 100, noise_ddegC)
    snap, n = S.Snapshot(pack), len(pack.probe_stack)
    row = [0] * n
    for k in range(120):
        if k % 40 == 0:
            for i in range(n):
                snap.probe_ddegC[i] = row[i]
            still.begin(snap)
            plain.begin(list(row))
        one = dice.randrange(1, n)
        row[one] += dice.choice([0, 0, -1, -1, 1, 30, -30])
        for i in range(n):
            snap.probe_ddegC[i] = row[i]
        plain.step(list(row))
        assert still.step(snap) == plain.worst_ms


def test_at_the_very_ends_of_thirty_bits_probes_are_still_in_their_order() -> None:
    for low, high in ((-FAR * 2, 2 * FAR - 1), (2 * FAR - 1, -FAR * 2)):
        signals, snap = N.Signals(), S.Snapshot(SLOW)
        probes = module.Probes(SLOW, signals)
        for i, value in enumerate((low, 0, high, 5, 5, 5, 5)):
            snap.probe_ddegC[i] = value
        assert probes._compare(snap) == 4 * FAR - 1
        assert probes._rises(snap, -1, 850, 0) == 0, "nothing is known of earlier ones"
        probes._left = 0
        assert probes._rises(snap, -1, 850, 0) == signals.value[N.RISE_ddegC] == 2 * FAR - 1


def test_readings_a_bit_apart_are_apart() -> None:
    still = stillness.Stillness(BASE, N.Signals(), 100, 2)
    snap = S.Snapshot(BASE)
    still.begin(snap)
    snap.probe_ddegC[1] = 40
    assert still.step(snap) == 100
    for value in (1, 2, 1):
        for i in range(8):
            snap.probe_ddegC[i] = value if i != 1 else 40
        assert still.step(snap) in (0, 100)


def test_the_window_is_two_seconds_and_seven_sisters_are_looked_at_who_must_move_three_kelvin() -> None:
    assert (module.WINDOW_ms, stillness.SISTERS, stillness.MOVED_ddegC) == (2_000, 7, 30)


def test_sisters_are_the_next_on_the_same_stack_in_turn() -> None:
    assert stillness.build_sisters(MIXED) == [
        [3, 5, 7, 8],
        [4],
        [6],
        [5, 7, 8, 0],
        [1],
        [7, 8, 0, 3],
        [2],
        [8, 0, 3, 5],
        [0, 3, 5, 7],
    ]
    assert stillness.build_sisters(BASE)[6] == [7, 0, 1, 2, 3, 4, 5]
    assert stillness.build_sisters(MANY)[21] == [1, 3, 5, 7, 9, 11, 13]
