"""Eight slow inputs as one byte: from pins of the controller, or from an I2C port expander where pins are scarce.

Bits 0 to 3 are the mirror contacts of NEGATIVE, PRECHARGE, POSITIVE, AUXILIARY: normally closed, so the input is low while the
main contact is open, and a broken wire reads as a contact that has not opened. Bit 4 high: crash, or its wire is broken. Bit 5
low: fuse intact. Bit 6 low: charger plugged. Bit 7 low: coils have supply. All have pull-ups; low is a closed contact.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Protocol

    from boards.parts.manners import I2c, InputPin

    class Inputs(Protocol):
        """Either of the two."""

        errors: int

        def read(self) -> int:
            """The byte, or NO_ANSWER."""


NETS = (
    "FEEDBACK_NEGATIVE",
    "FEEDBACK_PRECHARGE",
    "FEEDBACK_POSITIVE",
    "FEEDBACK_AUXILIARY",
    "CRASH",
    "FUSE_N",
    "CHARGER_N",
    "COIL_SUPPLY_N",
)
FEEDBACK_bits = const(15)
CRASH = const(16)
FUSE_N = const(32)
CHARGER_N = const(64)
COIL_SUPPLY_N = const(128)
NO_ANSWER = const(-1)

EXPANDER = const(0x20)  # TCA9554 with A2, A1, A0 low
_INPUT_PORT = const(0)  # TCA9554 (Texas Instruments, SCPS233): command byte 0 reads the pins, 3 makes them inputs
_CONFIGURATION = const(3)
_ALL_INPUTS = b"\xff"
_COUNT = const(8)
_RING = const(0x3FFFFFFF)


class DirectInputs:
    """Eight pins, in the order of NETS."""

    def __init__(self, pins: "tuple[InputPin, ...]") -> None:
        if len(pins) != _COUNT:
            raise ValueError("eight inputs")
        self._pins = pins
        self.errors = 0

    def read(self) -> int:
        pins = self._pins
        byte = 0
        for k in range(_COUNT):
            if pins[k].value():
                byte |= 1 << k
        return byte


class ExpandedInputs:
    """A TCA9554 (or what has its registers). `errors`: how often it did not answer."""

    def __init__(self, i2c: "I2c", address: int = EXPANDER) -> None:
        self._i2c = i2c
        self._address = address
        self._byte = bytearray(1)
        self._all_inputs = bytearray(_ALL_INPUTS)
        self._configured = False
        self.errors = 0

    def read(self) -> int:
        byte = self._byte
        try:
            if not self._configured:
                self._i2c.writeto_mem(self._address, _CONFIGURATION, self._all_inputs)
                self._configured = True
            self._i2c.readfrom_mem_into(self._address, _INPUT_PORT, byte)
        except OSError:
            self._configured = False
            self.errors = (self.errors + 1) & _RING
            return NO_ANSWER
        return byte[0]
