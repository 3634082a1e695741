"""The sensors of a hardware board, built from its nets and buses and the pack: which input of which chip measures what.

One monitor a stack, in the order of the stacks along the isoSPI chain. Its cells 1 to G measure the stack's groups, cell G + 1
the whole stack; its GPIO 1 to 10 the stack's probes in the order of the pack. A group of n layers hangs on a divider by n, a
stack of N layers on one by N, so that every input sees the mean layer; taps of single layers need none. NTCs hang between GPIO
and the chip's ground, with 10 kohm to its 3 V reference; the coolant's between pin and ground with 10 kohm to 3.3 V. Current
sensors: shunts of 100 uohm; the bus voltage inputs hang on dividers that bring the pack's voltage below 80 V, of steps of
100 kohm, the lowest 111 kohm, which the input's own 1 Mohm makes 100. What a pack has beyond that is a ValueError at start.
"""

from micropython import const

from bms.schema import group_count, layers_per_stack
from boards.parts.adbms6830 import GPIOS, Adbms6830Chain
from boards.parts.adbms_monitor import INPUTS
from boards.parts.flow import Flow
from boards.parts.fram import Fram
from boards.parts.ina228 import Ina228
from boards.parts.insulation import Insulation
from boards.parts.interlock import Interlock
from boards.parts.ivt_s import IvtS
from boards.parts.ntc import BETA_3434_ohm, Ntc

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    from bms.schema import Pack
    from boards.parts.i2c_bus import I2cBus
    from boards.parts.inputs import Inputs
    from boards.parts.manners import Clock
    from boards.parts.nets import Nets

SPI_Hz = const(1000000)  # isoSPI's own rate; the FRAM takes more
FRAM_bytes = const(32768)
FRAM_BLOCK_bytes = const(8192)
I2C_Hz = const(1000000)  # fast mode plus, with pull-ups of 1 kohm
SENSOR_A = const(0x40)
SENSOR_B = const(0x41)
SHUNT_uohm = const(100)
PULL_UP_ohm = const(10000)
BUS_MAX_mV = const(80000)  # of 85 V
PART_ohm = const(100000)  # one step of a divider
_PER_UNIT_permille = const(1000)
# Where a pack's current and voltages come from.
SHUNTS = const(0)
IVT_S = const(1)


def monitor_rows(pack: "Pack") -> "tuple[tuple[int, int, int], ...]":
    """(chip, input, divider in permille): all groups, then all stacks."""
    per_stack = len(pack.taps)
    if per_stack + 1 > INPUTS:
        raise ValueError("a monitor has %d inputs; a stack of %d groups needs %d" % (INPUTS, per_stack, per_stack + 1))
    rows = []
    for stack in range(pack.stacks):
        for k in range(per_stack):
            rows.append((stack, k, pack.taps[k] * _PER_UNIT_permille))
    for stack in range(pack.stacks):
        rows.append((stack, per_stack, layers_per_stack(pack) * _PER_UNIT_permille))
    return tuple(rows)


def probe_rows(pack: "Pack") -> "tuple[tuple[int, int], ...]":
    """(chip, gpio) of every probe."""
    used = [0] * pack.stacks
    rows = []
    for stack in pack.probe_stack:
        if used[stack] == GPIOS:
            raise ValueError("a monitor has %d GPIOs: stack %d has more probes" % (GPIOS, stack))
        rows.append((stack, used[stack]))
        used[stack] += 1
    return tuple(rows)


def divider_steps(high_mV: int) -> int:
    """By how much a voltage is divided so that it stays within the bus input."""
    return high_mV // BUS_MAX_mV + 1


def shunt_sensor(i2c: "Any", address: int, high_mV: int) -> Ina228:
    """A shunt with its monitor, whose bus input sees a voltage of up to high_mV through a divider."""
    steps = divider_steps(high_mV)
    return Ina228(i2c, address, SHUNT_uohm, upper_ohm=(steps - 1) * PART_ohm, lower_ohm=PART_ohm)


class Sensors:
    """Everything that measures. `source`: SHUNTS, two INA228 of which B measures the link; or IVT_S, whose U1 is the pack's
    and U2 the link's voltage, with INA228 A as current sensor B where the pack has one."""

    def __init__(
        self, pack: "Pack", nets: "Nets", clock: "Clock", spi: "Any", i2c: "I2cBus", inputs: "Inputs", source: int = SHUNTS
    ) -> None:
        self.i2c = i2c
        select = nets.output("MONITOR_CS", 1)
        self.monitor = Adbms6830Chain(
            spi, select, clock, pack.stacks, monitor_rows(pack), group_count(pack), probe_rows(pack)
        )
        high_mV = pack.pack_sensor.high_m
        second = source == SHUNTS or pack.current_b_sensor is not None
        self.ivt = IvtS() if source == IVT_S else None
        self.shunt_a = shunt_sensor(i2c, SENSOR_A, high_mV) if second else None
        self.shunt_b = shunt_sensor(i2c, SENSOR_B, high_mV) if source == SHUNTS else None
        self.inputs = inputs
        self.interlock = Interlock(nets.output("INTERLOCK_DRIVE", 1), nets.input("INTERLOCK_SENSE"))
        self.insulation = Insulation(nets.edge("INSULATION"), clock)
        self.flow = Flow(nets.edge("FLOW"))
        self.ntc = Ntc(BETA_3434_ohm, PULL_UP_ohm)  # of probes and coolant alike
        self.supply = nets.adc("SUPPLY")
        self.coolant_inlet = nets.adc("COOLANT_INLET")
        self.coolant_outlet = nets.adc("COOLANT_OUTLET")


def storage_on(spi: "Any", nets: "Nets") -> Fram:
    """The FRAM, an MB85RS256B, in four blocks."""
    return Fram(spi, nets.output("MEMORY_CS", 1), FRAM_bytes, FRAM_BLOCK_bytes)
