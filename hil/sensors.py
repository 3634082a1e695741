"""What the pack's sensors say: true values become the integer readings of dbc/hil.dbc, with the errors the
pack declares.

Group, stack, pack and link voltages and currents are converted every tick, late by their latency (straight
lines between ticks); probes by their period, as they were one latency before. Inputs and environment are in
hil.inputs. Faults change single readings (hil.sensorfaults) or whole frames; `felt` tells how many each has
changed. Positive current charges.
"""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bms.safety.snapshot import NOT_READY
from bms.schema import Pack, Sensor, group_count
from boards.parts import bench_frames as codec
from hil.bank import Bank, Delay, TICK_ms
from hil.highvoltage import HighVoltage
from hil.inputs import Inputs
from hil.plant import ZERO_K, Plant
from hil.sensorfaults import ALL_KINDS, Channel, ChannelFault, checked, names
from hil.sensorframes import ColdFrame, HotFrames, Message, slot

Floats = NDArray[np.float64]
Rows = list[tuple[type[Message], dict[str, int], list[str]]]

PROBE_PHASE_ms = 30  # within the period; spreads what is slow over the ticks
FRAME_KINDS: dict[str, tuple[str, ...]] = {  # whole frames
    "chain": ("silence", "stuck", "crc_error"),  # with it go groups and stacks
    **dict.fromkeys(("groups", "stacks", "temperatures", "current", "voltages"), ("silence",)),
    **dict.fromkeys(("inputs", "environment", "poles"), ("silence",)),
}


class Sensors:
    """All sensors of one pack. step() once a tick after plant and high voltage, then frames()."""

    def __init__(self, pack: Pack, seed: int) -> None:
        self.pack = pack
        self.seed = seed
        self._groups, self._stacks, self._probes = group_count(pack), pack.stacks, len(pack.probe_stack)
        self._inputs = Inputs()
        self.tap_drop_V: Floats = np.zeros(self._groups)  # what bleeders' currents take off the groups' readings
        self.channels: dict[str, Channel] = {}
        self._faults: dict[tuple[str, str], ChannelFault] = {}
        self._frame_faults: dict[tuple[str, str], int] = {}
        self._felt_before: dict[tuple[str, str], int] = {}
        self._hot_faults: list[ChannelFault] = []
        self._probe_faults: list[ChannelFault] = []
        self._input_faults: dict[str, list[ChannelFault]] = {}
        self._silent = False
        self._held: Floats | None = None  # what a stuck chain repeats
        self._build_hot()
        self._build_probes()
        self._chain = codec.HilChain()
        self._chain_frame = ColdFrame(self._chain)
        self.channels.update(self._inputs.channels)

    def step(self, plant: Plant, hv: HighVoltage, now_ms: int) -> None:
        """Converts what is true now."""
        truth, groups, stacks = self._truth, self._groups, self._groups + self._stacks
        np.subtract(plant.group_V, self.tap_drop_V, truth[:groups])
        truth[groups:stacks] = plant.stack_V
        truth[stacks:-2] = hv.current_A
        truth[-2] = plant.pack_V
        truth[-1] = hv.link_V
        wire = _named_if_saturated(self._bank, self._bank.read(self._delay.step(truth)), self._hot_channels)
        if self._hot_faults:
            _alter(self._hot_faults, wire, now_ms)
        if self._frame_faults:
            self._alter_chain(wire)
        phase_ms, period_ms = now_ms - PROBE_PHASE_ms, self.pack.probe_sensor.period_ms
        if (phase_ms + self._probe_lead_ms) % period_ms == 0:
            self._probe_past.append(plant.probe_K - ZERO_K)
        if phase_ms % period_ms == 0:
            if not self._probe_past:
                self._probe_past.append(plant.probe_K - ZERO_K)
            bank = self._probe_bank
            wire = _named_if_saturated(bank, bank.read(self._probe_past.popleft()), self._probe_channels)
            if self._probe_faults:
                _alter(self._probe_faults, wire, now_ms)
        self._inputs.step(plant, hv, now_ms, self._input_faults)

    def frames(self, now_ms: int) -> bytes:
        """The frames of this tick, 16 bytes each (struct '<IB3x8s'), as the last step() left the readings."""
        hot = self._hot
        count = now_ms // TICK_ms & 255
        self._moving[-2:] = count << self._counter_shift
        hot.write(self._bank.wire, self._moving)
        parts: list[bytes] = []
        if self._hot_together and not self._silent:
            parts.append(hot.buffer.tobytes())
        else:
            for name, first, last, period_ms in self._hot_kinds:
                if now_ms % period_ms == 0 and self._speaks(name):
                    parts.append(hot.buffer[first:last].tobytes())
        if self._speaks("inputs"):
            parts.append(self._inputs.inputs_frame(count))
        if self._speaks("chain"):
            if self._held is None:
                self._chain.conversion_counter = count
            parts.append(self._chain_frame.packed())
        if (now_ms - PROBE_PHASE_ms) % self.pack.probe_sensor.period_ms == 0 and self._speaks("temperatures"):
            self._cold.write(self._probe_bank.wire, self._cold.constant)
            parts.append(self._cold.buffer.tobytes())
        if self._inputs.environment_due(now_ms) and self._speaks("environment"):
            parts.append(self._inputs.environment_frame())
        if self._inputs.poles_due(now_ms) and self._speaks("poles"):
            parts.append(self._inputs.poles_frame())
        return b"".join(parts)

    def reading(self, channel: str) -> int:
        """The last raw value of a channel, as on the wire (mV, mA, ddegC ...). ValueError where there is none."""
        known = self._channel(channel)
        if channel in self._inputs.channels:
            return self._inputs.reading(channel)
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
        """Fixes the constant errors of a sound sensor in place of those drawn. ValueError: no such channel or unit."""
        known = self._channel(channel)
        if channel in self._inputs.channels:
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
            if severity != int(severity):
                raise ValueError(f"{channel}: severity {severity:g}: swapped wants the whole number of the other channel")
            other = f"{channel.partition(':')[0]}:{int(severity)}"
            if self._channel(other) is known:
                raise ValueError(f"{channel}: cannot be swapped with itself")
        fault = self._faults.get((channel, kind))
        if fault is None:
            self._faults[channel, kind] = ChannelFault(known, kind, severity, self.seed)
            self._arrange()
        else:
            fault.severity = severity

    def clear_fault(self, channel: str, kind: str | None = None) -> None:
        """Takes one fault, or all, off a channel; how often it was felt is kept."""
        felt = self.felt
        for key in [key for key in (*self._faults, *self._frame_faults) if key[0] == channel]:
            if kind in (None, key[1]):
                self._felt_before[key] = felt[key]
                self._faults.pop(key, None)
                self._frame_faults.pop(key, None)
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
            sorts = [f"group:0 ... {self._groups - 1}", f"stack:0 ... {self._stacks - 1}"]
            sorts += [f"probe:0 ... {self._probes - 1}", *(each for each in self.channels if ":" not in each)]
            raise ValueError(f"no channel {name!r} on {self.pack.name}; there are {', '.join(sorts)}")
        return self.channels[name]

    def _build_hot(self) -> None:
        pack = self.pack
        fitted = {f"group:{k}": pack.group_sensor for k in range(self._groups)}
        fitted |= {f"stack:{k}": pack.stack_sensor for k in range(self._stacks)}
        fitted["current_a"] = pack.current_a_sensor
        current_b_sensor = pack.current_b_sensor
        if current_b_sensor is not None:
            if current_b_sensor.period_ms != pack.current_a_sensor.period_ms:
                raise ValueError(f"{pack.name}: current_b_sensor.period_ms: A and B share a frame")
            fitted["current_b"] = current_b_sensor
        fitted |= {"pack_voltage": pack.pack_sensor, "link_voltage": pack.pack_sensor}
        for name, sensor in fitted.items():
            _check_period(pack, name, sensor)
        groups = _rows(codec.HilGroups, "group_{}_voltage_mV", 3, self._groups)
        stacks = _rows(codec.HilStacks, "stack_{}_voltage_mV", 3, self._stacks)
        absent = {} if current_b_sensor else {"current_b_mA": slot(codec.HilCurrent, "current_b_mA").named(NOT_READY)}
        currents = ["current_a_mA", "current_b_mA"] if current_b_sensor else ["current_a_mA"]
        voltages = ["pack_voltage_mV", "link_voltage_mV"]
        rows: Rows = [*groups, *stacks, (codec.HilCurrent, absent, currents), (codec.HilVoltages, {}, voltages)]
        sensors = list(fitted.values())
        self._hot = HotFrames(rows)
        self._delay = Delay([sensor.latency_ms for sensor in sensors])
        self._truth = np.zeros(len(sensors))
        self._bank = Bank(sensors, 1000.0, self._hot.slots, self._generator(0))
        self._hot_channels = self._made(list(fitted), sensors, self._bank, self._hot, 1000.0)
        end = len(rows)
        self._hot_kinds = [
            ("groups", 0, len(groups), pack.group_sensor.period_ms),
            ("stacks", len(groups), end - 2, pack.stack_sensor.period_ms),
            ("current", end - 2, end - 1, pack.current_a_sensor.period_ms),
            ("voltages", end - 1, end, pack.pack_sensor.period_ms),
        ]
        self._hot_together = all(period_ms == TICK_ms for *_, period_ms in self._hot_kinds)
        self._moving = np.zeros(end, dtype=np.int64)
        shifts = [slot(codec.HilCurrent, "counter").shift, slot(codec.HilVoltages, "counter").shift]
        self._counter_shift = np.array(shifts)

    def _build_probes(self) -> None:
        sensor, count = self.pack.probe_sensor, self._probes
        _check_period(self.pack, "probe", sensor)
        self._cold = HotFrames(_rows(codec.HilTemperatures, "probe_{}_temperature_ddegC", 5, count))
        self._probe_bank = Bank([sensor] * count, 10.0, self._cold.slots, self._generator(1))
        probes = [f"probe:{k}" for k in range(count)]
        self._probe_channels = self._made(probes, [sensor] * count, self._probe_bank, self._cold, 10.0)
        self._probe_past: deque[Floats] = deque()
        self._probe_lead_ms = round(sensor.latency_ms / TICK_ms) * TICK_ms

    def _generator(self, stream: int) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64([self.seed, 2, stream]))

    def _made(
        self, called: Sequence[str], sensors: Sequence[Sensor], bank: Bank, frames: HotFrames, per_unit: float
    ) -> list[Channel]:
        made = []
        for k, (name, sensor, place) in enumerate(zip(called, sensors, frames.slots)):
            alone = ":" not in name or (name == "stack:0" and self._stacks == 1)
            kinds = ALL_KINDS if alone else (*ALL_KINDS, "swapped")
            period_ms = TICK_ms if frames is self._hot else sensor.period_ms
            lsb, low, high = float(bank.lsb[k]), float(bank.low[k]), float(bank.high[k])
            made.append(Channel(name, k, per_unit, lsb, low, high, period_ms, names(place), kinds))
        self.channels.update({channel.name: channel for channel in made})
        return made

    def _arrange(self) -> None:
        """Active faults by where they work."""
        self._hot_faults, self._probe_faults, self._input_faults = [], [], {}
        for fault in self._faults.values():
            name = fault.channel.name
            if name in self._inputs.channels:
                self._input_faults.setdefault(name, []).append(fault)
            elif name.startswith("probe:"):
                self._probe_faults.append(fault)
            else:
                self._hot_faults.append(fault)
        self._silent = any(kind == "silence" for _, kind in self._frame_faults)
        if ("chain", "stuck") not in self._frame_faults:
            self._held = None
        if ("chain", "crc_error") not in self._frame_faults:
            self._chain.crc_error_chips = 0

    def _speaks(self, frame: str) -> bool:
        """Whether a frame that is due goes out."""
        if self._silent:
            for name in (frame, "chain") if frame in ("groups", "stacks") else (frame,):
                if (name, "silence") in self._frame_faults:
                    self._frame_faults[name, "silence"] += 1
                    return False
        return True

    def _alter_chain(self, wire: Floats) -> None:
        """A front-end chain that answers with errors, or always the same."""
        last = self._groups + self._stacks
        if ("chain", "crc_error") in self._frame_faults:
            self._chain.crc_error_chips = (1 << self._stacks) - 1
            self._frame_faults["chain", "crc_error"] += 1
            for channel in self._hot_channels[:last]:
                wire[channel.index] = channel.named["crc_error"]
        if ("chain", "stuck") in self._frame_faults:
            if self._held is None:
                self._held = wire[:last].copy()
            self._frame_faults["chain", "stuck"] += int((wire[:last] != self._held).any())
            wire[:last] = self._held


def _rows(make: type[Message], attribute: str, per_frame: int, count: int) -> Rows:
    """Frames of `per_frame` numbered values each; places beyond `count` say not ready."""
    rows: Rows = []
    for index in range((count + per_frame - 1) // per_frame):
        used = min(per_frame, count - index * per_frame)
        called = [attribute.format(k) for k in range(per_frame)]
        constants = {"index": index}
        for name in called[used:]:
            constants[name] = slot(make, name).named(NOT_READY)
        rows.append((make, constants, called[:used]))
    return rows


def _check_period(pack: Pack, name: str, sensor: Sensor) -> None:
    if sensor.period_ms <= 0 or sensor.period_ms % TICK_ms:
        raise ValueError(f"{pack.name}: {name}: period {sensor.period_ms} ms is no number of ticks")


def _named_if_saturated(bank: Bank, wire: Floats, channels: Sequence[Channel]) -> Floats:
    if bank.saturated is not None:
        for k in bank.saturated.tolist():
            wire[k] = channels[k].named["saturated"]
    return wire


def _alter(faults: Sequence[ChannelFault], wire: Floats, now_ms: int) -> None:
    """Lets faults work on the readings of one bank, in place."""
    for fault in faults:
        k = fault.channel.index
        if fault.kind == "swapped":
            other = k - int(fault.channel.name.partition(":")[2]) + int(fault.severity)
            fault.felt += int(wire[k] != wire[other])
            wire[k], wire[other] = wire[other], wire[k]
        else:
            wire[k] = fault.alter(float(wire[k]), now_ms)
