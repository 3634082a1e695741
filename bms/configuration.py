"""What a pack's configuration must be for the tick to be right, and its fingerprint on the wire.

The bench's linter says the same with more words, wherever a pack is loaded; this is what a board checks that never met it.
"""

from micropython import const

from bms.can.e2e import crc16

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack


def require_ranges(pack: "Pack") -> None:
    """ValueError with one line for what the integer lane's products, indices and intervals could not hold."""
    if len(pack.probe_stack) < 1 or len(pack.taps) < 1 or pack.stacks < 1:
        raise ValueError(pack.name + ": a pack needs stacks, taps and probes")
    if max(pack.taps) > 48 or min(pack.taps) < 1:
        raise ValueError(pack.name + ": taps must hold 1 to 48 layers")
    if pack.cell.capacity_mAh > 290000:
        raise ValueError(pack.name + ": the ledger serves up to 290 Ah")
    if max(pack.charge_rating_dA, pack.discharge_rating_dA) > 16383:
        raise ValueError(pack.name + ": ratings above 1638.3 A overflow the tick's products")


def fingerprint(record: object) -> int:
    """CRC-16 over everything a record says, nested records included."""
    crc = 0xFFFF
    for value in record:  # type: ignore[attr-defined]
        if isinstance(value, tuple):
            crc ^= fingerprint(value)
        text = b"." if isinstance(value, tuple) else str(value).encode()
        crc = crc16(text, 0, len(text), crc)
    return crc
