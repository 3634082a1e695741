"""Silicon simulated for the bench of the SoC filter: what is said where PyBaMM is missing, and that charge is kept."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from hil.benches.soc_pybamm import NOMINAL_Ah, Part, REFERENCE_degC, experiment, simulated, written
from hil.logs import read_log


def test_without_pybamm_the_bench_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    said: list[str] = []
    assert simulated(said.append, tmp_path) == []
    assert len(said) == 1 and "skipped: pybamm is not installed" in said[0]
    assert not list(tmp_path.iterdir())


def test_soc_is_one_when_full_and_rested_and_zero_where_the_slow_discharge_ends(tmp_path: Path) -> None:
    time_s = np.array([0.0, 3600.0, 7200.0, 10800.0])
    flat = np.full(4, 25.0)
    slow = Part(
        time_s, np.array([-2.0, -2.0, -2.0, 2.0]), np.array([4.1, 3.7, 3.0, 3.8]), flat, np.array([0.30, 0.20, 0.10, 0.20])
    )
    drive = slow._replace(lithium_mol=np.array([0.30, 0.25, 0.15, 0.20]))
    capacity_Ah, paths = written({REFERENCE_degC: {"slow": slow, "drive": drive}}, tmp_path)
    assert capacity_Ah == pytest.approx(4.0)
    reference = read_log(paths["drive_25C"]).soc_ref
    assert reference is not None
    assert reference.tolist() == pytest.approx([1.0, 0.75, 0.25, 0.5])


def test_the_lithium_that_leaves_silicon_and_graphite_is_the_charge_that_flows() -> None:
    pytest.importorskip("pybamm")
    part = experiment(45, only=("loops",))["loops"]
    flowed_Ah = np.concatenate([[0.0], np.cumsum(part.current_A[1:] * np.diff(part.time_s)) / 3600])
    lithium_Ah = (part.lithium_mol - part.lithium_mol[0]) * 96485.33212 / 3600
    assert np.ptp(flowed_Ah) > 0.5 * NOMINAL_Ah
    assert np.abs(flowed_Ah - lithium_Ah).max() < 0.002 * NOMINAL_Ah
    middle = (part.lithium_mol > np.quantile(part.lithium_mol, 0.3)) & (part.lithium_mol < np.quantile(part.lithium_mol, 0.7))
    charging, discharging = (middle & (part.current_A * way > 0.1) for way in (1, -1))
    assert part.voltage_V[charging].mean() > part.voltage_V[discharging].mean()
