"""Surroundings agree, round by round, with a plain record of what was heard and when."""

import random
from fractions import Fraction
from math import ceil

import pytest

from bms.packs import bench_24, bess_14, ev_240
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety import surroundings as module
from bms.safety.insulation import NOT_FITTED, SILENT
from bms.schema import GUARDS_FIELDS, PACK_FIELDS, Guards, Pack, replaced
from tests.small_int import small


def guarded(name: str, flow_dl_min: int, force_N: int) -> Pack:
    """The bench's pack with other needs."""
    limits = (force_N, 65_535, 65_535)
    guards = replaced(Guards, GUARDS_FIELDS, bench_24.PACK.guards, coolant_flow_dl_min=flow_dl_min, force_N=limits)
    return replaced(Pack, PACK_FIELDS, bench_24.PACK, name=name, guards=guards)


DRY, DAMP = guarded("dry", 0, 65_535), guarded("damp", 1, 65_535)
PRESSED, LOADED = guarded("pressed", 0, 65_534), guarded("loaded", 20, 8_000)
PACKS = (ev_240.PACK, bess_14.PACK, DRY, DAMP, PRESSED, LOADED)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
INLET, FLOW, FORCE = S.COOLANT_INLET_ddegC, S.COOLANT_FLOW_dl_min, S.FORCE_N
FRAME = (INLET, FLOW, FORCE)
NEVER_ms = 60_000
WELL = 65_535


class Plain:
    """What is told in plain words: what was heard stays, and everything heard or needed has an age."""

    def __init__(self, pack: Pack, start: list[int]) -> None:
        guards = pack.guards
        self.needed = {k for k, needs in ((FLOW, guards.coolant_flow_dl_min > 0), (FORCE, guards.force_N[0] < WELL)) if needs}
        self.recommended_ohm_V = guards.insulation_ohm_V[1]
        self.signal_of = {INLET: N.COOLANT_ddegC, FORCE: N.FORCE_N}
        if FLOW in self.needed:
            self.signal_of[FLOW] = N.COOLANT_FLOW_dl_min
        self.ever: set[int] = set()
        self.since_start_ms = 0
        self.told = list(start)
        self.poor = True

    def supply(self, value: list[int], age: list[int]) -> None:
        if age[S.SUPPLY_mV] < NEVER_ms:
            self.told[N.SUPPLY_LOW_mV] = self.told[N.SUPPLY_HIGH_mV] = value[S.SUPPLY_mV]

    def round(self, value: list[int], age: list[int], kohm: int, round_ms: int) -> None:
        told = self.told
        self.since_start_ms += round_ms
        self.ever |= {k for k in FRAME if age[k] < NEVER_ms}
        for k in FRAME:
            age[k] = min(age[k] + round_ms, NEVER_ms)
        for k in self.ever & set(self.signal_of):
            told[self.signal_of[k]] = value[k]
        oldest_ms = max((age[k] for k in self.ever | self.needed), default=0)
        told[N.ENVIRONMENT_AGE_ms] = min(oldest_ms, self.since_start_ms)
        told[N.INSULATION_silent] = int(kohm == SILENT)
        if kohm == NOT_FITTED:
            told[N.INSULATION_ohm_V] = WELL
        elif kohm != SILENT:
            told[N.INSULATION_ohm_V] = min(WELL, kohm * 1000 // max(1, ceil(Fraction(value[S.PACK_mV], 1000))))
        unknown = kohm == SILENT or age[S.PACK_mV] == NEVER_ms
        self.poor = unknown or told[N.INSULATION_ohm_V] < self.recommended_ohm_V


@packs
@pytest.mark.parametrize("seed", range(3))
def test_what_is_told_is_what_a_plain_record_of_the_frames_says(pack: Pack, seed: int) -> None:
    dice = random.Random(f"{pack.name} {seed}")
    for _ in range(12):
        snap, signals = S.Snapshot(pack), N.Signals()
        around, plain = module.Surroundings(pack, signals), Plain(pack, list(signals.value))
        assert around.poor, "nobody has looked yet"
        talkative = [k for k in (*FRAME, S.PACK_mV, S.SUPPLY_mV) if dice.random() < 0.7]
        for _ in range(50):
            round_ms = dice.choice([100, 100, 110, 1, 2_900, 3_001])
            for k in talkative:
                if dice.random() < 0.2:
                    snap.value[k] = dice.choice([0, 1, -1, dice.randint(-500, 70_000)])
                    snap.age_ms[k] = dice.choice([0, 0, 50, 59_998, 59_999, 60_000])
            if S.PACK_mV in talkative:
                volts_mV = [0, 1, -1, 999, 1000, 1001, 2_000, 10_000, 85_999, 830_001, 1_200_000, -999, -2_500]
                snap.value[S.PACK_mV] = dice.choice(volts_mV)
            kohm = dice.choice([0, 1, 5, 42, 43, 65, 66, 415, 416, 5_000, 65_533, SILENT, SILENT, NOT_FITTED])
            value, age = list(snap.value), list(snap.age_ms)
            if dice.random() < 0.5:
                around.step(snap)
                plain.supply(value, age)
            around.refresh(snap, kohm, round_ms)
            plain.round(value, age, kohm, round_ms)
            assert list(signals.value) == plain.told
            assert list(snap.age_ms) == age
            assert around.poor == plain.poor


def ages(pack: Pack, rounds: int, *heard: int) -> list[int]:
    """The environment's age round by round, when these values have come once, just before the first."""
    snap, signals = S.Snapshot(pack), N.Signals()
    around = module.Surroundings(pack, signals)
    for k in heard:
        snap.age_ms[k] = 0
    told = []
    for _ in range(rounds):
        around.refresh(snap, NOT_FITTED, 100)
        told.append(signals.value[N.ENVIRONMENT_AGE_ms])
    return told


@packs
def test_an_age_grows_from_the_start_for_what_is_needed_or_was_heard_and_for_nothing_else(pack: Pack) -> None:
    growing, none = [100 * k for k in range(1, 601)] + [NEVER_ms] * 5, [0] * 605
    needy = pack.name not in ("bess_14", "dry")
    assert ages(pack, 605) == (growing if needy else none)
    assert ages(pack, 605, S.COOLANT_OUTLET_ddegC, S.INSULATION_kohm) == (growing if needy else none)
    for k in FRAME:
        assert ages(pack, 605, k) == growing


@pytest.mark.parametrize("fresh", FRAME)
def test_one_value_that_goes_on_coming_does_not_hide_that_another_has_fallen_silent(fresh: int) -> None:
    snap, signals = S.Snapshot(DRY), N.Signals()
    around = module.Surroundings(DRY, signals)
    for k in FRAME:
        snap.age_ms[k] = 0
    for rounds in range(1, 100):
        snap.age_ms[fresh] = 0
        around.refresh(snap, NOT_FITTED, 100)
        assert signals.value[N.ENVIRONMENT_AGE_ms] == 100 * rounds


@packs
def test_one_millisecond_short_of_a_minute_it_came_and_at_a_minute_it_never_did(pack: Pack) -> None:
    for age_ms, told in ((59_999, 7), (60_000, 0)):
        snap, signals = S.Snapshot(pack), N.Signals()
        around = module.Surroundings(pack, signals)
        snap.age_ms[FORCE], snap.value[FORCE] = age_ms, 7
        around.refresh(snap, NOT_FITTED, 1)
        assert signals.value[N.FORCE_N] == told


@packs
def test_nothing_new_is_closed_while_the_monitor_is_silent_or_says_less_than_recommended(pack: Pack) -> None:
    least_ohm_V = pack.guards.insulation_ohm_V[1]
    snap, signals = S.Snapshot(pack), N.Signals()
    around = module.Surroundings(pack, signals)
    snap.value[S.PACK_mV] = 1_000_000
    around.refresh(snap, NOT_FITTED, 100)
    assert around.poor, "nobody can tell for each volt what was never measured"
    snap.age_ms[S.PACK_mV] = 0
    for kohm, poor in ((NOT_FITTED, 0), (least_ohm_V, 0), (least_ohm_V - 1, 1), (least_ohm_V, 0), (SILENT, 1), (NOT_FITTED, 0)):
        around.refresh(snap, kohm, 100)
        assert around.poor == poor, kohm


def test_however_long_nobody_speaks_no_count_runs_over() -> None:
    snap, signals = S.Snapshot(ev_240.PACK), N.Signals()
    around = module.Surroundings(ev_240.PACK, signals)
    for _ in range(8):
        around.refresh(snap, NOT_FITTED, small(1 << 28))
        assert signals.value[N.ENVIRONMENT_AGE_ms] == NEVER_ms


def test_signals_with_the_names_of_values_are_those_of_the_table() -> None:
    assert (N.COOLANT_FLOW_dl_min, N.FORCE_N) == (module.FLOW_SIGNAL, module.FORCE_SIGNAL)
