"""What a campaign says of a run: an oracle that no hidden layer escapes, and verdicts that a wrong firmware does not pass."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from bms.safety import faults
from bms.safety.monitor import Monitor
from bms.schema import PACK_FIELDS, Pack, Sensor, layer_count, replaced
from hil.actors.vehicle import Vehicle
from hil.campaign import expected, story
from hil.campaign import plan as plans
from hil.campaign.draw import Case, case_of
from hil.campaign.oracle import DUE, Oracle, Record
from hil.campaign.watch import NoRecord, Watch
from hil.campaign.worker import prepare, run_case
from hil.lint.observable import NAMED, certain, observable
from hil.load import load_pack
from hil.loop import Bench
from hil.record import Recorder
from hil.scenario import Fault, Phase
from hil.sensorfaults import KINDS

SENSORS = ("group:1", "stack:0", "probe:1", "current_a", "current_b", "pack_voltage", "link_voltage")
PLAIN = """
[campaign]
name = "plain"
title = "Nothing near a limit"
runs = 100
packs = { bench_24 = 1 }

[[kind]]
name = "middle"
profile = "drive"
seconds = 0.8
soc = 0.5
load_C = 1.0
"""


def plain(fault: Fault | None = None, row: expected.Row | None = None, rows: tuple[str, ...] = (), **more: Any) -> Case:
    """A drive in the middle of everything with one fault 0.4 s after the contactors have closed."""
    pack = load_pack("bench_24")
    case = case_of(plans.parse(PLAIN, "plain.toml"), 0, pack)
    begin_s = story.WAKE_s + story.closing_s(pack)
    steps = Phase("steps", "drive", begin_s, 1.2, None, 0.0, 1.0, -1.0, None, False)
    changed: dict[str, Any] = {"phases": (*case.scenario.phases[:2], steps)} | more
    if fault is not None:
        changed["faults"] = (dataclasses.replace(fault, at_s=round(begin_s + 0.4, 2)),)
    return dataclasses.replace(case, scenario=dataclasses.replace(case.scenario, **changed), owed=row, rows=rows)


def judged(case: Case) -> dict[str, Any]:
    prepare()
    pack = load_pack("bench_24")
    return run_case(case, pack, NoRecord(layer_count(pack)))[1]


SILENCE = Fault("group:2", "silence", 0.0, None, 1.0, 0.0)
SILENT = expected.Row("group", "silence", expected.OWED, expected.NOTHING, None, expected.STEPS, ())
STALE = ("group_voltage_stale",)


# verdicts


def test_a_sound_firmware_passes_and_its_reaction_is_within_the_budget() -> None:
    said = judged(plain(SILENCE, SILENT, STALE))
    assert said["ok"] and said["felt"] > 10, said
    assert 100 <= said["reactions"]["group_voltage_stale"] <= 300


def test_a_firmware_whose_monitor_is_blind_misses_the_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Monitor, "step", lambda *_: 0)
    said = judged(plain(SILENCE, SILENT, STALE))
    assert not said["ok"] and said["missed"].startswith("none of group_voltage_stale answered")


def test_a_firmware_that_is_slow_misses_the_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    step = Monitor.step
    late: list[int] = []

    def slow(self: Monitor, new_bits: int, dt_ms: int) -> int:
        late.append(step(self, new_bits, dt_ms))
        return late[-30] if len(late) > 30 else 0

    monkeypatch.setattr(Monitor, "step", slow)
    said = judged(plain(SILENCE, SILENT, STALE))
    assert not said["ok"] and "budget 300" in said["missed"]


def test_a_trip_for_no_cause_is_false(monkeypatch: pytest.MonkeyPatch) -> None:
    limit_of = faults.limit_of
    tight = {"layer_voltage_high": 3300, "crash": -1}
    for row, told in (("layer_voltage_high", "V inside the oracle's bound"), ("crash", "nothing was broken")):
        monkeypatch.setattr(faults, "limit_of", lambda r, p, row=row: tight[row] if r.name == row else limit_of(r, p))
        said = judged(plain())
        assert not said["ok"] and said["false"].startswith(row) and told in said["false"], said


def test_a_twin_that_trips_is_false() -> None:
    twin = SILENT._replace(duty=expected.TWIN)
    assert judged(plain(dataclasses.replace(SILENCE, duration_s=0.05), twin))["ok"]
    said = judged(plain(SILENCE, twin))
    assert "group_voltage_stale" in said["false"] and not said["ok"]


def test_a_layer_beyond_its_limit_is_a_violation_whatever_the_firmware_believes(monkeypatch: pytest.MonkeyPatch) -> None:

    def greedy(self: Vehicle, limits: bytes | None, state: bytes | None, now_ms: int) -> None:
        self._charge_A = self._discharge_A = 400.0

    monkeypatch.setattr(Vehicle, "_obey", greedy)
    drive = Phase("drive", "drive", 1.5, 0.5, None, 0.0, 1.0, -20.0, None, False)
    case = plain()
    said = judged(plain(phases=(*case.scenario.phases[:2], drive), soc_true=0.3, soc_stored=0.3, temperature_degC=5.0))
    assert not said["ok"] and "voltage_min_mV" in {one["quantity"] for one in said["violations"]}, said


# the oracle


def recorded(spread: str, soc: float, temperature_degC: float, c_rate: float) -> tuple[Bench, Record]:
    """A plant alone, with no firmware: the current goes through it for a second and a half."""
    pack = load_pack("bench_24")
    case = case_of(plans.parse(PLAIN, "plain.toml"), 1, pack)
    scenario = dataclasses.replace(
        case.scenario, spread=spread, soc_true=soc, temperature_degC=temperature_degC, hysteresis=0.3
    )
    bench = Bench(scenario, pack, 7, Recorder())
    watch = Watch(bench, 60.0)
    for n in range(150):
        bench.plant.step(c_rate * pack.cell.capacity_mAh / 1000 if n > 20 else 0.0, 0.01)
        watch.spy(n, [])
    return bench, watch.record()


@pytest.mark.parametrize("spread", ["drawn", "corner", "worst_high", "worst_low"])
@pytest.mark.parametrize(("soc", "temperature_degC", "c_rate"), [(0.95, 25, 1), (0.05, 5, -2), (0.5, -15, 0.5), (0.6, 55, 5)])
def test_no_true_layer_lies_outside_what_the_oracle_calls_consistent(
    spread: str, soc: float, temperature_degC: float, c_rate: float
) -> None:
    bench, record = recorded(spread, soc, temperature_degC, c_rate)
    oracle = Oracle(bench.pack, record)
    low, high = oracle.layers_V
    plant = bench.plant
    assert low[-1] <= plant.voltage_V.min() and plant.voltage_V.max() <= high[-1]
    assert oracle.cold_degC[-1] <= plant.temp_K.min() - 273.15 and plant.temp_K.max() - 273.15 <= oracle.hot_degC[-1]
    assert oracle.soc[0][-1] <= plant.soc_mean <= oracle.soc[1][-1]
    layer_low, layer_high = oracle.layer_soc
    assert layer_low[-1] <= plant.soc.min() and plant.soc.max() <= layer_high[-1]


def test_the_oracle_is_not_so_wide_that_nothing_would_be_false() -> None:
    bench, record = recorded("none", 0.5, 25, 0.5)
    low, high = Oracle(bench.pack, record).layers_V
    assert high[-1] - low[-1] < 0.2
    for row in DUE:
        due = Oracle(bench.pack, record).due(row)
        assert due is not None and due.max() < 0, row


def test_a_pack_with_one_layer_a_group_is_bounded_by_measurement_and_error_alone() -> None:
    bench, record = recorded("none", 0.5, 25, 0.5)
    single = replaced(Pack, PACK_FIELDS, bench.pack, taps=(1,) * 24)
    alone = dataclasses.replace(record, group_V=np.tile(record.group_V[:, :1] / 6, 24))
    low, high = Oracle(single, alone).layers_V
    sensor = single.group_sensor
    error_V = (sensor.offset_u + sensor.lsb_u + 4 * sensor.noise_u + alone.group_V[-1, 0] * sensor.gain_ppm) * 1e-6
    assert high[-1] - alone.group_V[-1, 0] == pytest.approx(error_V)
    assert alone.group_V[-1, 0] - low[-1] == pytest.approx(error_V)


@pytest.mark.parametrize(
    "worse",
    [
        {"spread_soc_permille": 30},
        {"spread_r_permille": 200},
        {"spread_hyst_permille": 160},
        {"spread_t_ddegC": 60},
        {"group_sensor": 10},
        {"probe_sensor": 10},
    ],
)
def test_less_certainty_never_makes_the_oracle_narrower(worse: dict[str, int]) -> None:
    bench, record = recorded("drawn", 0.9, 0, 1)
    pack = bench.pack
    changed: dict[str, Any] = {}
    for field, value in worse.items():
        was = getattr(pack, field)
        changed[field] = was._replace(offset_u=was.offset_u * value) if isinstance(was, Sensor) else value
    before, after = Oracle(pack, record), Oracle(replaced(Pack, PACK_FIELDS, pack, **changed), record)
    for row in DUE:
        one, other = before.due(row), after.due(row)
        assert one is not None and other is not None
        assert (other >= one - 1e-12).all(), row


# the table of what is owed


def test_every_row_of_the_table_is_a_fault_that_the_bench_can_play_and_names_rows_that_exist() -> None:
    pack = load_pack("bench_24")
    bench = Bench(plain().scenario, pack, 1, Recorder())
    sorts = {target.partition(":")[0] if target[-1].isdigit() else target for target in bench.vocabulary}
    names = {row.name for row in faults.TABLE}
    for row in expected.TABLE:
        assert row.target in sorts, row
        target = row.target if row.target in bench.vocabulary else row.target + ":0"
        assert row.type in bench.vocabulary[target], row
        assert set(row.rows) <= names, row
        assert row.severity[0] in expected.UNITS and (row.lasts is None or row.lasts[0] in expected.TIMES), row


def test_every_sensor_fault_that_the_linter_calls_observable_is_injected() -> None:
    owed = {(row.target, row.type) for row in expected.TABLE if row.duty == expected.OWED}
    for name in ("bench_24", "ev_240", "bess_14"):
        pack = load_pack(name)
        for target in SENSORS:
            sort = target.partition(":")[0]
            for kind in KINDS:
                if kind != "swapped" and observable(pack, target, kind, 1000.0, pack.cell.capacity_mAh):
                    assert (sort, kind) in owed, (name, target, kind)
        for frame, kind in NAMED:
            assert (frame, kind) in owed, (frame, kind)


def test_an_error_is_observable_from_twice_what_the_linter_says_may_hide() -> None:
    pack = load_pack("bench_24")
    enough = certain(pack, "group:0")
    assert enough is not None and enough == pytest.approx(0.14848)  # 74 mV in the linter's note, twice
    assert observable(pack, "group:0", "offset", enough) and not observable(pack, "group:0", "offset", 0.99 * enough)
    assert observable(pack, "group:0", "offset", -enough)
    lone = replaced(Pack, PACK_FIELDS, pack, current_b_sensor=None, probe_stack=(0,))
    assert observable(lone, "current_a", "offset", 1e6) is None and observable(lone, "probe:0", "offset", 1e6) is None
    drifts = observable(pack, "stack:0", "drift", -0.5)
    assert drifts is not None and drifts.after_ms == pytest.approx(297, abs=1)
