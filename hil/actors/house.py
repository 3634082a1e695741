"""A house with panels on its roof for one day: what sun and loads leave over for the battery, W on the DC side.

Positive is a surplus that charges. Everything is drawn once by the seed, a value every STEP_s: a clear summer sky, clouds
that come and go within one step, a fridge, a kettle, a stove, people who get up, come home and go to bed. All assumed; the
shape is that of published household profiles (base of 0.2 to 0.4 kW, morning and evening humps, short peaks of 2 kW).
"""

import numpy as np
from numpy.typing import NDArray

DAY_s = 86400
STEP_s = 10
_STEPS = DAY_s // STEP_s
_H = 3600 // STEP_s  # steps of an hour

SUNRISE_h, SUNSET_h = 5.5, 20.5
CLOUDS_FROM_h, CLOUDS_TO_h = 9.5, 17.0  # fair-weather clouds need a warm ground
CLEAR_s, CLOUDED_s = 420, 150  # mean time of either
CLOUD_LOW, CLOUD_HIGH = 0.2, 0.6  # of the clear sky, under a cloud

BASE_W = 220.0
HUMPS = ((6.5, 8.0, 350.0), (12.0, 13.5, 250.0), (17.5, 23.0, 480.0))  # from, to (h), W
FRIDGE_on_s, FRIDGE_off_s, FRIDGE_W = 900, 1800, 110.0
EVENTS = (  # about when (h), how long (s), W
    (6.8, 180, 2000.0),  # kettle
    (7.2, 600, 900.0),
    (12.4, 1500, 1800.0),  # stove
    (18.6, 2400, 2200.0),
    (19.9, 180, 2000.0),
    (21.0, 5400, 600.0),
)
LATE_h = 0.4  # an event comes earlier or later by up to so much


class House:
    """`surplus_W(time of day in s)`; the day repeats after 24 h."""

    def __init__(self, seed: int, pv_peak_W: float) -> None:
        generator = np.random.Generator(np.random.PCG64([seed, 2]))
        self.sun_W = pv_peak_W * _sky() * _clouds(generator)
        self.load_W = _loads(generator)
        self._surplus_W = (self.sun_W - self.load_W).tolist()

    def surplus_W(self, time_s: float) -> float:
        """What the battery may take (positive) or must give (negative)."""
        return float(self._surplus_W[int(time_s % DAY_s) // STEP_s])


def _sky() -> NDArray[np.float64]:
    """The clear day, 0 to 1."""
    hour = np.arange(_STEPS) / _H
    height = np.sin(np.pi * np.clip((hour - SUNRISE_h) / (SUNSET_h - SUNRISE_h), 0, 1))
    return np.asarray(height**1.3)


def _clouds(generator: np.random.Generator) -> NDArray[np.float64]:
    """What clouds let through: clear and clouded stretches in turn, with exponential lengths."""
    through = np.ones(_STEPS)
    step, clouded = round(CLOUDS_FROM_h * _H), False
    while step < CLOUDS_TO_h * _H:
        length = 1 + int(generator.exponential(CLOUDED_s if clouded else CLEAR_s)) // STEP_s
        if clouded:
            through[step : step + length] = generator.uniform(CLOUD_LOW, CLOUD_HIGH)
        step, clouded = step + length, not clouded
    return through


def _loads(generator: np.random.Generator) -> NDArray[np.float64]:
    """Base, humps, fridge and events."""
    load_W = np.full(_STEPS, BASE_W)
    for from_h, to_h, power_W in HUMPS:
        load_W[round(from_h * _H) : round(to_h * _H)] += power_W
    cycle = (np.arange(_STEPS) * STEP_s + generator.integers(0, FRIDGE_on_s + FRIDGE_off_s)) % (FRIDGE_on_s + FRIDGE_off_s)
    load_W[cycle < FRIDGE_on_s] += FRIDGE_W
    for about_h, length_s, power_W in EVENTS:
        begin = round((about_h + generator.uniform(-LATE_h, LATE_h)) * _H)
        load_W[begin : begin + length_s // STEP_s] += power_W
    return load_W
