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

DRY, DAMP = (
    replaced(
        Pack,
        PACK_FIELDS,
        bench_24.PACK,
        name=name,
        guards=replaced(Guards, GUARDS_FIELDS, bench_24.PACK.guards, coolant_flow_dl_min=flow),
    )
    for name, flow in (("dry", 0), ("damp", 1))
)
PACKS = (bench_24.PACK, ev_240.PACK, bess_14.PACK, DRY, DAMP)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
FRAME = (S.COOLANT_INLET_ddegC, S.COOLANT_OUTLET_ddegC, S.COOLANT_FLOW_dl_min, S.FORCE_N)
NEVER_ms = 60_000
OLD_ms = 3_000
WELL = 65_535


class Plain:
    """What is told in plain words."""

    def __init__(self, pack: Pack) -> None:
        self.flow_needed = pack.guards.coolant_flow_dl_min > 0
        self.heard = False
        self.told: dict[int, int] = {}

    def supply(self, value: list[int], age: list[int]) -> None:
        if age[S.SUPPLY_mV] < NEVER_ms:
            self.told[N.SUPPLY_LOW_mV] = self.told[N.SUPPLY_HIGH_mV] = value[S.SUPPLY_mV]

    def round(self, value: list[int], age: list[int], kohm: int, round_ms: int) -> None:
        for k in FRAME:
            age[k] = min(age[k] + round_ms, NEVER_ms)
        youngest = min(age[k] for k in (*FRAME, S.INSULATION_kohm))
        self.heard = self.heard or youngest < NEVER_ms
        volts = max(1, ceil(Fraction(value[S.PACK_mV], 1000)))
        told = self.told
        told[N.INSULATION_ohm_V] = WELL if kohm in (SILENT, NOT_FITTED) else min(WELL, kohm * 1000 // volts)
        told[N.INSULATION_silent] = int(kohm == SILENT)
        young = {k: age[k] <= OLD_ms for k in FRAME}
        told[N.COOLANT_ddegC] = value[S.COOLANT_INLET_ddegC] if young[S.COOLANT_INLET_ddegC] else 0
        flows = self.flow_needed and young[S.COOLANT_FLOW_dl_min]
        told[N.COOLANT_FLOW_dl_min] = value[S.COOLANT_FLOW_dl_min] if flows else WELL
        told[N.FORCE_N] = value[S.FORCE_N] if young[S.FORCE_N] else 0
        told[N.ENVIRONMENT_AGE_ms] = youngest if self.heard else 0


@packs
@pytest.mark.parametrize("seed", range(3))
def test_what_is_told_is_what_a_plain_record_of_the_frames_says(pack: Pack, seed: int) -> None:
    dice = random.Random(f"{pack.name} {seed}")
    for _ in range(12):
        snap, signals, plain = S.Snapshot(pack), N.Signals(), Plain(pack)
        around = module.Surroundings(pack, signals)
        before = list(signals.value)
        for _ in range(50):
            round_ms = dice.choice([100, 100, 110, 1, 2_900, 3_001])
            for k in (*FRAME, S.INSULATION_kohm, S.SUPPLY_mV):
                if dice.random() < 0.2:
                    snap.value[k] = dice.choice([0, 1, -1, dice.randint(-500, 70_000)])
                    snap.age_ms[k] = dice.choice([0, OLD_ms - round_ms, OLD_ms - round_ms + 1, 59_999, 59_998, 60_000])
                    snap.age_ms[k] = max(snap.age_ms[k], 0)
            snap.value[S.PACK_mV] = dice.choice([0, 1, -1, 999, 1000, 1001, 2_000, 85_999, 830_001, 1_200_000, -999, -2_500])
            kohm = dice.choice([0, 1, 65, 66, 5_000, 65_533, SILENT, NOT_FITTED])
            value, age = list(snap.value), list(snap.age_ms)
            if dice.random() < 0.5:
                around.step(snap)
                plain.supply(value, age)
            around.refresh(snap, kohm, round_ms)
            plain.round(value, age, kohm, round_ms)
            assert {k: signals.value[k] for k in plain.told} == plain.told
            assert list(snap.age_ms) == age
            assert [signals.value[k] for k in range(N.SIGNALS) if k not in plain.told] == [
                before[k] for k in range(N.SIGNALS) if k not in plain.told
            ]


@packs
@pytest.mark.parametrize("only", [*FRAME, S.INSULATION_kohm])
def test_one_value_of_the_frame_is_enough_to_know_that_it_came_and_its_age_is_that_of_the_youngest(
    pack: Pack, only: int
) -> None:
    snap, signals = S.Snapshot(pack), N.Signals()
    around = module.Surroundings(pack, signals)
    around.refresh(snap, NOT_FITTED, 100)
    assert signals.value[N.ENVIRONMENT_AGE_ms] == 0
    snap.age_ms[only] = 59_800
    around.refresh(snap, NOT_FITTED, 100)
    aged = 0 if only == S.INSULATION_kohm else 100
    assert signals.value[N.ENVIRONMENT_AGE_ms] == 59_800 + aged
    snap.age_ms[only] = 60_000
    around.refresh(snap, NOT_FITTED, 100)
    assert signals.value[N.ENVIRONMENT_AGE_ms] == NEVER_ms


@packs
def test_one_millisecond_short_of_a_minute_it_still_came(pack: Pack) -> None:
    snap, signals = S.Snapshot(pack), N.Signals()
    around = module.Surroundings(pack, signals)
    snap.age_ms[S.INSULATION_kohm] = 60_000
    snap.age_ms[S.FORCE_N] = 59_998
    around.refresh(snap, NOT_FITTED, 1)
    assert signals.value[N.ENVIRONMENT_AGE_ms] == 59_999


def test_signals_with_the_names_of_values_are_those_of_the_table_and_three_seconds_are_too_old() -> None:
    assert (N.COOLANT_FLOW_dl_min, N.FORCE_N) == (module.FLOW_SIGNAL, module.FORCE_SIGNAL)
    assert module.DEADLINE_ms == OLD_ms
