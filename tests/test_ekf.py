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


def drive(
    soc: float, h: float, hours: float, seed: int, degC: float = 25.0, step_s: float = STEP_s
) -> tuple[list[Sample], list[float]]:
    """What the sensors of one layer say, and its true state of charge, ten times a second unless said."""
    rng = np.random.default_rng(seed)
    out: list[Sample] = []
    truth = []
    v1 = v2 = 0.0
    current = 0.0
    gain, offset = 1.01, 0.05
    kelvin = degC + 273.15
    factor = [np.exp(ea / GAS * (1 / kelvin - 1 / 298.15)) * 1.08 for ea in CELL.ea_J_mol]
    for k in range(int(hours * 3600 / step_s)):
        if k % int(7 / step_s) == 0:
            current = float(rng.choice([-60.0, -30.0, -10.0, -4.0, 0.0, 12.0, 25.0]))
        dz = current * step_s / 3600 / 20.0
        soc = min(1.0, max(0.0, soc + dz))
        keep = np.exp(-15.0 * abs(dz))
        h = h * keep + (1 - keep) * np.sign(dz)
        r0, r1, r2 = (
            np.interp(soc, KNOTS, table) / 1e6 * f for table, f in zip((CELL.r0_uohm, CELL.r1_uohm, CELL.r2_uohm), factor)
        )
        a1 = np.exp(-step_s / (np.interp(soc, KNOTS, CELL.tau1_ms) / 1000))
        a2 = np.exp(-step_s / (np.interp(soc, KNOTS, CELL.tau2_ms) / 1000))
        v1 = a1 * v1 + (1 - a1) * r1 * current
        v2 = a2 * v2 + (1 - a2) * r2 * current
        volts = np.interp(soc, KNOTS, CELL.ocv_mV) / 1000 + h * 0.95 * np.interp(soc, KNOTS, CELL.hyst_mV) / 1000
        volts += current * r0 + v1 + v2
        read = current * gain + offset
        out.append((read * step_s / 3600, read, float(round(volts * 6000 + rng.normal(0, 1)) / 6000), degC))
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


def matrix_filter(samples: list[Sample], soc: float, dt_s: float) -> list[tuple[float, float]]:
    """The same filter written as a textbook does, with matrices and Joseph's whole form, in numpy."""
    from bms.estimate.model import Model, faded

    n, model = CELL.filter, Model(CELL)
    x = np.array([soc, 0.0, 0.0, 0.0, 0.0])  # z, v2, h, q, w
    v1 = last_A = 0.0
    last_degC = samples[0][3]
    table, r_part = n.table_mV / 1e3, n.r_permille / 1e3
    model.at(soc, last_degC)
    past_A = max(10.0, abs(samples[0][1]))
    p = np.diag([0.15**2, (past_A * model.r2_ohm / 2) ** 2, 0.35, r_part**2, table**2])
    last_A = samples[0][1]
    out = []
    for charge, current, volts, degC in samples:
        mean = charge * 3600 / dt_s
        dz = charge / 20.0
        kelvin = abs(degC - last_degC)
        last_degC = degC
        fade = np.array(
            [
                0.0,
                faded(dt_s / model.tau2_s),
                faded(CELL.hyst_gamma_permille / 1e3 * abs(dz)),
                faded(dt_s / n.r_s + kelvin / (n.r_ddegK / 10)),
                faded(abs(dz) / (n.span_permille / 1e3) + dt_s / n.table_s),
            ]
        )
        v1 += faded(dt_s / model.tau1_s) * (model.r1_ohm * mean - v1)
        x = x + fade * (np.array([0.0, model.r2_ohm * mean, np.sign(charge) if charge else x[2], 0.0, 0.0]) - x)
        x[0] += dz
        colder = max(1.0, 1.0 + n.colder_permille_K / 1e3 * (25.0 - degC))
        rest = [
            0.0,
            n.slow_permille / 1e3 * colder * model.r2_ohm * mean,
            n.hyst_permille / 1e3,
            r_part * colder,
            np.hypot(table, n.drag_permille / 1e3 * colder * x[1]),
        ]
        f = np.diag(1 - fade)
        noise = np.square(rest) * fade * (2 - fade)
        noise[0] = (n.gain_permille / 1e3) ** 2 * abs(dz) + (n.offset_mC / 1e3) ** 2 / 3600 * dt_s
        p = f @ p @ f.T + np.diag(noise)
        model.at(x[0], degC)
        over = current * model.r0_ohm + v1 + x[1]
        k = 1 + x[3]
        error = volts - (model.u_V + x[2] * model.m_V + model.entropy_V + k * over + x[4])
        h = np.array([model.du_V + x[2] * model.dm_V, k, model.m_V, over, 1.0])
        parts = [
            n.reading_mV / 1e3,
            n.fast_permille / 1e3 * over,
            n.skew_permille / 1e3 * (current - last_A) * model.r0_ohm,
        ]
        last_A = current
        r = float(np.sum(np.square(parts))) * (1 + n.reading_ms / 1e3 / dt_s)
        r += (h[0] * p[0, 0] / 0.15) ** 2 * n.settle_s / dt_s
        s = float(h @ p @ h) + r
        gain = p @ h / s
        a = min(1.0, 3 * np.sqrt(s) / abs(error)) if error else 1.0
        a *= min(1.0, 0.03 / abs(a * gain[0] * error)) if error else 1.0
        x = x + a * gain * error
        x[0], x[2], x[3] = np.clip(x[0], -0.05, 1.05), np.clip(x[2], -1, 1), np.clip(x[3], -3 * r_part, 3 * r_part)
        left = np.eye(5) - a * np.outer(gain, h)
        p = left @ p @ left.T + a * a * r * np.outer(gain, gain)
        out.append((float(x[0]), float(np.sqrt(p[0, 0]))))
    return out


@pytest.mark.parametrize("degC", [25.0, -10.0])
def test_a_textbook_s_matrices_say_the_same(degC: float) -> None:
    samples, _ = drive(0.8, -0.5, 0.1, 3, degC)
    flt = SocFilter(CELL)
    flt.start(0.65, 0.15)
    for sample, (soc, sigma) in zip(samples, matrix_filter(samples, 0.65, STEP_s)):
        flt.step(*sample, STEP_s)
        assert flt.soc == pytest.approx(soc, abs=1e-8)
        assert flt.sigma == pytest.approx(sigma, rel=1e-4)


@pytest.mark.parametrize("together", [10, 100])
def test_long_steps_say_what_short_ones_say(hour: tuple[list[Sample], list[float]], together: int) -> None:
    samples, _ = hour
    short, fine = run(samples, 0.7)
    flt = SocFilter(CELL)
    flt.start(0.7, 0.15)
    for k in range(together, len(samples) + 1, together):
        charge = sum(sample[0] for sample in samples[k - together : k])
        flt.step(charge, *samples[k - 1][1:], STEP_s * together)
    assert flt.soc == pytest.approx(short[-1], abs=0.012)
    assert flt.sigma == pytest.approx(fine.sigma, rel=0.25)


def test_sigma_is_honest_over_many_packs() -> None:
    covered = total = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        soc, h, degC = (float(v) for v in rng.uniform((0.4, -1, -5), (0.9, 1, 40)))
        samples, truth = drive(soc, h, 0.5, seed, degC, 1.0)
        flt = SocFilter(CELL)
        flt.start(float(np.clip(truth[0] + rng.uniform(-0.15, 0.15), 0, 1)), 0.15)
        for sample, true in zip(samples, truth):
            flt.step(*sample, 1.0)
            covered += abs(flt.soc - true) <= 2 * flt.sigma
            total += 1
    assert covered >= 0.9 * total


def test_the_sum_of_a_thousand_tiny_charges_is_not_lost_in_single_precision() -> None:
    flt = SocFilter(CELL)
    flt.start(0.5, 0.1)
    single(flt, np.float32)
    step: list[Any] = [np.float32(v) for v in (-0.1 * STEP_s / 3600, -0.1, float("nan"), 25.0, STEP_s)]
    for _ in range(36_000):
        flt.step(*step)
    assert float(flt.soc) == pytest.approx(0.5 - 0.1 / 20, rel=1e-5)


def test_a_day_in_single_precision_loses_neither_its_positive_covariance_nor_its_way() -> None:
    rng = np.random.default_rng(5)
    double, narrow = SocFilter(CELL), SocFilter(CELL)
    for flt in (double, narrow):
        flt.start(0.6, 0.15)
    single(narrow, np.float32)
    soc, current = 0.5, 0.0
    with np.errstate(all="raise", under="ignore"):
        for k in range(8640):
            if k % 30 == 0:
                current = 0.0 if k % 90 == 0 else float(rng.choice([-10.0, -0.05, 4.0, 12.0])) * (1 if soc < 0.7 else -1)
            soc += current * 10 / 3600 / 20
            volts = np.interp(soc, KNOTS, CELL.ocv_mV) / 1000 + current * 0.003 + float(rng.normal(0, 0.002))
            sample = (current * 10 / 3600, current, volts, 25 + 20 * np.sin(k / 700), 10.0)
            double.step(*sample)
            narrowed: list[Any] = [np.float32(v) for v in sample]
            narrow.step(*narrowed)
            if k % 200 == 0:
                assert positive(narrow)
                assert float(narrow.soc) == pytest.approx(double.soc, abs=0.003)
    assert isinstance(narrow.soc, np.float32)


@pytest.mark.parametrize("where", range(5))
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_poisons_nothing(hour: tuple[list[Sample], list[float]], where: int, bad: float) -> None:
    flt, spared = SocFilter(CELL), SocFilter(CELL)
    for k, sample in enumerate(hour[0][:2000]):
        row = [*sample, STEP_s]
        spared.step(*row)
        if k % 100 == 50:
            row[where] = bad
        flt.step(*row)
        assert all(value == value for value in vars(flt).values() if isinstance(value, float))
    assert flt.soc == pytest.approx(spared.soc, abs=0.005)


def test_what_no_model_explains_shows_as_a_surplus_within_seconds_and_never_before(
    hour: tuple[list[Sample], list[float]],
) -> None:
    flt = SocFilter(CELL)
    flt.start(hour[1][0] + 0.05, 0.15)
    for k, (charge, current, volts, degC) in enumerate(hour[0][:12_000]):
        flt.step(charge, current, volts + (0.4 if k >= 9000 else 0.0), degC, STEP_s)
        if k < 9000:
            assert flt.surplus_V == 0.0
        if k == 9060:
            assert 0.05 < flt.surplus_V < 0.4


def test_a_rest_of_a_day_is_not_believed_a_thousand_times_over() -> None:
    flt = SocFilter(CELL)
    flt.start(0.5, 0.15)
    volts = np.interp(0.5, KNOTS, CELL.ocv_mV) / 1000
    for _ in range(8640):
        flt.step(0.0, 0.0, volts, 25.0, 10.0)
    flat_V = (np.interp(0.55, KNOTS, CELL.ocv_mV) - np.interp(0.5, KNOTS, CELL.ocv_mV)) / 50
    assert flt.sigma > 0.5 * np.interp(0.5, KNOTS, CELL.hyst_mV) / 1000 * 0.3 / flat_V


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
