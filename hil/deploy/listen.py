"""Waits on a CAN bus for the firmware's word: a frame of its limits with a sound check and a counter that goes on."""

import time

from bms.can.e2e import crc16
from bms.can.frames import BmsLimits
from hil.errors import BadInput
from hil.targets.base import TargetDied
from hil.targets.canbus import CanBus

FRAMES_s = 20.0


class Listener:
    """The bus, open from before the board starts."""

    def __init__(self, bus: str) -> None:
        if not bus.partition(":")[0] or not bus.partition(":")[2]:
            raise BadInput(f"bus {bus}: INTERFACE:CHANNEL, for example socketcan:can0")
        self._bus = CanBus(bus)

    def wait(self) -> str:
        """Says what was heard. BadInput where nothing came, or nothing sound."""
        until_s = time.monotonic() + FRAMES_s
        frames = unsound = 0
        counter = -1
        while (left_s := until_s - time.monotonic()) > 0:
            try:
                got = self._bus.receive(left_s)
            except TargetDied as error:
                raise BadInput(str(error)) from error
            if got is None:
                continue
            frames += 1
            identifier, data, _ = got
            if identifier != BmsLimits.ID:
                continue
            if data[0] | data[1] << 8 != crc16(data, 2, 8, identifier):
                unsound += 1
            elif counter >= 0 and 0 < (data[2] - counter) % 256 < 8:
                return f"protected frames on {self._bus.name}"
            else:
                counter = data[2]
        heard = f"{frames} frames, {unsound} of them unsound" if frames else "no frame"
        raise BadInput(f"bus {self._bus.name}: no valid protected frame within {FRAMES_s:g} s: {heard}")

    def close(self) -> None:
        """Lets go of the bus."""
        self._bus.close()
