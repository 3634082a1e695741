"""Whom the watch asks, for what and in which tick, agrees with a list of calls that is written down here once more."""

import random
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import bench_24, bess_14, ev_240
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.watch import Watch

Call = tuple[Any, ...]
WATCHERS = ("sisters", "strings", "probes", "chain", "surroundings", "overload", "charging", "wear")


class World:
    """A watch whose watchers only write down what they are asked, and the list that it should give."""

    def __init__(self, supply_mV: int = 0) -> None:
        self.snap = S.Snapshot(bench_24.PACK)
        self.snap.value[S.SUPPLY_mV] = supply_mV
        names = ("bound", "coulomb")
        self.bound, self.coulomb = (SimpleNamespace(name=name) for name in names)
        self.machine, self.contactor = SimpleNamespace(state=3), SimpleNamespace(mask=5)
        self.insulation = SimpleNamespace(kohm=500)
        parts: Any = (self.snap, self.bound, self.coulomb, self.machine, self.contactor, self.insulation)
        self.watch: Any = Watch(bench_24.PACK, N.Signals(), *parts)
        self.calls: list[Call] = []
        for name in WATCHERS:
            asked = {verb: self.writes(name, verb) for verb in ("step", "refresh")}
            setattr(self.watch, name, SimpleNamespace(name=name, **asked))
        self.rounds_ms = [100]  # of whole rounds; the first stands for one before the start
        self.round_ms = 0
        self.seen_mV: int | None = None

    def writes(self, name: str, verb: str) -> Any:
        return lambda *told: self.calls.append((name, verb, *told))

    def expected(self, new: int, phase: int, limits: tuple[int, int, int], dt_ms: int) -> tuple[int, list[Call]]:
        """The answer, and the calls of a tick."""
        snap, watch, bound = self.snap, self.watch, self.bound
        charge_dA, discharge_dA, map_dA = limits
        self.round_ms += dt_ms
        calls: list[Call] = [
            ("strings", "step", snap, new),
            ("chain", "step", snap, self.machine.state, dt_ms),
            ("overload", "step", snap, self.contactor.mask, charge_dA, discharge_dA, dt_ms),
            ("wear", "step", snap, self.contactor, self.machine, dt_ms),
        ]
        if new & S.INPUTS and snap.value[S.SUPPLY_mV] != self.seen_mV:
            self.seen_mV = snap.value[S.SUPPLY_mV]
            calls.append(("surroundings", "step", snap))
        if (new | snap.fresh_bits | snap.bad_bits) & S.PROBES:
            calls.append(("probes", "step", snap, watch.sisters))
        if phase == 6:
            calls.append(("sisters", "refresh", snap, bound, self.rounds_ms[-1]))
        if phase == 7:
            calls.append(("chain", "refresh", snap, self.rounds_ms[-1]))
        if phase == 8:
            calls.append(("overload", "refresh", bound, map_dA))
        if phase == 9:
            charge = (snap, self.machine, self.coulomb, watch.overload, charge_dA, self.round_ms)
            calls.append(("charging", "refresh", *charge))
            calls.append(("surroundings", "refresh", snap, self.insulation.kohm, self.round_ms))
            self.rounds_ms.append(self.round_ms)
            self.round_ms = 0
        return new | (S.ROUND if phase == 9 else 0), calls


@pytest.mark.parametrize("seed", range(4))
def test_every_tick_asks_whom_the_list_names_and_nobody_else(seed: int) -> None:
    dice = random.Random(seed)
    world = World(dice.choice([0, 12_000]))
    for k in range(300):
        snap = world.snap
        snap.fresh_bits, snap.bad_bits = (dice.choice([0, 0, S.PROBES, 0xFFF, S.GROUPS]) for _ in range(2))
        snap.value[S.SUPPLY_mV] = dice.choice([snap.value[S.SUPPLY_mV], snap.value[S.SUPPLY_mV], 0, 12_000, 12_001])
        new = dice.choice([0, S.INPUTS, S.PROBES, 0xFFF, S.GROUPS | S.INPUTS])
        world.machine.state, world.contactor.mask = dice.randrange(8), dice.choice([0, 1, 3, 7, 5])
        world.insulation.kohm = dice.randrange(65_536)
        limits = dice.randrange(900), dice.randrange(900), dice.randrange(900)
        dt_ms = dice.choice([10, 10, 11, 35])
        world.calls.clear()
        answer, calls = world.expected(new, k % 10, limits, dt_ms)
        assert world.watch.step(new, k % 10, *limits, dt_ms) == answer
        assert world.calls == calls


@pytest.mark.parametrize("supply_mV", [0, 1, 12_000])
def test_the_first_supply_that_comes_is_looked_at_whatever_it_is(supply_mV: int) -> None:
    world = World(supply_mV)
    for new, looked in ((0, 0), (S.INPUTS, 1), (S.INPUTS, 1)):
        world.watch.step(new, 0, 0, 0, 0, 10)
        assert world.calls.count(("surroundings", "step", world.snap)) == looked


@pytest.mark.parametrize("pack", [bench_24.PACK, ev_240.PACK, bess_14.PACK], ids=lambda pack: pack.name)
def test_a_watch_has_a_watcher_of_every_kind(pack: Any) -> None:
    stub: Any = SimpleNamespace()
    watch = Watch(pack, N.Signals(), S.Snapshot(pack), stub, stub, stub, stub, stub)
    assert [type(getattr(watch, name)).__name__.lower() for name in WATCHERS] == list(WATCHERS)
