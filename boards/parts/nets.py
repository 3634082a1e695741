"""Nets of a schematic to objects of `machine`: a board's table of pins says which is which.

PINS of a board has rows (net, pin, direction, what). Directions: "out", "in" (pulled up), "edge" (an input with an interrupt),
"pwm", "adc", "bus" (a peripheral's own, named where it is opened). NEEDED are the nets that the firmware's parts ask for;
DIRECT are needed as well where the inputs are pins and not an expander.
"""

from micropython import const

from boards.parts.inputs import NETS as DIRECT

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    Rows = tuple[tuple[str, "str | int", str, str], ...]

NEEDED = (
    ("MONITOR_SCK", "bus"),
    ("MONITOR_MISO", "bus"),
    ("MONITOR_MOSI", "bus"),
    ("MONITOR_CS", "out"),
    ("MEMORY_CS", "out"),
    ("SENSE_SCL", "bus"),
    ("SENSE_SDA", "bus"),
    ("COIL_NEGATIVE", "pwm"),
    ("COIL_PRECHARGE", "pwm"),
    ("COIL_POSITIVE", "pwm"),
    ("COIL_AUXILIARY", "pwm"),
    ("HEATER", "pwm"),
    ("COOLER", "pwm"),
    ("WATCHDOG_PULSE", "out"),
    ("INTERLOCK_DRIVE", "out"),
    ("INTERLOCK_SENSE", "in"),
    ("INSULATION", "edge"),
    ("FLOW", "edge"),
    ("SUPPLY", "adc"),
    ("COOLANT_INLET", "adc"),
    ("COOLANT_OUTLET", "adc"),
)
COILS = ("COIL_NEGATIVE", "COIL_PRECHARGE", "COIL_POSITIVE", "COIL_AUXILIARY")


class Nets:
    """Objects by net. KeyError for a net that the table does not have, ValueError for one of another direction.

    `pwm`: a function (net, pin, Hz) -> PWM for firmware without machine.PWM."""

    def __init__(self, machine: "Any", pins: "Rows", pwm: "Any" = None) -> None:
        self._machine = machine
        self._rows = {row[0]: row for row in pins}
        self._pwm = pwm

    def pin(self, net: str, direction: str) -> "str | int":
        """What the table says."""
        row = self._rows[net]
        if row[2] != direction:
            raise ValueError(net + " is " + row[2] + ", not " + direction)
        return row[1]

    def output(self, net: str, value: int = 0) -> "Any":
        """A pin that is driven with `value` from now on."""
        pin = self._machine.Pin
        return pin(self.pin(net, "out"), pin.OUT, value=value)

    def input(self, net: str) -> "Any":
        """A pin with its pull-up."""
        pin = self._machine.Pin
        return pin(self.pin(net, "in"), pin.IN, pin.PULL_UP)

    def edge(self, net: str) -> "Any":
        """A pin, pulled up, for a part that sets its interrupt."""
        pin = self._machine.Pin
        return pin(self.pin(net, "edge"), pin.IN, pin.PULL_UP)

    def bus(self, net: str) -> "Any":
        """A pin for a bus whose pins are chosen where it is opened."""
        return self._machine.Pin(self.pin(net, "bus"))

    def pwm(self, net: str, frequency_Hz: int) -> "Any":
        """Off from the beginning."""
        pin = self._machine.Pin(self.pin(net, "pwm"))
        if self._pwm is not None:
            return self._pwm(net, pin, frequency_Hz)
        return self._machine.PWM(pin, freq=frequency_Hz, duty_u16=0)

    def adc(self, net: str) -> "Any":
        """A converter on the pin."""
        return self._machine.ADC(self._machine.Pin(self.pin(net, "adc")))

    def direct(self) -> "tuple[Any, ...]":
        """The eight slow inputs as pins, in the order of their bits."""
        return tuple([self.input(net) for net in DIRECT])

    def coils(self, frequency_Hz: int) -> "tuple[Any, ...]":
        """In the order of the contactor bits."""
        return tuple([self.pwm(net, frequency_Hz) for net in COILS])
