"""The firmware in this process on a hardware board whose chips are emulated register by register: no sensor frame reaches it.

What the bench's sensors read becomes what stands at the chips' pins before they convert; what the firmware does to pins, pulse
widths and chip registers goes back to the bench as its actuator frames. The clock is the emulators': it runs while the board
waits for its next tick. Other frames go through an emulated CAN controller and, since a bus takes its time, what the firmware
sends in a tick reaches the bench with the next. `world` holds the chips, whose own attributes are faults of their own.
"""

import struct
from array import array
from typing import Any
from zlib import crc32

from bms.schema import PACK_FIELDS, Pack, charge_map, replaced
from boards.parts.bench_frames import HilActuators, HilBleed, HilDone, HilProbeHysteresis, HilProbeSigma, HilProbeSoc
from hil.chips.world import World
from hil.errors import BadInput, one_line
from hil.load import load_pack
from hil.targets.base import Target, TargetDied

_HEADER = struct.Struct("<IB3x")


class ChipsTarget(Target):
    """bms.app.App on boards.NAME of emulated chips, ticked by exchange(). `stored_soc_permille` is what the memory says."""

    takes_error_frames = False

    def __init__(
        self, board_name: str, pack_name: str, map_name: str | None = None, stored_soc_permille: int | None = None
    ) -> None:
        super().__init__()
        self._pack = load_pack(pack_name)
        if map_name is not None:
            self._pack = replaced(Pack, PACK_FIELDS, self._pack, charge_map=map_name)
            try:
                charge_map(self._pack)
            except KeyError as error:
                raise BadInput(f"charge map {map_name}: the cell of {pack_name} has none of that name") from error
        self.world = World(board_name, self._pack)
        self._stored_soc_permille = -1 if stored_soc_permille is None else stored_soc_permille
        self._board: Any = None
        self._actuators, self._bleed = HilActuators(), HilBleed()
        self._bled = 0
        self._soc, self._sigma, self._hysteresis = HilProbeSoc(), HilProbeSigma(), HilProbeHysteresis()
        self._answer = bytearray()
        self.app: Any = None

    def start(self) -> None:
        from bms.app import App

        self._board = board = self.world.board()
        board.stored_soc_permille = lambda: self._stored_soc_permille
        board.rested = lambda: True
        board.finish = self._finish
        board.benched = True
        try:
            self.app = App(self._pack, board)
        except Exception as error:
            raise TargetDied(f"the firmware did not start: {one_line(error)}") from error

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        world, board = self.world, self._board
        if board is None:
            raise TargetDied("the firmware is not running")
        self._n = n
        self._answer.clear()
        world.can.deliver(world.hear(frames))
        try:
            board.wait()
            self.app.tick()
        except Exception as error:
            self._board = None
            raise TargetDied(f"the firmware died in tick {n}: {one_line(error)}") from error
        return self.answer(n, world.can.collect() + self._answer)

    def _finish(self, decisions: "array[int]", soc: float, sigma: float, hysteresis: float, fresh: bool) -> None:
        """What a bench sees of wires and, of the firmware, its estimates and decisions."""
        world, actuators = self.world, self._actuators
        if fresh:
            self._soc.soc, self._sigma.sigma, self._hysteresis.hysteresis = soc, sigma, hysteresis
            for probe in (self._soc, self._sigma, self._hysteresis):
                self._put(probe)
        actuators.contactors = world.coils
        actuators.economiser_percent = world.coil_percent
        actuators.watchdog = world.relay.pulses & 0xFF
        actuators.heater_permille, actuators.cooler_permille = world.permille("HEATER"), world.permille("COOLER")
        self._put(actuators)
        if world.bled != self._bled:
            self._bled = world.bled
            words = [self._bled >> 16 * k & 0xFFFF for k in range(4)]
            bleed = self._bleed
            bleed.groups_0_15, bleed.groups_16_31, bleed.groups_32_47, bleed.groups_48_63 = words
            self._put(bleed)
        done = HilDone()
        crc = crc32(decisions)
        done.n, done.crc_low, done.crc_high = self._n, crc & 0xFFFF, crc >> 16
        self._put(done)

    def _put(self, message: Any) -> None:
        data = bytearray(8)
        message.pack(data)
        self._answer += _HEADER.pack(message.ID, message.LENGTH) + data

    def close(self) -> None:
        self._board = None
