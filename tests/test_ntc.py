"""A thermistor's temperature by integers is that of its maker's equation in floats; broken and shorted are no values."""

import math
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.parts import ntc
from tests.small_int import small

PULL_UP_ohm = 10000
REFERENCE_counts = 20000  # 3 V of 150 uV


def steinhart_hart_K(ohm: float) -> float:
    """Vishay's own inverse of NTCLE100E3103: 1/T by the logarithm of R/R25, four coefficients of the same data sheet."""
    x = math.log(ohm / 10000)
    return 1 / (3.354016e-3 + 2.569850e-4 * x + 2.620131e-6 * x**2 + 6.383091e-8 * x**3)


def beta_K(ohm: float) -> float:
    return 1 / (1 / 298.15 + math.log(ohm / 10000) / 3434)


TYPES: "dict[str, tuple[tuple[int, ...], Callable[[float], float]]]" = {
    "NTCLE100E3103": (ntc.NTCLE100E3103_ohm, steinhart_hart_K),
    "BETA_3434": (ntc.BETA_3434_ohm, beta_K),
}


def resistance_ohm(of_K: "Callable[[float], float]", degC: float) -> float:
    """Where the maker's equation says this temperature, by halving."""
    low, high = 50.0, 2e6
    for _ in range(60):
        middle = math.sqrt(low * high)
        if of_K(middle) - 273.15 > degC:
            low = middle
        else:
            high = middle
    return low


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("pull_up_ohm", [4700, PULL_UP_ohm, 22000])
def test_from_40_below_to_125_degrees_the_table_is_within_three_tenths_of_the_makers_equation(
    kind: str, pull_up_ohm: int
) -> None:
    table_ohm, of_K = TYPES[kind]
    sensor = ntc.Ntc(table_ohm, pull_up_ohm)
    worst_K = 0.0
    for step in range(-400, 1251):
        ohm = resistance_ohm(of_K, step / 10)
        counts = round(REFERENCE_counts * ohm / (ohm + pull_up_ohm))
        worst_K = max(worst_K, abs(sensor.ddegC(counts, REFERENCE_counts) / 10 - step / 10))
    assert worst_K <= 0.3


@pytest.mark.parametrize("kind", TYPES)
def test_every_row_of_the_table_is_what_the_makers_equation_gives(kind: str) -> None:
    table_ohm, of_K = TYPES[kind]
    assert len(table_ohm) == 81
    for k, ohm in enumerate(table_ohm):
        assert of_K(ohm) - 273.15 == pytest.approx(-50 + 2.5 * k, abs=0.1)


@pytest.mark.parametrize("kind", TYPES)
def test_a_reference_that_sags_moves_nothing_by_more_than_what_counts_resolve(kind: str) -> None:
    table_ohm, of_K = TYPES[kind]
    sensor = ntc.Ntc(table_ohm, PULL_UP_ohm)
    for degC in range(-40, 126, 5):
        ohm = resistance_ohm(of_K, degC)
        seen = [sensor.ddegC(round(counts * ohm / (ohm + PULL_UP_ohm)), counts) for counts in (18000, 20000, 22000)]
        assert max(seen) - min(seen) <= 2


@given(reference=st.integers(1, 32767), counts=st.integers(-40000, 40000), more=st.integers(0, 1000))
def test_more_counts_are_never_warmer_and_no_product_leaves_small_ints(reference: int, counts: int, more: int) -> None:
    sensor = ntc.Ntc(ntc.NTCLE100E3103_ohm, PULL_UP_ohm)
    colder = sensor.ddegC(small(counts + more), small(reference))
    warmer = sensor.ddegC(small(counts), small(reference))
    if warmer == ntc.OPEN:
        assert colder == ntc.OPEN
    elif warmer != ntc.SHORT and colder != ntc.OPEN:
        assert colder <= warmer
    for value in (colder, warmer):
        assert value in (ntc.OPEN, ntc.SHORT) or -500 <= value <= 1500


@pytest.mark.parametrize(("counts", "result"), [
    (REFERENCE_counts, ntc.OPEN), (REFERENCE_counts + 50, ntc.OPEN), (REFERENCE_counts - 20, ntc.OPEN),
    (0, ntc.SHORT), (-10, ntc.SHORT), (100, ntc.SHORT),
])  # fmt: skip
def test_a_broken_wire_and_a_short_circuit_are_told_apart_and_are_no_temperatures(counts: int, result: int) -> None:
    assert ntc.Ntc(ntc.NTCLE100E3103_ohm, PULL_UP_ohm).ddegC(counts, REFERENCE_counts) == result


@pytest.mark.parametrize("reference", [0, -5, 40000])
def test_without_a_reference_there_is_no_temperature(reference: int) -> None:
    assert ntc.Ntc(ntc.NTCLE100E3103_ohm, PULL_UP_ohm).ddegC(10000, reference) == ntc.SHORT


def test_a_pull_up_of_nothing_dies_at_start() -> None:
    with pytest.raises(ValueError, match="pull_up_ohm"):
        ntc.Ntc(ntc.NTCLE100E3103_ohm, 0)


SWEEP = """
import sys
sys.path.append(".")
import micropython
from boards.parts import ntc
sensor = ntc.Ntc(ntc.NTCLE100E3103_ohm, 10000)
total = 0
micropython.heap_lock()
for counts in range(-100, 20100, 7):
    total = (31 * total + sensor.ddegC(counts, 20000)) & 0xFFFFFF
micropython.heap_unlock()
print(total)
"""


def test_on_micropython_it_allocates_nothing_and_says_the_same(micropython: str, root: Path) -> None:
    done = subprocess.run([micropython, "-c", SWEEP], cwd=root, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    sensor = ntc.Ntc(ntc.NTCLE100E3103_ohm, 10000)
    total = 0
    for counts in range(-100, 20100, 7):
        total = (31 * total + sensor.ddegC(counts, 20000)) & 0xFFFFFF
    assert int(done.stdout) == total
