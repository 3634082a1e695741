"""CAN as the Linux kernel has it: a raw AF_CAN socket on `vcan0`, `can0`; one read and one write a frame.

Error frames are asked for, so that bus-off and error-passive of a real interface are seen (vcan has none of its own). The
controller's filters are the kernel's as well, so that what they reject costs nothing here. A kernel whose queue is full
keeps the frame here until the next flush. Works on MicroPython, whose bind() takes the raw sockaddr_can.
"""

import select
import socket
import struct
import sys

from micropython import const

from boards.unix.transport import RX_SLOTS, SPARE_SLOTS, Transport

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import IO

_MICROPYTHON = sys.implementation.name == "micropython"
_AF_CAN = 29
_CAN_RAW = 1
_SOL_CAN_RAW = 101
_CAN_RAW_FILTER = 1
_CAN_RAW_ERR_FILTER = 2
_ERRORS_ASKED = 0x00000144  # CAN_ERR_CRTL, CAN_ERR_BUSOFF, CAN_ERR_RESTARTED
_ENOBUFS = 105


class SocketCanTransport(Transport):
    """Opens an interface. OSError where the kernel has no CAN or no such interface, or it is down."""

    def __init__(self, interface: str) -> None:
        super().__init__()
        sock = socket.socket(_AF_CAN, socket.SOCK_RAW, _CAN_RAW)
        sock.setsockopt(_SOL_CAN_RAW, _CAN_RAW_ERR_FILTER, struct.pack("<I", _ERRORS_ASKED))
        if _MICROPYTHON:
            with open("/sys/class/net/" + interface + "/ifindex") as file:
                index = int(file.read())
            sock.bind(struct.pack("<HHi8s", _AF_CAN, 0, index, b""))
        else:
            sock.bind((interface,))  # type: ignore[arg-type]
        sock.setblocking(False)
        self._socket = sock
        self._stream = sock if _MICROPYTHON else sock.makefile("rwb", 0)
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._rx_slots = [self.rx_bytes[16 * i : 16 * i + 16] for i in range(RX_SLOTS + SPARE_SLOTS)]
        self._lifeline: object = None
        self.wait(0)  # the first look makes the tuple that all later ones fill; they may come with the heap locked

    def watch(self, stream: "IO[str]") -> None:
        """Takes the closing of `stream` for the other side's going away, which a bus cannot tell."""
        self._lifeline = stream if _MICROPYTHON else stream.fileno()
        self._poll.register(stream, select.POLLIN)

    def wait(self, timeout_ms: int) -> bool:
        poll = self._poll
        came = False
        for entry in poll.ipoll(timeout_ms) if _MICROPYTHON else poll.poll(None if timeout_ms < 0 else timeout_ms):
            if entry[0] is self._lifeline or entry[0] == self._lifeline:
                self.closed = True
            came = True
        return came

    def set_filters(self, rows: "tuple[tuple[int, int], ...] | None") -> None:
        packed = b"".join(struct.pack("<II", *row) for row in (((0, 0),) if rows is None else rows))
        self._socket.setsockopt(_SOL_CAN_RAW, _CAN_RAW_FILTER, packed)

    def fill(self) -> int:
        waiting = self.rx_count - self.rx_head
        if waiting or self.closed:
            return waiting
        self.rx_head = self.rx_settled = 0
        self.rx_count = self._read(0, RX_SLOTS)
        return self.rx_count

    def take(self) -> int:
        return 0 if self.closed else self._read(RX_SLOTS, SPARE_SLOTS)

    def _read(self, first: int, slots: int) -> int:
        count = 0
        try:
            while count < slots and self._stream.readinto(self._rx_slots[first + count]):
                count += 1
        except OSError:  # the interface went down or away
            self.closed = True
        return count

    def flush(self) -> bool:
        try:
            while self.tx_first < self.tx_count and not self.closed:
                if self._stream.write(self.tx_slots[self.tx_first]) is None:
                    return False
                self.tx_first += 1
        except OSError as error:
            if error.args[0] == _ENOBUFS:
                return False
            self.closed = True
        self.all_left()
        return True

    def close(self) -> None:
        self.closed = True
        self._stream.close()
        self._socket.close()
