"""A microcontroller as MicroPython shows it: `machine`, and the clock of `time`, over pads that a bench can see and drive.

Time stands still while the program computes; sleep_ms() lets it pass, and what happens meanwhile happens in order: sources
(pulse width outputs, pulses) move pads, pads call interrupt handlers. Pins of one name are one pad. Buses and controllers are
what the bench put into `spi`, `i2c` and `can`. Which names and modes there are is not checked: that is a test of its own.
"""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

RING = 0x3FFFFFFF  # ticks wrap there, on a controller of 32 bits
FULL = 65535


class Source(Protocol):
    """Something outside that moves a pad now and then."""

    due_us: int

    def step(self) -> None:
        """It is due."""


class Clock:
    """The functions of `time`. `now_us` counts from the start and does not wrap; `later_us` moves both ticks, for wraps."""

    def __init__(self, later_us: int = 0) -> None:
        self.now_us = 0
        self.later_us = later_us
        self.sources: list[Source] = []

    def ticks_ms(self) -> int:
        return (self.now_us + self.later_us) // 1000 & RING

    def ticks_us(self) -> int:
        return (self.now_us + self.later_us) & RING

    def sleep_ms(self, ms: int) -> None:
        self.run(ms * 1000)

    def sleep_us(self, us: int) -> None:
        self.run(us)

    def run(self, us: int) -> None:
        """Lets time pass, source by source."""
        end_us = self.now_us + us
        while self.sources:
            first = min(self.sources, key=lambda source: source.due_us)
            if first.due_us > end_us:
                break
            self.now_us = max(self.now_us, first.due_us)
            first.step()
        self.now_us = end_us


class Pad:
    """One pin of the package: a level that either side sets, a duty, a voltage for the converter, a handler."""

    def __init__(self, name: object) -> None:
        self.name = name
        self.driven = False
        self.level = 1  # pulled up
        self.duty = 0  # of 65535; only by PWM
        self.frequency_Hz = 0
        self.raw_u16 = 0
        self.handler: Callable[[Any], None] | None = None
        self.trigger = 0
        self.changes = 0
        self.watchers: list[Callable[[int], None]] = []

    def drive(self, level: int) -> None:
        """From either side."""
        if level == self.level:
            return
        self.level = level
        self.changes += 1
        for watcher in self.watchers:
            watcher(level)
        if self.handler is not None and self.trigger & (1 if level else 2):
            self.handler(self)


class Microcontroller:
    """`module` is its `machine`. `cause` is what reset_cause() says."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.pads: dict[object, Pad] = {}
        self.spi: dict[int, Any] = {}
        self.i2c: dict[int, Any] = {}
        self.can: dict[int, Any] = {}
        self.cause = 1
        self.fed_us: list[int] = []  # when the watchdog was fed
        self.watchdog_ms = 0  # 0: not started
        self.module = self._machine()

    def pad(self, name: object) -> Pad:
        """The pad of that name."""
        if name not in self.pads:
            self.pads[name] = Pad(name)
        return self.pads[name]

    def i2c_bus(self, id: int, *_: object, timeout: int = 50_000, **__: object) -> Any:
        """machine.I2C: its timeout is 50 ms unless told, on STM32 and RP2."""
        self.i2c[id].timeout_us = timeout
        return self.i2c[id]

    @property
    def bitten(self) -> bool:
        """Whether the watchdog has waited longer than it does."""
        last_us = self.fed_us[-1] if self.fed_us else 0
        return self.watchdog_ms > 0 and self.clock.now_us - last_us > self.watchdog_ms * 1000

    def board(self, name: str, pyb: Any = None) -> Any:
        """The module boards.NAME.board, loaded anew on this controller."""
        full = f"boards.{name}.board"
        kept = {key: sys.modules.pop(key, None) for key in ("machine", "pyb", full)}
        sys.modules["machine"] = self.module
        if pyb is not None:
            sys.modules["pyb"] = pyb
        try:
            module = importlib.import_module(full)
        finally:
            for key, value in kept.items():
                sys.modules.pop(key, None)
                if value is not None:
                    sys.modules[key] = value
        module.time = self.clock  # type: ignore[attr-defined]
        return module

    def _machine(self) -> Any:
        controller = self

        class Pin:
            IN, OUT, PULL_UP, IRQ_RISING, IRQ_FALLING = 0, 1, 1, 1, 2

            def __init__(self, id: object, mode: int = -1, pull: int = -1, *, value: int | None = None) -> None:
                self.pad: Pad = id.pad if isinstance(id, Pin) else controller.pad(id)
                if mode == Pin.OUT:
                    self.pad.driven = True
                if value is not None:
                    self.pad.drive(value)

            def value(self, x: int | None = None) -> int | None:
                if x is None:
                    return self.pad.level
                if not self.pad.driven:
                    raise ValueError(f"pin {self.pad.name}: an input is not driven")
                self.pad.drive(x)
                return None

            def irq(self, handler: Callable[[Any], None] | None, trigger: int, *, hard: bool = False) -> None:
                self.pad.handler, self.pad.trigger = handler, trigger

        class PWM:
            def __init__(self, dest: Pin, *, freq: int, duty_u16: int = 0) -> None:
                self.pad = dest.pad
                self.pad.frequency_Hz = freq
                self.duty_u16(duty_u16)

            def duty_u16(self, value: int) -> None:
                if not 0 <= value <= FULL:
                    raise ValueError(f"duty {value}")
                self.pad.duty = value

        class ADC:
            def __init__(self, pin: Pin) -> None:
                self._pad = pin.pad

            def read_u16(self) -> int:
                return self._pad.raw_u16

        class WDT:
            def __init__(self, *, id: int = 0, timeout: int = 5000) -> None:
                controller.watchdog_ms = timeout
                controller.fed_us.append(controller.clock.now_us)

            def feed(self) -> None:
                controller.fed_us.append(controller.clock.now_us)

        module: Any = ModuleType("machine")
        module.Pin, module.PWM, module.ADC, module.WDT = Pin, PWM, ADC, WDT
        module.SPI = lambda id, *_, **__: controller.spi[id]
        module.I2C = controller.i2c_bus
        module.CAN = lambda id, *_, **__: controller.can[id]
        module.PWRON_RESET, module.HARD_RESET, module.WDT_RESET, module.DEEPSLEEP_RESET, module.SOFT_RESET = 1, 2, 3, 4, 0
        module.reset_cause = lambda: controller.cause
        return module
