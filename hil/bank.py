"""A bank of like sensors: truth in, whole numbers as on the wire out, with the errors that the pack declares.

Gain and offset are drawn once, evenly inside their bounds; noise is normal, cut at four sigma, and added
before the converter rounds to its step. What lies outside the converter's range is clipped and told.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bms.schema import Sensor
from hil.sensorframes import Slot

Floats = NDArray[np.float64]

NOISE_SIGMAS = 4.0
BLOCK_rows = 512
TICK_ms = 10


class Bank:
    """Sensors side by side. `wire_per_unit` is 1000 for mV and mA, 10 for ddegC; `slots` are their places on the wire."""

    def __init__(
        self,
        sensors: Sequence[Sensor],
        wire_per_unit: float,
        slots: Sequence[Slot],
        generator: np.random.Generator,
    ) -> None:
        count = len(sensors)
        self._generator = generator
        self._wire_per_unit = wire_per_unit
        per_u = wire_per_unit / 1e6
        self.lsb = np.array([sensor.lsb_u * per_u for sensor in sensors])
        self._sigma = np.array([sensor.noise_u * per_u for sensor in sensors]) / self.lsb
        self.gain = 1 + generator.uniform(-1, 1, count) * np.array([s.gain_ppm * 1e-6 for s in sensors])
        self.offset = generator.uniform(-1, 1, count) * np.array([s.offset_u * 1e-6 for s in sensors])  # V, A, K
        per_m = wire_per_unit / 1e3
        self.low = np.array([max(s.low_m * per_m, place.low) for s, place in zip(sensors, slots)])
        self.high = np.array([min(s.high_m * per_m, place.high) for s, place in zip(sensors, slots)])
        self._middle = (self.low + self.high) / 2
        self._half = (self.high - self.low) / 2
        self._rounds_again = bool((self.lsb != np.rint(self.lsb)).any())
        self._noise = np.zeros((BLOCK_rows, count))
        self._row = BLOCK_rows
        self._factor, self._shift = np.zeros(count), np.zeros(count)
        self._beyond = np.zeros(count)
        self.wire = np.zeros(count)
        self.saturated: NDArray[np.intp] | None = None  # numbers of the sensors that were clipped
        self._errors_changed()

    def set_error(self, k: int, gain: float, offset: float) -> None:
        """Fixes gain and offset (V, A or K) of one sensor, inside its bounds or not."""
        self.gain[k] = gain
        self.offset[k] = offset
        self._errors_changed()

    def read(self, truth: Floats) -> Floats:
        """Converts `truth` (V, A, degC; shape (sensors,)); the answer is the bank's own array `wire`."""
        row = self._row
        if row == BLOCK_rows:
            self._generator.standard_normal(out=self._noise)
            np.clip(self._noise, -NOISE_SIGMAS, NOISE_SIGMAS, out=self._noise)
            np.multiply(self._noise, self._sigma, self._noise)
            row = 0
        self._row = row + 1
        wire, beyond = self.wire, self._beyond
        np.multiply(truth, self._factor, wire)
        np.add(wire, self._shift, wire)
        np.add(wire, self._noise[row], wire)
        np.rint(wire, wire)
        np.multiply(wire, self.lsb, wire)
        if self._rounds_again:
            np.rint(wire, wire)
        np.subtract(wire, self._middle, beyond)
        np.abs(beyond, beyond)
        np.subtract(beyond, self._half, beyond)
        if np.maximum.reduce(beyond) > 0.0:
            self.saturated = np.flatnonzero(beyond > 0.0)
            np.clip(wire, self.low, self.high, out=wire)
        else:
            self.saturated = None
        return wire

    def _errors_changed(self) -> None:
        np.divide(self.gain * self._wire_per_unit, self.lsb, self._factor)
        np.divide(self.offset * self._wire_per_unit, self.lsb, self._shift)


class Delay:
    """Values as they were some ms ago, straight lines between ticks; before the first, all is as at the first."""

    def __init__(self, latency_ms: Sequence[int]) -> None:
        count = len(latency_ms)
        whole = np.array([late // TICK_ms for late in latency_ms])
        self._fraction = np.array([late % TICK_ms / TICK_ms for late in latency_ms])
        depth = int(whole.max()) + 2
        self._past = np.zeros((depth, count))
        rows, columns = np.arange(depth).reshape(-1, 1), np.arange(count)
        self._newer = (rows - whole) % depth * count + columns
        self._older = (rows - whole - 1) % depth * count + columns
        self._a, self._b = np.zeros(count), np.zeros(count)
        self._row = -1

    def step(self, now: Floats) -> Floats:
        """One tick on; the answer is valid until the next call."""
        past = self._past
        if self._row < 0:
            past[:] = now
        self._row = row = (self._row + 1) % len(past)
        past[row] = now
        a, b = self._a, self._b
        past.take(self._newer[row], None, a, "clip")
        past.take(self._older[row], None, b, "clip")
        np.subtract(b, a, b)
        np.multiply(b, self._fraction, b)
        np.add(a, b, a)
        return a
