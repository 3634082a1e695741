"""Where the values of one kind go: into the snapshot's array with age 0 and reason OK, or, when a raw value is the name of a
reason for there being none, only as that reason. What the pack does not have is ignored. Units are the array's own.
"""

from array import array

from micropython import const

# Copies of what snapshot.py says: no look-up; a test holds them together.
_NOT_READY = const(1)
_OUT_OF_RANGE = const(4)

FRESH = const(1)
BAD = const(2)
_NOTHING = array("i")


class Bank:
    """Values, ages and reasons of one kind, and from where on down a raw value is the name of a reason."""

    def __init__(self, named: int, low: int) -> None:
        self._values = self._ages_ms = self._reasons = _NOTHING
        self._count = 0
        self._to_reason = _NOT_READY - named
        self._low = low

    def bind(self, values: "array[int]", ages_ms: "array[int]", reasons: "array[int]") -> None:
        """From now on put() writes here."""
        self._values = values
        self._ages_ms = ages_ms
        self._reasons = reasons
        self._count = len(values)

    def put(self, k: int, raw: int) -> int:
        """FRESH, BAD, or 0 for one that the pack does not have."""
        if k >= self._count:
            return 0
        if raw >= self._low:
            self._values[k] = raw
            self._ages_ms[k] = 0
            self._reasons[k] = 0
            return FRESH
        reason = raw + self._to_reason
        self._reasons[k] = reason if reason < _OUT_OF_RANGE else _OUT_OF_RANGE
        return BAD

    def put_three(self, k: int, a: int, b: int, c: int) -> int:
        """put() of three neighbours; FRESH and BAD may come together."""
        low = self._low
        if a < low or b < low or c < low or k + 3 > self._count:
            return self.put(k, a) | self.put(k + 1, b) | self.put(k + 2, c)
        values = self._values
        ages_ms = self._ages_ms
        reasons = self._reasons
        values[k] = a
        ages_ms[k] = reasons[k] = 0
        k += 1
        values[k] = b
        ages_ms[k] = reasons[k] = 0
        k += 1
        values[k] = c
        ages_ms[k] = reasons[k] = 0
        return FRESH
