"""The bus benchmark's figures: the length of a frame on the wire is the standard's, and its timetable is what was sent."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.packs import bench_24, bess_14
from bms.schema import INVERTER_FIELDS, PACK_FIELDS, Inverter, Pack, replaced
from hil.actors.wire import database
from hil.benches import timetable, wiretime
from hil.benches.played import Loopback, NoTransport
from hil.benches.timetable import Sent

standard = st.tuples(st.just(False), st.integers(0, 0x7FF))
extended = st.tuples(st.just(True), st.integers(0, 0x1FFFFFFF))


def stuffed_on_paper(identifier: int, extended: bool, data: bytes) -> int:
    """The frame as a string of bits, check sum by division, a complementary bit after every five equal ones."""
    named = f"{identifier >> 18:011b}11{identifier & 0x3FFFF:018b}" if extended else f"{identifier:011b}"
    bits = f"0{named}000" + f"{len(data):04b}" + "".join(f"{byte:08b}" for byte in data)
    rest = int(bits, 2) << 15
    for k in range(rest.bit_length() - 16, -1, -1):
        if rest >> (k + 15) & 1:
            rest ^= 0xC599 << k
    bits += f"{rest:015b}"
    at = 0
    while (found := re.compile("00000|11111").search(bits, at)) is not None:
        at = found.end()
        bits = bits[:at] + ("1" if bits[at - 1] == "0" else "0") + bits[at:]
    return len(bits) + 1 + 2 + 7 + 3


@given(who=standard | extended, data=st.one_of(st.binary(max_size=8), st.integers(0, 8).map(bytes), st.just(b"\x3c\x3c\x3c")))
def test_a_frame_is_as_long_as_on_paper_and_never_beyond_the_bound(who: tuple[bool, int], data: bytes) -> None:
    extended, identifier = who
    sent = wiretime.sent_bits(identifier, extended, data)
    assert sent == stuffed_on_paper(identifier, extended, data)
    assert wiretime.nominal_bits(extended, len(data)) <= sent <= wiretime.worst_bits(extended, len(data))


def test_the_check_sum_of_the_wire_has_its_published_check_value() -> None:
    """CRC-15/CAN in the catalogue of parametrised CRC algorithms: 0x059E over the digits 1 to 9."""
    assert wiretime._crc15(int.from_bytes(b"123456789", "big"), 72) == 0x059E


def test_lengths_are_the_published_ones() -> None:
    """Davis, Burns, Bril, Lukkien 2007: 135 bits at most for a standard frame of 8 bytes, 160 for an extended one."""
    assert [wiretime.worst_bits(extended, 8) for extended in (False, True)] == [135, 160]
    assert [wiretime.worst_bits(extended, 0) for extended in (False, True)] == [55, 80]
    assert [wiretime.nominal_bits(extended, 8) for extended in (False, True)] == [111, 131]


def test_the_worst_tick_and_window_of_a_made_up_bus_are_found_by_name() -> None:
    frames = [Sent(n, True, 0x100, False, bytes(8)) for n in range(0, 100, 10)]
    frames += [Sent(41, True, 0x100 + k, False, bytes(8)) for k in range(10)]
    found = timetable._counted(frames, 100, {0x100: "A", 0x101: "B"})
    assert (found["worst_tick"], found["worst_tick_frames"]) == (41, 10)
    assert found["worst_tick_names"][:3] == ["A", "B", "0x102"]
    assert found["worst_100_ms_frames"] == 11
    assert found["frames_per_s"] == 20
    assert found["load"]["250000"]["worst"] == {
        "mean": pytest.approx(20 * 135 / 250_000, abs=1e-4),
        "worst_100_ms": pytest.approx(11 * 135 / 25_000, abs=1e-4),
    }
    assert found["worst_tick_ms"]["500000"] == pytest.approx(10 * 135 / 500, abs=0.01)
    assert found["bursts"], "1350 bits hold a bus of 250 kbit/s for 5.4 ms"
    assert not timetable._counted(frames[:-1], 100, {})["bursts"]


def test_what_the_board_takes_is_what_the_bench_receives() -> None:
    target, bench = timetable.tapped_run("bench_24")
    states = {name for _, name in bench.witness.states}
    assert states >= {"standby", "precharge", "drive", "charge", "fault"}, "every state, and a trip"
    for tick, raw in enumerate(target.raw):
        words = [int.from_bytes(raw[k : k + 4], "little") for k in range(0, len(raw), 16)]
        ours = [frame.key for frame in target.frames if frame.tick == tick and frame.by_firmware]
        assert sorted(word for word in words if word not in timetable.BENCH_IDS) == sorted(ours)


@pytest.mark.parametrize("protocol", ["victron", "pylontech", "sma"])
def test_the_frames_of_a_pack_are_called_as_its_own_protocols_call_them(protocol: str) -> None:
    """Identifiers such as 0x351 mean something in each of these protocols."""
    assert bess_14.PACK.inverter is not None
    spoken = replaced(Inverter, INVERTER_FIELDS, bess_14.PACK.inverter, protocol=protocol)
    called = timetable._names(replaced(Pack, PACK_FIELDS, bess_14.PACK, inverter=spoken))
    theirs = {message.frame_id: message.name for message in database(f"{protocol}.dbc").messages}
    assert theirs.items() <= called.items()
    assert called[0x351] == {"victron": "VIC_LIMITS", "pylontech": "PYL_LIMITS", "sma": "SMA_LIMITS"}[protocol]


def test_a_pack_calls_no_frame_by_a_protocol_that_it_does_not_speak() -> None:
    assert 0x351 not in timetable._names(bench_24.PACK)
    request = 0x1806E5F4 | timetable.EXTENDED
    assert request not in timetable._names(bess_14.PACK)
    foreign = replaced(Pack, PACK_FIELDS, bess_14.PACK, charger_protocol="elcon")
    assert timetable._names(foreign)[request] == "ELCON_REQUEST"


def test_a_player_behind_the_transport_says_what_was_recorded() -> None:
    target, _ = timetable.tapped_run("bench_24")
    short = target.raw[:50]
    with Loopback(short) as far, NoTransport(short) as near:
        for n, raw in enumerate(short):
            answer = far.exchange(n, n * timetable.TICK_ms, target.raw[0][:32] * 3)
            assert answer == near.exchange(n, n * timetable.TICK_ms, b"")
            assert b"".join(data for _, data in answer) == b"".join(raw[k + 8 : k + 16] for k in range(0, len(raw), 16))
            assert far.crc == near.crc
