"""machine.CAN's manners over pyb.CAN, for STM32 firmware older than MicroPython 1.28 (and younger than 1.19).

pyb.CAN takes data before the identifier, raises where machine.CAN returns None, receives per FIFO into a list of five, and
does not say which identifiers wait. So pending frames are asked for first (info), and an identifier is refused while anything
waits that was sent together with it: bxCAN would send two of the same in any order. Standard frames come through FIFO 0,
extended ones through FIFO 1. Nothing here raises in a tick.
"""

from array import array

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_BUFFERS = const(3)
_PENDING = const(5)  # place in pyb.CAN.info()
_TEC = const(0)
_COUNTERS = const(8)
_FIFOS = const(2)
_BUS_OFF = const(4)
_STOPPED = const(0)


class CAN:
    """pyb.CAN(id) as machine.CAN. `controller` is the class pyb.CAN."""

    FLAG_RTR = 1
    FLAG_EXT_ID = 2
    FLAG_UNORDERED = 16
    IRQ_RX = 2

    def __init__(self, controller: "Any", id: int, bitrate: int, sample_point: int = 75) -> None:
        self._can: Any = controller(id, controller.NORMAL, baudrate=bitrate, sample_point=sample_point)
        self._mask32 = controller.MASK32
        self._got: list[Any] = [0, False, False, 0, memoryview(bytearray(8))]
        self._info = [0] * _COUNTERS
        self._together = array("i", [-1] * _BUFFERS)
        self._sent = 0
        self._handler: Callable[[Any], None] | None = None

    def set_filters(self, filters: "list[tuple[int, int, int]] | None") -> None:
        """None accepts all. What pyb.CAN cannot do with its banks is not offered: ValueError for anything else."""
        if filters is not None:
            raise ValueError("only None: everything is accepted")
        self._can.setfilter(0, self._mask32, 0, (0, 0))
        self._can.setfilter(1, self._mask32, 1, (0, 0), extframe=True)

    def send(self, id: int, data: "bytearray | memoryview", flags: int = 0) -> "int | None":
        """The number of frames that waited before it; None: no room, or the same identifier may still wait."""
        info = self._info
        self._can.info(info)
        pending = info[_PENDING]
        together = self._together
        if pending == 0:
            self._sent = 0
        elif pending >= _BUFFERS or self._sent >= _BUFFERS:
            return None
        for k in range(self._sent):
            if together[k] == id:
                return None
        try:
            self._can.send(data, id, timeout=0, rtr=flags & 1 != 0, extframe=flags & 2 != 0)
        except OSError:
            return None
        together[self._sent] = id
        self._sent += 1
        return pending

    def recv(self, arg: "list[Any]") -> "list[Any] | None":
        """[identifier, data, flags, errors] into `arg`; None: there is none. arg[1] is resized as machine.CAN does."""
        for fifo in range(_FIFOS):
            if self._can.any(fifo):
                got = self._got
                got[4] = arg[1]
                try:
                    self._can.recv(fifo, got, timeout=0)
                except OSError:
                    return None
                arg[0] = got[0]
                arg[2] = (2 if got[1] else 0) | (1 if got[2] else 0)
                arg[3] = 0
                return arg
        return None

    def irq(self, handler: "Callable[[Any], None] | None", trigger: int, hard: bool) -> None:
        """The handler hears of every FIFO that is no longer empty."""
        self._handler = handler
        for fifo in range(_FIFOS):
            self._can.rxcallback(fifo, None if handler is None else self._came)

    def _came(self, _can: "Any", _reason: int) -> None:
        if self._handler is not None:
            self._handler(self)

    def state(self) -> int:
        """The same numbers as machine.CAN's."""
        state: int = self._can.state()
        return state

    def restart(self) -> None:
        """Leaves bus-off."""
        self._sent = 0
        self._can.restart()
