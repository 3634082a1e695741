"""Memory for tests: a flash that only clears bits until it is erased, loses power when it is told to, wears and fails.

A write that is cut has programmed what its `tear` says: nothing, all, the first bytes, or some bits; an erase likewise has
cleared nothing, all, the first or the last half, or some bits. Writing to a byte that is not erased is the caller's mistake:
it is counted, and the bits are and-ed together as the silicon does.
"""

import random
from collections.abc import Callable


class PowerCut(Exception):
    """The supply went in the middle of an operation."""


class Flash:
    """bms.board.Storage. `operations` counts writes and erases; the one numbered `cut_at` does not end."""

    def __init__(self, size_bytes: int, block_bytes: int, unit_bytes: int = 1, seed: int = 0) -> None:
        self.size_bytes = size_bytes
        self.block_bytes = block_bytes
        self.unit_bytes = unit_bytes
        self.bytes = bytearray(b"\xff" * size_bytes)
        self.dice = random.Random(seed)
        self.operations = 0
        self.cut_at = -1
        self.last: tuple[str, int, bytes] = ("", 0, b"")  # what was done last: write or erase, where, what
        self.mistakes: list[str] = []
        self.reads = 0
        self.read_bytes = 0
        self.erased = [0] * (size_bytes // block_bytes)
        self.busy_for = 0  # polls that an erase takes
        self._busy = 0
        self.writes_fail: Callable[[int], bool] = lambda at: False  # the write is refused
        self.sticks: Callable[[int], bool] = lambda at: False  # the byte cannot be programmed, and nobody is told
        self.erase_fails: Callable[[int], bool] = lambda block: False
        self.read_fails: Callable[[int], bool] = lambda at: False

    def read(self, at: int, buffer: bytearray) -> bool:
        assert at >= 0 and at + len(buffer) <= self.size_bytes
        self.reads += 1
        self.read_bytes += len(buffer)
        if self.read_fails(at):
            return False
        buffer[:] = self.bytes[at : at + len(buffer)]
        return True

    def write(self, at: int, buffer: bytearray, n: int) -> bool:
        assert at >= 0 and at + n <= self.size_bytes and 0 < n <= len(buffer)
        assert not self._busy
        if at % self.unit_bytes or n % self.unit_bytes:
            self.mistakes.append(f"a write of {n} at {at} is not of whole units")
        if any(byte != 0xFF for byte in self.bytes[at : at + n]):
            self.mistakes.append(f"a write of {n} at {at} on what is not erased")
        if at // self.block_bytes != (at + n - 1) // self.block_bytes:
            self.mistakes.append(f"a write of {n} at {at} into two blocks")
        self.last = ("write", at, bytes(buffer[:n]))
        if self._power_goes():
            self._program(at, self._torn(bytes(buffer[:n])))
            raise PowerCut
        if self.writes_fail(at):
            return False
        self._program(at, bytes(buffer[:n]))
        return True

    def _program(self, at: int, data: bytes) -> None:
        for k, byte in enumerate(data):
            if not self.sticks(at + k):
                self.bytes[at + k] &= byte

    def _torn(self, data: bytes) -> bytes:
        tear = self.dice.randrange(5)
        if tear == 0:
            return b""
        if tear == 1:
            return data
        k = self.dice.randrange(len(data))
        if tear == 2:
            return data[:k]
        if tear == 3:  # and some bits of the next byte
            return data[:k] + bytes([data[k] | self.dice.randrange(256)])
        return bytes(byte | self.dice.randrange(256) for byte in data)

    def erase(self, block: int) -> bool:
        assert 0 <= block < self.size_bytes // self.block_bytes
        assert not self._busy
        self.last = ("erase", block, b"")
        first = block * self.block_bytes
        half = first + self.block_bytes // 2
        end = first + self.block_bytes
        if self._power_goes():
            tear = self.dice.randrange(5)
            if tear == 1:
                first = half
            elif tear == 2:
                end = half
            elif tear == 3:
                end = first
            elif tear == 4:
                for k in range(first, end):
                    self.bytes[k] |= self.dice.randrange(256) & self.dice.randrange(256)
                end = first
            self.bytes[first:end] = b"\xff" * (end - first)
            raise PowerCut
        if self.erase_fails(block):
            return False
        self.bytes[first:end] = b"\xff" * (end - first)
        self.erased[block] += 1
        self._busy = self.busy_for
        return True

    def _power_goes(self) -> bool:
        self.operations += 1
        return self.operations - 1 == self.cut_at

    def busy(self) -> bool:
        if self._busy:
            self._busy -= 1
            return True
        return False

    def again(self) -> "Flash":
        """The same memory in a controller that starts, healthy."""
        other = Flash(self.size_bytes, self.block_bytes, self.unit_bytes, self.dice.randrange(1 << 30))
        other.bytes[:] = self.bytes
        return other
