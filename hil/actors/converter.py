"""The power stage of a charger, whatever its wire speaks: what it gives for what it was told, and all that it can do wrong.

A sound one goes to the current that it is asked for at its slew, gives less where that would bring the link above the
voltage that it is asked for, rises from what it gives then, and stops at once when told to. Each KIND bends one of these
habits, any of them together. A ripple is taken at the tick, at full height: one above the tick's own rate shows as its
alias, on the layers and in the sensors alike. While a fault keeps it on, its connector stays locked.
Frequencies and the time constant of an overshoot are assumed. V and A, s; positive charges.
"""

import math
from collections import deque
from typing import NamedTuple

STEP_ms = 10
STEP_s = STEP_ms / 1000
RIPPLE_Hz = 3.0
FAST_RIPPLE_Hz = 120.0  # of rectified mains of 60 Hz
OVERSHOOT_s = 0.2

_ANY = ("not used", float("-inf"), float("inf"), None)
# kind -> (what severity is, lowest, highest, that of a sound charger; None: it comes at once)
KINDS: dict[str, tuple[str, float, float, float | None]] = {
    "gain": ("times the current that is asked for", 0.0, 100.0, 1.0),
    "offset": ("A beside what is asked for", -2000.0, 2000.0, 0.0),
    "late": ("s between an order and its execution", 0.0, 60.0, 0.0),
    "ripple": (f"A of peak at {RIPPLE_Hz:g} Hz", 0.0, 2000.0, 0.0),
    "fast_ripple": (f"A of peak at {FAST_RIPPLE_Hz:g} Hz", 0.0, 2000.0, 0.0),
    "overshoot": ("times each step of the current that is asked for, on top of it", 0.0, 100.0, 0.0),
    "ignores": _ANY,  # goes on with its last order, also when told to stop
    "weld": _ANY,  # follows every order but the one to stop
    "drop_out": _ANY,  # gives nothing and says nothing
    "silence": _ANY,  # says nothing
    "fails": _ANY,  # gives nothing and says so
    "lies_current": ("A that it says to give on top of what it gives", -2000.0, 2000.0, 0.0),
    "lies_voltage": ("V that it says to measure on top of what it measures", -2000.0, 2000.0, 0.0),
}
_LOCKS = ("ignores", "weld", "late")
_MUTE = ("drop_out", "silence")
_DEAD = ("drop_out", "fails")


class Order(NamedTuple):
    """What it was told last."""

    on: bool
    current_A: float
    voltage_V: float


STOP = Order(False, 0.0, 0.0)


class Converter:
    """`obey` with every order, `slew` every tick while `plugged`. `on`, `current_A`, `voltage_V` are what it would give now."""

    def __init__(self, slew_A_s: float, current_max_A: float, voltage_max_V: float) -> None:
        self.plugged = False
        self.on = False
        self.current_A = 0.0
        self.voltage_V = 0.0
        self.faults: dict[str, float] = {}
        self.felt = dict.fromkeys(KINDS, 0)  # ticks or frames that were not as they would have been
        self.current_max_A = current_max_A
        self.voltage_max_V = voltage_max_V
        self._slew_A = slew_A_s * STEP_s
        self._pulled = False
        self._ticks = 0
        self._steady_A = 0.0  # without ripple and overshoot
        self._excess_A = 0.0
        self._newest = STOP
        self._coming: deque[tuple[int, Order]] = deque()
        self._due = STOP
        self._obeyed = STOP

    def set_fault(self, kind: str, severity: float) -> None:
        """Begins a fault, or changes how bad it is."""
        self.faults[kind] = severity

    def clear_fault(self, kind: str) -> None:
        """It behaves again; how often it did not is kept."""
        self.faults.pop(kind, None)

    def plug(self, wanted: bool) -> None:
        """Puts the connector in, or pulls it, which a lock may forbid for a while."""
        self._pulled = not wanted
        if wanted:
            self.plugged = True
        elif not self._locked():
            self.unplug()

    def unplug(self) -> None:
        """It is out: nothing flows and nothing is remembered."""
        self.plugged = self.on = False
        self.current_A = self.voltage_V = self._steady_A = self._excess_A = 0.0
        self._newest = self._due = self._obeyed = STOP
        self._coming.clear()

    def speaks(self) -> bool:
        """Whether it says anything when its time has come; counts what is left unsaid."""
        if not self.plugged:
            return False
        for kind in _MUTE:
            if kind in self.faults:
                self.felt[kind] += 1
                return False
        return True

    @property
    def feeds(self) -> bool:
        """Whether it is there and has power, for a heater as well."""
        return self.plugged and not any(kind in self.faults for kind in _DEAD)

    @property
    def failed(self) -> bool:
        """Whether it says that it has failed."""
        return "fails" in self.faults

    def said(self, output_V: float, output_A: float) -> tuple[float, float]:
        """Voltage and current as it tells them."""
        for kind in ("lies_voltage", "lies_current"):
            self.felt[kind] += kind in self.faults
        return output_V + self.faults.get("lies_voltage", 0.0), output_A + self.faults.get("lies_current", 0.0)

    def obey(self, order: Order) -> None:
        """It is told, for the first time or again."""
        if not self.plugged:
            self.unplug()
        elif order != self._newest:
            self._newest = order
            self._coming.append((self._ticks, order))

    def slew(self, output_A: float) -> None:
        """One tick; `output_A` is what it really gave in the last one."""
        faults = self.faults
        self._ticks += 1
        order = self._order()
        self.on = order.on and not any(kind in faults for kind in _DEAD)
        self.voltage_V = min(order.voltage_V, self.voltage_max_V) if self.on else 0.0
        if self.on:
            self._regulate(order, output_A)
        else:
            self.current_A = self._steady_A = self._excess_A = 0.0
        if faults:
            self._count(order)
        if self._pulled and not self._locked():
            self.unplug()

    def _locked(self) -> bool:
        return self.on and any(kind in self.faults for kind in _LOCKS)

    def _order(self) -> Order:
        """The order in force: the newest, or whatever a fault makes of it."""
        faults = self.faults
        late = round(faults.get("late", 0.0) / STEP_s)
        while self._coming and self._ticks - self._coming[0][0] > late:
            self._due = self._coming.popleft()[1]
        self.felt["late"] += late > 0 and self._due != self._newest
        before, order = self._obeyed, self._due
        if "ignores" in faults:
            self.felt["ignores"] += order != before
            return before
        if "weld" in faults and before.on and not order.on:
            self.felt["weld"] += 1
            return before
        self._obeyed = order
        return order

    def _regulate(self, order: Order, output_A: float) -> None:
        """The next current towards the order, at the slew."""
        faults = self.faults
        asked_A = min(order.current_A, self.current_max_A) * faults.get("gain", 1.0) + faults.get("offset", 0.0)
        asked_A = max(asked_A, 0.0)
        if output_A < self.current_A:  # the voltage bound
            self._steady_A = min(self._steady_A, output_A)
        step_A = asked_A - self._steady_A
        if "overshoot" in faults and step_A > 0.0:
            self._steady_A = asked_A
            self._excess_A += step_A * faults["overshoot"]
        else:
            self._steady_A += max(-self._slew_A, min(self._slew_A, step_A))
        current_A = self._steady_A
        if self._excess_A:
            current_A += self._excess_A
            self._excess_A = self._excess_A * math.exp(-STEP_s / OVERSHOOT_s) if self._excess_A > 1e-3 else 0.0
        for kind, frequency_Hz in (("ripple", RIPPLE_Hz), ("fast_ripple", FAST_RIPPLE_Hz)):
            if kind in faults:
                current_A += faults[kind] * math.sin(2 * math.pi * frequency_Hz * self._ticks * STEP_s)
        self.current_A = max(current_A, 0.0)

    def _count(self, order: Order) -> None:
        """What this tick's current was not as it would have been for."""
        faults, felt = self.faults, self.felt
        for kind in _DEAD:
            felt[kind] += kind in faults and order.on
        if self.on:
            felt["gain"] += faults.get("gain", 1.0) != 1.0
            for kind in ("offset", "ripple", "fast_ripple"):
                felt[kind] += bool(faults.get(kind))
            felt["overshoot"] += "overshoot" in faults and self._excess_A > 0.0
