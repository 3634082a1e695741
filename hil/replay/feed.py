"""From a log to what the firmware's sensors would have said: charge of every step, and current and voltage of one instant.

A row's current is what flowed since the row before, so charge is that current times the interval and the log's ampere hours
are kept. Loggers that write a mean put it half an interval before the voltage of the same row; a firmware samples both
together. How far voltage lags the current column is therefore measured, once a log: the change of voltage is regressed on the
change of current of the same row and of the next. Where the next one answers (0.5 for a mean, 0 for samples of one instant),
the current at the voltage's instant lies between the two rows by that part.

Sensor errors are put on top: a gain, an offset, and with a seed the noise of an ordinary sensor. SI units.
"""

from dataclasses import dataclass, replace

import numpy as np

from hil.logs import Floats, Log

CLOSE_s = 2.5  # rows farther apart say nothing about an instant
LEAST_STEPS = 50
LEAST_LAG, MOST_LAG = 0.1, 0.75
NOISE_V = 0.001
NOISE_C = 0.005  # of the C-rate
NOISE_K = 0.3


@dataclass(frozen=True)
class Errors:
    """Of the sensors: what they say is gain times the truth, plus offset; noise where there is a seed."""

    gain: float = 1.0
    offset_A: float = 0.0
    offset_V: float = 0.0
    seed: int | None = None


@dataclass(frozen=True)
class Feed:
    """One row a step of the filter. `charge_Ah` flowed in `dt_s`, the rest was read at its end."""

    charge_Ah: Floats
    current_A: Floats
    voltage_V: Floats
    temp_degC: Floats
    dt_s: Floats
    lag: float  # of the voltage behind the log's current, in rows

    def __len__(self) -> int:
        return len(self.dt_s)

    def rows(self) -> Floats:
        """The five columns side by side."""
        return np.column_stack([self.charge_Ah, self.current_A, self.voltage_V, self.temp_degC, self.dt_s])

    def part(self, first: int, last: int | None = None) -> "Feed":
        """From a row on, to before another; the charge of the first row flowed before."""
        cut = replace(self, **{name: getattr(self, name)[first:last].copy() for name in _COLUMNS})
        cut.charge_Ah[0] = 0.0
        return cut


_COLUMNS = ("charge_Ah", "current_A", "voltage_V", "temp_degC", "dt_s")


def feed(log: Log, capacity_Ah: float, errors: Errors) -> Feed:
    """The log as sensors with these errors see it. A stamp that stands twice is a step of no length, which moves nothing."""
    dt_s = np.diff(log.time_s, prepend=log.time_s[0])
    dt_s[0] = np.median(dt_s[1:])
    part = lag(log)
    at_once_A = log.current_A.copy()
    close = np.flatnonzero(np.diff(log.time_s) <= CLOSE_s)
    at_once_A[close] += part * (log.current_A[close + 1] - log.current_A[close])
    flowed_A = log.current_A.copy()
    flowed_A[0] = 0.0
    voltage_V = log.voltage_V + errors.offset_V
    temp_degC = log.temp_degC
    if errors.seed is not None:
        rng = np.random.default_rng(errors.seed)
        noise_A = rng.normal(0.0, NOISE_C * capacity_Ah, len(dt_s))
        flowed_A, at_once_A = flowed_A + noise_A, at_once_A + noise_A
        voltage_V = voltage_V + rng.normal(0.0, NOISE_V, len(dt_s))
        temp_degC = temp_degC + rng.normal(0.0, NOISE_K, len(dt_s))
    return Feed(
        charge_Ah=(errors.gain * flowed_A + errors.offset_A) * dt_s / 3600,
        current_A=errors.gain * at_once_A + errors.offset_A,
        voltage_V=voltage_V,
        temp_degC=temp_degC,
        dt_s=dt_s,
        lag=part,
    )


def lag(log: Log) -> float:
    """By which part of a row the voltage answers the next row's current instead of its own."""
    steps_s = np.diff(log.time_s)
    close = (steps_s > 0) & (steps_s <= CLOSE_s)
    both = close[:-1] & close[1:]
    if np.count_nonzero(both) < LEAST_STEPS:
        return 0.0
    change_A, change_V = np.diff(log.current_A), np.diff(log.voltage_V)
    causes = np.column_stack([change_A[:-1], change_A[1:]])[both]
    own, following = np.linalg.lstsq(causes, change_V[:-1][both], rcond=None)[0]
    if own <= 0 or following <= 0:
        return 0.0
    part = float(following / (own + following))
    return 0.0 if part < LEAST_LAG else min(part, MOST_LAG)
