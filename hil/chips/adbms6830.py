"""Cell monitors ADBMS6830B in a daisy chain, register by register, as an SPI device behind an isoSPI transceiver.

Register map, command codes, counters and packet error codes as in the data sheet of the ADBMS6830B (Analog Devices), read from
public drivers that state it: Analog Devices' adBms6830Data/ParseCreate/CmdList and foxBMS 2 v1.6.0 (ADES183x, the same map).
Voltages are 16 bits signed, 150 uV and 1.5 V at code 0; registers read 0x8000 after a clear and until converted. A frame of
data written to the chain begins with the farthest chip's; an answer begins with the nearest's. How chips fall asleep and wake
is in adbms6830_port.
Conversion times: C 1.1 ms, S 8 ms, all GPIOs 18 ms; 4.4 ms more while the reference comes up (typical values).

Not there: averages and filters (their registers are those of C), PWM and timer of balancing, COMM, low-power monitoring.
Open wires are by tap, 0 below the first cell: without switches both cells beside it read their mean, with the switches of a
cell on (470 ohm, so a sound cell reads nine tenths) it reads 0 and its neighbour the rest. Assumed: taps are of low resistance.
"""

import struct
from collections.abc import Callable
from functools import lru_cache

from hil.chips.adbms6830_port import Port
from hil.chips.microcontroller import Clock

CELLS, GPIOS = 16, 10
CLEARED = b"\x00\x80"
C_us, S_us, GPIOS_us, REFERENCE_us = 1_100, 8_000, 18_000, 4_400
CTH_mV = (5.1, 8.1, 10.05, 15.0, 22.5, 45.0, 75.0, 135.0)
DEFAULTS = {"CFGA": b"\x01\x00\x00\xff\x03\x00", "CFGB": b"\x00\xf8\x7f\x00\x00\x00", "PWMA": bytes(6), "PWMB": bytes(6)}
READS: dict[int, tuple[str, ...]] = {
    0x002: ("CFGA",), 0x026: ("CFGB",), 0x022: ("PWMA",), 0x023: ("PWMB",),
    **dict(zip((0x004, 0x006, 0x008, 0x00A, 0x009, 0x00B), [("C" + k,) for k in "ABCDEF"])),
    **dict(zip((0x044, 0x046, 0x048, 0x04A, 0x049, 0x04B), [("C" + k,) for k in "ABCDEF"])),
    **dict(zip((0x012, 0x013, 0x014, 0x015, 0x016, 0x017), [("C" + k,) for k in "ABCDEF"])),
    **dict(zip((0x003, 0x005, 0x007, 0x00D, 0x00E, 0x00F), [("S" + k,) for k in "ABCDEF"])),
    **dict(zip((0x019, 0x01A, 0x01B, 0x01F), [("AUX" + k,) for k in "ABCD"])),
    **dict(zip((0x030, 0x031, 0x032, 0x033, 0x034), [("STAT" + k,) for k in "ABCDE"])),
    0x02C: ("SID",),
    **dict.fromkeys((0x00C, 0x04C, 0x018), tuple("C" + k for k in "ABCDEF")),
    0x010: tuple("S" + k for k in "ABCDEF"),
    0x011: tuple(bank + k for bank in "CS" for k in "ABCDEF"),
}  # fmt: skip
WRITES = {0x001: "CFGA", 0x024: "CFGB", 0x020: "PWMA", 0x021: "PWMB", 0x717: "CLRFLAG"}
FLAGS = (  # bit of FLAG_D, what it forces in bytes 4 and 5 of status group C
    (0x01, 0, 0x01), (0x02, 0, 0x01), (0x04, 0x50, 0), (0x08, 0xA0, 0xC0),
    (0x10, 0, 0x04), (0x20, 0x0A, 0), (0x40, 0x05, 0), (0x80, 0, 0x02),
)  # fmt: skip


def remainder(data: bytes, extra: int, extra_bits: int, polynomial: int, width: int) -> int:
    """Bit by bit, from 16."""
    r = 16
    bits = [byte >> k & 1 for byte in data for k in range(7, -1, -1)]
    bits += [extra >> k & 1 for k in range(extra_bits - 1, -1, -1)]
    for bit in bits:
        top = r >> (width - 1) & 1
        r = (r << 1 ^ (polynomial if top ^ bit else 0)) & ((1 << width) - 1)
    return r


@lru_cache(1024)
def pec15(data: bytes) -> bytes:
    return (remainder(data, 0, 0, 0x4599, 15) << 1).to_bytes(2, "big")


@lru_cache(4096)
def pec10(data: bytes, count: int = 0) -> bytes:
    """With the command counter in front of it, as a chip answers."""
    return (count << 10 | remainder(data, count, 6, 0x8F, 10)).to_bytes(2, "big")


def code(volts: float) -> int:
    return max(-32768, min(32767, round((volts - 1.5) / 150e-6)))


class Chip(Port):
    """One monitor. The world: cell_V, gpio_V, supplies. Faults: open_wires (taps), stuck (group -> its bytes), slowness
    (a factor on conversion times), s_error_V (cell -> what its S converter is off by), stuck_flags (what a self-test finds)."""

    def __init__(self, clock: Clock, cells_V: "list[float] | None" = None) -> None:
        super().__init__(clock)
        self.cell_V = list(cells_V or [3.7] * CELLS)
        self.gpio_V = [1.5] * GPIOS
        self.vref2_V, self.va_V, self.vd_V, self.die_degC = 3.0, 5.0, 3.1, 30.0
        self.open_wires: set[int] = set()
        self.stuck: dict[str, bytes] = {}
        self.slowness = 1.0
        self.s_error_V: dict[int, float] = {}
        self.stuck_flags = 0  # bits of FLAG_D that force nothing
        self.resets = 0
        self.reset()

    def reset(self) -> None:
        """Power on, brown-out, or two seconds without a word."""
        self.registers = dict(DEFAULTS)
        self._marks = 0  # under and over, two bits a cell
        self.count = 0
        self.flags = bytearray(b"\x00\x00\x00\x00\x00\x08")
        self.resets += 1
        self.conversions = 0
        self._reference_us = -1
        self._due: list[tuple[int, Callable[[], None]]] = []
        self.clear("CSA")

    def brown_out(self) -> None:
        self.reset()

    def clear(self, banks: str) -> None:
        for bank in banks:
            prefix, groups = ("AUX", "ABCD") if bank == "A" else (bank, "ABCDEF")
            for k in groups:
                self.registers[prefix + k] = CLEARED * 3

    @property
    def discharging(self) -> int:
        """DCC: a bit a cell."""
        return int.from_bytes(self.registers["CFGB"][4:], "little")

    def seen_V(self, cell: int, switched: int) -> float:
        """What stands at the inputs of a cell while the switches of some are closed."""
        below, above = cell in self.open_wires, cell + 1 in self.open_wires
        if switched >> cell & 1:
            return 0.0 if below or above else 0.9 * self.cell_V[cell]
        together = [self.cell_V[cell]]
        for wire, other in ((below, cell - 1), (above, cell + 1)):
            if wire and 0 <= other < CELLS:
                if switched >> other & 1:
                    return self.cell_V[cell] + self.cell_V[other]
                together.append(self.cell_V[other])
        return sum(together) / len(together) if 0 not in self.open_wires or cell else 0.0

    def write(self, name: str, data: bytes) -> None:
        if name == "CLRFLAG":
            self.flags = bytearray(old & ~new for old, new in zip(self.flags, data))
            return
        if name == "CFGA" and data[0] & 0x80 and not self.registers["CFGA"][0] & 0x80:
            self._reference_us = self._clock.now_us + REFERENCE_us
        self.registers[name] = data

    def convert(self, word: int) -> None:
        """ADCV, ADSV, ADAX or ADAX2 with their options."""
        switched = (0, 0xAAAA, 0x5555, 0xFFFF)[word & 3]  # even cells are 2, 4 ... counted from 1
        up_us = max(0, self._reference_us - self._clock.now_us) if self._reference_us >= 0 else REFERENCE_us
        if word & 0x668 == 0x260:
            self._later(up_us + C_us, lambda: self._finish("C", switched))
            if word & 0x100:
                self._later(up_us + S_us, lambda: self._finish("S", switched, compared=True))
        elif word & 0x768 == 0x168:
            self._later(up_us + S_us, lambda: self._finish("S", switched))
        elif word & 0x610 == 0x410:
            self._later(up_us + GPIOS_us, self._finish_gpios)

    def _later(self, us: int, what: Callable[[], None]) -> None:
        self._due.append((self._clock.now_us + round(us * self.slowness), what))

    def settle(self) -> None:
        """What is due by now is done."""
        due = sorted((item for item in self._due if item[0] <= self._clock.now_us), key=lambda item: item[0])
        self._due = [item for item in self._due if item[0] > self._clock.now_us]
        for _, what in due:
            what()

    def _finish(self, bank: str, switched: int, compared: bool = False) -> None:
        errors = self.s_error_V if bank == "S" else {}
        codes = [code(self.seen_V(k, switched) + errors.get(k, 0.0)) for k in range(CELLS)]
        packed = struct.pack("<16h", *codes) + b"\xff\xff" * 2
        for k, letter in enumerate("ABCDEF"):
            self.registers[bank + letter] = packed[6 * k : 6 * k + 6]
        if bank == "C":
            self.conversions += 1
            uv, ov = self._thresholds()
            self._marks = sum((c < uv) << 2 * k | (c > ov) << 2 * k + 1 for k, c in enumerate(codes))
            for bit, four, five in FLAGS:
                forced = self.registers["CFGA"][1] & ~self.stuck_flags
                if forced & bit and not (bit == 0x04 and forced & 0x08):
                    self.flags[4] |= four
                    self.flags[5] |= five
        if compared:
            limit_codes = CTH_mV[self.registers["CFGA"][0] & 7] / 0.15
            for k, (c, s) in enumerate(zip(self.voltages("C"), codes)):
                if abs(c - s) > limit_codes:
                    self.flags[k // 8] |= 1 << k % 8
                    self.flags[5] |= 0x20

    def _finish_gpios(self) -> None:
        volts = [*self.gpio_V, 0.0, sum(self.cell_V) / 25]
        packed = struct.pack("<12h", *[code(v) for v in volts])
        for k, letter in enumerate("ABCD"):
            self.registers["AUX" + letter] = packed[6 * k : 6 * k + 6]

    def _thresholds(self) -> tuple[int, int]:
        raw = int.from_bytes(self.registers["CFGB"][:3], "little")
        signed = [(v ^ 0x800) - 0x800 for v in (raw & 0xFFF, raw >> 12)]
        return 16 * signed[0], 16 * signed[1]

    def voltages(self, bank: str) -> tuple[int, ...]:
        """Codes of C or S as a reader would find them."""
        return struct.unpack("<16h", b"".join(self.group(bank + k) for k in "ABCDEF")[:32])

    def group(self, name: str) -> bytes:
        """Six bytes of a register group."""
        if name in self.stuck:
            return self.stuck[name]
        if name in self.registers:
            return self.registers[name]
        if name == "STATA":
            return struct.pack("<hh", code(self.vref2_V), code((self.die_degC + 273) * 7.5e-3)) + b"\xff\xff"
        if name == "STATB":
            return struct.pack("<hhh", code(self.vd_V), code(self.va_V), code(3.0))
        if name == "STATC":
            count = self.conversions & 0x7FF
            return bytes((*self.flags[:2], count >> 6, count << 2 & 0xFC, *self.flags[4:]))
        if name == "STATD":
            return self._marks.to_bytes(4, "little") + b"\xff\x3d"
        if name == "STATE":
            return b"\xff\xff\xff\xff" + self.registers["CFGA"][3:4] + bytes((self.registers["CFGA"][4] & 3 | 0x20,))
        return b"\x2a\x06\x00\x00\x00\x01"  # serial number, device 3 in bits 6..1 of byte 1


class Chain:
    """Chips behind one chip select, nearest first; chip k is chips[k]. Faults of the wire: `reachable` (chips beyond it neither
    hear nor answer), spoil_answers (chip -> how many of its next answers lose a bit), spoil_commands (how many of the next
    commands arrive with a wrong bit at the chips from `spoil_from` on). `unknown` collects commands that the map has not."""

    def __init__(self, clock: Clock, chips: int) -> None:
        self._clock = clock
        self.chips = [Chip(clock) for _ in range(chips)]
        self.reachable = chips
        self.spoil_answers: dict[int, int] = {}
        self.spoil_commands = 0
        self.spoil_from = 0
        self.unknown: list[int] = []
        self.heard: list[int] = []  # commands, as the nearest chip took them
        self._in = bytearray()
        self._answer = b""

    def select(self) -> None:
        for chip in self.chips[: self.reachable]:
            if not chip.pulse():
                break
        self._in = bytearray()
        self._answer = b""
        self._listening: list[int] = []

    def transfer(self, out: bytes) -> bytes:
        back = bytearray()
        for byte in out:
            at = len(self._in) - 4
            back.append(self._answer[at] if 0 <= at < len(self._answer) else 0xFF)
            self._in.append(byte)
            if len(self._in) == 4:
                self._command()
        return bytes(back)

    def deselect(self) -> None:
        word = int.from_bytes(self._in[:2], "big") & 0x7FF
        for k in self._listening:
            if word in WRITES:
                n = len(self.chips)
                at = 4 + 8 * (n - 1 - k)
                data, pec = bytes(self._in[at : at + 6]), bytes(self._in[at + 6 : at + 8])
                if pec == pec10(data):
                    self._count(k)
                    self.chips[k].write(WRITES[word], data)
                else:
                    self.chips[k].flags[5] |= 0x10

    def _count(self, k: int) -> None:
        self.chips[k].count = self.chips[k].count + 1 if self.chips[k].count < 63 else 1

    def _command(self) -> None:
        word = int.from_bytes(self._in[:2], "big") & 0x7FF
        spoilt = self.spoil_commands > 0
        self.spoil_commands -= spoilt
        right = pec15(bytes(self._in[:2])) == self._in[2:4]
        for k, chip in enumerate(self.chips[: self.reachable]):
            if not chip.hears:
                break
            chip.settle()
            if right and not (spoilt and k >= self.spoil_from):
                chip.hear()
                self._listening.append(k)
            else:
                chip.flags[5] |= 0x10
        if not self._listening:
            return
        self.heard.append(word)
        if word in READS or word & ~0x040 == 0x032:
            self._answer = b"".join(self._answer_of(k, word) for k in range(len(self.chips)))
        elif word not in WRITES:
            for k in self._listening:
                self._act(k, word)

    def _answer_of(self, k: int, word: int) -> bytes:
        names = READS.get(word, ("STATC",))
        n = {1: 6, 6: 32, 12: 64}[len(names)]
        if k not in self._listening:
            return b"\xff" * (n + 2)
        chip = self.chips[k]
        data = b"".join(chip.group(name)[: 2 if n > 6 and name[1] == "F" else 6] for name in names)
        pec = pec10(data, chip.count)
        if word == 0x072:  # with an error, so that the controller may see that it would notice
            pec = bytes((pec[0], pec[1] ^ 1))
        if self.spoil_answers.get(k, 0) > 0:
            self.spoil_answers[k] -= 1
            data = bytes((data[0] ^ 0x04, *data[1:]))
        return data + pec

    def _act(self, k: int, word: int) -> None:
        chip = self.chips[k]
        if word == 0x02E:
            chip.count = 0
            return
        if word == 0x027:
            chip.reset()
            return
        if word in (0x711, 0x712, 0x716):
            chip.clear({0x711: "C", 0x712: "A", 0x716: "S"}[word])
        elif word & 0x668 == 0x260 or word & 0x768 == 0x168 or word & 0x610 in (0x410, 0x400):
            chip.convert(word)
        elif k == 0:
            self.unknown.append(word)
        self._count(k)
