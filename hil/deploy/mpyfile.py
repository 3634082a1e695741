"""What an .mpy file says of itself: its version, the architecture of its native code, and how much of it is native.

The layout is MicroPython's own (py/persistentcode.c, version 6.3): four bytes of header, names, constants, then code with its
children. Bytecode carries no architecture.
"""

from typing import NamedTuple

from hil.deploy.boards import ARCHITECTURES

_BYTECODE, _NATIVE, _VIPER = 0, 1, 2
_CONSTANTS_BARE = 5  # none, True, False, ..., null: nothing follows
_TEXTS = (5, 6)  # with a zero at their end
_TUPLE = 10
_FLAGS_MORE = 0x40


class MpyFile(NamedTuple):
    """One file, as far as deploying needs to know it."""

    version: tuple[int, int]
    architecture: str  # empty: any
    native_bytes: int  # machine code, which a board keeps in RAM unless it is frozen


def read(data: bytes) -> MpyFile:
    """ValueError where it is no .mpy file."""
    if data[:1] != b"M" or len(data) < 4:
        raise ValueError("not an .mpy file")
    reader = _Reader(data, 4)
    if data[2] & _FLAGS_MORE:
        reader.number()
    names, constants = reader.number(), reader.number()
    for _ in range(names):
        word = reader.number()
        if not word & 1:
            reader.skip((word >> 1) + 1)
    for _ in range(constants):
        reader.constant()
    return MpyFile((data[1], data[2] & 3), ARCHITECTURES[data[2] >> 2 & 0xF], reader.code())


class _Reader:
    """Walks through the file."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def number(self) -> int:
        """Seven bits a byte, highest first."""
        value = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    def skip(self, count: int) -> None:
        """Bytes that are of no interest."""
        self._at += count

    def constant(self) -> None:
        """One object of the table of constants."""
        kind = self._data[self._at]
        self._at += 1
        if kind < _CONSTANTS_BARE:
            return
        count = self.number()
        if kind == _TUPLE:
            for _ in range(count):
                self.constant()
        else:
            self.skip(count + (kind in _TEXTS))

    def code(self) -> int:
        """One piece of code with its children; how much of it is native."""
        word = self.number()
        kind, children, length = word & 3, word & 4, word >> 3
        self.skip(length)
        native = 0 if kind == _BYTECODE else length
        if kind == _NATIVE:
            self.number()  # where its prelude begins
        elif kind >= _VIPER:
            self.number()  # flags of its scope
        if children:
            native += sum(self.code() for _ in range(self.number()))
        return native
