"""What the pack's sensors say: true values become the integer readings of dbc/hil.dbc, with the errors the
pack declares.

Group, stack, pack and link voltages and currents are converted every tick, late by their latency (straight
lines between ticks); probes by their period, as they were one latency before. Inputs and coolant are
without error. Faults change single readings (hil.sensorfaults) or whole frames; `felt` tells how many each
has changed. Positive current charges.
"""

from collections import deque
from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bms.safety.snapshot import CRC_ERROR, NOT_READY, OPEN_WIRE, OUT_OF_RANGE
from bms.schema import Pack, Sensor, group_count
from boards.parts import bench_frames as codec
from hil.bank import TICK_ms, Bank, Delay
from hil.highvoltage import HighVoltage
from hil.plant import ZERO_K, Plant
from hil.sensorfaults import NAMED, NUMERIC, Channel, ChannelFault, checked
from hil.sensorframes import ColdFrame, HotFrames, Message, Slot, slot

Floats = NDArray[np.float64]

PROBE_PHASE_ms = 30  # within the period; spreads what is slow over the ticks
ENVIRONMENT_PHASE_ms = 60
ENVIRONMENT_PERIOD_ms = codec.HilEnvironment.PERIOD_ms
NOT_FITTED_FORCE = 65535
REASONS = dict(zip(NAMED, (NOT_READY, OPEN_WIRE, CRC_ERROR, OUT_OF_RANGE)))
SORTED_KINDS = (*NAMED, *NUMERIC, "intermittent")
FRAME_KINDS: dict[str, tuple[str, ...]] = {
    "chain": ("silence", "stuck", "crc_error"),  # with it go groups and stacks
    **dict.fromkeys(("groups", "stacks", "temperatures", "current", "voltages", "inputs", "environment"), ("silence",)),
}
PLAIN: dict[str, tuple[str, type[Message], str]] = {  # channel -> unit, message, attribute
    "insulation": ("kohm", codec.HilEnvironment, "insulation_kohm"),
    "coolant_inlet": ("ddegC", codec.HilEnvironment, "coolant_inlet_ddegC"),
    "coolant_outlet": ("ddegC", codec.HilEnvironment, "coolant_outlet_ddegC"),
    "coolant_flow": ("dl_per_min", codec.HilEnvironment, "coolant_flow_dl_per_min"),
    "supply": ("mV", codec.HilInputs, "supply_voltage_mV"),
    "feedback": ("bits", codec.HilInputs, "contactor_feedback"),
    "interlock": ("flag", codec.HilInputs, "interlock_closed"),
    "crash": ("flag", codec.HilInputs, "crash"),
    "fuse": ("flag", codec.HilInputs, "fuse_intact"),
    "charger_plugged": ("flag", codec.HilInputs, "charger_plugged"),
}
PER_UNIT = {"ddegC": 10.0, "dl_per_min": 10.0, "mV": 1000.0, "kohm": 1.0, "bits": 1.0, "flag": 1.0}


class Sensors:
    """All sensors of one pack. step() once a tick after plant and high voltage, then frames()."""

    def __init__(self, pack: Pack, seed: int) -> None:
        self.pack = pack
        self.seed = seed
        self._groups, self._stacks, self._probes = group_count(pack), pack.stacks, len(pack.probe_stack)
        self._b_fitted = pack.current_b_sensor is not None
        self.channels: dict[str, Channel] = {}
        self._faults: dict[tuple[str, str], ChannelFault] = {}
        self._frame_faults: dict[tuple[str, str], int] = {}
        self._felt_before: dict[tuple[str, str], int] = {}
        self._hot_faults: list[ChannelFault] = []
        self._probe_faults: list[ChannelFault] = []
        self._plain_faults: dict[str, list[ChannelFault]] = {}
        self._build_hot()
        self._build_probes()
        self._build_plain()

    def step(self, plant: Plant, hv: HighVoltage, now_ms: int) -> None:
        """Converts what is true now."""
        truth, first, stacks = self._truth, self._groups, self._groups + self._stacks
        truth[:first] = plant.group_V
        truth[first:stacks] = plant.stack_V
        truth[stacks:-2] = hv.current_A
        truth[-2] = plant.pack_V
        truth[-1] = hv.link_V
        wire = self._bank.read(self._delay.step(truth))
        if self._bank.saturated is not None:
            for k in self._bank.saturated.tolist():
                wire[k] = self._hot_channels[k].named["saturated"]
        if self._hot_faults:
            _alter(self._hot_faults, wire, now_ms)
        if self._frame_faults:
            self._alter_chain(wire, now_ms)
        phase_ms = now_ms - PROBE_PHASE_ms
        period_ms = self.pack.probe_sensor.period_ms
        if (phase_ms + self._probe_lead_ms) % period_ms == 0:
            self._probe_past.append(plant.probe_K - ZERO_K)
        if phase_ms % period_ms == 0:
            if not self._probe_past:
                self._probe_past.append(plant.probe_K - ZERO_K)
            probes = self._probe_bank.read(self._probe_past.popleft())
            if self._probe_bank.saturated is not None:
                for k in self._probe_bank.saturated.tolist():
                    probes[k] = self._probe_channels[k].named["saturated"]
            if self._probe_faults:
                _alter(self._probe_faults, probes, now_ms)
        self._read_plain(plant, hv, now_ms)

    def frames(self, now_ms: int) -> bytes:
        """The frames of this tick, 16 bytes each (struct '<IB3x8s'), as the last step() left the readings."""
        hot, moving, silent = self._hot, self._moving, self._silent
        parts: list[bytes] = []
        count = now_ms // TICK_ms & 255
        moving[-2:] = count << self._counter_shift
        hot.write(self._bank.wire, moving)
        if self._hot_together and not silent:
            parts.append(hot.buffer.tobytes())
        else:
            for name, first, last, period_ms in self._hot_kinds:
                if now_ms % period_ms == 0 and not self._silences(name, now_ms):
                    parts.append(hot.buffer[first:last].tobytes())
        if not (silent and self._silences("inputs", now_ms)):
            self._inputs.counter = count
            parts.append(self._inputs_frame.packed())
        if not (silent and self._silences("chain", now_ms)):
            if ("chain", "stuck") not in self._frame_faults:
                self._chain.conversion_counter = count
            parts.append(self._chain_frame.packed())
        if (now_ms - PROBE_PHASE_ms) % self.pack.probe_sensor.period_ms == 0 and not (
            silent and self._silences("temperatures", now_ms)
        ):
            self._cold.write(self._probe_bank.wire, self._cold.constant)
            parts.append(self._cold.buffer.tobytes())
        if (now_ms - ENVIRONMENT_PHASE_ms) % ENVIRONMENT_PERIOD_ms == 0 and not (
            silent and self._silences("environment", now_ms)
        ):
            parts.append(self._environment_frame.packed())
        return b"".join(parts)

    def reading(self, channel: str) -> int:
        """The last raw value of a channel, as on the wire (mV, mA, ddegC ...). ValueError where there is none."""
        known = self._channel(channel)
        if channel in PLAIN:
            _, make, attribute = PLAIN[channel]
            return int(getattr(self._inputs if make is codec.HilInputs else self._environment, attribute))
        bank = self._probe_bank if channel.startswith("probe:") else self._bank
        return int(bank.wire[known.index])

    def set_error(
        self,
        channel: str,
        gain: float = 1.0,
        offset_A: float = 0.0,
        offset_V: float = 0.0,
        offset_K: float = 0.0,
    ) -> None:
        """Fixes the constant errors of a sound sensor instead of those drawn. ValueError: no such channel or unit."""
        known = self._channel(channel)
        if channel in PLAIN:
            raise ValueError(f"{channel}: has no errors to set")
        offsets = {"A": offset_A, "V": offset_V, "K": offset_K}
        unit = "K" if channel.startswith("probe:") else "A" if channel.startswith("current") else "V"
        for other, offset in offsets.items():
            if offset and other != unit:
                raise ValueError(f"{channel}: offset_{other} on a sensor of {unit}")
        bank = self._probe_bank if unit == "K" else self._bank
        bank.set_error(known.index, gain, offsets[unit])

    def set_fault(self, channel: str, kind: str, severity: float = 1.0) -> None:
        """Breaks a channel or a whole frame, or changes how badly. ValueError for what cannot be."""
        if channel in FRAME_KINDS:
            if kind not in FRAME_KINDS[channel]:
                raise ValueError(f"{channel}: no fault {kind!r}; there are {', '.join(FRAME_KINDS[channel])}")
            self._frame_faults.setdefault((channel, kind), 0)
            self._arrange()
            return
        known = self._channel(channel)
        checked(known, kind, severity)
        if kind == "swapped":
            self._channel(f"{channel.split(':')[0]}:{int(severity)}")
        fault = self._faults.get((channel, kind))
        if fault is None:
            self._faults[channel, kind] = ChannelFault(known, kind, severity, self.seed)
            self._arrange()
        else:
            fault.severity = severity

    def clear_fault(self, channel: str, kind: str | None = None) -> None:
        """Takes one fault, or all, off a channel; how often it was felt is kept."""
        felt = self.felt
        for faults in (self._faults, self._frame_faults):
            for key in [key for key in faults if key[0] == channel and kind in (None, key[1])]:
                self._felt_before[key] = felt[key]
                del faults[key]  # type: ignore[attr-defined]
        self._arrange()

    @property
    def felt(self) -> dict[tuple[str, str], int]:
        """How many readings, or frames, each (channel, kind) has changed since the beginning."""
        felt = dict(self._felt_before)
        for key, fault in self._faults.items():
            felt[key] = felt.get(key, 0) + fault.felt
        for key, count in self._frame_faults.items():
            felt[key] = felt.get(key, 0) + count
        return felt

    def _channel(self, name: str) -> Channel:
        if name not in self.channels:
            raise ValueError(f"no channel {name!r} on {self.pack.name}; there are {', '.join(self._sorts())}")
        return self.channels[name]

    def _sorts(self) -> list[str]:
        ranges = [f"group:0 ... {self._groups - 1}", f"stack:0 ... {self._stacks - 1}"]
        ranges.append(f"probe:0 ... {self._probes - 1}")
        return [*ranges, *(name for name in self.channels if ":" not in name), *FRAME_KINDS]

    def _build_hot(self) -> None:
        pack = self.pack
        sensors: list[Sensor] = [pack.group_sensor] * self._groups + [pack.stack_sensor] * self._stacks
        names = [f"group:{k}" for k in range(self._groups)] + [f"stack:{k}" for k in range(self._stacks)]
        currents = [("current_a", pack.current_a_sensor)]
        if self._b_fitted:
            currents.append(("current_b", pack.current_b_sensor))
            if pack.current_b_sensor.period_ms != pack.current_a_sensor.period_ms:
                raise ValueError(f"{pack.name}: current_b_sensor.period_ms: A and B share a frame")
        for name, sensor in [*currents, ("pack_voltage", pack.pack_sensor), ("link_voltage", pack.pack_sensor)]:
            names.append(name)
            sensors.append(sensor)
        for name, sensor in [*zip(names, sensors), ("probe", pack.probe_sensor)]:
            if sensor.period_ms % TICK_ms or sensor.period_ms <= 0:
                raise ValueError(f"{pack.name}: {name}: period {sensor.period_ms} ms is no number of ticks")
        rows = _rows(codec.HilGroups, "group_{}_voltage_mV", 3, self._groups)
        stack_row = len(rows)
        rows += _rows(codec.HilStacks, "stack_{}_voltage_mV", 3, self._stacks)
        current_row = len(rows)
        idle = {"current_b_mA": slot(codec.HilCurrent, "current_b_mA").named(NOT_READY)}
        attributes = ["current_a_mA", "current_b_mA"][: len(currents)]
        rows.append((codec.HilCurrent, {} if self._b_fitted else idle, attributes))
        rows.append((codec.HilVoltages, {}, ["pack_voltage_mV", "link_voltage_mV"]))
        self._hot = HotFrames(rows)
        limits = [(place.low, place.high) for place in self._hot.slots]
        self._bank = Bank(sensors, 1000.0, limits, np.random.Generator(np.random.PCG64([self.seed, 2, 0])))
        self._delay = Delay([sensor.latency_ms for sensor in sensors])
        self._truth = np.zeros(len(sensors))
        self._hot_channels = self._made(names, sensors, self._bank, self._hot.slots, 1000.0)
        self._hot_kinds = [
            ("groups", 0, stack_row, pack.group_sensor.period_ms),
            ("stacks", stack_row, current_row, pack.stack_sensor.period_ms),
            ("current", current_row, current_row + 1, pack.current_a_sensor.period_ms),
            ("voltages", current_row + 1, current_row + 2, pack.pack_sensor.period_ms),
        ]
        self._hot_together = all(period_ms == TICK_ms for *_, period_ms in self._hot_kinds)
        self._moving = np.zeros(len(rows), dtype=np.int64)
        self._counter_shift = slot(codec.HilCurrent, "counter").shift
        assert self._counter_shift == slot(codec.HilVoltages, "counter").shift
        self._held: Floats | None = None

    def _build_probes(self) -> None:
        sensor = self.pack.probe_sensor
        names = [f"probe:{k}" for k in range(self._probes)]
        self._cold = HotFrames(_rows(codec.HilTemperatures, "probe_{}_temperature_ddegC", 5, self._probes))
        generator = np.random.Generator(np.random.PCG64([self.seed, 2, 1]))
        limits = [(place.low, place.high) for place in self._cold.slots]
        self._probe_bank = Bank([sensor] * self._probes, 10.0, limits, generator)
        self._probe_channels = self._made(names, [sensor] * self._probes, self._probe_bank, self._cold.slots, 10.0)
        self._probe_past: deque[Floats] = deque()
        self._probe_lead_ms = round(sensor.latency_ms / TICK_ms) * TICK_ms

    def _build_plain(self) -> None:
        self._inputs, self._environment, self._chain = (
            codec.HilInputs(),
            codec.HilEnvironment(),
            codec.HilChain(),
        )
        self._inputs_frame, self._environment_frame = ColdFrame(self._inputs), ColdFrame(self._environment)
        self._chain_frame = ColdFrame(self._chain)
        self._environment.force_N = NOT_FITTED_FORCE
        for index, (name, (unit, make, attribute)) in enumerate(PLAIN.items()):
            place = slot(make, attribute)
            period_ms = TICK_ms if make is codec.HilInputs else ENVIRONMENT_PERIOD_ms
            named: dict[str, int] = {}
            kinds: tuple[str, ...] = ("stuck",)
            if unit == "ddegC":
                named, kinds = _names(place), SORTED_KINDS
            elif unit in ("kohm", "dl_per_min"):
                named, kinds = {"silence": place.high + 1}, ("silence", *NUMERIC[:-3], "delayed", "intermittent")
            elif unit == "mV":
                kinds = NUMERIC
            elif unit == "flag":
                kinds = ("stuck", "reversed")
            self.channels[name] = Channel(name, index, PER_UNIT[unit], 1.0, place.low, place.high, period_ms, named, kinds)

    def _made(
        self, names: Sequence[str], sensors: Sequence[Sensor], bank: Bank, slots: Sequence[Slot], per_unit: float
    ) -> list[Channel]:
        made = []
        for k, (name, sensor, place) in enumerate(zip(names, sensors, slots)):
            kinds = (*SORTED_KINDS, "swapped") if ":" in name else SORTED_KINDS
            channel = Channel(
                name,
                k,
                per_unit,
                float(bank.lsb[k]),
                float(bank.low[k]),
                float(bank.high[k]),
                sensor.period_ms,
                _names(place),
                kinds,
            )
            self.channels[name] = channel
            made.append(channel)
        return made

    def _arrange(self) -> None:
        """Active faults by where they work."""
        hot = len(self._hot_channels)
        self._hot_faults, self._probe_faults, self._plain_faults = [], [], {}
        for fault in self._faults.values():
            if fault.channel.name in PLAIN:
                self._plain_faults.setdefault(fault.channel.name, []).append(fault)
            elif fault.channel.name.startswith("probe:"):
                self._probe_faults.append(fault)
            else:
                assert fault.channel.index < hot
                self._hot_faults.append(fault)
        self._silent = any(kind == "silence" for _, kind in self._frame_faults)
        if ("chain", "stuck") not in self._frame_faults:
            self._held = None

    _silent = False

    def _silences(self, frame: str, now_ms: int) -> bool:
        names = (frame, "chain") if frame in ("groups", "stacks") else (frame,)
        for name in names:
            if (name, "silence") in self._frame_faults:
                self._frame_faults[name, "silence"] += 1
                return True
        return False

    def _alter_chain(self, wire: Floats, now_ms: int) -> None:
        """A front-end chain that answers with errors, or always the same."""
        last = self._groups + self._stacks
        crc_error = ("chain", "crc_error") in self._frame_faults
        self._chain.crc_error_chips = (1 << self._stacks) - 1 if crc_error else 0
        if crc_error:
            self._frame_faults["chain", "crc_error"] += 1
            for channel in self._hot_channels[:last]:
                wire[channel.index] = channel.named["crc_error"]
        if ("chain", "stuck") in self._frame_faults:
            if self._held is None:
                self._held = wire[:last].copy()
            self._frame_faults["chain", "stuck"] += int((wire[:last] != self._held).any())
            wire[:last] = self._held

    def _read_plain(self, plant: Plant, hv: HighVoltage, now_ms: int) -> None:
        inputs = self._inputs
        inputs.contactor_feedback = hv.mask
        inputs.interlock_closed = 1 if hv.interlock_closed else 0
        inputs.crash = 1 if hv.crash else 0
        inputs.fuse_intact = 1 if hv.fuse else 0
        inputs.charger_plugged = 1 if hv.charger_plugged else 0
        inputs.coil_supply_present = 1 if hv.coil_supply_present else 0
        inputs.supply_voltage_mV = int(hv.supply_mV)
        environment_due = (now_ms - ENVIRONMENT_PHASE_ms) % ENVIRONMENT_PERIOD_ms == 0
        if environment_due:
            environment = self._environment
            environment.insulation_kohm = min(int(hv.insulation_kohm), 65533)
            environment.coolant_inlet_ddegC = round(plant.coolant_inlet_degC * 10)
            environment.coolant_outlet_ddegC = round(plant.coolant_outlet_degC * 10)
            environment.coolant_flow_dl_per_min = min(round(plant.coolant_flow_l_min * 10), 253)
        for name, faults in self._plain_faults.items():
            _, make, attribute = PLAIN[name]
            if make is codec.HilEnvironment and not environment_due:
                continue
            message = cast(object, self._inputs if make is codec.HilInputs else self._environment)
            for fault in faults:
                value = getattr(message, attribute)
                if fault.kind == "reversed" and PLAIN[name][0] == "flag":
                    fault.felt += 1
                    setattr(message, attribute, 1 - value)
                else:
                    setattr(message, attribute, int(fault.alter(float(value), now_ms)))


def _rows(
    make: type[Message], attribute: str, per_frame: int, count: int
) -> list[tuple[type[Message], dict[str, int], list[str]]]:
    """Frames of `per_frame` numbered values each; places beyond `count` say not ready."""
    rows = []
    for index in range((count + per_frame - 1) // per_frame):
        used = min(per_frame, count - index * per_frame)
        names = [attribute.format(k) for k in range(per_frame)]
        constants = {"index": index}
        for name in names[used:]:
            constants[name] = slot(make, name).named(NOT_READY)
        rows.append((make, constants, names[:used]))
    return rows


def _names(place: Slot) -> dict[str, int]:
    return {kind: place.named(reason) for kind, reason in REASONS.items()}


def _alter(faults: Sequence[ChannelFault], wire: Floats, now_ms: int) -> None:
    """Lets faults work on the readings of one bank, in place."""
    for fault in faults:
        k = fault.channel.index
        if now_ms % fault.channel.period_ms and wire.size > fault.channel.index and fault.channel.period_ms == TICK_ms:
            continue
        if fault.kind == "swapped":
            other = k - int(fault.channel.name.split(":")[1]) + int(fault.severity)
            fault.felt += int(wire[k] != wire[other])
            wire[k], wire[other] = wire[other], wire[k]
        else:
            wire[k] = fault.alter(float(wire[k]), now_ms)
