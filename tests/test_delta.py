"""Groups against the mean layer: the hidden layers' differences are found, a failing layer's group is named, a healthy pack's
none. The plant's hidden layers are the truth; the sensors err as the pack declares."""

import struct
import subprocess
from array import array
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bms.estimate.delta import NOBODY, Delta
from bms.estimate.model import Model
from bms.packs.bench_24 import PACK
from bms.packs.ev_240 import PACK as EV
from bms.schema import PACK_FIELDS, Pack, replaced
from hil.benches.group_rig import Rig, day

CAPACITY_Ah = 20.0
LAYER = 14
GROUP = 2


def quick_day(seed: int) -> list[tuple[float, float]]:
    return day(CAPACITY_Ah, seed, 0.65, 1.0, 1.0)


def learnt(seed: int) -> Rig:
    """A pack with one cycle behind it."""
    rig = Rig(PACK, seed)
    rig.run(quick_day(seed))
    return rig


def test_after_two_cycles_capacities_are_those_of_the_hidden_layers_and_a_healthy_pack_has_no_weak_group() -> None:
    rig = learnt(1)
    delta = rig.groups.delta
    assert delta.learnt_capacity and delta.learnt_resistance
    rig.run(quick_day(101))
    truth = rig.true_capacity()
    assert np.abs(truth).max() > 0.003  # there is something to find
    assert np.abs(np.array(delta.capacity) - truth).max() < 0.0015
    assert np.abs(np.array(delta.hysteresis) - rig.true_hysteresis()).max() < 0.01
    assert rig.named == {}


@pytest.mark.parametrize(
    ("fault", "severity", "kind"), [("high_resistance", 1.2, "resistance"), ("low_capacity", 0.97, "capacity")]
)
def test_one_layer_of_six_that_gains_a_fifth_of_resistance_or_loses_3_percent_of_capacity_is_named_within_a_cycle(
    fault: str, severity: float, kind: str
) -> None:
    rig = learnt(2)
    assert rig.named == {}
    rig.plant.set_layer_fault(LAYER, fault, severity)
    rig.run(quick_day(102))
    assert list(rig.named) == [(kind, GROUP)]
    delta = rig.groups.delta
    found = delta.resistive_part if kind == "resistance" else delta.weak_part
    assert abs(severity - 1) * 0.6 < found < abs(severity - 1) * 1.4  # wholly laid on one layer


def test_a_pack_of_one_group_names_nobody() -> None:
    pack = replaced(Pack, PACK_FIELDS, PACK, taps=(24,))
    delta = Delta(pack, Model(pack.cell))
    volts = array("i", [84000])
    for _ in range(30):
        delta.follow(0.1, 0.5, 10.0)
        delta.begin(volts, 84000, 36.0, 0.6, 0.5, 25.0)
        assert delta.step(5)
        delta.judge()
    assert delta.capacity == [0.0]
    assert delta.weak_group == delta.resistive_group == NOBODY


def test_a_pass_in_parts_is_the_same_as_a_pass_at_once() -> None:
    volts = array("i", [21000 + 3 * (g * 7 % 11) for g in range(40)])
    said = []
    for part in (40, 7):
        delta = Delta(EV, Model(EV.cell))
        delta.follow(0.1, 0.5, 1.0)
        delta.begin(volts, sum(volts), 36.0, 0.6, 0.5, 25.0)
        while not delta.step(part):
            pass
        said.append((delta.soc, delta.capacity, delta.resistance, delta.hysteresis))
    assert said[0] == said[1]


def narrow(room: object, number: type) -> None:
    """Turns everything a room holds into numbers of this type."""
    for name, value in list(vars(room).items()):
        if isinstance(value, float):
            setattr(room, name, number(value))
        elif isinstance(value, list) and value and isinstance(value[0], float):
            setattr(room, name, [number(v) for v in value])


def covariance(delta: Delta) -> np.ndarray:
    matrix = np.zeros((4, 4))
    matrix[np.triu_indices(4)] = [float(p) for p in delta._p]
    return matrix + np.triu(matrix, 1).T


def test_a_day_in_single_precision_stays_near_double_and_the_covariance_positive() -> None:
    both = []
    number: Any
    for number in (float, np.float32):
        delta = Delta(PACK, Model(PACK.cell))
        narrow(delta, number)
        narrow(delta._model, number)
        rng = np.random.default_rng(5)
        soc, h = 0.8, -0.5
        lowest = 1.0
        for k in range(12000):
            current = float(rng.choice([-20.0, -5.0, 0.0, 10.0])) * (1 if (k // 3000) % 2 == 0 else -1)
            soc = min(0.95, max(0.05, soc + current * 7 / 72000))
            h += (1 - np.exp(-15 * abs(current) * 7 / 72000)) * (np.sign(current) - h)
            volts = array("i", [21500 + round(6000 * (0.002 * g * soc + current * 2e-5 * g)) for g in range(4)])
            delta.follow(number(current * 7 / 3600), number(h), number(7.0))
            delta.begin(volts, sum(volts), number(current), number(soc), number(h), number(25.0))
            delta.step(4)
            if k % 400 == 0:
                matrix = covariance(delta)
                scale = np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))
                lowest = min(lowest, float(np.linalg.eigvalsh(matrix / scale).min()))
        assert lowest > -1e-3
        assert isinstance(delta.capacity[0], number)
        both.append([*delta.soc, *delta.capacity, *(r / 10 for r in delta.resistance)])
    assert np.abs(np.array(both[0]) - np.array(both[1], float)).max() < 2e-4


SCRIPT = """
import sys
sys.path.append(".")
import struct
from array import array
from bms.packs.bench_24 import PACK
from bms.estimate.groups import Groups
class Bounds:
    layer_high_mV = 3700
    layer_low_mV = 3400
    cold_ddegC = 220
    map_dA = 800
    table_dA = 900
groups = Groups(PACK)
seed = 1
soc = 0.5
total = 0
for k in range(4000):
    seed = (seed * 1103515245 + 12345) & 0x3fffffff
    current = (seed >> 12) % 900 / 10.0 - 45.0 if k % 40 < 30 else 0.0
    volts = array("i", [21000 + int(current * 18) + g * (k % 90) // 40 + (seed >> 5) % 7 for g in range(4)])
    soc += current / 72000.0
    groups.bounds(Bounds, Bounds)
    groups.take(volts, int(current * 1000), current, soc, 0.02, 0.3 if current > 0 else -0.4, 25.0, 1.0)
    while groups.busy:
        groups.step()
    if k % 100 == 99:
        d = groups.delta
        r = groups.resistance
        words = d.soc + d.capacity + d.resistance + groups.leak.lost + r.quick + groups.power.charge_A
        words += [d.sigma_capacity, r.r10, groups.health.capacity_Ah, groups.power.discharge_A[2]]
        print(k, struct.pack("<%dd" % len(words), *words).hex())
"""


def test_all_that_is_said_of_groups_has_the_same_bits_on_micropython_and_cpython(micropython: str, root: Path) -> None:
    lines: list[str] = []
    exec(SCRIPT, {"print": lambda *words: lines.append(" ".join(str(word) for word in words))})
    done = subprocess.run([micropython, "-c", SCRIPT], cwd=root, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.splitlines() == lines, done.stderr
    assert len(lines) == 40
    last = struct.unpack("<28d", bytes.fromhex(lines[-1].split()[1]))
    assert all(value == value for value in last)
    assert last[-1] > 0  # there is power to be had
