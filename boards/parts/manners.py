"""The manners of MicroPython's `machine` and `time` that parts rely on, for mypy: a part takes any object that has them.

On a board they are machine.Pin, machine.PWM, machine.ADC and the module `time`; on a desk the emulators of hil/chips.
Nothing of this is there at run time.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class OutputPin(Protocol):
        """machine.Pin, driven."""

        def value(self, __x: int) -> Any: ...

    class InputPin(Protocol):
        """machine.Pin, looked at."""

        def value(self) -> int: ...

    class EdgePin(InputPin, Protocol):
        """machine.Pin with an interrupt at its edges."""

        IRQ_RISING: int
        IRQ_FALLING: int

        def irq(self, handler: "Callable[[Any], None] | None", trigger: int, *, hard: bool = False) -> Any: ...

    class Pwm(Protocol):
        """machine.PWM."""

        def duty_u16(self, __value: int) -> Any: ...

    class Adc(Protocol):
        """machine.ADC: 0 to 65535 for 0 to full scale, whatever the converter's width."""

        def read_u16(self) -> int: ...

    class Spi(Protocol):
        """machine.SPI; chip selects are pins of their own."""

        def write(self, __buf: "bytes | bytearray") -> Any: ...

        def write_readinto(self, __write_buf: "bytes | bytearray", __read_buf: bytearray) -> Any: ...

    class I2c(Protocol):
        """machine.I2C; OSError where the device does not answer."""

        def readfrom_mem_into(self, __addr: int, __memaddr: int, __buf: bytearray) -> Any: ...

        def writeto_mem(self, __addr: int, __memaddr: int, __buf: bytearray) -> Any: ...

    class Clock(Protocol):
        """The module `time`: ticks wrap at 2^30 on a controller and later on a desk."""

        def ticks_ms(self) -> Any: ...

        def ticks_us(self) -> Any: ...

        def sleep_ms(self, __ms: int) -> None: ...

        def sleep_us(self, __us: int) -> None: ...

    class Watchdog(Protocol):
        """machine.WDT."""

        def feed(self) -> None: ...

    class Controller(Protocol):
        """The part of machine.CAN (MicroPython 1.28) that the firmware lives on."""

        def set_filters(self, __filters: "list[tuple[int, int, int]] | None") -> Any: ...

        def send(self, __id: int, __data: "bytearray | memoryview", __flags: int = 0) -> "int | None": ...

        def recv(self, __arg: "list[Any]") -> Any: ...

        def irq(self, __handler: "Callable[[Any], None] | None", __trigger: int, __hard: bool) -> Any: ...

        def state(self) -> int: ...

        def restart(self) -> Any: ...
