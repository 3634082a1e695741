"""The filter stays positive and near in single precision, finds its way from a wrong start, and has the same bits everywhere.

The data come from a simulation of its own (numpy, Arrhenius, exponentials), with resistance and hysteresis off by what a
pack may declare, a current sensor off by its gain and offset, and noise.
"""

import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bms.cells.si_ceramic_20ah import CELL
from bms.estimate.ekf import SocFilter

GAS = 8.314462618
KNOTS = np.linspace(0.0, 1.0, 21)
STEP_s = 0.1
STATES = "z2hqw"
Sample = tuple[float, float, float, float]  # Ah counted, A, V, degC


def drive(soc: float, h: float, hours: float, seed: int, degC: float = 25.0) -> tuple[list[Sample], list[float]]:
    """What the sensors of one layer say, and its true state of charge, ten times a second."""
    rng = np.random.default_rng(seed)
    out: list[Sample] = []
    truth = []
    v1 = v2 = 0.0
    current = 0.0
    gain, offset = 1.01, 0.05
    kelvin = degC + 273.15
    factor = [np.exp(ea / GAS * (1 / kelvin - 1 / 298.15)) * 1.08 for ea in CELL.ea_J_mol]
    for k in range(int(hours * 3600 / STEP_s)):
        if k % 70 == 0:
            current = float(rng.choice([-60.0, -30.0, -10.0, -4.0, 0.0, 12.0, 25.0]))
        dz = current * STEP_s / 3600 / 20.0
        soc = min(1.0, max(0.0, soc + dz))
        keep = np.exp(-15.0 * abs(dz))
        h = h * keep + (1 - keep) * np.sign(dz)
        r0, r1, r2 = (
            np.interp(soc, KNOTS, table) / 1e6 * f for table, f in zip((CELL.r0_uohm, CELL.r1_uohm, CELL.r2_uohm), factor)
        )
        a1 = np.exp(-STEP_s / (np.interp(soc, KNOTS, CELL.tau1_ms) / 1000))
        a2 = np.exp(-STEP_s / (np.interp(soc, KNOTS, CELL.tau2_ms) / 1000))
        v1 = a1 * v1 + (1 - a1) * r1 * current
        v2 = a2 * v2 + (1 - a2) * r2 * current
        volts = np.interp(soc, KNOTS, CELL.ocv_mV) / 1000 + h * 0.95 * np.interp(soc, KNOTS, CELL.hyst_mV) / 1000
        volts += current * r0 + v1 + v2
        read = current * gain + offset
        out.append((read * STEP_s / 3600, read, float(round(volts * 6000 + rng.normal(0, 1)) / 6000), degC))
        truth.append(soc)
    return out, truth


@pytest.fixture(scope="module")
def hour() -> tuple[list[Sample], list[float]]:
    return drive(0.8, -0.5, 1.0, 7)


def run(samples: list[Sample], soc: float, number: Any = float) -> tuple[list[float], SocFilter]:
    """The filter over the samples, every number it sees and keeps of this type."""
    flt = SocFilter(CELL)
    flt.start(number(soc), number(0.15))
    single(flt, number)
    said = []
    for charge, current, volts, degC in samples:
        flt.step(number(charge), number(current), number(volts), number(degC), number(STEP_s))
        said.append(float(flt.soc))
    return said, flt


def single(flt: SocFilter, number: Any) -> None:
    """Turns everything the filter holds into numbers of this type; constants of the module follow by arithmetic."""
    for room in (flt, flt._model):
        for name, value in list(vars(room).items()):
            if isinstance(value, float):
                setattr(room, name, number(value))
            elif isinstance(value, list):
                setattr(room, name, [number(v) for v in value])


def positive(flt: SocFilter) -> bool:
    """The covariance has no negative eigenvalue beyond rounding."""
    matrix = np.array([[float(getattr(flt, "_" + "".join(sorted(a + b, key=STATES.index)))) for a in STATES] for b in STATES])
    scale = np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))
    return bool(np.linalg.eigvalsh(matrix / scale).min() > -1e-3)


def test_single_precision_stays_within_a_third_of_a_percent_of_double_over_an_hour(
    hour: tuple[list[Sample], list[float]],
) -> None:
    samples, _ = hour
    double, _ = run(samples[::10], 0.7)
    with np.errstate(all="raise", under="ignore"):
        narrow, flt = run(samples[::10], 0.7, np.float32)
    assert isinstance(flt._zz, np.float32)
    assert max(abs(a - b) for a, b in zip(double, narrow)) < 0.003
    assert positive(flt)


@pytest.mark.parametrize("wrong", [-0.1, 0.1])
@pytest.mark.parametrize(("soc", "h"), [(0.8, -0.5), (0.6, 1.0), (0.7, 0.0)])
def test_from_ten_percent_wrong_the_filter_comes_within_three_and_stays_within_five(wrong: float, soc: float, h: float) -> None:
    samples, truth = drive(soc, h, 0.6, 11)
    said, _ = run(samples, soc + wrong)
    errors = np.abs(np.array(said) - np.array(truth))
    assert errors[-1] < 0.03
    assert errors[len(errors) // 2 :].max() < 0.05


def test_the_covariance_stays_positive_and_sigma_is_its_root(hour: tuple[list[Sample], list[float]]) -> None:
    flt = SocFilter(CELL)
    flt.start(0.5, 0.3)
    for k, (charge, current, volts, degC) in enumerate(hour[0]):
        flt.step(charge, current, volts, degC, STEP_s)
        assert min(flt._zz, flt._22, flt._hh, flt._qq, flt._ww) > 0
        if k % 500 == 0:
            assert positive(flt)
            assert flt.sigma == pytest.approx(np.sqrt(flt._zz), rel=1e-4)


@pytest.mark.parametrize("degC", [-20.0, 0.0, 60.0])
@pytest.mark.parametrize("volts", [0.0, 2.0, 4.5, 40.0])
def test_no_input_makes_the_filter_say_what_is_no_number_or_no_state_of_charge(degC: float, volts: float) -> None:
    flt = SocFilter(CELL)
    for k in range(500):
        current = (-200.0, 0.0, 160.0)[k % 3]
        flt.step(current * STEP_s / 3600, current, volts, degC, STEP_s)
        assert -0.05 <= flt.soc <= 1.05
        assert -1.0 <= flt.hysteresis <= 1.0
        assert 0.0 < flt.sigma < 10.0


SCRIPT = """
import sys
sys.path.append(".")
import struct
from bms.cells.si_ceramic_20ah import CELL
from bms.estimate.ekf import SocFilter
flt = SocFilter(CELL)
flt.start(0.7, 0.15)
seed = 1
for k in range(3000):
    seed = (seed * 1103515245 + 12345) & 0x3fffffff
    current = (seed >> 12) % 900 / 10.0 - 60.0
    volts = 3.65 + current * 0.003 + (seed >> 5) % 7 / 1000.0
    flt.step(current / 36000.0, current, volts, (seed >> 9) % 300 / 10.0, 0.1)
    if k % 50 == 0:
        print(k, struct.pack("<dddddd", flt.soc, flt.sigma, flt.hysteresis, flt.nis, flt._zh, flt._v2_V).hex())
"""


def test_a_drive_has_the_same_bits_on_micropython_and_cpython(micropython: str, root: Path) -> None:
    lines: list[str] = []
    exec(SCRIPT, {"print": lambda *words: lines.append(" ".join(str(word) for word in words))})
    done = subprocess.run([micropython, "-c", SCRIPT], cwd=root, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.splitlines() == lines, done.stderr
    assert len(lines) == 60
    assert 0.0 < struct.unpack("<d", bytes.fromhex(lines[-1].split()[1])[:8])[0] < 1.0
