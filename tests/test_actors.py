"""Vehicle and charger as strangers on the bus: their frames are right, and they do as they are told."""

import struct
from typing import Any

import pytest
from cantools.database.can import Database
from e2e.p05 import e2e_p05_check, e2e_p05_protect
from hypothesis import given
from hypothesis import strategies as st

from hil.actors import charger as chargers
from hil.actors import vehicle as vehicles
from hil.actors.charger import Charger
from hil.actors.vehicle import Vehicle
from hil.actors.wire import Sender, database

WIRE: Database = database()
STANDBY, PRECHARGE, DRIVE, CHARGE = 0, 2, 3, 4


def split(frame: bytes) -> tuple[int, int, bytes]:
    """Identifier, length and data of 16 bytes as SocketCAN has them."""
    identifier, length, data = struct.unpack("<IB3x8s", frame)
    return identifier, length, data


class Bms:
    """The other side, made of cantools and autosar-e2e as well: frames as the firmware ought to send them."""

    def __init__(self) -> None:
        self.counters: dict[str, int] = {}

    def frame(self, name: str, **values: Any) -> bytes:
        """One protected frame, its counter one up."""
        message = WIRE.get_message_by_name(name)
        data = bytearray(message.encode({"e2e_crc": 0, "e2e_counter": 0, **values}))
        data[2] = self.counters.get(name, -1) + 1 & 0xFF
        self.counters[name] = data[2]
        e2e_p05_protect(data, message.frame_id, increment_counter=False)
        return bytes(data)

    def limits(self, charge_A: float, discharge_A: float) -> bytes:
        """BMS_LIMITS."""
        return self.frame(
            "BMS_LIMITS", charge_limit=charge_A, discharge_limit=discharge_A, charge_reason=0, discharge_reason=0
        )

    def state(self, state: int) -> bytes:
        """BMS_STATE without faults."""
        return self.frame(
            "BMS_STATE",
            state=state,
            contactors_commanded=0,
            contactors_feedback=0,
            severity=0,
            request_accepted=1,
            first_cause=0,
            first_cause_where=255,
            command_e2e=1,
            charger_e2e=1,
        )

    def request(self, current_A: float, voltage_V: float, enable: int) -> bytes:
        """BMS_CHARGE_REQUEST."""
        return self.frame("BMS_CHARGE_REQUEST", charge_current=current_A, charge_voltage=voltage_V, charge_enable=enable)


class Drive:
    """A vehicle in a drive with a constant demand; each step hears new frames unless told otherwise."""

    def __init__(self, demand_A: float, reaction_ms: int = 0) -> None:
        self.bms = Bms()
        self.vehicle = Vehicle(WIRE, reaction_ms)
        self.vehicle.enter("drive", lambda _: demand_A, 0)
        self.now_ms = 0

    def step(self, limits: bytes | None, state: int = DRIVE) -> float:
        """One period; what the vehicle then draws."""
        self.vehicle.step(limits, self.bms.state(state), self.now_ms)
        self.now_ms += vehicles.PERIOD_ms
        return self.vehicle.demand_A


@given(st.integers(0, 3), st.booleans())
def test_the_vehicle_command_reads_back_through_cantools_and_passes_the_end_to_end_check(
    request: int, reset: bool
) -> None:
    sender = Sender(WIRE.get_message_by_name("VCU_COMMAND"))
    identifier, length, data = split(sender.frame(request=request, reset_faults=int(reset)))
    assert (identifier, length) == (0x200, 8)
    assert e2e_p05_check(data, identifier)
    decoded = WIRE.decode_message(identifier, data, decode_choices=False)
    assert isinstance(decoded, dict)
    assert (decoded["request"], decoded["reset_faults"]) == (request, reset)


def test_the_counter_goes_one_up_each_frame_and_wraps() -> None:
    sender = Sender(WIRE.get_message_by_name("VCU_COMMAND"))
    counters = [split(sender.frame(request=1, reset_faults=0))[2][2] for _ in range(300)]
    assert counters == [n & 0xFF for n in range(300)]


def test_the_vehicle_asks_for_what_the_phase_says() -> None:
    vehicle = Vehicle(WIRE, 0)
    wanted = {"idle": 0, "drive": 1, "rest": 1, "charge": 2, "open": 0}
    for kind, request in wanted.items():
        vehicle.enter(kind, None, 0)
        _, _, data = split(vehicle.step(None, None, 0))
        assert data[3] & 7 == request
    assert wanted.keys() == vehicles.REQUESTS.keys()


def test_a_reset_of_faults_is_asked_for_as_the_phase_begins_and_then_no_more() -> None:
    vehicle = Vehicle(WIRE, 0)
    vehicle.enter("idle", None, 1000, reset_faults=True)
    asked = [split(vehicle.step(None, None, now_ms))[2][3] >> 3 & 1 for now_ms in range(1000, 2000, 50)]
    assert asked == [1] * 10 + [0] * 10


@given(st.floats(-400, 400), st.floats(0, 300), st.floats(0, 300))
def test_the_vehicle_never_draws_more_than_is_allowed(demand_A: float, charge_A: float, discharge_A: float) -> None:
    charge_A, discharge_A = round(charge_A, 1), round(discharge_A, 1)
    drive = Drive(demand_A)
    drawn_A = drive.step(drive.bms.limits(charge_A, discharge_A))
    assert -discharge_A - 1e-9 <= drawn_A <= charge_A + 1e-9
    if -discharge_A <= demand_A <= charge_A:
        assert drawn_A == demand_A


@pytest.mark.parametrize("state", [STANDBY, PRECHARGE, CHARGE, 5, 6])
def test_the_vehicle_draws_nothing_outside_the_drive_state(state: int) -> None:
    drive = Drive(-50.0)
    assert drive.step(drive.bms.limits(100, 100), state) == 0.0


def test_zero_limits_stop_the_vehicle_within_its_period_and_reaction() -> None:
    drive = Drive(-50.0, reaction_ms=50)
    for _ in range(4):
        drawn_A = drive.step(drive.bms.limits(100, 100))
    assert drawn_A == -50.0
    assert drive.step(drive.bms.limits(0, 0)) == -50.0
    assert drive.step(drive.bms.limits(0, 0)) == 0.0


def test_limits_that_stay_away_for_300_ms_stop_the_vehicle_and_not_before() -> None:
    drive = Drive(-50.0)
    last = drive.bms.limits(100, 100)
    assert drive.step(last) == -50.0
    drawn_A = [drive.step(last) for _ in range(8)]
    silent_ms = [50 * (n + 1) for n in range(8)]
    assert drawn_A == [-50.0 if silent <= vehicles.LOST_ms else 0.0 for silent in silent_ms]


def test_limits_with_a_wrong_checksum_are_not_believed() -> None:
    drive = Drive(-50.0)
    spoiled = bytearray(drive.bms.limits(100, 100))
    spoiled[4] ^= 1
    assert drive.step(bytes(spoiled)) == 0.0
    assert drive.vehicle.limits.errors == 1


class Charge:
    """A plugged charger; each step is one period of ten ticks."""

    def __init__(self, slew_A_s: float = 100.0, current_max_A: float = 500.0, power_W: float | None = None) -> None:
        self.bms = Bms()
        settings = {"slew_A_s": slew_A_s, "current_max_A": current_max_A, "voltage_max_V": 1000.0, "power_W": power_W}
        self.charger = Charger(WIRE, settings)
        self.charger.plugged = True
        self.now_ms = 0

    def step(self, request: bytes | None) -> bytes:
        """One period; its status frame."""
        heard = {} if request is None else {0x140: request}
        frame = self.charger.step(heard, 90.0, self.charger.current_A, self.now_ms)
        self.now_ms += chargers.PERIOD_ms
        for _ in range(10):
            self.charger.slew(self.charger.current_A)
        return frame


def test_the_charger_rises_at_its_slew_to_what_is_asked_for() -> None:
    charge = Charge(slew_A_s=100.0)
    currents_A = []
    for _ in range(5):
        charge.step(charge.bms.request(35.0, 98.0, 1))
        currents_A.append(round(charge.charger.current_A, 6))
    assert currents_A == [10.0, 20.0, 30.0, 35.0, 35.0]
    assert charge.charger.voltage_V == 98.0


def test_the_charger_gives_no_more_than_it_can() -> None:
    charge = Charge(slew_A_s=1e4, current_max_A=20.0)
    charge.step(charge.bms.request(35.0, 98.0, 1))
    assert charge.charger.current_A == 20.0


def test_the_charger_stops_at_once_when_told_and_when_unplugged() -> None:
    for stop in (lambda c: c.step(c.bms.request(35.0, 98.0, 0)), lambda c: setattr(c.charger, "plugged", False)):
        charge = Charge(slew_A_s=1e4)
        charge.step(charge.bms.request(35.0, 98.0, 1))
        assert charge.charger.current_A == 35.0
        stop(charge)
        charge.step(charge.bms.request(35.0, 98.0, int(not charge.charger.plugged)))
        assert (charge.charger.on, charge.charger.current_A) == (False, 0.0)


def test_a_request_that_stays_away_for_500_ms_stops_the_charger_and_not_before() -> None:
    charge = Charge(slew_A_s=1e4)
    last = charge.bms.request(35.0, 98.0, 1)
    given_A = []
    for _ in range(8):
        charge.step(last)
        given_A.append(charge.charger.current_A)
    assert given_A == [35.0] * 6 + [0.0] * 2


def test_the_status_frame_tells_voltage_current_and_state() -> None:
    charge = Charge()
    charge.step(charge.bms.request(35.0, 98.0, 1))
    identifier, _, data = split(charge.step(charge.bms.request(35.0, 98.0, 1))[:16])
    assert identifier == 0x210
    assert e2e_p05_check(data, identifier)
    decoded = WIRE.decode_message(identifier, data, decode_choices=False)
    assert isinstance(decoded, dict)
    assert (decoded["charger_voltage"], decoded["charger_current"], decoded["charger_state"]) == (90.0, 10.0, 2)


@pytest.mark.parametrize(("power_W", "most_A"), [(None, 120.0), (4500.0, 50.0), (90_000.0, 120.0)])
def test_the_limits_frame_tells_what_the_charger_can(power_W: float | None, most_A: float) -> None:
    charge = Charge(current_max_A=120.0, power_W=power_W)
    identifier, _, data = split(charge.step(None)[16:])
    assert identifier == 0x211
    assert e2e_p05_check(data, identifier)
    decoded = WIRE.decode_message(identifier, data, decode_choices=False)
    assert isinstance(decoded, dict)
    assert (decoded["charger_current_most"], decoded["charger_voltage_most"]) == (most_A, 1000.0)


def test_an_unplugged_charger_says_nothing() -> None:
    charge = Charge()
    charge.charger.plugged = False
    assert charge.step(charge.bms.request(35.0, 98.0, 1)) == b""
