"""Cells and packs are total: nothing may be forgotten, nothing may be too much, on both interpreters; and the arithmetic
that every table of a cell goes through."""

import ast
import itertools
import subprocess
from array import array
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.cells.si_ceramic_20ah import CELL
from bms.packs import bench_24, ev_240
from bms.safety import tables
from bms.schema import (
    CELL_FIELDS,
    FILTER_FIELDS,
    GUARDS_FIELDS,
    INVERTER_FIELDS,
    PACK_FIELDS,
    SENSOR_FIELDS,
    Cell,
    Filter,
    Guards,
    Inverter,
    Pack,
    Sensor,
    charge_map,
    replaced,
    scaled_cell,
)

INVERTER = Inverter(
    protocol="victron",
    alarm_active=2,
    charge_voltage_mV=58100,
    discharge_voltage_mV=42000,
    fall_dA_s=1000,
    zero_dA=0,
    deadline_ms=600_000,
    manufacturer="bipolar",
    family="layers",
)
RECORDS = {
    "Cell": (Cell, CELL_FIELDS, CELL),
    "Filter": (Filter, FILTER_FIELDS, CELL.filter),
    "Sensor": (Sensor, SENSOR_FIELDS, bench_24.PACK.group_sensor),
    "Inverter": (Inverter, INVERTER_FIELDS, INVERTER),
    "Guards": (Guards, GUARDS_FIELDS, bench_24.PACK.guards),
    "Pack": (Pack, PACK_FIELDS, bench_24.PACK),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_with_a_field_forgotten_or_invented_is_a_type_error(name: str) -> None:
    make, fields, record = RECORDS[name]
    values = {field: getattr(record, field) for field in fields}
    assert make(**values) == record
    for field in fields:
        with pytest.raises(TypeError):
            make(**{other: value for other, value in values.items() if other != field})
    with pytest.raises(TypeError):
        make(**values, invented=1)
    with pytest.raises(TypeError):
        replaced(make, fields, record, invented=1)


def test_a_record_with_a_field_forgotten_or_invented_is_a_type_error_on_micropython(micropython: str, root: Path) -> None:
    script = """
import sys
sys.path.append(".")
from bms.schema import *
from bms.packs.bench_24 import PACK
count = 0
sensor = PACK.group_sensor
inverter = Inverter(*INVERTER_FIELDS)
for make, fields, record in (
    (Cell, CELL_FIELDS, PACK.cell),
    (Sensor, SENSOR_FIELDS, sensor),
    (Inverter, INVERTER_FIELDS, inverter),
    (Pack, PACK_FIELDS, PACK),
):
    for gone in list(fields) + ["invented"]:
        values = {field: getattr(record, field) for field in fields}
        if gone in values:
            del values[gone]
        else:
            values[gone] = 1
        try:
            make(**values)
        except TypeError:
            count += 1
print(count)
"""
    done = subprocess.run([micropython, "-c", script], cwd=root, capture_output=True, text=True, check=False, timeout=60)
    fields = CELL_FIELDS + SENSOR_FIELDS + INVERTER_FIELDS + PACK_FIELDS
    assert done.stdout.split() == [str(len(fields) + 4)], done.stdout + done.stderr


@pytest.mark.parametrize("name", RECORDS)
def test_the_typed_view_has_the_same_fields_in_the_same_order(name: str, root: Path) -> None:
    tree = ast.parse((root / "bms" / "schema.pyi").read_text(encoding="utf-8"))
    view = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    fields = [node.target.id for node in view.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]
    assert tuple(fields) == RECORDS[name][1]


@given(capacity_mAh=st.integers(1000, 290_000))
def test_a_scaled_cell_has_the_same_voltage_per_c_rate_and_the_same_heat_per_capacity(capacity_mAh: int) -> None:
    try:
        cell = scaled_cell(CELL, "other", capacity_mAh)
    except ValueError:
        assert 1180 * 20_000 / capacity_mAh < 51 or min(CELL.r1_uohm) * 20_000 / capacity_mAh < 51
        return
    for table in ("r0_uohm", "r1_uohm", "r2_uohm"):
        for small, large in zip(getattr(CELL, table), getattr(cell, table)):
            assert large * capacity_mAh == pytest.approx(small * CELL.capacity_mAh, rel=0.011)
    assert abs(cell.heat_capacity_J_K * 20_000 - CELL.heat_capacity_J_K * capacity_mAh) < 20_000
    assert cell.ocv_mV == CELL.ocv_mV
    assert cell.charge_maps == CELL.charge_maps


def test_an_unknown_charge_map_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        charge_map(replaced(Pack, PACK_FIELDS, bench_24.PACK, charge_map="none"))
    assert charge_map(ev_240.PACK) == dict(CELL.charge_maps)["shipping"]


tables_of = st.lists(st.tuples(st.integers(1, 200), st.integers(-5000, 5000)), min_size=2, max_size=26)


@given(rows=tables_of, x=st.integers(-500, 6000))
def test_interpolation_agrees_with_numpy_over_the_whole_domain_and_beyond(rows: list[tuple[int, int]], x: int) -> None:
    """A peer never interpolated its topmost segment."""
    xs = array("i", [int(v) for v in np.cumsum([step for step, _ in rows])])
    ys = array("i", [y for _, y in rows])
    exact = float(np.interp(x, xs, ys))
    assert exact - 1 - 1e-6 <= tables.interpolated(x, xs, ys) <= exact + 1e-6


@given(rows=st.lists(st.tuples(st.integers(1, 200), st.integers(0, 400)), min_size=2, max_size=26))
def test_interpolation_is_continuous_and_monotone_where_its_table_is(rows: list[tuple[int, int]]) -> None:
    xs = array("i", [int(v) for v in np.cumsum([step for step, _ in rows])])
    ys = array("i", [int(v) for v in np.cumsum([rise for _, rise in rows])])
    steepest = max(-(-(b - a) // (d - c)) for a, b, c, d in zip(ys, ys[1:], xs, xs[1:]))
    out = [tables.interpolated(x, xs, ys) for x in range(xs[0] - 3, xs[-1] + 4)]
    assert all(0 <= b - a <= steepest + 1 for a, b in itertools.pairwise(out))
    assert [tables.interpolated(x, xs, ys) for x in xs] == list(ys)
    assert (out[0], out[-1]) == (ys[0], ys[-1])


@given(x=st.integers(-500, 6000), steps=st.lists(st.integers(1, 300), min_size=2, max_size=26))
def test_a_segment_is_the_one_that_holds_the_value_and_the_outer_ones_reach_outward(x: int, steps: list[int]) -> None:
    xs = tuple(int(v) for v in np.cumsum(steps))
    k = tables.segment(x, xs)
    assert 0 <= k <= len(xs) - 2
    assert x >= xs[k] or k == 0
    assert x < xs[k + 1] or k == len(xs) - 2


@given(r=st.integers(0, 3_000_000), i=st.integers(0, 16383))
def test_a_voltage_drop_is_rounded_up_and_hardly_more(r: int, i: int) -> None:
    exact = r * i / 10_000
    assert exact <= tables.drop_mV(r, i) <= exact * 1.0016 + 2


@given(v=st.integers(0, 100_000), r=st.integers(1, 3_000_000))
def test_a_current_for_a_voltage_is_rounded_down(v: int, r: int) -> None:
    assert tables.current_dA(v, r) == v * 10_000 // r


@given(table=st.lists(st.integers(-100, 100), min_size=2, max_size=21), k=st.integers(0, 20), n=st.integers(0, 20))
def test_the_highest_of_a_part_of_a_table_is_its_maximum(table: list[int], k: int, n: int) -> None:
    k %= len(table)
    end = min(len(table) - 1, k + n)
    assert tables.highest(tuple(table), k, end) == max(table[k : end + 1])
