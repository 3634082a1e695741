"""A well-behaved vehicle: asks for states, draws what its load profile says, never more than the BMS allows.

It believes limits only from whole and new frames. Lost for LOST_ms, or zero, it draws nothing. A new limit is
obeyed `reaction_ms` later, as an inverter would. Where it has a wish for its charge it says so. Amperes; positive charges.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from cantools.database.can import Database

from hil.actors.wire import Receiver, Sender

PERIOD_ms = 50
WISH_ms = 200
LOST_ms = 300

OPEN, DRIVE, CHARGE = 0, 1, 2
"""Values of VCU_COMMAND.request."""
DRIVING = 3
"""BMS_STATE.state in which a vehicle may draw."""

REQUESTS = {"idle": OPEN, "drive": DRIVE, "rest": DRIVE, "charge": CHARGE, "open": OPEN}
"""What it asks for in each kind of phase."""


Load = Callable[[float], float]
"""Demanded current in A, so many seconds after the begin of the phase."""


class Wish(NamedTuple):
    """How it wants to be charged: index of the profile (None: the pack's own), SoC, and when it leaves (None: unknown)."""

    profile: int | None
    target_soc: float
    departure_s: float | None


class Vehicle:
    """`step` every PERIOD_ms; `demand_A` is what it draws until the next."""

    def __init__(self, wire: Database, reaction_ms: int) -> None:
        self.command = Sender(wire.get_message_by_name("VCU_COMMAND"))
        self.charge = Sender(wire.get_message_by_name("VCU_CHARGE"))
        self.limits = Receiver(wire.get_message_by_name("BMS_LIMITS"), LOST_ms)
        self.state = Receiver(wire.get_message_by_name("BMS_STATE"), LOST_ms)
        self.demand_A = 0.0
        self.factor = 1.0  # 1 obeys; a fault draws so many times what is allowed
        self.disobeyed = 0
        self._reaction_ms = reaction_ms
        self._request = OPEN
        self._load: Load | None = None
        self._wish: Wish | None = None
        self._load_from_ms = 0
        self._reset_until_ms = -1
        self._coming: deque[tuple[int, float, float]] = deque()
        self._charge_A = 0.0
        self._discharge_A = 0.0

    def enter(
        self, kind: str, load: Load | None, now_ms: int, reset_faults: bool = False, wish: Wish | None = None
    ) -> None:
        """A new phase: what to ask for and what to draw. A reset is asked for half a second."""
        self._request = REQUESTS[kind]
        self._load = load
        self._wish = wish
        self._load_from_ms = now_ms
        self._reset_until_ms = now_ms + 500 if reset_faults else -1

    def step(self, limits: bytes | None, state: bytes | None, now_ms: int) -> bytes:
        """Reads the newest frames, decides on the current, returns the command frame, and its wish where it has one."""
        self._obey(limits, state, now_ms)
        demand_A = self._load((now_ms - self._load_from_ms) / 1000) if self._load else 0.0
        allowed_A = max(-self._discharge_A, min(self._charge_A, demand_A))
        if self.factor != 1.0 and allowed_A:
            self.disobeyed += 1
            allowed_A *= self.factor
        self.demand_A = allowed_A
        frames = self.command.frame(request=self._request, reset_faults=int(now_ms < self._reset_until_ms))
        return frames if self._wish is None or now_ms % WISH_ms else frames + self._wished(self._wish, now_ms)

    def _wished(self, wish: Wish, now_ms: int) -> bytes:
        left_s = None if wish.departure_s is None else wish.departure_s - (now_ms - self._load_from_ms) / 1000
        return self.charge.frame(
            wanted_profile="own" if wish.profile is None else wish.profile,
            wanted_target=round(100 * wish.target_soc, 1),
            departure="none" if left_s is None else max(0, round(left_s)),
        )

    def _obey(self, limits: bytes | None, state: bytes | None, now_ms: int) -> None:
        known = self.limits.step(limits, now_ms)
        driving = self.state.step(state, now_ms) and self.state.values["state"] == DRIVING
        if not (known and driving):
            self._coming.clear()
            self._charge_A = self._discharge_A = 0.0
            return
        values = self.limits.values
        self._coming.append((now_ms + self._reaction_ms, values["charge_limit"], values["discharge_limit"]))
        while self._coming and self._coming[0][0] <= now_ms:
            _, self._charge_A, self._discharge_A = self._coming.popleft()
