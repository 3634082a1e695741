"""The shortest charge that the limits allow: a free-time problem over the plant's own cell and heat, by CasADi and IPOPT.

One layer stands for all: SoC, from which the branch of its hysteresis follows while nothing but charge flows, two RC pairs,
one temperature for the stack and one for the coolant loop. Conduction along a stack is a matter of a second, so the layer in
the middle and the one at an end follow the mean by factors that hil.heat itself gives; both obey every limit. Input: current
on straight lines, heater and cooler in steps. Limits: charge map, ratings, voltage, temperature, rise and gradient as the
firmware derates by them, ramps, heater, cooler and loop as the pack declares them, coolant no warmer than its guard. Radau
collocation of third order; what IPOPT left over is reported, and a grid of twice as many intervals tells how good the time
is. Kinks of the tables are rounded over CORNER_permille. Wants CasADi, an optional extra. SI units; positive current charges.
"""

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bms.schema import charge_map, layer_count
from hil import celltables
from hil.actors.thermal import FADE_K
from hil.benches.charge_plant import DISCHARGED, Course, Task, conduction
from hil.celltables import CellTables
from hil.plant import ZERO_K, GAS_J_molK

Floats = NDArray[np.float64]

TOLERANCE = 1e-8
CORNER_permille = 0.5
CORNER_K = 0.05
FALL_A_s = 1000.0
"""A request may fall as fast as a limit does."""
FAR_K = (200.0, 380.0)
FAR_APART_K = 100.0
"""Stack and coolant are never farther apart."""
FINER = 1 / 8
"""Of an ordinary interval, each of the first quarter."""
LEAST_STAGE_s = 10.0
"""A stretch of constant current that lasted no time would have no current to improve."""
ITERATIONS = 600
TIE_s = 0.001
"""What all of the heater and cooler, all of the time, counts against the time: of equal courses the one that heats less."""

SOC, V1, V2, STACK_K, LOOP_K = range(5)
STATES = 5
SCALE = (1.0, 0.1, 0.1, 10.0, 10.0)
TIME_s, CURRENT_A = 100.0, 10.0


@dataclass(frozen=True)
class Optimum:
    """What came out. `course` is the input that can be played on the plant."""

    time_s: float
    status: str
    solved: bool
    violation: float  # of the scaled constraints, largest
    iterations: int
    course: Course


def installed() -> bool:
    """CasADi can be imported."""
    return importlib.util.find_spec("casadi") is not None


class Lines:
    """A table as straight lines whose kinks are rounded: `weights(x)` times the table's values, of one or of two axes."""

    def __init__(self, ca: Any, knots: Floats, corner: float) -> None:
        self._ca, self._knots, self._corner = ca, knots, corner
        # value = y0 + slope0 (x - x0) + sum of (change of slope) ramp(x - knot): as a matrix on y
        count = len(knots)
        slope = np.zeros((count - 1, count))
        for k in range(count - 1):
            width = knots[k + 1] - knots[k]
            slope[k, k], slope[k, k + 1] = -1 / width, 1 / width
        first = np.zeros((1, count))
        first[0, 0] = 1.0
        self._matrix = np.concatenate([first, slope[:1], np.diff(slope, axis=0)])

    def weights(self, x: Any) -> Any:
        """Of each knot's value, a row; beyond the ends the outer lines go on."""
        ca, past = self._ca, [x - knot for knot in self._knots[1:-1]]
        ramps = [(p + ca.sqrt(p * p + self._corner**2)) / 2 for p in past]
        return ca.horzcat(1.0, x - self._knots[0], *ramps) @ ca.DM(self._matrix)


class Model:
    """The cell, the stack and the loop of a task as expressions of CasADi."""

    def __init__(self, ca: Any, task: Task) -> None:
        pack, cell = task.pack, task.pack.cell
        self.ca, self.task = ca, task
        tables = CellTables(cell)
        self._knots = tables.knots
        self._soc = Lines(ca, np.linspace(0, 1, self._knots.shape[1]), CORNER_permille / 1000)
        self._map_soc = Lines(ca, np.array(cell.map_soc_permille) / 1000, CORNER_permille / 1000)
        self._map_K = Lines(ca, np.array(cell.map_ddegC) / 10 + ZERO_K, CORNER_K)
        self._map_A = np.array(charge_map(pack)) / 1000 * cell.capacity_mAh / 1000
        self._reference_K = tables.reference_K
        self._gamma = cell.hyst_gamma_permille / 1000
        self._ea_K = np.array(cell.ea_J_mol) / GAS_J_molK
        self.capacity_As = cell.capacity_mAh * 3.6
        self.layers = layer_count(pack)
        self.stack_W_K, self._shape = conduction(pack)
        self.stack_W_K *= pack.stacks
        self.stack_J_K = cell.heat_capacity_J_K * self.layers

    def map_A(self, temp_K: Any, soc: Any) -> Any:
        """The charge map of one layer, bilinear."""
        return self._map_K.weights(temp_K) @ self.ca.DM(self._map_A) @ self._map_soc.weights(soc).T

    def places_K(self, x: Any) -> tuple[Any, ...]:
        """Temperatures of the layers that are farthest from the mean: in the middle and at an end."""
        return tuple(x[LOOP_K] + share * (x[STACK_K] - x[LOOP_K]) for share in self._shape)

    def electric(self, x: Any, current_A: Any) -> tuple[Any, Any, Any]:
        """(voltage of a layer, its heat in W, rates of v1 and v2)."""
        ca = self.ca
        values = self._soc.weights(x[SOC]) @ ca.DM(self._knots.T)
        ocv, hyst, entropy, tau1, tau2 = (
            values[row] for row in (celltables.OCV, celltables.HYST, celltables.ENTROPY, celltables.TAU1, celltables.TAU2)
        )
        warmth = 1 / x[STACK_K] - 1 / self._reference_K
        r0, r1, r2 = (values[celltables.R0 + k] * ca.exp(self._ea_K[k] * warmth) for k in range(3))
        branch = 1 + (DISCHARGED - 1) * ca.exp(-self._gamma * (x[SOC] - self.task.soc_from))
        over_V = branch * hyst + current_A * r0 + x[V1] + x[V2]
        voltage_V = ocv + entropy * (x[STACK_K] - self._reference_K) + over_V
        heat_W = current_A * (over_V + x[STACK_K] * entropy)
        return voltage_V, heat_W, ((current_A * r1 - x[V1]) / tau1, (current_A * r2 - x[V2]) / tau2)

    def rates(self, x: Any, current_A: Any, heater_W: Any, cooler_W: Any) -> Any:
        """Of all states, in 1/s."""
        _, heat_W, rc = self.electric(x, current_A)
        taken_W = self.stack_W_K * (x[STACK_K] - x[LOOP_K])
        loop = self.task.loop
        lost_W = loop.ambient_W_K * (x[LOOP_K] - ZERO_K - loop.ambient_degC)
        into_W = taken_W + heater_W - cooler_W - lost_W
        stack = (self.layers * heat_W - taken_W) / self.stack_J_K
        return self.ca.vertcat(current_A / self.capacity_As, *rc, stack, into_W / loop.loop_J_K)

    def room(self, x: Any, current_A: Any, rate_K_s: Any) -> list[Any]:
        """What must not be negative, each about one where there is plenty."""
        cell, thermal = self.task.pack.cell, self.task.pack.thermal
        places_K = self.places_K(x)
        maps_A = [self.map_A(temp_K, x[SOC]) for temp_K in places_K]
        voltage_V, _, _ = self.electric(x, current_A)
        rooms = [(cell.v_max_mV[0] / 1000 - voltage_V) * 10, (thermal.warm_mK_s / 1000 - rate_K_s) * 10]
        rooms += [(self.task.hot_K - temp_K) / 10 for temp_K in places_K]
        rooms += [(map_A - current_A) / CURRENT_A for map_A in maps_A]
        begins, ends = thermal.rate_derate_mK_s
        if thermal.warm_mK_s > begins:  # else nothing warms so fast
            rooms += [(map_A * (ends - 1000 * rate_K_s) / (ends - begins) - current_A) / CURRENT_A for map_A in maps_A]
        apart_K, torn_K = (difference / 10 for difference in thermal.gradient_derate_ddegC)
        if (self._shape[0] - self._shape[1]) * FAR_APART_K > apart_K:  # else layers are never so far apart
            for difference_K in (places_K[0] - places_K[1], places_K[1] - places_K[0]):
                left = (torn_K - difference_K) / (torn_K - apart_K)
                rooms += [(map_A * left - current_A) / CURRENT_A for map_A in maps_A]
        return rooms

    def fades(self, x: Any) -> list[Any]:
        """What the thermostats leave of heater and chiller."""
        ca, thermal = self.ca, self.task.pack.thermal
        left = (thermal.coolant_max_ddegC / 10 + ZERO_K - x[LOOP_K], x[LOOP_K] - thermal.coolant_min_ddegC / 10 - ZERO_K)
        return [(room_K + ca.sqrt(room_K**2 + CORNER_K**2)) / 2 / FADE_K for room_K in left]


def solve(task: Task, intervals: int, guess: Course, stages: int = 0) -> Optimum:
    """The shortest course of a task on a grid of `intervals` from a course that may be slower.

    With `stages` the current is what a charger of so many constant currents can do after a while without any: each of these
    stretches has the same number of intervals and ends when it is best.
    """
    ca: Any = importlib.import_module("casadi")
    model = Model(ca, task)
    parts = stages + 1
    each = intervals // parts
    intervals = each * parts
    stage = _stage(ca, model)
    nodes, inner = ca.MX.sym("nodes", STATES, intervals + 1), ca.MX.sym("inner", STATES, intervals)
    current = ca.MX.sym("current", 1, parts if stages else intervals + 1)
    power, times = ca.MX.sym("power", 2, intervals), ca.MX.sym("times", 1, parts)
    spread, steps = np.kron(np.eye(parts), np.ones((1, each))), np.kron(np.eye(parts), _shares(each, stages))
    first, last = (current @ spread, current @ spread) if stages else (current[:, :-1], current[:, 1:])
    before = ca.horzcat(ca.DM.zeros(2, 1), power[:, :-1])
    equal, rooms = stage.map(intervals)(nodes[:, :-1], inner, nodes[:, 1:], first, last, before, power, times @ steps)
    x = ca.veccat(nodes, inner, current, power, times)
    tie = TIE_s / TIME_s / intervals * ca.sum2(ca.sum1(power))
    bound = np.concatenate([np.zeros(equal.numel()), np.full(rooms.numel(), np.inf)])
    problem = {"x": x, "f": ca.sum2(times) + tie, "g": ca.veccat(equal, rooms)}
    low, high = _box(task, intervals, stages)
    ipopt = {"print_level": 0, "sb": "yes", "tol": TOLERANCE, "max_iter": ITERATIONS, "mu_strategy": "adaptive"}
    solver = ca.nlpsol("charge", "ipopt", problem, {"print_time": False, "ipopt": ipopt})
    found = solver(x0=_start(intervals, guess, stages), lbx=low, ubx=high, lbg=np.zeros(len(bound)), ubg=bound)
    stats = solver.stats()
    g, values = np.array(found["g"]).ravel(), np.array(found["x"]).ravel()
    return Optimum(
        time_s=float(values[-parts:].sum()) * TIME_s,
        status=stats["return_status"],
        solved=bool(stats["success"]),
        violation=max(float(np.maximum(-g, g - bound).max()), 0.0),
        iterations=stats["iter_count"],
        course=_course(intervals, values, stages),
    )


def _shares(each: int, stages: int) -> Floats:
    """Of a stretch's time, that of each interval: short ones first, where a current has to ramp up."""
    shares = np.ones((1, each))
    if not stages:
        shares[0, : each // 4] = FINER
    of_all: Floats = shares / shares.sum()
    return of_all


def _stage(ca: Any, model: Model) -> Any:
    """One interval: what must be zero, and what must not be negative at its two collocation points."""
    task, thermal, scale = model.task, model.task.pack.thermal, ca.DM(SCALE)
    begin, inner, end = (ca.SX.sym(name, STATES) for name in ("begin", "inner", "end"))
    first, last, step = ca.SX.sym("first"), ca.SX.sym("last"), ca.SX.sym("step")
    before, power = ca.SX.sym("before", 2), ca.SX.sym("power", 2)
    step_s = step * TIME_s
    full_W = (thermal.heater_W, thermal.cooler_W)
    x = (inner * scale, end * scale)
    current_A = ((first + (last - first) / 3) * CURRENT_A, last * CURRENT_A)
    rates = [model.rates(x[k], current_A[k], power[0] * full_W[0], power[1] * full_W[1]) for k in range(2)]
    equal = ca.vertcat(
        inner - begin - step_s * (5 * rates[0] - rates[1]) / 12 / scale,
        end - begin - step_s * (3 * rates[0] + rates[1]) / 4 / scale,
    )
    rooms = []
    for k in range(2):
        rooms += model.room(x[k], current_A[k], rates[k][STACK_K])
        rooms += [fade - power[which] for which, fade in enumerate(model.fades(x[k]))]
    rooms.append((task.pack.request_dA_s / 10 * step_s - (last - first) * CURRENT_A) / CURRENT_A)
    rooms.append((FALL_A_s * step_s + (last - first) * CURRENT_A) / CURRENT_A)
    rooms += [thermal.request_permille_s / 1000 * step_s - power[k] + before[k] for k in range(2)]
    return ca.Function("stage", [begin, inner, end, first, last, before, power, step], [equal, ca.vertcat(*rooms)])


def _box(task: Task, intervals: int, stages: int) -> tuple[Floats, Floats]:
    """Bounds of the variables; the first node is where the task starts, the last has its SoC."""
    start_K = task.start_degC + ZERO_K
    guard_K = max(task.pack.guards.coolant_ddegC / 10 + ZERO_K, start_K)
    low = np.array([task.soc_from, -1.0, -1.0, FAR_K[0], FAR_K[0]]) / SCALE
    high = np.array([task.soc_to, 2.0, 2.0, FAR_K[1], guard_K]) / SCALE
    lows, highs = np.tile(low, (2 * intervals + 1, 1)), np.tile(high, (2 * intervals + 1, 1))
    lows[0] = highs[0] = np.array([task.soc_from, 0.0, 0.0, start_K, start_K]) / SCALE
    lows[intervals, SOC] = task.soc_to
    current = np.full(stages + 1 if stages else intervals + 1, task.most_A / CURRENT_A)
    current[0] = 0.0
    fitted = (task.pack.thermal.heater_W > 0, task.pack.thermal.cooler_W > 0)
    power = np.tile(np.array(fitted, dtype=float), intervals)
    least = np.full(stages + 1, LEAST_STAGE_s / TIME_s)
    least[0] = 0.0
    lowest = np.concatenate([lows.ravel(), np.zeros(len(current) + len(power)), least])
    return lowest, np.concatenate([highs.ravel(), current, power, np.full(stages + 1, np.inf)])


def _start(intervals: int, guess: Course, stages: int) -> Floats:
    """The variables of a course."""
    parts = stages + 1
    shares = np.tile(_shares(intervals // parts, stages).ravel() / parts, parts)
    ends_s = guess.time_s[-1] * np.concatenate([[0.0], np.cumsum(shares)])
    middles_s = ends_s[:-1] + np.diff(ends_s) / 3

    def states(times_s: Floats) -> Floats:
        columns = (guess.soc, guess.v1_V, guess.v2_V, guess.stack_K, guess.loop_K)
        return np.column_stack([np.interp(times_s, guess.time_s, column) for column in columns]) / SCALE

    current = np.interp(ends_s, guess.time_s, guess.current_A) / CURRENT_A
    if stages:
        current = current[:-1].reshape(parts, -1).min(axis=1)
    power = np.column_stack([np.interp(middles_s, guess.time_s, share) for share in (guess.heater, guess.cooler)])
    times = np.full(parts, guess.time_s[-1] / TIME_s / parts)
    return np.concatenate([states(ends_s).ravel(), states(middles_s).ravel(), current, power.ravel(), times])


def _course(intervals: int, x: Floats, stages: int) -> Course:
    """A course of the variables; power at a node is that of the interval which begins there."""
    parts = stages + 1
    states = x[: STATES * (intervals + 1)].reshape(-1, STATES) * SCALE
    at = STATES * (2 * intervals + 1)
    each = intervals // parts
    rest, steps_s = x[at:-parts], np.kron(x[-parts:] * TIME_s, _shares(each, stages).ravel())
    current = np.repeat(rest[:parts], each) if stages else rest[: intervals + 1]
    power = rest[parts if stages else intervals + 1 :].reshape(-1, 2)
    times_s = np.concatenate([[0.0], np.cumsum(steps_s)])
    current = np.append(current, current[-1:])[: intervals + 1] * CURRENT_A
    return Course._make([times_s, *states.T, current, *np.vstack([power, power[-1:]]).T])
