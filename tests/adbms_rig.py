"""Two emulated monitors on a bus with our driver: 24 groups behind dividers by 5, two stacks by 40, six probes."""

from array import array

from boards.parts.adbms6830 import Adbms6830Chain
from hil.chips.adbms6830 import Chain
from hil.chips.buses import Pin, Spi
from hil.chips.microcontroller import Clock

CHIPS = 2
GROUPS = 24
GROUP_permille, STACK_permille = 5000, 40000
ROWS = (
    *[(k // 12, k % 12, GROUP_permille) for k in range(GROUPS)],
    *[(chip, 12, STACK_permille) for chip in range(CHIPS)],
)
PROBES = ((0, 0), (0, 4), (0, 9), (1, 2), (1, 3), (1, 6))
TICK_us = 10_000
COLD_ticks = 10  # after power on, the self-test included


class Rig:
    """`values` are in mV, groups then stacks; `mask_groups` and `mask_stacks` say which came in the last tick."""

    def __init__(self, spi: "Spi | None" = None, select: "Pin | None" = None) -> None:
        self.clock = Clock()
        self.world = Chain(self.clock, CHIPS)
        self.select = select or Pin()
        self.spi = spi or Spi()
        self.spi.attach(self.world, self.select)
        self.chain = Adbms6830Chain(self.spi, self.select, self.clock, CHIPS, ROWS, GROUPS, PROBES)
        self.values = array("i", [0] * len(ROWS))
        self.probes = array("i", [0] * len(PROBES))
        self.mask_groups = self.mask_stacks = self.mask_probes = 0
        self.show([15000 + 100 * k for k in range(GROUPS)])

    def show(self, groups_mV: "list[int]") -> None:
        """What stands at the taps."""
        for k, mV in enumerate(groups_mV):
            self.world.chips[k // 12].cell_V[k % 12] = mV / GROUP_permille
        for chip in range(CHIPS):
            self.world.chips[chip].cell_V[12] = sum(groups_mV[12 * chip : 12 * chip + 12]) / STACK_permille

    def tick(self, n: int = 1) -> None:
        for _ in range(n):
            self.chain.start()
            self.mask_groups = self.chain.read(0, GROUPS, self.values, 0)
            self.mask_stacks = self.chain.read(GROUPS, CHIPS, self.values, GROUPS)
            self.mask_probes = self.chain.read_probes(0, len(PROBES), self.probes, 0)
            self.clock.run(TICK_us)

    def trouble(self, kind: int) -> int:
        return self.chain.trouble[kind]

    def within(self, kind: int, bits: int, ticks: int) -> int:
        """Ticks until all these chips are in trouble of this kind; more than `ticks` where they are not."""
        for n in range(1, ticks + 1):
            self.tick()
            if self.trouble(kind) & bits == bits:
                return n
        return ticks + 1
