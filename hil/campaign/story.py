"""Profiles and what goes on around a fault, as phases of a scenario: what is asked for, for how long, at which load.

A story begins with WAKE_s of an open pack, so that the wish to close is a new one, then the time in which this pack's
contactors close, then what its profile says. Times in s, loads in C; positive charges.
"""

from collections.abc import Callable, Iterator

import numpy as np

from bms.schema import Pack
from hil.campaign import expected
from hil.scenario import Phase

WAKE_s = 0.3
STEP_LOW_s, STEP_HIGH_s = 0.4, 1.2
DRIVE_s = 1200.0
"""Where in the measured drive a run may begin."""

Part = tuple[str, float, float | None, float | None]
"""Kind of phase, s, constant load in C, and where the measured drive is entered (the load then scales it)."""

Draw = np.random.Generator


def closing_s(pack: Pack) -> float:
    """Time from the wish to the first current: contactors in turn and five time constants of precharge."""
    tau_s = pack.precharge_mohm * pack.link_capacitance_uF * 1e-9
    return round(0.6 + 5 * tau_s, 2)


def phases(pack: Pack, profile: str, during: str, seconds: float, load_C: float, draw: Draw) -> tuple[Phase, ...]:
    """The whole story. `during` other than ANY takes the place of the profile."""
    if during in (expected.ANY, expected.CLOSING):
        parts = list(PROFILES[profile](seconds, load_C, draw))
    elif during == expected.CHARGE:
        parts = list(_charge(seconds, load_C, draw))
    elif during == expected.OPENING:
        parts = [*_steps(seconds / 2, load_C, draw), ("open", max(seconds / 2, 3.0), None, None)]
    else:
        parts = list(_steps(seconds, load_C, draw))
    made = [("idle", WAKE_s, None, None), ("rest", closing_s(pack), None, None), *parts]
    story, start_s = [], 0.0
    for i, (kind, lasts_s, c_rate, entered_s) in enumerate(made):
        lasts_s = max(round(lasts_s, 2), 0.01)
        story.append(
            Phase(
                name=f"{kind}_{i}",
                kind=kind,
                start_s=round(start_s, 2),
                duration_s=lasts_s,
                profile=None if entered_s is None else "nmc_drive",
                profile_start_s=entered_s or 0.0,
                scale=1.0 if entered_s is None or c_rate is None else c_rate,
                c_rate=c_rate if entered_s is None else None,
                day_start_h=None,
                reset_faults=False,
            )
        )
        start_s += lasts_s
    return tuple(story)


def _steps(seconds: float, load_C: float, draw: Draw) -> Iterator[Part]:
    """Charge and discharge in turn, so that everything that is measured moves."""
    sign = 1.0 if draw.random() < 0.5 else -1.0
    left_s = seconds
    while left_s > 0.005:
        step_s = min(float(draw.uniform(STEP_LOW_s, STEP_HIGH_s)), left_s)
        yield "drive", step_s, sign * load_C * float(draw.uniform(0.5, 1.0)), None
        left_s -= max(round(step_s, 2), 0.01)
        sign = -sign


def _drive(seconds: float, load_C: float, draw: Draw) -> Iterator[Part]:
    yield "drive", seconds, load_C, float(draw.uniform(0.0, DRIVE_s))


def _regen_on_full(seconds: float, load_C: float, draw: Draw) -> Iterator[Part]:
    """Mostly charge current into a full pack, with short breaths of discharge."""
    left_s = seconds
    while left_s > 0.005:
        for share, sign in ((3.0, 1.0), (1.0, -0.3)):
            step_s = min(float(draw.uniform(0.2, 0.5)) * share, left_s)
            if step_s > 0.005:
                yield "drive", step_s, sign * load_C, None
            left_s -= max(round(step_s, 2), 0.0)


def _deep_discharge(seconds: float, load_C: float, draw: Draw) -> Iterator[Part]:
    """One long pull, then a jerk."""
    pull_s = seconds * float(draw.uniform(0.5, 0.9))
    yield "drive", pull_s, -load_C * float(draw.uniform(0.3, 1.0)), None
    yield "drive", seconds - pull_s, -load_C, None


def _charge(seconds: float, load_C: float, draw: Draw) -> Iterator[Part]:
    yield "charge", seconds, None, None


def _idle(seconds: float, load_C: float, draw: Draw) -> Iterator[Part]:
    yield "rest", seconds, None, None


PROFILES: dict[str, Callable[[float, float, Draw], Iterator[Part]]] = {
    "drive": _drive,
    "regen_on_full": _regen_on_full,
    "deep_discharge": _deep_discharge,
    "fast_charge": _charge,
    "cold": _steps,
    "hot": _steps,
    "idle": _idle,
}
