"""Everything around one hardware board: its microcontroller, every chip of its table of parts, and what stands at their pins.

The wiring is that of boards/parts/sensors.py and the boards' pins; here it is done with volts, kelvins and ohms. hear() takes
the bench's sensor frames as what is true at the pins; a reading that has the name of a reason is done to the pin or register.
"""

import math
from collections.abc import Callable
from importlib import import_module
from typing import Any

from bms.safety.snapshot import CRC_ERROR, NOT_READY, OPEN_WIRE
from bms.schema import Pack, layers_per_stack
from boards.parts import bench_frames as codec
from boards.parts import bench_front_end as front
from boards.parts.inputs import NETS as INPUT_NETS
from hil.chips.adbms6830 import CELLS, Chain, code
from hil.chips.buses import I2c, Spi
from hil.chips.can_controller import CanController, McpBus
from hil.chips.expander import Expander
from hil.chips.fram import Fram
from hil.chips.ina228 import Ina228
from hil.chips.mcp2515 import Mcp2515
from hil.chips.microcontroller import FULL, Clock, Microcontroller, Pad
from hil.chips.pwm import FlowMeter, InsulationMonitor, WatchdogRelay

NTC_ohm, NTC_B_K, NTC_at_K = 10_000.0, 3434.0, 298.15
PULL_UP_ohm = 10_000.0
SHUNT_ohm = 100e-6
BUS_MAX_V = 80.0
SUPPLY_FULL_V = 3.3 * 57 / 10
COILS = ("COIL_NEGATIVE", "COIL_PRECHARGE", "COIL_POSITIVE", "COIL_AUXILIARY")
RELEASE_permille = 150  # a coil lets go below it; assumed


class Timed:
    """An INA228 on the bus whose time is the clock's."""

    def __init__(self, clock: Clock) -> None:
        self.chip = Ina228()
        self._clock = clock
        self._then_us = clock.now_us

    def catch_up(self) -> None:
        """Conversions until now, with what stands at the pins."""
        self.chip.pass_us(self._clock.now_us - self._then_us)
        self._then_us = self._clock.now_us

    def read(self, register: int, n: int) -> bytes:
        self.catch_up()
        return self.chip.read(register, n)

    def write(self, register: int, data: bytes) -> None:
        self.catch_up()
        self.chip.write(register, data)


def ntc_share(temp_degC: float) -> float:
    """Share of the reference at an NTC of 10 kohm, B 3434 K, under a pull-up of 10 kohm."""
    ohm = NTC_ohm * math.exp(NTC_B_K * (1 / (temp_degC + 273.15) - 1 / NTC_at_K))
    return ohm / (ohm + PULL_UP_ohm)


class World:
    """The chips: `chain`, `shunts` (by address), `fram`, `expander` if there is one, `insulation`, `flow`, `relay`, `can`."""

    def __init__(self, name: str, pack: Pack) -> None:
        self.name, self.pack = name, pack
        table = import_module(f"boards.{name}.pins")
        self.pins = {row[0]: row[1] for row in table.PINS}
        self.clock = Clock()
        self.mcu = Microcontroller(self.clock)
        self.spi, self.i2c = Spi(), I2c(clock=self.clock)
        self.chain = Chain(self.clock, pack.stacks)
        self._dead: list[set[int]] = [set() for _ in range(pack.stacks)]  # inputs without a conversion, by chip
        self.shunts = {address: Timed(self.clock) for address in (0x40, 0x41)}
        self.fram = Fram()
        self.expander: Expander | None = None
        self.can: CanController | McpBus
        self._build(table.PARTS)
        self.insulation = InsulationMonitor(self.pad("INSULATION"), self.clock)
        self.flow = FlowMeter(self.pad("FLOW"), self.clock)
        self.relay = WatchdogRelay(self.pad("WATCHDOG_PULSE"), self.clock)
        self.interlock_closed = True  # as the bench says
        self.loop_broken = False
        self.pad("INTERLOCK_DRIVE").watchers.append(self._loop)
        self.inputs(feedback=0, crash=False, fuse=True, charger=False)
        self.pad("SUPPLY").raw_u16 = round(12.0 / SUPPLY_FULL_V * FULL)
        self.coolant(25.0, 25.0, 8.0)
        self._groups, self._stacks, self._temperatures = codec.HilGroups(), codec.HilStacks(), codec.HilTemperatures()
        self._current, self._voltages, self._inputs = codec.HilCurrent(), codec.HilVoltages(), codec.HilInputs()
        self._environment = codec.HilEnvironment()
        self._readers: dict[int, Callable[[bytes], None]] = {
            codec.HilGroups.ID: self._hear_groups,
            codec.HilStacks.ID: self._hear_stacks,
            codec.HilTemperatures.ID: self._hear_temperatures,
            codec.HilCurrent.ID: self._hear_current,
            codec.HilVoltages.ID: self._hear_voltages,
            codec.HilInputs.ID: self._hear_inputs,
            codec.HilEnvironment.ID: self._hear_environment,
            codec.HilChain.ID: lambda data: None,  # the chips have their own
            codec.HilPoles.ID: lambda data: None,  # nobody measures them here
        }

    def _build(self, parts: tuple[tuple[str, str, str, str], ...]) -> None:
        for part, bus, where, _ in parts:
            number = int(bus[-1]) if bus[-1].isdigit() else 0
            if part == "mcp2515":
                spi, chip = Spi(), Mcp2515()
                self.mcu.spi[number] = spi
                spi.attach(chip, self.pad(where))
                self.can = McpBus(self.clock, chip, self.pad("CAN_INT"))
            elif bus.startswith("SPI"):
                self.mcu.spi[number] = self.spi
            if bus.startswith("I2C"):
                self.mcu.i2c[number] = self.i2c
            if part == "adbms6830":
                self.spi.attach(self.chain, self.pad(where))
            elif part == "fram":
                self.spi.attach(self.fram, self.pad(where))
            elif part == "ina228":
                self.i2c.devices[int(where, 16)] = self.shunts[int(where, 16)]
            elif part == "tca9554":
                self.expander = Expander()
                self.i2c.devices[int(where, 16)] = self.expander
            elif bus.endswith(("CAN1", "CAN2")):
                self.can = self.mcu.can[number] = CanController(self.clock)

    def pad(self, net: str) -> Pad:
        """The pad that a net hangs on."""
        return self.mcu.pad(self.pins[net])

    def board(self, *arguments: Any, **named: Any) -> Any:
        """The board's own class for the pack, on this controller."""
        return self.mcu.board(self.name).Board(self.pack, *arguments, **named)

    def _loop(self, level: int) -> None:
        self.pad("INTERLOCK_SENSE").drive(level if self.interlock_closed and not self.loop_broken else 1)

    def inputs(self, feedback: int, crash: bool, fuse: bool, charger: bool, coils: bool = False) -> None:
        """Slow inputs: mirror contacts are closed (low) while the main contact is open."""
        byte = feedback & 15 | crash << 4 | (not fuse) << 5 | (not charger) << 6 | (not coils) << 7
        if self.expander is not None:
            self.expander.pins = byte
            return
        for k, net in enumerate(INPUT_NETS):
            self.pad(net).drive(byte >> k & 1)

    def coolant(self, inlet_degC: float, outlet_degC: float, l_min: float) -> None:
        """What stands at the converter's pins and how fast the meter turns."""
        self.pad("COOLANT_INLET").raw_u16 = round(ntc_share(inlet_degC) * FULL)
        self.pad("COOLANT_OUTLET").raw_u16 = round(ntc_share(outlet_degC) * FULL)
        self.flow.l_min = l_min

    @property
    def coils(self) -> int:
        """Coils that get enough to hold, a bit each."""
        duties = [self.pad(net).duty for net in COILS]
        return sum(1 << k for k, duty in enumerate(duties) if duty * 1000 >= RELEASE_permille * FULL)

    @property
    def coil_percent(self) -> int:
        """Duty of the coils that are driven."""
        return round(max(self.pad(net).duty for net in COILS) * 100 / FULL)

    def permille(self, net: str) -> int:
        """Duty of HEATER or COOLER."""
        return round(self.pad(net).duty * 1000 / FULL)

    @property
    def bled(self) -> int:
        """Groups whose bleeder is on, a bit each."""
        per_stack = len(self.pack.taps)
        ones = (1 << per_stack) - 1
        return sum((chip.discharging & ones) << k * per_stack for k, chip in enumerate(self.chain.chips))

    def hear(self, frames: bytes) -> bytes:
        """Takes the sensors' frames (16 bytes each, struct '<IB3x8s'); returns those which are not sensors'."""
        others = bytearray()
        for at in range(0, len(frames), 16):
            reader = self._readers.get(int.from_bytes(frames[at : at + 4], "little"))
            if reader is None:
                others += frames[at : at + 16]
            else:
                reader(frames[at + 8 : at + 16])
        return bytes(others)

    def _hear_groups(self, data: bytes) -> None:
        frame = self._groups
        frame.unpack(data)
        per_stack = len(self.pack.taps)
        readings = (frame.group_0_voltage_mV, frame.group_1_voltage_mV, frame.group_2_voltage_mV)
        for k, raw in enumerate(readings, 3 * frame.index):
            if k < per_stack * self.pack.stacks:
                stack, cell = divmod(k, per_stack)
                self._cell(stack, cell, raw, self.pack.taps[cell], front.GROUP_NAMED_mV, front.GROUP_LOW_mV)

    def _hear_stacks(self, data: bytes) -> None:
        frame = self._stacks
        frame.unpack(data)
        readings = (frame.stack_0_voltage_mV, frame.stack_1_voltage_mV, frame.stack_2_voltage_mV)
        layers = layers_per_stack(self.pack)
        for stack, raw in enumerate(readings, 3 * frame.index):
            if stack < self.pack.stacks:
                self._cell(stack, len(self.pack.taps), raw, layers, front.STACK_NAMED_mV, front.STACK_LOW_mV)

    def _cell(self, stack: int, cell: int, raw: int, layers: int, named: int, low: int) -> None:
        """A voltage behind its divider, or what is wrong with it, at one input of a chip."""
        chip = self.chain.chips[stack]
        chip.open_wires.discard(cell + 1)
        self._dead[stack].discard(cell)
        if raw >= low:
            chip.cell_V[cell] = raw / 1000 / layers
        elif raw - named + NOT_READY == NOT_READY:
            self._dead[stack].add(cell)
        elif raw - named + NOT_READY == OPEN_WIRE:
            chip.open_wires.add(cell + 1)
        elif raw - named + NOT_READY == CRC_ERROR:
            self.chain.spoil_answers[stack] = 1
        else:
            chip.cell_V[cell] = 5.6
        self._hold(stack)

    def _hold(self, stack: int) -> None:
        """A converter channel that never comes to an end leaves its register as a clear left it; its neighbours go on."""
        chip, dead = self.chain.chips[stack], self._dead[stack]
        for k, letter in enumerate("ABCDEF"):
            cells = range(3 * k, min(3 * k + 3, CELLS))
            name = "C" + letter
            if dead.intersection(cells):
                volts = [chip.seen_V(cell, 0) for cell in cells]
                words = [-0x8000 if cell in dead else code(volt) for cell, volt in zip(cells, volts)]
                chip.stuck[name] = b"".join(word.to_bytes(2, "little", signed=True) for word in words).ljust(6, b"\xff")
            else:
                chip.stuck.pop(name, None)

    def _hear_temperatures(self, data: bytes) -> None:
        frame = self._temperatures
        frame.unpack(data)
        for place in range(5):
            k = 5 * frame.index + place
            if k < len(self.pack.probe_stack):
                raw = getattr(frame, f"probe_{place}_temperature_ddegC")
                stack = self.pack.probe_stack[k]
                gpio = self.pack.probe_stack[:k].count(stack)
                chip = self.chain.chips[stack]
                sound = raw >= front.PROBE_LOW_ddegC
                chip.gpio_V[gpio] = chip.vref2_V * (ntc_share(raw / 10) if sound else 1.0)  # else its wire is open

    def _hear_current(self, data: bytes) -> None:
        frame = self._current
        frame.unpack(data)
        for shunt, raw in zip(self.shunts.values(), (frame.current_a_mA, frame.current_b_mA)):
            shunt.catch_up()
            sound = raw >= front.WIDE_LOW
            shunt.chip.absent = not sound and self.pack.current_b_sensor is not None
            shunt.chip.shunt_nV = round(raw * 1e-3 * SHUNT_ohm * 1e9) if sound else 0

    def _hear_voltages(self, data: bytes) -> None:
        frame = self._voltages
        frame.unpack(data)
        steps = self.pack.pack_sensor.high_m // int(BUS_MAX_V * 1000) + 1
        for shunt, raw in zip(self.shunts.values(), (frame.pack_voltage_mV, frame.link_voltage_mV)):
            shunt.catch_up()
            shunt.chip.bus_uV = max(0, raw * 1000 // steps)  # a broken wire reads 0

    def _hear_inputs(self, data: bytes) -> None:
        frame = self._inputs
        frame.unpack(data)
        self.interlock_closed = bool(frame.interlock_closed)
        self._loop(self.pad("INTERLOCK_DRIVE").level)
        self.inputs(
            frame.contactor_feedback,
            bool(frame.crash),
            bool(frame.fuse_intact),
            bool(frame.charger_plugged),
            bool(frame.coil_supply_present),
        )
        self.pad("SUPPLY").raw_u16 = min(FULL, round(frame.supply_voltage_mV / 1000 / SUPPLY_FULL_V * FULL))

    def _hear_environment(self, data: bytes) -> None:
        frame = self._environment
        frame.unpack(data)
        self.insulation.dead = frame.insulation_kohm >= front.NOT_READY_16
        self.insulation.kohm = float(frame.insulation_kohm)
        self.coolant(
            frame.coolant_inlet_ddegC / 10, frame.coolant_outlet_ddegC / 10, frame.coolant_flow_dl_per_min / 10
        )
