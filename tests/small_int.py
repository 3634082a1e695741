"""An integer of the target: 31 bits with sign, as MicroPython keeps in a word; what goes beyond raises instead of growing.

The desk's integers never overflow and the target's unix port has 63 bits, so neither shows a product that would become a
heap object on a microcontroller. Results are small again, so one seed at the sensors reaches every product of a tick.
"""

from collections.abc import Iterator
from typing import SupportsIndex

BEYOND = 1 << 30


class Overflowed(ArithmeticError):
    """A result which the target cannot keep in a word."""


def small(value: int) -> "SmallInt":
    """The value as a small integer. Overflowed where it is none."""
    if -BEYOND <= value < BEYOND:
        return SmallInt(value)
    raise Overflowed(value)


class SmallInt(int):
    """int with the arithmetic of the target."""

    def __add__(self, other: int) -> "SmallInt":
        return small(int.__add__(self, other))

    def __radd__(self, other: int) -> "SmallInt":
        return small(int.__radd__(self, other))

    def __sub__(self, other: int) -> "SmallInt":
        return small(int.__sub__(self, other))

    def __rsub__(self, other: int) -> "SmallInt":
        return small(int.__rsub__(self, other))

    def __mul__(self, other: int) -> "SmallInt":
        return small(int.__mul__(self, other))

    def __rmul__(self, other: int) -> "SmallInt":
        return small(int.__rmul__(self, other))

    def __floordiv__(self, other: int) -> "SmallInt":
        return small(int.__floordiv__(self, other))

    def __rfloordiv__(self, other: int) -> "SmallInt":
        return small(int.__rfloordiv__(self, other))

    def __mod__(self, other: int) -> "SmallInt":
        return small(int.__mod__(self, other))

    def __rmod__(self, other: int) -> "SmallInt":
        return small(int.__rmod__(self, other))

    def __lshift__(self, other: int) -> "SmallInt":
        return small(int.__lshift__(self, other))

    def __rlshift__(self, other: int) -> "SmallInt":
        return small(int.__rlshift__(self, other))

    def __rshift__(self, other: int) -> "SmallInt":
        return small(int.__rshift__(self, other))

    def __and__(self, other: int) -> "SmallInt":
        return small(int.__and__(self, other))

    def __rand__(self, other: int) -> "SmallInt":
        return small(int.__rand__(self, other))

    def __or__(self, other: int) -> "SmallInt":
        return small(int.__or__(self, other))

    def __ror__(self, other: int) -> "SmallInt":
        return small(int.__ror__(self, other))

    def __xor__(self, other: int) -> "SmallInt":
        return small(int.__xor__(self, other))

    def __rxor__(self, other: int) -> "SmallInt":
        return small(int.__rxor__(self, other))

    def __neg__(self) -> "SmallInt":
        return small(int.__neg__(self))

    def __abs__(self) -> "SmallInt":
        return small(int.__abs__(self))

    def __invert__(self) -> "SmallInt":
        return small(int.__invert__(self))


class SmallArray(list[int]):  # noqa: PLW1641  compared, never a key
    """In place of an array('i'): everything kept in it comes out small; what has no room in 32 bits raises."""

    def __getitem__(self, k: SupportsIndex | slice) -> SmallInt:  # type: ignore[override]
        if isinstance(k, slice):
            return SmallArray(list.__getitem__(self, k))  # type: ignore[return-value]
        return small(list.__getitem__(self, k))

    def __setitem__(self, k: SupportsIndex | slice, value: int) -> None:  # type: ignore[override]
        if isinstance(k, slice):
            list.__setitem__(self, k, value)  # type: ignore[call-overload]
        else:
            list.__setitem__(self, k, small(value))

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, list) else False

    def __iter__(self) -> Iterator[int]:
        return (SmallInt(value) for value in list.__iter__(self))


class SmallView:
    """In place of a memoryview of an array: a part of the small one, read and written through."""

    def __init__(self, of: SmallArray, first: int, count: int) -> None:
        self._of = of
        self._first = first
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        return iter(SmallArray(self._of[self._first : self._first + self._count]))  # type: ignore[call-overload]

    def __getitem__(self, k: int) -> SmallInt:
        return self._of[self._first + k]

    def __setitem__(self, k: int | slice, value: int) -> None:
        if isinstance(k, slice):
            first, end, _ = k.indices(self._count)
            self._of[self._first + first : self._first + end] = value
        else:
            self._of[self._first + k] = value
