"""One contactor: a coil, an armature that follows it after a delay, a main contact and what can go wrong with them.

The auxiliary contact is a mirror contact: it tells what the main contact does, also when that is welded.
"""

# kind -> (what severity is, lowest, highest)
KINDS: dict[str, tuple[str, float, float]] = {
    "weld": ("not used", float("-inf"), float("inf")),
    "stuck_open": ("not used", float("-inf"), float("inf")),
    "bounce": ("ms for which the contact chatters after it closed", 1.0, 10000.0),
    "slow": ("ms of additional delay, both ways", 1.0, 60000.0),
}


class Contactor:
    """`closed` is the main contact. Time in whole ms."""

    def __init__(self, name: str, delay_ms: int) -> None:
        self.name = name
        self.delay_ms = delay_ms
        self.closed = False
        self.faults: dict[str, float] = {}
        self._coil = False
        self._armature = False
        self._wait_ms = 0
        self._bounce_ms = 0

    def step(self, coil: bool, dt_ms: int) -> bool:
        """Drives the coil for dt_ms; returns whether the contact is closed at the end of it."""
        if coil != self._coil:
            self._coil = coil
            self._wait_ms = self.delay_ms + int(self.faults.get("slow", 0))
        if self._armature != self._coil:
            self._wait_ms -= dt_ms
            if self._wait_ms <= 0:
                self._armature = self._coil
                self._bounce_ms = int(self.faults.get("bounce", 0)) if coil else 0
        elif self._bounce_ms > 0:
            self._bounce_ms -= dt_ms
        return self._settle()

    def set_fault(self, kind: str, severity: float) -> None:
        """ValueError for a kind or severity there is not."""
        if kind not in KINDS:
            raise ValueError(f"contactor fault {kind!r}: there are {', '.join(KINDS)}")
        meaning, low, high = KINDS[kind]
        if not low <= severity <= high:
            raise ValueError(f"contactor fault {kind!r}: severity {severity} ({meaning}) not within {low:g} ... {high:g}")
        self.faults[kind] = severity
        self._settle()

    def clear_fault(self, kind: str | None = None) -> None:
        """Takes one fault, or all, away."""
        if kind is None:
            self.faults.clear()
        else:
            self.faults.pop(kind, None)
        self._settle()

    def _settle(self) -> bool:
        chatters = self._bounce_ms > 0 and self._bounce_ms // 10 % 2 == 1
        self.closed = "weld" in self.faults or (self._armature and not chatters and "stuck_open" not in self.faults)
        return self.closed
