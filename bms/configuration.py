"""What a pack's configuration must be for the tick to be right, and its fingerprint on the wire.

A board also looks, a part at a time, whether what runs is still what was started with: memory fails.

The bench's linter says the same with more words, wherever a pack is loaded; this is what a board checks that never met it.
"""

from array import array

from micropython import const

from bms.can.e2e import crc16

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

PART = const(4)
_START = const(0xFFFF)


def require_ranges(pack: "Pack") -> None:
    """ValueError with one line for what the integer lane's products, indices and intervals could not hold."""
    if len(pack.probe_stack) < 1 or len(pack.taps) < 1 or pack.stacks < 1:
        raise ValueError(pack.name + ": a pack needs stacks, taps and probes")
    for stack in range(pack.stacks):
        if stack not in pack.probe_stack:
            raise ValueError(pack.name + ": every stack needs a probe")
    if max(pack.taps) > 48 or min(pack.taps) < 1:
        raise ValueError(pack.name + ": taps must hold 1 to 48 layers")
    if pack.cell.capacity_mAh > 290000:
        raise ValueError(pack.name + ": the ledger serves up to 290 Ah")
    if max(pack.charge_rating_dA, pack.discharge_rating_dA) > 16383:
        raise ValueError(pack.name + ": ratings above 1638.3 A overflow the tick's products")


def fingerprint(record: object) -> int:
    """CRC-16 over everything a record says, nested records included."""
    crc = _START
    for value in record:  # type: ignore[attr-defined]
        if isinstance(value, tuple):
            crc ^= fingerprint(value)
        text = b"." if isinstance(value, tuple) else str(value).encode()
        crc = crc16(text, 0, len(text), crc)
    return crc


class Audit:
    """Looks at leaves of a record one after the other, PART values a step: tuples without tuples inside, or single values.
    `changed`: how many are not what they were when last looked at. `parts`: steps of one round."""

    def __init__(self, record: object) -> None:
        self._leaves: list[object] = []
        self._build(record)
        self._sums = array("H", [fingerprint(_values(leaf)) for leaf in self._leaves])
        self.parts = sum([(len(_values(leaf)) + PART - 1) // PART for leaf in self._leaves])
        self._bad = bytearray(len(self._leaves))
        self._next = 0
        self._at = 0
        self._crc = _START
        self.changed = 0

    def _build(self, record: object) -> None:
        nested = False
        for value in record:  # type: ignore[attr-defined]
            nested = nested or isinstance(value, tuple)
        if not nested:
            self._leaves.append(record)
            return
        for value in record:  # type: ignore[attr-defined]
            if isinstance(value, tuple):
                if value:
                    self._build(value)
            else:
                self._leaves.append(value)

    def step(self) -> int:
        """Looks at the next part. Returns `changed`."""
        k = self._next
        values = _values(self._leaves[k])
        end = self._at + PART
        crc = self._crc
        for value in values[self._at : end]:
            text = str(value).encode()
            crc = crc16(text, 0, len(text), crc)
        if end < len(values):
            self._at = end
            self._crc = crc
            return self.changed
        self._at = 0
        self._crc = _START
        self._next = k + 1 if k + 1 < len(self._leaves) else 0
        bad = 1 if crc != self._sums[k] else 0
        self.changed += bad - self._bad[k]
        self._bad[k] = bad
        return self.changed


def _values(leaf: object) -> "tuple[object, ...]":
    return leaf if isinstance(leaf, tuple) else (leaf,)
