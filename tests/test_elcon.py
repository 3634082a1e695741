"""A charger that speaks Elcon: its frames are those of the maker's page, and a pack is charged by it and freed of it."""

import struct

import pytest

from bms.safety.faults import TABLE
from hil.actors.elcon import Elcon, LOST_ms
from hil.actors.wire import database
from hil.busfaults import Bus
from hil.campaign.draw import _possible
from hil.load import load_pack
from tests.charger_rides import PACK_TEXT, BEGIN_s, Place, fault, phase, ride
from tests.test_chargers import ended

REQUEST, STATUS = 0x1806E5F4, 0x18FF50E5
EXTENDED = 0x8000_0000
PUBLISHED = bytes.fromhex("03D400A000000000")
"""98 V and 16 A, as the maker's page has it."""
SETTINGS = {"slew_A_s": 1000.0, "current_max_A": 100.0, "voltage_max_V": 120.0, "power_W": None}
DEADLINE_ms = 2500
SILENT_s = 1.0
"""It speaks once a second."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The bench's pack with a charger of another make."""
    path = tmp_path_factory.mktemp("packs") / "elcon_24.py"
    more = f'"plain_24", charger_protocol="elcon", charger_deadline_ms={DEADLINE_ms}'
    path.write_text(PACK_TEXT.replace('"plain_24"', more))
    return Place(path)


def plugged() -> Elcon:
    """In its socket, and never told anything."""
    charger = Elcon(database("elcon.dbc"), SETTINGS)
    charger.plug(True)
    return charger


def second(charger: Elcon, now_ms: int, output_A: float = 0.0) -> bytes:
    """What it says at the begin of a second; then it goes on for that long."""
    said = charger.step({}, 90.0, output_A, now_ms)
    for tick in range(100):
        if tick and not tick % 10:
            assert charger.step({}, 90.0, output_A, now_ms + tick * 10) == b""
        charger.slew(charger.current_A)
    return said


def flags(said: bytes) -> int:
    """Byte 4 of a status: hardware, temperature, mains, not started, silence of the BMS."""
    identifier, length, data = struct.unpack("<IB3x8s", said)
    assert (identifier, length, data[5:]) == (STATUS | EXTENDED, 8, bytes(3))
    return int(data[4])


def test_the_published_request_is_obeyed_and_a_stop_is() -> None:
    charger = plugged()
    charger.handlers[REQUEST | EXTENDED](PUBLISHED, 0)
    second(charger, 0)
    assert (charger.on, charger.voltage_V, charger.current_A) == (True, 98.0, 16.0)
    for control in (1, 2):
        charger.handlers[REQUEST | EXTENDED](PUBLISHED[:4] + bytes((control, 0, 0, 0)), 1000)
        second(charger, 1000)
        assert (charger.on, charger.current_A) == (False, 0.0)


def test_its_status_is_big_endian_in_tenths_and_only_once_a_second() -> None:
    charger = plugged()
    charger.handlers[REQUEST | EXTENDED](PUBLISHED, 0)
    second(charger, 0)
    said = second(charger, 1000, 16.04)
    assert said[8:12] == bytes((900 >> 8, 900 & 255, 0, 160))
    assert flags(said) == 0
    charger.set_fault("fails", 1.0)
    second(charger, 2000)
    assert flags(second(charger, 3000)) & 0b1 == 1


def test_it_stops_after_five_seconds_of_silence_and_says_so() -> None:
    charger = plugged()
    charger.handlers[REQUEST | EXTENDED](PUBLISHED, 0)
    for now_ms in range(0, LOST_ms + 1000, 1000):
        assert flags(second(charger, now_ms)) & 0b10000 == 0
        assert charger.current_A == (16.0 if now_ms + 900 <= LOST_ms else 0.0)
    assert flags(second(charger, LOST_ms + 1000)) & 0b10000


def test_the_pack_is_charged_and_let_go(place: Place) -> None:
    done = ride(place, phase("stop", "open", 2.0), charge_s=8.0)
    assert done.names == []
    assert done.current_A(8.9) > 25
    assert done.run.witness.state == "standby"
    assert done.currents_A[-1] == 0.0
    given_A = max(done.currents_A)
    assert given_A <= max(limit_A for _, limit_A in done.limits_A) + 0.1


@pytest.mark.parametrize(
    ("kind", "severity", "name", "lag_ms"),
    [
        ("silence", 1.0, "charger_lost", DEADLINE_ms),
        ("drop_out", 1.0, "charger_lost", DEADLINE_ms),
        ("fails", 1.0, "charger_lost", DEADLINE_ms),
        ("offset", 5.0, "charger_exceeds", 100),
    ],
)
def test_what_it_does_wrong_is_named_by_what_can_be_known_of_it(
    place: Place, kind: str, severity: float, name: str, lag_ms: float
) -> None:
    done = ride(place, fault(kind, severity))
    ended(done, name)
    row = next(row for row in TABLE if row.name == name)
    took_ms = done.zero_ms(round(BEGIN_s * 1000)) - BEGIN_s * 1000
    assert max(lag_ms - 1000 * SILENT_s, row.after_ms) <= took_ms <= lag_ms + row.budget_ms


def test_what_it_leaves_unsaid_for_a_second_and_what_it_says_of_its_current_disturb_nobody(place: Place) -> None:
    done = ride(
        place,
        fault("silence", at_s=5.5, duration_s=1.2),
        fault("lies_current", 80.0, at_s=5.5, duration_s=2.0),
        fault("lies_voltage", 30.0, at_s=5.5, duration_s=2.0),
        charge_s=8.0,
    )
    assert done.names == []
    assert done.current_A(8.9) > 25


def test_its_frames_can_be_spoiled_and_a_campaign_may_let_it_misbehave(place: Place) -> None:
    pack = load_pack(str(place.pack))
    assert {"frame:ELCON_REQUEST", "frame:ELCON_STATUS"} <= Bus(pack, 1).kinds.keys()
    targets = {row.target for row in _possible(pack)}
    assert "charger" in targets
    assert "frame:CHG_STATUS" not in targets
