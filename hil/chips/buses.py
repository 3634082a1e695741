"""Buses of a desk with the manners of `machine`: SPI with a chip select per device, pins, I2C with an address per device.

An SPI device is selected while its pin is low and is then given the bytes as they come; devices that are not selected leave
the line high. An I2C device that is not there, or is told to be absent, is an OSError (ENODEV), as on a controller. Faults of
the bus itself: `broken` makes every transfer an OSError (EIO), `flips` turns one bit of that many of the next bytes read. A
line of I2C that is `held` costs every transfer the controller's timeout on the clock, and is then an OSError (ETIMEDOUT).
"""

import errno
from collections.abc import Callable
from typing import Protocol


class SpiDevice(Protocol):
    """What sits at a chip select."""

    def select(self) -> None:
        """Chip select falls."""

    def transfer(self, out: bytes) -> bytes:
        """As many bytes back as were sent."""

    def deselect(self) -> None:
        """Chip select rises."""


class I2cDevice(Protocol):
    """What sits at an address: registers of any width."""

    def read(self, register: int, n: int) -> bytes:
        """n bytes from there on."""

    def write(self, register: int, data: bytes) -> None:
        """These bytes to there."""


class Time(Protocol):
    """The clock, as far as a bus lets it go on."""

    def run(self, us: int) -> None:
        """So much time passes."""


class Watched(Protocol):
    """A pin that tells of its level."""

    watchers: list[Callable[[int], None]]


class Pin:
    """machine.Pin as far as value() goes; `watchers` are called with the level at each change."""

    def __init__(self, level: int = 1) -> None:
        self.level = level
        self.watchers: list[Callable[[int], None]] = []

    def value(self, x: int | None = None, /) -> int | None:
        if x is None:
            return self.level
        level = 1 if x else 0
        if level != self.level:
            self.level = level
            for watcher in self.watchers:
                watcher(level)
        return None


class Faults:
    """What may be wrong with a bus."""

    def __init__(self) -> None:
        self.broken = False
        self.flips = 0

    def check(self) -> None:
        """Raises where the bus is broken."""
        if self.broken:
            raise OSError(errno.EIO)

    def spoilt(self, data: bytes) -> bytes:
        """The bytes as they arrive."""
        if not self.flips or not data:
            return data
        n = min(self.flips, len(data))
        self.flips -= n
        return bytes(byte ^ 0x10 for byte in data[:n]) + data[n:]


class Spi(Faults):
    """machine.SPI for any number of devices."""

    def __init__(self) -> None:
        super().__init__()
        self._devices: list[tuple[SpiDevice, list[bool]]] = []
        self.bytes_count = 0  # for who wants to know how long it took

    def attach(self, device: SpiDevice, select: Watched) -> None:
        """The device is spoken to while this pin is low."""
        low = [False]

        def watch(level: int) -> None:
            low[0] = not level
            if level:
                device.deselect()
            else:
                device.select()

        select.watchers.append(watch)
        self._devices.append((device, low))

    def _transfer(self, out: bytes) -> bytes:
        self.check()
        self.bytes_count += len(out)
        answer = b"\xff" * len(out)
        for device, low in self._devices:
            if low[0]:  # two at once pull the line down together
                answer = bytes(a & b for a, b in zip(answer, device.transfer(out)))
        return self.spoilt(answer)

    def write(self, buf: "bytes | bytearray | memoryview", /) -> None:
        self._transfer(bytes(buf))

    def readinto(self, buf: "bytearray | memoryview", write: int = 0, /) -> None:
        buf[:] = self._transfer(bytes([write]) * len(buf))

    def write_readinto(self, write_buf: "bytes | bytearray | memoryview", read_buf: "bytearray | memoryview", /) -> None:
        if len(write_buf) != len(read_buf):
            raise ValueError("buffers must be the same length")
        read_buf[:] = self._transfer(bytes(write_buf))


class I2c(Faults):
    """machine.I2C for devices by address. `absent`: addresses that do not answer now. `timeout_us` is the controller's."""

    def __init__(self, devices: "dict[int, I2cDevice] | None" = None, clock: Time | None = None) -> None:
        super().__init__()
        self.held = False
        self.timeout_us = 50_000
        self._clock = clock
        self.devices = dict(devices or {})
        self.absent: set[int] = set()

    def _device(self, address: int) -> I2cDevice:
        self.check()
        if self.held:
            if self._clock is not None:
                self._clock.run(self.timeout_us)
            raise OSError(errno.ETIMEDOUT, "a line is held")
        if address not in self.devices or address in self.absent:
            raise OSError(errno.ENODEV)
        return self.devices[address]

    def scan(self) -> list[int]:
        return sorted(set(self.devices) - self.absent)

    def readfrom_mem_into(self, addr: int, memaddr: int, buf: "bytearray | memoryview", /) -> None:
        device = self._device(addr)
        buf[:] = self.spoilt(device.read(memaddr, len(buf)))

    def writeto_mem(self, addr: int, memaddr: int, buf: "bytes | bytearray | memoryview", /) -> None:
        self._device(addr).write(memaddr, bytes(buf))
