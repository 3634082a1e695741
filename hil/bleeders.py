"""Bleeders across the groups and the wires that they share with the voltage sensors: what each takes, and what readings show.

A tap's wire carries what the bleeder below it gives back less what the one above takes; its resistance stands in the readings
of both groups that end there: a bled group reads low, its neighbours high. A stack's own sensor has wires of its own. Each
bleeder's current and each wire's resistance is drawn inside what the firmware allows for. Without the firmware's watchdog all
are off, but for one that is stuck. A, V, ohm.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bms.control.balance import LEAD_mohm
from bms.control.bleeders import WORDS, PART_permille
from bms.schema import Pack, group_count
from boards.parts.bench_frames import HilBleed
from hil.plant import Plant

if TYPE_CHECKING:
    from hil.sensors import Sensors

Floats = NDArray[np.float64]

WORD_bits = 16
KINDS = ("stuck_on", "stuck_off")


class Bleeders:
    """`current_A` of each group's bleeder now; `active` while any takes something."""

    def __init__(self, pack: Pack, seed: int, plant: Plant, sensors: "Sensors") -> None:
        self._plant, self._sensors = plant, sensors
        self._per_stack = len(pack.taps)
        self._layers = np.array(list(pack.taps) * pack.stacks)
        groups = group_count(pack)
        rng = np.random.Generator(np.random.PCG64([seed, 3]))
        part = PART_permille / 1000
        self.full_A = pack.bleed_mA / 1000 * (1 + rng.uniform(-part, part, groups))
        self.lead_ohm = rng.uniform(0, LEAD_mohm / 1000, (pack.stacks, self._per_stack + 1))
        self._asked = np.zeros(groups, dtype=bool)
        self._stuck: dict[tuple[int, str], int] = {}
        self._frame = HilBleed()
        self.current_A = np.zeros(groups)
        self.active = False

    def hear(self, data: bytes) -> None:
        """What the firmware switches."""
        frame = self._frame
        frame.unpack(data)
        words = (frame.groups_0_15, frame.groups_16_31, frame.groups_32_47, frame.groups_48_63)
        assert len(words) == WORDS
        self.switch({16 * k + bit for k, word in enumerate(words) for bit in range(WORD_bits) if word >> bit & 1})

    def switch(self, bled: set[int]) -> None:
        """Groups that are to be bled from now on, and no others."""
        self._asked[:] = [g in bled for g in range(len(self._asked))]
        self._settle()

    def step(self, alive: bool, dt_s: float) -> float:
        """One tick while `active`. `alive`: the firmware feeds its watchdog. Answers the energy taken, in J."""
        if not alive and self._asked.any():
            self.switch(set())
        return float(np.dot(self.current_A, self._plant.group_V)) * dt_s

    def set_fault(self, group: int, kind: str) -> None:
        """One bleeder no longer obeys."""
        self._stuck[group, kind] = 1
        self._settle()

    def clear_fault(self, group: int, kind: str) -> None:
        """It obeys again."""
        self._stuck.pop((group, kind), None)
        self._settle()

    def _settle(self) -> None:
        on = self._asked.copy()
        for group, kind in self._stuck:
            on[group] = kind == "stuck_on"
        self.current_A = np.where(on, self.full_A, 0.0)
        self.active = bool(on.any())
        self._plant.bleed(np.repeat(self.current_A, self._layers))
        self._sensors.tap_drop_V = self._drop_V()

    def _drop_V(self) -> Floats:
        """What the wires take off each group's reading."""
        own_A = self.current_A.reshape(-1, self._per_stack)
        none_A = np.zeros((len(own_A), 1))
        wire_A = np.hstack([none_A, own_A]) - np.hstack([own_A, none_A])  # towards the board, lowest tap first
        tap_V = wire_A * self.lead_ohm
        drop_V: Floats = (tap_V[:, 1:] - tap_V[:, :-1]).ravel()
        return drop_V
