"""Virtual CAN over loopback TCP: the 16-byte frames of SocketCAN one after the other, one write per batch.

For machines whose kernel has no CAN. The bench listens, the firmware connects. When the bench goes, `closed` is set; the
firmware ends. Nothing is allocated per batch except when the peer does not read and a write stays partial.
"""

import select
import socket
import sys

from boards.unix.transport import RX_SLOTS, Transport

_MICROPYTHON = sys.implementation.name == "micropython"
_IPPROTO_TCP = 6
_TCP_NODELAY = 1
_SEND_PATIENCE_ms = 1000


class TcpTransport(Transport):
    """Connects to a bench. OSError where nobody listens."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.connect(socket.getaddrinfo(host, port)[0][-1])
        sock.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        sock.setblocking(False)
        self._socket = sock
        # CPython's raw file of a socket reads and writes as MicroPython's sockets do: None for "not now".
        self._stream = sock if _MICROPYTHON else sock.makefile("rwb", 0)
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self.wait(0)  # the first look makes the tuple that all later ones fill; they may come with the heap locked
        self._heads = [self.rx_bytes[k : 16 * RX_SLOTS] for k in range(16)]
        self._spares = [self.rx_bytes[16 * RX_SLOTS + k :] for k in range(16)]
        self._piece = bytearray(16)  # of a frame that came in pieces
        self._piece_bytes = 0

    def wait(self, timeout_ms: int) -> bool:
        if not _MICROPYTHON:
            return bool(self._poll.poll(None if timeout_ms < 0 else timeout_ms))
        for _ in self._poll.ipoll(timeout_ms):
            return True
        return False

    def fill(self) -> int:
        waiting = self.rx_count - self.rx_head
        if waiting or self.closed:
            return waiting
        self.rx_head = self.rx_settled = 0
        self.rx_count = self._read(self._heads, 0)
        return self.rx_count

    def take(self) -> int:
        return 0 if self.closed else self._read(self._spares, 16 * RX_SLOTS)

    def _read(self, views: "list[memoryview]", base: int) -> int:
        """Frames that came, whole ones, from this byte of the buffer on."""
        kept = self._piece_bytes
        for k in range(kept):
            self.rx_bytes[base + k] = self._piece[k]
        try:
            length = self._stream.readinto(views[kept])
        except OSError:
            length = 0
        if length is None:
            return 0
        if length == 0:
            self.closed = True
            return 0
        length += kept
        kept = length & 15
        end = base + length - kept
        for k in range(kept):
            self._piece[k] = self.rx_bytes[end + k]
        self._piece_bytes = kept
        return length >> 4

    def flush(self) -> bool:
        count = self.tx_count
        if count and not self.closed:
            batch = self.tx_batch[count]
            try:
                written = self._stream.write(batch)
                if written != 16 * count:
                    self._rest(batch, written or 0)
            except OSError:
                self.closed = True
        self.all_left()
        return True

    def _rest(self, batch: memoryview, written: int) -> None:
        """The peer's buffer is full: it is not reading. Part of a frame cannot be taken back, so this waits."""
        self._poll.modify(self._socket, select.POLLOUT)
        while written < len(batch) and self.wait(_SEND_PATIENCE_ms):
            written += self._stream.write(batch[written:]) or 0
        self._poll.modify(self._socket, select.POLLIN)
        if written < len(batch):
            self.closed = True

    def close(self) -> None:
        self.closed = True
        self._stream.close()
        self._socket.close()
