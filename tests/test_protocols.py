"""Inverters and chargers get what is published: example bytes as they were captured, every signal as cantools reads it, and
from the whole firmware in every state what the firmware knows.

cantools with our DBC files, published bytes and the published order of bits are the independent readers.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cantools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.can import elcon_frames, pylontech_frames, sma_frames, victron_frames
from bms.can import offer as O
from bms.can.calendar import TICKS, Calendar
from bms.can.elcon import Elcon
from bms.can.inverter import AGE_MAX_ms
from bms.can.offer import Offer
from bms.can.peers import build_charger, build_inverter
from bms.can.pylontech import Pylontech
from bms.can.sma import Sma
from bms.can.victron import Victron
from bms.packs import bench_24, bess_14
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import snapshot as S
from bms.schema import INVERTER_FIELDS, PACK_FIELDS, Inverter, Pack, replaced
from hil.lint import inverter as lint
from tests.fake_board import CHARGE, DRIVE, OPEN, FakeBoard

CODECS: dict[str, Any] = {
    "victron": victron_frames,
    "pylontech": pylontech_frames,
    "sma": sma_frames,
    "elcon": elcon_frames,
}
FOLDER = Path(__file__).parent.parent / "dbc"
FILES: dict[str, Any] = {name: cantools.database.load_file(FOLDER / f"{name}.dbc") for name in CODECS}
MESSAGES = [(name, message) for name, database in FILES.items() for message in database.messages]
each_message = pytest.mark.parametrize(("name", "message"), MESSAGES, ids=lambda v: getattr(v, "name", ""))
INVERTERS = ("victron", "pylontech", "sma")
ROUND = 10  # ticks between two steps of an offer
each_inverter = pytest.mark.parametrize("protocol", INVERTERS)


def pack_for(protocol: str, **changes: Any) -> Pack:
    """The stationary pack with an inverter of that protocol, or with an Elcon as its charger."""
    assert bess_14.PACK.inverter is not None
    if protocol == "elcon":
        return replaced(Pack, PACK_FIELDS, bess_14.PACK, charger_protocol="elcon", charger_deadline_ms=2500)
    inverter = replaced(Inverter, INVERTER_FIELDS, bess_14.PACK.inverter, protocol=protocol, **changes)
    return replaced(Pack, PACK_FIELDS, bess_14.PACK, inverter=inverter)


class Rig:
    """The firmware on a board in memory with one adapter beside it."""

    def __init__(self, protocol: str, **changes: Any) -> None:
        self.protocol = protocol
        self.pack = pack_for(protocol, **changes)
        self.board = FakeBoard(self.pack)
        self.app = App(self.pack, self.board)
        self.offer = Offer(self.app)
        made: Any = build_charger(self.app, self.offer) if protocol == "elcon" else build_inverter(self.app, self.offer)
        assert made is not None
        self.adapter = made
        self.buffers = {row[0].ID: bytearray(row[0].LENGTH) for row in made.rows}
        for row in made.rows:
            row[0].pack(self.buffers[row[0].ID])

    def send(self) -> dict[int, bytes]:
        """Every frame once, as the link would send it."""
        for message, fill, *_ in self.adapter.rows:
            if fill():
                message.pack(self.buffers[message.ID])
        return {identifier: bytes(data) for identifier, data in self.buffers.items()}

    def decoded(self) -> dict[int, dict[str, Any]]:
        database = FILES[self.protocol]
        return {
            identifier: database.get_message_by_frame_id(identifier).decode(data, decode_choices=False)
            for identifier, data in self.send().items()
        }

    def rounds(self, ticks: int) -> Iterator[dict[int, dict[str, Any]]]:
        """Ticks the firmware; after every round, what is sent."""
        for tick in range(ticks):
            self.app.tick()
            if tick % ROUND == ROUND - 1:
                self.offer.step(100)
                self.adapter.step(100)
                yield self.decoded()


# Published bytes.

PYLONTECH_CAPTURE: dict[int, tuple[str, dict[str, float]]] = {
    0x351: ("140274 0E740E CC01", {"charge_voltage": 53.2, "charge_current": 370.0, "discharge_current": 370.0,
                                   "discharge_voltage": 46.0}),
    0x355: ("1A006400", {"soc": 26, "soh": 100}),
    0x356: ("4E1302030405", {"voltage": 49.42, "current": 77.0, "temperature": 128.4}),
    0x359: ("000000000A504E", {"modules": 10, "letter_5": ord("P"), "letter_6": ord("N")}),
    0x35C: ("C000", {"charge_enable": 1, "discharge_enable": 1, "force_charge_1": 0, "force_charge_2": 0}),
    0x35E: (b"PYLON   ".hex(), {}),
}  # fmt: skip


@pytest.mark.parametrize("identifier", PYLONTECH_CAPTURE, ids=hex)
def test_a_capture_of_a_pylontech_reads_as_published_and_packs_to_the_same_bytes(identifier: int) -> None:
    text, values = PYLONTECH_CAPTURE[identifier]
    data = bytes.fromhex(text)
    codec = next(codec for codec in pylontech_frames.MESSAGES if identifier == codec.ID)()
    assert codec.unpack(data)
    buffer = bytearray(len(data))
    codec.pack(buffer)
    assert buffer == data
    read = FILES["pylontech"].decode_message(identifier, data, decode_choices=False)
    for name, value in values.items():
        assert read[name] == pytest.approx(value)


def test_a_pack_in_the_state_of_the_captured_pylontech_sends_the_captured_bytes() -> None:
    rig = Rig("pylontech", manufacturer="PYLON")
    offer = rig.offer
    rig.app.contactor.closed = True
    offer.cvl_mV, offer.dvl_mV, offer.ccl_dA, offer.dcl_dA = 53_200, 46_000, 3700, 3700
    offer.soc_permille, offer.soh_permille = 260, 1000
    offer.voltage_mV, offer.current_dA, offer.temperature_ddegC = 49_420, 770, 1284
    offer.charge_allowed = offer.discharge_allowed = 1
    rig.adapter.alarms.modules = 10
    assert rig.send() == {identifier: bytes.fromhex(text) for identifier, (text, _) in PYLONTECH_CAPTURE.items()}


def test_the_same_limits_are_the_same_bytes_for_a_victron_and_a_sunny_island() -> None:
    """REC BMS publishes the layout of 0x351 for SMA, diyBMS for Victron: little-endian, as the captured one."""
    for protocol in ("victron", "sma"):
        rig = Rig(protocol)
        rig.app.contactor.closed = True
        rig.offer.cvl_mV, rig.offer.dvl_mV, rig.offer.ccl_dA, rig.offer.dcl_dA = 53_200, 46_000, 3700, 3700
        rig.offer.soc_permille, rig.offer.soh_permille = 804, 950
        sent = rig.send()
        assert sent[0x351].hex() == "1402740e740ecc01"
        assert sent[0x355].hex() == "50005f00681f"  # SoH 95 % and SoC 80.40 %, laid out as in a GX owner's working code


@given(voltage_mV=st.integers(0, 58_800))
def test_an_elcon_gets_the_published_bytes_for_98_v_and_16_a(voltage_mV: int) -> None:
    request = elcon_frames.ElconRequest()
    request.voltage_dV, request.current_dA, request.control = 980, 160, 0
    data = bytearray(8)
    request.pack(data)
    assert data.hex() == "03d400a000000000"
    assert (request.ID, request.EXTENDED) == (0x1806E5F4, True)
    request.voltage_dV = voltage_mV // 100
    request.pack(data)
    assert data[0] * 256 + data[1] == voltage_mV // 100, "big-endian"


def test_an_elcon_s_answer_is_kept_and_every_status_bit_is_one_of_byte_4() -> None:
    rig = Rig("elcon")
    names = ("hardware_failure", "over_temperature", "input_voltage_wrong", "not_started", "communication_timeout")
    for bit, name in enumerate(names):
        rig.adapter.age_ms = 0
        rig.adapter.step(1000)
        sound = name in ("input_voltage_wrong", "not_started")
        assert rig.adapter.take(0, bytes.fromhex("03d400a0") + bytes((1 << bit, 0, 0, 0))) == sound
        status = rig.adapter.status
        assert (status.voltage_dV, status.current_dA, rig.adapter.age_ms) == (980, 160, 0 if sound else 1000)
        assert [other for other in names if getattr(status, other)] == [name]


# Every signal, as cantools has it.


@st.composite
def raws(draw: st.DrawFn, message: Any) -> dict[str, int]:
    """A raw integer within its range for every signal."""
    found = {}
    for signal in message.signals:
        low, high = (round(end / signal.scale) for end in (signal.minimum, signal.maximum))
        found[signal.name] = draw(st.integers(low, high))
    return found


def attributes(name: str, message: Any) -> tuple[Any, dict[str, str]]:
    """The codec of a message, and for each signal its attribute, which is the signal's name and perhaps a unit."""
    wanted = (message.frame_id, message.is_extended_frame)
    codec = next(codec for codec in CODECS[name].MESSAGES if wanted == (codec.ID, codec.EXTENDED))()
    found = {signal.name: attribute for signal, attribute in zip(message.signals, vars(codec), strict=True)}
    assert all(attribute.startswith(signal) for signal, attribute in found.items())
    return codec, found


@each_message
@settings(max_examples=40)
@given(data=st.data())
def test_every_signal_goes_out_and_comes_in_as_cantools_has_it(name: str, message: Any, data: st.DataObject) -> None:
    codec, attribute = attributes(name, message)
    raw = data.draw(raws(message))
    for signal, value in raw.items():
        setattr(codec, attribute[signal], value)
    buffer = bytearray(message.length)
    codec.pack(buffer)
    read = message.decode(bytes(buffer), decode_choices=False)
    for signal in message.signals:
        assert abs(read[signal.name] - raw[signal.name] * signal.scale) < 0.5 * signal.scale
    again = type(codec)()
    assert again.unpack(message.encode({s.name: raw[s.name] * s.scale for s in message.signals}))
    assert {signal: getattr(again, attribute[signal]) for signal in raw} == raw


@each_message
def test_every_signal_of_the_files_has_range_comment_receiver_and_every_message_its_period(name: str, message: Any) -> None:
    assert message.comment
    assert message.cycle_time in (100, 1000)
    nodes = {node.name for node in FILES[name].nodes}
    assert nodes == {"BMS", "CHARGER" if name == "elcon" else "INVERTER"}
    assert message.senders[0] in nodes
    for signal in message.signals:
        assert signal.comment
        assert signal.minimum is not None
        assert signal.maximum is not None
        assert signal.receivers == [node for node in nodes if node != message.senders[0]]
        if "voltage" in signal.name.split("_")[-1:] or signal.name in ("current", "charge_current", "discharge_current"):
            assert signal.unit in ("V", "A")


def test_the_linter_knows_what_the_frames_carry() -> None:
    for name in INVERTERS:
        voltage = FILES[name].get_message_by_frame_id(0x356).get_signal_by_name("voltage")
        assert round(voltage.maximum * 1000) == lint.VOLTAGE_MAX_mV
        assert FILES[name].get_message_by_frame_id(0x305).cycle_time <= lint.RANGES[-1][1] // 2
    assert FILES["elcon"].get_message_by_name("ELCON_STATUS").cycle_time == lint.ELCON_DEADLINE_ms // 2


# One alarm, one field.

ORDER = (  # published order of the fields of 0x35A, two bits each
    0, O.HIGH_VOLTAGE, O.LOW_VOLTAGE, O.HIGH_TEMPERATURE, O.LOW_TEMPERATURE, O.HIGH_TEMPERATURE_CHARGE,
    O.LOW_TEMPERATURE_CHARGE, O.HIGH_CURRENT, O.HIGH_CURRENT_CHARGE, O.CONTACTOR, O.SHORT_CIRCUIT, O.INTERNAL, O.IMBALANCE,
)  # fmt: skip


def two_bits(data: bytes) -> list[int]:
    """The 32 fields of 0x35A."""
    return [int.from_bytes(data, "little") >> shift & 3 for shift in range(0, 64, 2)]


@pytest.mark.parametrize("active", (1, 2))
@pytest.mark.parametrize("protocol", ("victron", "sma"))
def test_every_alarm_and_every_warning_sets_its_one_field_of_0x35a_whatever_the_polarity(protocol: str, active: int) -> None:
    rig = Rig(protocol, alarm_active=active)
    rig.app.contactor.closed = True
    rig.offer.connected = 1
    rig.offer.known_alarms = rig.offer.known_warnings = (1 << 12) - 1
    seen = set()
    for first, kind in ((0, "alarms"), (16, "warnings")):
        for field, category in enumerate(ORDER):
            rig.offer.alarms = rig.offer.warnings = 0
            setattr(rig.offer, kind, category)
            fields = two_bits(rig.send()[0x35A])
            assert [k for k, code in enumerate(fields) if code == active] == ([first + field] if category else [])
            assert {code for k, code in enumerate(fields) if k % 16 in range(1, 13)} <= {1, 2}
            assert fields[29] == 3 - active, "online"
            seen.add(tuple(fields))
    assert len(seen) == 2 * len(ORDER) - 1


@pytest.mark.parametrize("active", (1, 2))
@pytest.mark.parametrize("protocol", ("victron", "sma"))
@pytest.mark.parametrize("row", [row for row in F.TABLE if row.severity >= F.WARNING], ids=lambda row: row.name)
def test_every_fault_of_the_table_is_one_active_field_and_what_nobody_looks_for_is_not_supported(
    row: Any, protocol: str, active: int
) -> None:
    rig = Rig(protocol, alarm_active=active)
    rig.app.contactor.closed = True
    rig.app.monitor.words[row.id // 16] = 1 << row.id % 16
    rig.offer.step(100)
    fields = two_bits(rig.send()[0x35A])
    assert sum(code == active for code in fields) == 1
    assert fields[0] == fields[16] == 0
    assert fields[10] == (0 if not rig.offer.known_alarms & O.SHORT_CIRCUIT else 3 - active)


def test_every_alarm_and_every_warning_sets_its_one_bit_of_0x359() -> None:
    rig = Rig("pylontech")
    published = {
        O.HIGH_VOLTAGE: 1, O.LOW_VOLTAGE: 2, O.HIGH_TEMPERATURE: 3, O.HIGH_TEMPERATURE_CHARGE: 3, O.LOW_TEMPERATURE: 4,
        O.LOW_TEMPERATURE_CHARGE: 4, O.HIGH_CURRENT: 7, O.HIGH_CURRENT_CHARGE: 8, O.CONTACTOR: 11, O.SHORT_CIRCUIT: 11,
        O.INTERNAL: 11, O.IMBALANCE: 11,
    }  # fmt: skip
    for first, kind in ((0, "alarms"), (16, "warnings")):
        for category, bit in published.items():
            rig.offer.alarms = rig.offer.warnings = 0
            setattr(rig.offer, kind, category)
            assert int.from_bytes(rig.send()[0x359][:4], "little") == 1 << first + bit


# The whole firmware.


def check_offer(rig: Rig, got: dict[int, dict[str, Any]], last: dict[str, float]) -> None:
    """The frames of a round against what the firmware knows in this tick."""
    app, inverter = rig.app, rig.pack.inverter
    assert inverter is not None
    limits = got[0x351]
    stopped = app.monitor.severity >= F.TRIP_AFTER_RAMP or not app.contactor.closed
    charge_dA = app.envelope.charge_dA
    if app.machine.state == M.CHARGE:  # what a charge asks for, which is no more
        charge_dA = min(charge_dA, app.rounds.fastcharge.request_dA)
    for name, allowed_dA in (("charge", charge_dA), ("discharge", app.envelope.discharge_dA)):
        offered_A = limits[f"{name}_current"]
        assert offered_A >= 0
        if stopped:
            assert offered_A == 0
        else:
            fall_A = inverter.fall_dA_s * 0.1 * 0.1 + 0.11
            assert offered_A >= allowed_dA / 10 - 1e-6
            assert offered_A == pytest.approx(allowed_dA / 10) or last[name] - fall_A <= offered_A <= last[name]
        last[name] = offered_A
    volts = app.snap.value[S.PACK_mV] / 1000
    floor = inverter.discharge_voltage_mV / 1000
    assert limits["discharge_voltage"] == pytest.approx(floor)
    if charge_dA and not stopped:
        assert limits["charge_voltage"] == pytest.approx(inverter.charge_voltage_mV / 1000)
    else:
        assert floor <= limits["charge_voltage"] <= max(volts, floor) + 1e-6
    assert abs(got[0x356]["voltage"] - volts) <= 0.005 + 1e-9
    assert abs(got[0x356]["current"] - app.snap.current_mA / 1000) <= 0.05 + 1e-9
    low, high = app.coulomb.low_permille / 10, app.coulomb.high_permille / 10
    assert low - 0.51 <= got[0x355]["soc"] <= high + 0.51
    assert 0 < got[0x355]["soh"] <= 100
    if "soc_fine" in got[0x355]:
        assert abs(got[0x355]["soc_fine"] - got[0x355]["soc"]) <= 0.5 + 1e-9
    if 0x35C in got:
        assert got[0x35C]["charge_enable"] == (charge_dA > 0 and not stopped)
        assert got[0x35C]["discharge_enable"] == (app.envelope.discharge_dA > 0 and not stopped)
    if 0x373 in got:
        cells = got[0x373]
        assert cells["lowest_voltage"] == pytest.approx(min(max(app.bound.layer_low_mV, 0), 65535) / 1000)
        assert cells["highest_voltage"] == pytest.approx(min(max(app.bound.layer_high_mV, 0), 65535) / 1000)
        assert cells["lowest_temperature"] <= app.bound.cold_ddegC / 10 + 273.15 < cells["lowest_temperature"] + 1
        assert cells["highest_temperature"] - 1 < app.bound.hot_ddegC / 10 + 273.15 <= cells["highest_temperature"]
        assert got[0x372]["modules_ok"] + got[0x372]["modules_offline"] == rig.pack.stacks
        assert got[0x372]["modules_ok"] == (rig.pack.stacks if app.contactor.closed else 0)
        assert (got[0x372]["modules_blocking_charge"] == 0) == (charge_dA > 0 and not stopped)


SCRIPT = (
    (20, "request", DRIVE),
    (900, "load_mA", -15000),
    (1000, "load_mA", 6000),
    (1100, "load_mA", 0),
    (1110, "request", OPEN),
    (1250, "request", CHARGE),
    (2000, "load_mA", 8000),
    (2400, "interlock_closed", 0),
    (2500, "load_mA", 0),
)


@each_inverter
def test_an_inverter_hears_what_the_firmware_knows_in_standby_drive_charge_and_after_a_trip(protocol: str) -> None:
    rig = Rig(protocol)
    board = rig.board
    board.charger_state = 2
    last = {"charge": 0.0, "discharge": 0.0}
    states, most, alone = set(), 0.0, False
    for tick in range(0, 2600, ROUND):
        for at, knob, value in SCRIPT:
            if at == tick:
                setattr(board, knob, value)
        for got in rig.rounds(ROUND):
            check_offer(rig, got, last)
            states.add(rig.app.machine.state)
            most = max(most, got[0x351]["charge_current"])
            # in charge no discharge is allowed: its limit came down from what it was by the ramp
            alone |= rig.app.machine.state == M.CHARGE and got[0x351]["discharge_current"] == 0
    assert states >= {M.STANDBY, M.PRECHARGE, M.DRIVE, M.CHARGE, M.FAULT}
    assert most > 20
    assert alone


@each_inverter
def test_a_trip_between_two_rounds_is_zero_in_the_next_limits_already(protocol: str) -> None:
    rig = Rig(protocol)
    for tick in range(0, 600, ROUND):
        rig.board.request = DRIVE if tick > 20 else OPEN
        got = list(rig.rounds(ROUND))[-1]
    assert got[0x351]["charge_current"] > 5
    rig.board.crash_seen = 1
    for _ in range(5):
        rig.app.tick()
    assert rig.app.monitor.severity == F.TRIP_NOW
    limits = rig.decoded()[0x351]
    assert (limits["charge_current"], limits["discharge_current"]) == (0, 0)
    assert 0 < limits["charge_voltage"] < 57.4


def test_an_inverter_that_takes_zero_for_no_word_gets_a_tenth_of_an_ampere() -> None:
    rig = Rig("pylontech", zero_dA=1)
    got = list(rig.rounds(50))[-1]
    assert (got[0x351]["charge_current"], got[0x351]["discharge_current"]) == (pytest.approx(0.1), pytest.approx(0.1))


def test_an_elcon_is_asked_for_no_more_than_is_allowed_and_told_to_stop_otherwise() -> None:
    rig = Rig("elcon")
    board = rig.board
    board.charger_state = 2
    asked = 0
    for tick in range(0, 1400, ROUND):
        board.request = CHARGE if 20 < tick < 900 or tick > 1000 else OPEN
        board.interlock_closed = 0 if tick > 1300 else 1
        for got in rig.rounds(ROUND):
            request = got[0x1806E5F4]
            app = rig.app
            charging = app.machine.state == M.CHARGE and app.contactor.closed and app.monitor.severity < F.TRIP_AFTER_RAMP
            assert request["control"] == (0 if request["current"] > 0 else 1)
            assert request["current"] <= (app.envelope.charge_dA / 10 + 1e-9 if charging else 0)
            assert request["voltage"] <= 14 * 4.2 + 1e-9
            asked += request["current"] > 0
    assert asked > 20
    assert rig.app.machine.state == M.FAULT


def test_texts_are_ascii_filled_with_spaces_and_places_are_numbers() -> None:
    rig = Rig("victron", manufacturer="Layers", family="B")
    for _ in rig.rounds(100):
        pass
    sent = rig.send()
    assert sent[0x35E] == b"Layers  "
    assert sent[0x382] == b"B       "
    assert (sent[0x370] + sent[0x371]).decode().rstrip() == rig.pack.name
    assert sent[0x380].decode() == f"CFG-{rig.app.configuration_crc:04X}"
    for k, group in ((0x374, rig.app.bound.low_group(rig.app.snap)), (0x375, rig.app.bound.high_group(rig.app.snap))):
        assert sent[k].decode() == f"G{group:03d}    "
    assert sent[0x376].decode() == f"P{rig.app.snap.coldest_probe:03d}    "
    assert sent[0x377].decode() == f"P{rig.app.snap.hottest_probe:03d}    "
    assert int.from_bytes(sent[0x379], "little") == rig.pack.cell.capacity_mAh // 1000


@each_inverter
def test_a_health_that_is_not_known_is_sent_as_whole_and_one_that_is_as_it_is(protocol: str) -> None:
    rig = Rig(protocol)
    for known, sent in ((-1, 100), (925, 93), (0, 0)):
        rig.offer.soh_permille = known
        assert rig.decoded()[0x355]["soh"] == sent


def test_energy_is_told_in_hundreds_of_watt_hours_little_endian() -> None:
    rig = Rig("victron")
    rig.app.rounds.energy.charged_Wh = 1_234_599
    rig.app.rounds.energy.discharged_Wh = 99
    assert rig.send()[0x378] == (12_345).to_bytes(4, "little") + bytes(4)


# Who is heard.

HEARD: dict[str, list[tuple[int, bytes]]] = {
    "victron": [(0x305, bytes(8)), (0x307, b"\x12\x34\x56\x78VIC\x00")],
    "pylontech": [(0x305, bytes(8))],
    "sma": [(0x305, bytes(8)), (0x306, bytes(8))],
    "elcon": [(0x18FF50E5, bytes(8))],
}


@pytest.mark.parametrize("protocol", HEARD)
def test_the_peer_s_frames_and_only_they_prove_that_it_lives(protocol: str) -> None:
    rig = Rig(protocol)
    adapter = rig.adapter
    assert adapter.heard == tuple((identifier, protocol == "elcon") for identifier, _ in HEARD[protocol])
    for k, (_, data) in enumerate(HEARD[protocol]):
        adapter.step(700)
        age_ms = adapter.age_ms
        for length in [n for n in range(9) if n != 8]:
            assert not adapter.take(k, data[:length])
        assert adapter.age_ms == age_ms
        assert adapter.take(k, memoryview(bytearray(data)))
        assert adapter.age_ms == 0
        assert adapter.step(300) == 300


def test_an_identification_that_is_not_a_gx_s_proves_nothing() -> None:
    rig = Rig("victron")
    rig.adapter.step(500)
    for other in (b"\0\0\0\0VIK\0", b"VIC\0\0\0\0\0", bytes(8)):
        assert not rig.adapter.take(1, other)
    assert rig.adapter.age_ms == 500


@pytest.mark.parametrize("failure", ["hardware_failure", "over_temperature", "communication_timeout"])
def test_a_charger_that_reports_a_failure_is_as_good_as_a_silent_one(failure: str) -> None:
    rig = Rig("elcon")
    status = FILES["elcon"].get_message_by_name("ELCON_STATUS")
    sound = {signal.name: 0 for signal in status.signals}
    rig.adapter.step(100)
    assert not rig.adapter.take(0, status.encode({**sound, failure: 1}))
    assert rig.adapter.age_ms == 100
    assert rig.adapter.take(0, status.encode({**sound, "input_voltage_wrong": 1}))
    assert rig.adapter.age_ms == 0


def test_silence_is_counted_beyond_every_deadline_and_no_further() -> None:
    rig = Rig("sma")
    assert lint.RANGES[-1][2] < AGE_MAX_ms
    rig.adapter.age_ms = AGE_MAX_ms - 50
    assert AGE_MAX_ms <= rig.adapter.step(100) == rig.adapter.step(100) < 1 << 30


# Choice, order and the target.


def test_the_pack_s_data_choose_the_adapter() -> None:
    for protocol, kind in (("victron", Victron), ("pylontech", Pylontech), ("sma", Sma), ("elcon", Elcon)):
        assert type(Rig(protocol).adapter) is kind
    app = App(bench_24.PACK, FakeBoard(bench_24.PACK))
    assert build_inverter(app, Offer(app)) is None
    assert build_charger(app, Offer(app)) is None
    app.pack = pack_for("byd")
    with pytest.raises(ValueError, match="byd"):
        build_inverter(app, Offer(app))
    app.pack = replaced(Pack, PACK_FIELDS, bench_24.PACK, charger_protocol="chademo")
    with pytest.raises(ValueError, match="chademo"):
        build_charger(app, Offer(app))


@pytest.mark.parametrize("protocol", CODECS)
def test_every_frame_for_the_peer_has_a_row_and_no_tick_has_more_than_two(protocol: str) -> None:
    rows = Rig(protocol).adapter.rows
    sent = {message.frame_id for message in FILES[protocol].messages if message.senders == ["BMS"]}
    assert {row[0].ID for row in rows} == sent
    assert len(rows) == len(sent)
    calendar = Calendar([row[0].PERIOD_ms for row in rows])
    assert max(calendar.first[tick + 1] - calendar.first[tick] for tick in range(TICKS)) <= 1
    assert set(calendar.due) == set(range(len(rows)))
    assert rows[0][0].ID in (0x351, 0x1806E5F4)


TARGET = """
import sys
sys.path.append(".")
import micropython
from bms.app import App
from bms.can.offer import Offer
from bms.can.peers import build_charger, build_inverter
from bms.packs.bess_14 import PACK
from bms.schema import INVERTER_FIELDS, PACK_FIELDS, Inverter, Pack, replaced
from tests.fake_board import FakeBoard
protocol = "{protocol}"
if protocol == "elcon":
    pack = replaced(Pack, PACK_FIELDS, PACK, charger_protocol="elcon")
else:
    inverter = replaced(Inverter, INVERTER_FIELDS, PACK.inverter, protocol=protocol)
    pack = replaced(Pack, PACK_FIELDS, PACK, inverter=inverter)
board = FakeBoard(pack)
app = App(pack, board)
offer = Offer(app)
adapter = build_charger(app, offer) if protocol == "elcon" else build_inverter(app, offer)
buffers = [bytearray(row[0].LENGTH) for row in adapter.rows]
for row, buffer in zip(adapter.rows, buffers):
    row[0].pack(buffer)
view = memoryview(bytearray(8))
short = memoryview(bytearray(5))

def send():
    offer.step(100)
    adapter.step(100)
    k = 0
    for message, fill, protected, first in adapter.rows:
        if fill():
            message.pack(buffers[k])
        k += 1
    for k in range(len(adapter.heard)):
        adapter.take(k, view)
        adapter.take(k, short)

for tick in range(700):
    board.request = {request} if tick > 20 else 0
    board.load_mA = 5000 if tick > 500 else 0
    board.interlock_closed = 0 if tick > 600 else 1
    app.tick()
    if tick % 10 == 9:
        micropython.heap_lock()
        send()
        micropython.heap_unlock()
        print(tick, app.machine.state, *[bytes(b).hex() for b in buffers])
print(app.lane_failed)
"""


@pytest.mark.parametrize("protocol", CODECS)
def test_on_micropython_no_step_allocates_and_the_bytes_are_those_of_the_desk(
    protocol: str, micropython: str, root: Path
) -> None:
    request = CHARGE if protocol == "elcon" else DRIVE
    script = TARGET.format(protocol=protocol, request=request)
    command = [micropython, "-X", "heapsize=8m", "-c", script]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    lines = done.stdout.splitlines()
    assert lines.pop() == "False"
    rig = Rig(protocol)
    states = set()
    for tick in range(700):
        rig.board.request = request if tick > 20 else OPEN
        rig.board.load_mA = 5000 if tick > 500 else 0
        rig.board.interlock_closed = 0 if tick > 600 else 1
        rig.app.tick()
        if tick % 10 == 9:
            rig.offer.step(100)
            rig.adapter.step(100)
            words = [str(tick), str(rig.app.machine.state), *(data.hex() for data in rig.send().values())]
            assert lines.pop(0) == " ".join(words)
            states.add(rig.app.machine.state)
    assert states >= {M.STANDBY, M.PRECHARGE, M.CHARGE if protocol == "elcon" else M.DRIVE, M.FAULT}
