"""The memory behind the memoryviews of the lists that recv() writes to.

machine.CAN resizes the memoryview it finds in a list. Python code cannot, so it keeps views of every length over the same
memory, made once when a list comes for the first time, and puts the right one into the list.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

_LISTS_KNOWN = const(16)  # that may take turns


def of_every_length(view: memoryview) -> "list[memoryview]":
    """From none to eight bytes."""
    return [view[:length] for length in range(9)]


class Received(list):  # type: ignore[type-arg]
    """What recv() makes when it is given no list; can be given to it later."""

    def __init__(self) -> None:
        view = memoryview(bytearray(8))
        super().__init__([0, view, 0, 0])
        self.views = of_every_length(view)


class Known:
    """The lists that have come."""

    def __init__(self) -> None:
        self._known: list[list[memoryview]] = []

    def views(self, arg: "list[Any]") -> "list[memoryview]":
        """The views over the memory behind a list's memoryview. TypeError, ValueError: the list cannot be written to."""
        if isinstance(arg, Received):
            return arg.views
        view = arg[1]
        for views in self._known:
            for known in views:
                if known is view:
                    return views
        if not isinstance(view, memoryview):
            raise TypeError("no memoryview")
        if len(arg) < 4 or len(view) < 8:
            raise ValueError("list or memoryview too short")
        if len(self._known) == _LISTS_KNOWN:
            self._known.pop(0)
        self._known.append(of_every_length(view))
        return self._known[-1]
