"""Joint least squares of all runs: tables at once by a bounded linear solve, what they are not linear in around it.

A run is fitted row by row, which tells fast resistance, and minute by minute, which tells open-circuit voltage and everything
slow, and that is what a state of charge hangs on. Every run counts alike, whatever its length, and less where the model
describes it worse: it is reweighted by its own residual, a single row beyond three of that again by its own, and a cold run by
how cold it is. The prior settles what the logs leave open; `known` says of every knot how much the logs have decided.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import least_squares

from hil.fit.design import TABLES, WIDTH, Columns, K, Sample, Shape, T_REF_degC, columns, part
from hil.fit.evidence import Evidence
from hil.fit.families import Family
from hil.fit.prior import Prior, prior
from hil.fit.runs import Run
from hil.logs import Floats

ROWS = 800  # single rows of a run in the solve
WINDOW_s = 60.0
COUNTS = 400.0  # independent samples that a run counts as, either way
NEAR_K, NEAR_PART = 5.0, 2.0  # the tables are those of t_ref: a run near it counts so much more
EMPTY, EMPTY_PART = 0.025, 0.2  # the cliff in the last half span is not for straight lines: it would bend the span above
FIRST_V = 0.02
FLOOR_V = 0.004
COLD_K = 25.0  # so far below 25 degC the floor has doubled
RISE_V = 0.001
LEAST_PART = 0.02  # of the expected resistance
ROUNDS = 3
STEPS = 5
TAU_s = ((0.5, 60.0), (30.0, 3000.0))
LOW = 1.0  # log of the factor, either way, of a time constant near empty
GAMMA = (10.0, 200.0)
EA_J_mol = (3000.0, 70_000.0)
SPREAD = (1.0, 1.0, 0.5, 0.5)  # of the logarithms of the time constants and of their factors
AWAY = np.array([0.0, 0.0, 2.0, 2.0, 0.0])  # keeps steps of finite differences off zero


class Fit(NamedTuple):
    """Tables by name in SI units."""

    shape: Shape
    tables: dict[str, Floats]
    known: dict[str, Floats]


class _Problem:
    """Runs, what is sampled of them, its weights, and the prior."""

    def __init__(self, runs: Sequence[Run], leaning: Prior) -> None:
        self.prior = leaning
        self.samples = [Sample(run, ROWS, WINDOW_s) for run in runs]
        self.columns = [Columns(run, sample) for run, sample in zip(runs, self.samples)]
        self.wanted_V = [sample.take(run.log.voltage_V) for run, sample in zip(runs, self.samples)]
        near = [abs(run.temp_degC - T_REF_degC) < NEAR_K for run in runs]
        empty = [np.sqrt(np.where(sample.take(run.soc) < EMPTY, EMPTY_PART, 1.0)) for run, sample in zip(runs, self.samples)]
        self.counts = [np.sqrt(COUNTS * (NEAR_PART if here else 1.0)) * part for here, part in zip(near, empty)]
        self.weights = [counts / np.sqrt(len(counts)) / FIRST_V for counts in self.counts]
        self.floor_V = [FLOOR_V * (1 + (max(0.0, T_REF_degC - run.temp_degC) / COLD_K) ** 2) for run in runs]
        self.transform = _transform()
        self.lower = np.full(WIDTH, -np.inf)
        self.lower[1:K] = RISE_V
        self.lower[part("hyst")] = RISE_V
        self.lower[part("hyst").start] = 0.0
        for index, level_ohm in enumerate(leaning.level_ohm):
            self.lower[part(f"r{index}")] = LEAST_PART * level_ohm

    def solve(self, shape: Shape) -> tuple[Floats, list[Floats]]:
        """Tables that are best for a shape, and what they leave."""
        gram = self.prior.rows.T @ self.prior.rows
        right = self.prior.rows.T @ self.prior.wanted
        for of_run, wanted_V, weights in zip(self.columns, self.wanted_V, self.weights):
            weighed = of_run.at(shape) * weights[:, None]
            gram += weighed.T @ weighed
            right += weighed.T @ (wanted_V * weights)
        beta = self.transform @ _bounded(self.transform.T @ gram @ self.transform, self.transform.T @ right, self.lower)
        return beta, [wanted_V - of_run.block @ beta for wanted_V, of_run in zip(self.wanted_V, self.columns)]

    def reweigh(self, left: Sequence[Floats]) -> None:
        """Weights by what is left: of each run, rows and minutes apart."""
        every = zip(left, self.samples, self.floor_V, self.weights, self.counts)
        for residual, sample, floor_V, weights, counts in every:
            for some in (slice(0, len(sample.rows)), slice(len(sample.rows), None)):
                size_V = np.abs(residual[some])
                if not len(size_V):
                    continue
                usual_V = np.sqrt(np.mean(np.minimum(size_V, 4 * np.median(size_V) + 1e-6) ** 2))
                sigma_V = np.hypot(usual_V, floor_V)
                own = np.minimum(1.0, np.sqrt(3 * sigma_V / np.maximum(size_V, 1e-9)))
                weights[some] = own * counts[some] / np.sqrt(len(size_V)) / sigma_V

    def known(self) -> dict[str, Floats]:
        """Of every knot, 0 ... 1: how much of what is known of it comes from the logs and not from the prior alone."""
        before = self.prior.rows.T @ self.prior.rows
        data = np.zeros((WIDTH, WIDTH))
        for of_run, weights in zip(self.columns, self.weights):
            weighed = of_run.block * weights[:, None]
            data += weighed.T @ weighed
        after = np.diag(np.linalg.inv(before + data)) / np.diag(np.linalg.inv(before))
        share = 1 - np.sqrt(np.clip(after, 0, 1))
        return {name: share[part(name)] for name in TABLES}


def refine(
    runs: Sequence[Run], family: Family, capacity_Ah: float, told: Evidence, tick: Callable[[float], None] = lambda done: None
) -> Fit:
    """The fit. What the logs do not tell stays the family's; `tick` is called with the part that is done."""
    problem = _Problem(runs, prior(runs, family, capacity_Ah, told))
    x = np.array([*np.log(family.tau_s), *AWAY[2:4], np.log(family.gamma), *(ea / 1e4 for ea in family.ea_J_mol)])
    low, high = (
        np.array([*np.log([TAU_s[0][end], TAU_s[1][end]]), *AWAY[2:4] + way, np.log(GAMMA[end]), *[EA_J_mol[end] / 1e4] * 3])
        for end, way in ((0, -LOW), (1, LOW))
    )
    start = x.copy()
    free = np.flatnonzero([told.dynamics] * 4 + [told.branches] + [told.temperature] * 3)
    spread = np.array([*SPREAD, family.gamma_spread, 1.0, 1.0, 1.0])[free]
    solves = 0

    def residuals(some: Floats) -> Floats:
        nonlocal solves
        solves += 1
        tick(min(1.0, solves / (ROUNDS * STEPS * (len(free) + 1) * 0.8)))
        x[free] = some
        beta, left = problem.solve(shape_of(x))
        weighed = [residual * weights for residual, weights in zip(left, problem.weights)]
        leaning = problem.prior.rows @ beta - problem.prior.wanted
        return np.concatenate([*weighed, leaning, (some - start[free]) / spread])

    for _ in range(ROUNDS):
        problem.reweigh(problem.solve(shape_of(x))[1])
        if len(free):
            bounds = (low[free], high[free])
            found = least_squares(residuals, x[free], bounds=bounds, diff_step=1e-2, xtol=3e-3, ftol=1e-4, max_nfev=STEPS)
            x[free] = found.x
    shape = shape_of(x)
    beta, _ = problem.solve(shape)
    return Fit(shape, {name: beta[part(name)].copy() for name in TABLES}, problem.known())


def predicted_V(run: Run, fit: Fit) -> Floats:
    """What the tables say of a run."""
    voltage_V: Floats = columns(run, fit.shape) @ np.concatenate([fit.tables[name] for name in TABLES])
    return voltage_V


def shape_of(x: Floats) -> Shape:
    """From what least squares moves."""
    tau1_s, tau2_s, low1, low2, gamma = (float(value) for value in np.exp(x[:5] - AWAY))
    return Shape((tau1_s, tau2_s), (low1, low2), gamma, (1e4 * float(x[5]), 1e4 * float(x[6]), 1e4 * float(x[7])))


def _bounded(gram: Floats, right: Floats, lower: Floats) -> Floats:
    """Least squares with lower bounds, by an active set: what falls below is held, what would rise again is let go."""
    held = np.zeros(len(lower), dtype=bool)
    x = np.zeros(len(lower))
    for _ in range(60):
        x[held] = lower[held]
        free = ~held
        x[free] = cho_solve(cho_factor(gram[np.ix_(free, free)]), right[free] - gram[np.ix_(free, held)] @ x[held])
        below = free & (x < lower - 1e-12)
        rising = held & (gram @ x - right < -1e-6 * np.abs(right).max())
        if not below.any() and not rising.any():
            break
        held |= below
        if not below.any():
            held &= ~rising
    return np.maximum(x, lower)


def _transform() -> Floats:
    """Tables from what is bounded: both branches of the OCV rise by at least RISE_V from knot to knot."""
    out = np.eye(WIDTH)
    ocv, hyst = part("ocv"), part("hyst")
    steps = np.tril(np.ones((K, K)))
    first = np.arange(K) == 0
    out[ocv, ocv] = steps * np.where(first, 1.0, 0.5)
    out[ocv, hyst] = steps * np.where(first, 0.0, 0.5)
    out[hyst, ocv] = steps * np.where(first, 0.0, 0.5)
    out[hyst, hyst] = steps * np.where(first, 1.0, -0.5)
    return out
