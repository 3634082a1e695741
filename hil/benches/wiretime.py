"""How long a classical CAN frame occupies the bus, in bits: without stuffing, with the worst, and exactly as it was sent.

A data frame with n bytes and an 11-bit (29-bit) identifier has 34 + 8 n (54 + 8 n) bits from start to check sum, among
which after five equal bits a sixth is stuffed, at most every fourth; 13 more follow without stuffing: delimiter,
acknowledgement, end of frame and three bits of pause. Source: ISO 11898-1; the bound (34 + 8 n - 1) // 4 as in Davis,
Burns, Bril, Lukkien, Controller Area Network schedulability analysis: refuted, revisited and revised, Real-Time Systems 2007.
"""

POLYNOMIAL = 0x4599
TAIL_bits = 13
STANDARD_bits, EXTENDED_bits = 34, 54


def nominal_bits(extended: bool, length: int) -> int:
    """Without a single stuffed bit: 111 for a standard frame of 8 bytes."""
    return (EXTENDED_bits if extended else STANDARD_bits) + 8 * length + TAIL_bits


def worst_bits(extended: bool, length: int) -> int:
    """With as many stuffed bits as any content can need: 135 for a standard frame of 8 bytes."""
    return nominal_bits(extended, length) + (nominal_bits(extended, length) - TAIL_bits - 1) // 4


def sent_bits(identifier: int, extended: bool, data: bytes) -> int:
    """With the stuffed bits of this very frame."""
    if extended:
        head, width = (identifier >> 18 << 2 | 0b11) << 18 | identifier & 0x3FFFF, 32
        head, width = head << 7 | len(data), width + 7  # remote, two reserved, length
    else:
        head, width = identifier << 7 | len(data), 19
    word = head << 8 * len(data) | int.from_bytes(data, "big")
    width += 8 * len(data)
    word = word << 15 | _crc15(word, width)
    width += 15
    return width + _stuffed(word, width) + TAIL_bits


def _crc15(word: int, width: int) -> int:
    crc = 0
    for k in range(width - 1, -1, -1):
        crc = (crc << 1 ^ POLYNOMIAL if (word >> k & 1) ^ (crc >> 14) else crc << 1) & 0x7FFF
    return crc


def _stuffed(word: int, width: int) -> int:
    """Stuffed bits count as bits that may be followed by four equal ones."""
    count = run = 0
    last = -1
    for k in range(width - 1, -1, -1):
        bit = word >> k & 1
        run = run + 1 if bit == last else 1
        last = bit
        if run == 5:
            count += 1
            last, run = 1 - bit, 1
    return count
