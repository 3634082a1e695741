"""What must be true of a pack that offers itself to an inverter or a charger: rules like those of pack.py.

Ranges are those of the DBC files of Victron, Pylontech and SMA, which agree: voltages in 0.1 V, the pack's own in signed
0.01 V, currents in signed 0.1 A. Bit rates are those that the protocols are published with; a pack has one bus.
"""

from collections.abc import Iterator
from typing import Any

from bms.schema import INVERTER_FIELDS, Inverter, Pack, group_count, layer_count
from hil.lint.findings import Complaint, PackRule
from hil.lint.values import misshapen, out_of_range

PROTOCOLS = ("victron", "pylontech", "sma")
CHARGER_PROTOCOLS = ("bms", "elcon")
SHAPES = dict.fromkeys(INVERTER_FIELDS, "int") | dict.fromkeys(("protocol", "manufacturer", "family"), "text")
TEXT_MAX = 8
SMA_LOW_mV, SMA_HIGH_mV = 41_000, 63_000
GROUPS_MAX = 60
ELCON_DEADLINE_ms = 2000
PYLONTECH_NAME = "PYLON"
BITRATES_kbit_s = {"victron": (250, 500), "pylontech": (500,), "sma": (500,), "elcon": (250,)}  # bms takes any
VOLTAGE_MAX_mV = 327_670

RANGES = (
    ("alarm_active", 1, 2, "of the two bits of an alarm either 01 or 10 says that it is active"),
    ("charge_voltage_mV", 1, VOLTAGE_MAX_mV, "the wire carries a pack of up to 327.67 V"),
    ("discharge_voltage_mV", 1, VOLTAGE_MAX_mV, "the wire carries a pack of up to 327.67 V"),
    ("fall_dA_s", 1, 1_000_000, "must be positive"),
    ("zero_dA", 0, 1, "0, or 1 where an inverter takes a zero for no word"),
    ("deadline_ms", 2000, 3_600_000, "the inverter is heard every second: two periods at least, an hour at most"),
)


def shape(inverter: Any) -> Iterator[Complaint]:
    """Every field has the type that the schema says."""
    if isinstance(inverter, Inverter):
        yield from misshapen(inverter, INVERTER_FIELDS, SHAPES, "inverter.")
    elif inverter is not None:
        yield "inverter", inverter, "must be an Inverter(...) as in bms/packs/bess_14.py, or None where there is none"


def inverter_ranges(pack: Pack) -> Iterator[Complaint]:
    """Every number and text of the inverter is one that its protocol can carry."""
    inverter = pack.inverter
    if inverter is None:
        return
    yield from out_of_range(inverter, RANGES, "inverter.")
    if inverter.protocol not in PROTOCOLS:
        yield "inverter.protocol", inverter.protocol, f"there are {', '.join(PROTOCOLS)}"
    for field in ("manufacturer", "family"):
        text = getattr(inverter, field)
        if len(text) > TEXT_MAX or not text.isascii() or not text.isprintable():
            yield f"inverter.{field}", text, f"must be up to {TEXT_MAX} printable letters of ASCII"
    if inverter.protocol == "pylontech" and inverter.manufacturer != PYLONTECH_NAME:
        text = f"must be {PYLONTECH_NAME}: inverters look for that name in Pylontech's frames"
        yield "inverter.manufacturer", inverter.manufacturer, text


def inverter_voltages(pack: Pack) -> Iterator[Complaint]:
    """What the inverter is offered lies within the operating voltages of the layers, and on the wire."""
    inverter = pack.inverter
    if inverter is None:
        return
    layers = layer_count(pack)
    high_mV, low_mV = layers * pack.cell.v_max_mV[0], layers * pack.cell.v_min_mV[0]
    charge_mV, discharge_mV = inverter.charge_voltage_mV, inverter.discharge_voltage_mV
    if charge_mV > high_mV:
        yield "inverter.charge_voltage_mV", charge_mV, f"{layers} layers at v_max_mV[0] are {high_mV}"
    if discharge_mV < low_mV:
        yield "inverter.discharge_voltage_mV", discharge_mV, f"{layers} layers at v_min_mV[0] are {low_mV}"
    if discharge_mV >= charge_mV:
        yield "inverter.discharge_voltage_mV", discharge_mV, f"must be below charge_voltage_mV, {charge_mV}"
    fault_mV = layers * pack.cell.v_max_mV[2]
    if fault_mV > VOLTAGE_MAX_mV:
        yield "stacks", fault_mV, f"mV with every layer at its fault: an inverter's frames carry {VOLTAGE_MAX_mV}"
    if inverter.protocol == "sma":
        for field, value_mV in (("charge_voltage_mV", charge_mV), ("discharge_voltage_mV", discharge_mV)):
            if not SMA_LOW_mV <= value_mV <= SMA_HIGH_mV:
                yield f"inverter.{field}", value_mV, f"a Sunny Island takes {SMA_LOW_mV} to {SMA_HIGH_mV}"


def charger(pack: Pack) -> Iterator[Complaint]:
    """The charger speaks a language that there is, and may be silent for as long as that language is."""
    if pack.charger_protocol not in CHARGER_PROTOCOLS:
        yield "charger_protocol", pack.charger_protocol, f"there are {', '.join(CHARGER_PROTOCOLS)}"
    if pack.charger_protocol == "elcon" and pack.charger_deadline_ms < ELCON_DEADLINE_ms:
        text = f"an Elcon is heard every second: two periods at least, {ELCON_DEADLINE_ms}"
        yield "charger_deadline_ms", pack.charger_deadline_ms, text


def one_bitrate(pack: Pack) -> Iterator[Complaint]:
    """Charger and inverter can be on one bus."""
    if pack.inverter is None:
        return
    inverter = pack.inverter.protocol
    ours, theirs = (BITRATES_kbit_s.get(name) for name in (pack.charger_protocol, inverter))
    if ours and theirs and not set(ours) & set(theirs):
        text = f"speaks {ours[0]} kbit/s and the inverter's {inverter} {theirs[0]}: a pack has one bus, and that one bit rate"
        yield "charger_protocol", pack.charger_protocol, text


def groups_each_second(pack: Pack) -> Iterator[Complaint]:
    """Every group's voltage is on the wire once a second."""
    groups = group_count(pack)
    if groups > GROUPS_MAX:
        yield "taps", groups, f"groups: BMS_GROUPS shows {GROUPS_MAX} in a second, three every 50 ms"


RULES: tuple[PackRule, ...] = (inverter_ranges, inverter_voltages, charger, one_bitrate, groups_each_second)
