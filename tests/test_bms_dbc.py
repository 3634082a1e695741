"""What every shipped DBC file owes its reader, and what bms.dbc owes the vehicle: nothing is left to be guessed.

cantools reads the files; nothing of the generated codecs is used. What walks in pages is timed on the wire of the running
firmware.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import cantools
import pytest

from bms.app import App
from bms.can import e2e
from bms.control import envelope, thermal
from bms.packs import bench_24, bess_14, ev_240
from bms.safety import faults as F
from bms.safety import machine as M
from bms.schema import Pack
from tests.fake_board import FakeBoard
from tests.scripted_drive import play

FOLDER = Path(__file__).parent.parent / "dbc"
FILES: dict[str, Any] = {path.stem: cantools.database.load_file(path) for path in sorted(FOLDER.glob("*.dbc"))}
BMS: Any = FILES["bms"]
MESSAGES = [(name, message) for name, database in FILES.items() for message in database.messages]
each_message = pytest.mark.parametrize(("name", "message"), MESSAGES, ids=lambda v: getattr(v, "name", ""))
PACKS = (bench_24.PACK, ev_240.PACK, bess_14.PACK)

QUANTITIES = {"V", "A", "Ah", "Wh", "s", "ms", "degC", "K", "%", "ohm", "kohm", "ohm/V", "l/min", "N", "ppm"}
DIMENSIONLESS = {
    "bits": "a mask, a check sum, or what its source gives no meaning",
    "count": "how many, or how often",
    "index": "which one of many",
    "enum": "one of the words of its value table",
    "flag": "no or yes",
    "char": "a letter in ASCII",
    "fraction": "a part of 1",
}
UNPROTECTED = {
    "BMS_GROUPS": "for diagnosis: the bounds that others act on are BMS_BOUNDS",
    "BMS_STACKS": "for diagnosis, as groups",
    "BMS_PROBES": "for diagnosis: the bounds that others act on are BMS_TEMPERATURE",
    "BMS_BALANCE": "for diagnosis: nothing is decided on it",
    "BMS_CHARGE_REPORT": "for a workshop: nothing is decided on it",
    "BMS_IDENTITY": "says what is running, nothing is decided on it",
    "BMS_TIMING": "statistics",
    "BMS_BUS": "statistics",
    "BMS_ENERGY": "for display: what may be drawn is said by the limits",
    "BMS_THROUGHPUT": "statistics",
    "BMS_THERMAL_CYCLES": "statistics",
}
UNPROTECTED_FILES = {
    "victron": "the published layout has neither counter nor check sum; an inverter's silence is watched",
    "pylontech": "as Victron",
    "sma": "as Victron",
    "elcon": "the published layout has neither; a charger's silence is watched",
    "hil": "in place of wires, which have none; its counters are those of sensors",
    "ivt_s": "the published layout has a counter and no check sum; the sensor's silence and its status are watched",
}


def ends(signal: Any) -> tuple[float, float]:
    """The smallest and the largest value that its bits can say."""
    low, high = (-(1 << signal.length - 1), (1 << signal.length - 1) - 1) if signal.is_signed else (0, (1 << signal.length) - 1)
    return low * signal.scale + signal.offset, high * signal.scale + signal.offset


def signals() -> Iterator[tuple[str, Any, Any]]:
    for name, message in MESSAGES:
        for signal in message.signals:
            yield f"{name} {message.name} {signal.name}", message, signal


def attribute(message: Any, name: str) -> Any:
    """As it stands in the file, the word of an enumeration; its default where it does not stand."""
    definition = BMS.dbc.attribute_definitions[name]
    given = message.dbc.attributes.get(name)
    if given is None:
        return definition.default_value
    return definition.choices[int(given.value)] if definition.type_name == "ENUM" else given.value


def protected(message: Any) -> bool:
    return [signal.name for signal in message.signals[:2]] == ["e2e_crc", "e2e_counter"]


def words(message_name: str, signal_name: str) -> dict[int, str]:
    choices = BMS.get_message_by_name(message_name).get_signal_by_name(signal_name).choices
    return {int(raw): str(word) for raw, word in choices.items()}


# Every file.


def test_the_files_that_are_shipped_are_all_looked_at() -> None:
    assert set(FILES) == {"bms", *UNPROTECTED_FILES}


@each_message
def test_every_message_has_a_comment_a_declared_sender_and_a_period_that_the_calendar_can_keep(name: str, message: Any) -> None:
    nodes = {node.name for node in FILES[name].nodes}
    assert message.comment
    assert len(message.senders) == 1 and message.senders[0] in nodes
    assert message.cycle_time is not None and 1000 % message.cycle_time == 0 == message.cycle_time % 10


@each_message
def test_every_signal_has_unit_comment_and_receivers_that_are_declared_and_not_its_sender(name: str, message: Any) -> None:
    nodes = {node.name for node in FILES[name].nodes}
    for signal in message.signals:
        assert signal.unit in QUANTITIES | set(DIMENSIONLESS), signal.name
        assert signal.comment, signal.name
        assert signal.receivers and set(signal.receivers) <= nodes - set(message.senders), signal.name


@each_message
def test_every_range_fits_its_bits_and_every_named_value_too(name: str, message: Any) -> None:
    for signal in message.signals:
        if signal.is_float:
            assert (signal.minimum, signal.maximum) in ((None, None), (0, 0)), "full precision: a range would clamp it"
            continue
        low, high = ends(signal)
        tiny = signal.scale / 1000
        assert low - tiny <= signal.minimum < signal.maximum <= high + tiny, signal.name
        for raw in signal.choices or {}:
            assert low - tiny <= raw * signal.scale + signal.offset <= high + tiny, signal.name


def test_a_unit_s_word_keeps_its_promise() -> None:
    for where, _, signal in signals():
        if signal.unit == "enum":
            assert len(signal.choices or {}) >= 2, where
        elif signal.unit == "flag":
            assert signal.length == 1, where
            assert (signal.minimum, signal.maximum) == (0, 1), where
        elif signal.unit == "char":
            assert signal.length == 8, where
        if signal.unit in DIMENSIONLESS:
            assert (signal.scale, signal.offset) == (1, 0), where
        if signal.length == 1:
            assert signal.unit in ("flag", "enum"), where


def test_a_name_that_says_voltage_current_or_temperature_has_that_unit() -> None:
    ending = {"voltage": {"V"}, "current": {"A"}, "temperature": {"degC", "K"}, "soc": {"%", "fraction"}, "soh": {"%"}}
    for where, _, signal in signals():
        last = signal.name.split("_")[-1]
        if last in ending and signal.unit != "flag":
            assert signal.unit in ending[last], where


def test_no_two_words_of_a_value_table_are_the_same() -> None:
    for where, _, signal in signals():
        choices = [str(word) for word in (signal.choices or {}).values()]
        assert len(set(choices)) == len(choices), where


# bms.dbc.


def test_the_vehicle_s_file_has_at_most_45_messages_of_8_bytes_with_standard_identifiers() -> None:
    assert len(BMS.messages) <= 45
    assert all(message.length == 8 and not message.is_extended_frame for message in BMS.messages)
    assert {node.name for node in BMS.nodes} == {"BMS", "VCU", "CHARGER"}


def test_scales_are_powers_of_ten_and_offsets_are_none_so_that_raw_is_our_integer() -> None:
    for message in BMS.messages:
        for signal in message.signals:
            assert signal.scale in (0.001, 0.1, 1, 1000) and signal.offset == 0, signal.name
            assert signal.byte_order == "little_endian"


def test_every_frame_is_protected_but_those_of_a_closed_list() -> None:
    assert {message.name for message in BMS.messages if not protected(message)} == set(UNPROTECTED)


@pytest.mark.parametrize("message", BMS.messages, ids=lambda message: message.name)
def test_what_a_file_says_of_protection_is_what_its_bits_carry(message: Any) -> None:
    if not protected(message):
        assert attribute(message, "E2EProfile") == "none"
        assert attribute(message, "E2EDataId") == 0
        assert not [signal.name for signal in message.signals if signal.name.startswith("e2e_")]
        assert "E2E protected" not in message.comment
        return
    assert attribute(message, "E2EProfile") == "P05"
    assert int(attribute(message, "E2EDataId")) == message.frame_id
    crc, counter, *others = message.signals
    assert (crc.start, crc.length, counter.start, counter.length) == (0, 16, 16, 8)
    assert not crc.is_signed and not counter.is_signed
    assert all(signal.start >= 24 for signal in others)
    assert message.comment.endswith("E2E protected.")


@pytest.mark.parametrize("name", UNPROTECTED_FILES)
def test_a_file_of_another_make_claims_no_protection(name: str) -> None:
    assert not [signal.name for message in FILES[name].messages for signal in message.signals if signal.name.startswith("e2e_")]


def test_the_words_of_faults_states_and_severities_are_those_of_the_firmware() -> None:
    assert words("BMS_STATE", "first_cause") == {0: "none"} | {row.id: row.name for row in F.TABLE}
    assert words("BMS_STATE", "state") == {k: row[0] for k, row in enumerate(M.STATES)}
    severities = {"INFO": F.INFO, "WARNING": F.WARNING, "DERATE": F.DERATE}
    severities |= {"TRIP_AFTER_RAMP": F.TRIP_AFTER_RAMP, "TRIP_NOW": F.TRIP_NOW}
    assert words("BMS_STATE", "severity") == {0: "none"} | {number: name.lower() for name, number in severities.items()}


def test_the_words_of_checks_wishes_and_reasons_are_those_of_the_firmware() -> None:
    checks = {getattr(e2e, name): name.lower() for name in ("NONE", "OK", "REPEATED", "WRONG_SEQUENCE", "ERROR", "TIMED_OUT")}
    assert words("BMS_STATE", "command_e2e") == words("BMS_STATE", "charger_e2e") == checks
    wishes = {getattr(M, f"WISH_{name}"): name.lower() for name in ("OPEN", "DRIVE", "CHARGE", "SERVICE")}
    assert words("VCU_COMMAND", "request") == wishes
    reasons = words("BMS_LIMITS", "charge_reason")
    assert reasons == words("BMS_LIMITS", "discharge_reason")
    ours = ("NONE", "STATE", "RATING", "MAP", "LAYER_VOLTAGE", "TEMPERATURE", "SOC", "FAULTS", "RAMP", "ADVICE")
    assert {getattr(envelope, name): name.lower().replace("faults", "fault") for name in ours}.items() <= reasons.items()
    modes = {getattr(thermal, name): name.lower() for name in ("NONE", "HEAT", "COOL")}
    assert words("BMS_THERMAL_REQUEST", "thermal_mode") == modes
    names = ["CHARGE_COLD", "DISCHARGE_COLD", "CHARGE_HOT", "DISCHARGE_HOT", "UNKNOWN_TEMPERATURE"]
    names += ["PREHEAT", "COOL_DOWN", "STORAGE"]
    assert words("BMS_THERMAL_REQUEST", "thermal_reason") == {0: "none"} | {getattr(thermal, n): n.lower() for n in names}


def test_the_pages_of_faults_have_a_bit_for_every_fault_there_is_room_for() -> None:
    first = [int(s.name.split("_")[1]) for s in BMS.get_message_by_name("BMS_FAULTS").signals if s.name.startswith("faults_")]
    assert sorted(first) == list(range(0, F.ROOM, 16))
    assert max(row.id for row in F.TABLE) < F.ROOM


def test_what_a_vehicle_has_to_know_of_its_battery_is_on_the_wire() -> None:
    present = {signal.name for message in BMS.messages for signal in message.signals}
    assert present >= {
        *("request", "reset_faults", "contactors_commanded", "contactors_feedback", "pack_voltage", "pack_current"),
        *(f"{side}_limit{when}" for side in ("charge", "discharge") for when in ("", "_2s", "_10s", "_30s")),
        *("soc", "soc_sigma", "soc_low", "soc_high", "soh", "soh_sigma", "layer_high", "layer_low"),
        *("layer_high_group", "layer_low_group", "layer_hottest", "layer_coldest", "first_cause", "first_cause_where"),
        *("charge_current", "charge_voltage", "charge_enable", "thermal_mode", "thermal_target", "insulation"),
        *("energy_remaining", "energy_charged", "energy_discharged", "configuration_crc", "late_ticks", "worst_lateness"),
    }


# On the wire.


class Listener(FakeBoard):
    """Writes down when each place of a walk was told, as cantools reads it."""

    WALKS = {
        "BMS_GROUPS": ("group_{}_voltage", 3),
        "BMS_STACKS": ("stack_{}_voltage", 3),
        "BMS_PROBES": ("probe_{}_temperature", 5),
    }

    def __init__(self, pack: Pack) -> None:
        super().__init__(pack)
        self.told_ms: dict[tuple[str, int], list[int]] = {}
        self.frames_of = {BMS.get_message_by_name(name).frame_id: name for name in self.WALKS}

    def can_send(self, identifier: int, data: bytearray, extended: bool) -> bool:
        name = self.frames_of.get(identifier)
        if name is not None:
            pattern, width = self.WALKS[name]
            told = BMS.get_message_by_name(name).decode(bytes(data))
            for k in range(width):
                if str(told[pattern.format(k)]) not in ("not_fitted", "invalid"):
                    self.told_ms.setdefault((name, told["index"] * width + k), []).append(self.now_ms)
        return super().can_send(identifier, data, extended)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_every_group_stack_and_probe_is_told_anew_within_a_second(pack: Pack) -> None:
    board = Listener(pack)
    app = App(pack, board)
    for tick in range(450):
        play(app, board, tick)
    fitted = {"BMS_GROUPS": len(pack.taps) * pack.stacks, "BMS_STACKS": pack.stacks, "BMS_PROBES": len(pack.probe_stack)}
    assert set(board.told_ms) == {(name, k) for name, count in fitted.items() for k in range(count)}
    for place, times_ms in board.told_ms.items():
        gaps_ms = [b - a for a, b in pairwise([0, *times_ms, board.now_ms])]
        assert max(gaps_ms) <= 1000, place
