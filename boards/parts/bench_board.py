"""A hardware board on a bench: what it knows of a pack comes over its CAN, and what it does to one is told over its CAN.

Its controller, clock and watchdogs are its own; no chip is read, nothing is remembered, and no coil, heater or bleeder is
driven: HIL_ACTUATORS says in every tick what would be, HIL_BLEED when that changes. So a board can be driven by `hil run
--target bus` before it has ever seen a cell. Frames that the bench sends while no tick is due wait in the queue, so the
age of a value is what it is on the bench plus up to one tick. Nothing allocates in a tick.
"""

from array import array

from micropython import const

from boards.parts.bench_frames import HilActuators, HilBleed
from boards.parts.bench_front_end import BenchFrontEnd
from boards.parts.can_queue import CanQueue
from boards.parts.mainboard import Mainboard

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    from bms.board import Mailbox
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

_WORDS = const(4)


class BenchWires:
    """The bench's sensor frames in place of front_end.FrontEnd; `bled` is what was ordered last."""

    def __init__(self, pack: "Pack", can: CanQueue) -> None:
        self._can = can
        self._frames = BenchFrontEnd(pack)
        self.bled = array("i", [0] * _WORDS)

    def sample(self, snap: "Snapshot", mailbox: "Mailbox", now_ms: int) -> None:
        can = self._can
        frames = self._frames
        frames.begin(snap, mailbox)
        can.poll()
        while can.take():
            if can.extended or not frames.dispatch(can.identifier, can.data):
                mailbox.put(can.identifier, can.extended, can.data)

    def bleed(self, groups: "array[int]") -> None:
        bled = self.bled
        for k in range(_WORDS):
            bled[k] = groups[k]


class BenchBoard(Mainboard):
    """The board whose folder's module (boards/NAME/board.py) is given, with the bench in place of its chips."""

    def __init__(self, pack: "Pack", module: "Any") -> None:
        nets = module.wired()
        can = CanQueue(module.controller(nets))
        self._wires = BenchWires(pack, can)
        super().__init__(module.machine, module.time, nets, can, self._wires, None)
        self.benched = True
        self._actuators = HilActuators()
        self._bleed = HilBleed()
        self._told = array("i", [-1] * _WORDS)  # nothing yet
        self._buffer = bytearray(8)

    def contactors(self, mask: int, hold_percent: int) -> None:
        self._actuators.contactors = mask
        self._actuators.economiser_percent = hold_percent

    def thermal(self, heater_permille: int, cooler_permille: int) -> None:
        self._actuators.heater_permille = heater_permille
        self._actuators.cooler_permille = cooler_permille

    def alive(self) -> None:
        Mainboard.alive(self)
        self._actuators.watchdog = (self._actuators.watchdog + 1) & 0xFF

    def finish(self, decisions: "array[int]", soc: float, sigma: float, hysteresis: float, fresh: bool) -> None:
        """What a wire would carry. A frame that finds no room is made anew with the next tick."""
        buffer = self._buffer
        self._actuators.pack(buffer)
        self._can.send(HilActuators.ID, buffer, False)
        told = self._told
        bled = self._wires.bled
        for k in range(_WORDS):
            if told[k] != bled[k]:
                self._tell_bleeders()
                return

    def _tell_bleeders(self) -> None:
        bled = self._wires.bled
        frame = self._bleed
        frame.groups_0_15 = bled[0]
        frame.groups_16_31 = bled[1]
        frame.groups_32_47 = bled[2]
        frame.groups_48_63 = bled[3]
        frame.pack(self._buffer)
        if self._can.send(HilBleed.ID, self._buffer, False):
            for k in range(_WORDS):
                self._told[k] = bled[k]
