"""`hil dump` says what cantools says of every frame, counts every frame once, and bad input costs one line."""

import csv
import gzip
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import can
import cantools.database
import pytest
from cantools.database.can import Database, Message
from hypothesis import given
from hypothesis import strategies as st

from hil.cli import main
from hil.dump.candump import CandumpLog
from hil.dump.outlet import outlet
from hil.dump.wording import DIMENSIONLESS
from hil.errors import BadInput

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = ROOT.parent / "shared" / "data" / "can"
HEADER = ["time_s", "bus", "id", "message", "signal", "value", "unit"]

FOREIGN = """VERSION ""

NS_ :

BS_:

BU_: A B

BO_ 256 PLAIN: 8 A
 SG_ speed : 7|16@0+ (0.01,0) [0|0] "km/h" B
 SG_ temperature : 16|8@1+ (0.5,-40) [0|0] "°C" B
 SG_ steps : 24|8@1- (2,10) [0|0] "" B
 SG_ load : 32|8@1+ (0.4,0) [0|100] "%" B
 SG_ gear : 40|3@1+ (1,0) [0|7] "" B
 SG_ odd_unit : 48|8@1+ (-0.1,0) [0|0] "a,b" B

BO_ 2147483904 TWIN: 8 A
 SG_ twin : 0|32@1+ (1,0) [0|0] "" B

BO_ 512 MUXED: 8 A
 SG_ page M : 0|4@1+ (1,0) [0|0] "" B
 SG_ always : 4|4@1+ (1,0) [0|0] "" B
 SG_ low m0 : 8|16@1- (0.1,0) [0|0] "A" B
 SG_ shared m1 : 8|8@1+ (1,0) [0|0] "" B
 SG_ sub m2M : 8|2@1+ (1,0) [0|0] "" B
 SG_ deep m0 : 16|12@1+ (0.25,3) [0|0] "bar" B
 SG_ deeper m1 : 16|32@1- (1,0) [0|0] "" B

BO_ 768 FLEXIBLE: 10 A
 SG_ head : 0|32@1+ (1,0) [0|0] "" B
 SG_ tail : 64|16@1+ (0.001,0) [0|0] "V" B

BO_ 1024 FLOATS: 8 A
 SG_ single : 0|32@1- (1,0) [0|0] "V" B
 SG_ scaled : 32|32@1- (0.1,1) [0|0] "" B

BO_ 1280 HEARTBEAT: 0 A

VAL_ 256 gear 0 "neutral" 1 "first, slow" 2 "50 %" ;
SIG_VALTYPE_ 1024 single : 1;
SIG_VALTYPE_ 1024 scaled : 1;
SG_MUL_VAL_ 512 low page 0-0;
SG_MUL_VAL_ 512 shared page 1-1, 3-5;
SG_MUL_VAL_ 512 sub page 2-2;
SG_MUL_VAL_ 512 deep sub 0-0;
SG_MUL_VAL_ 512 deeper sub 1-1;
"""

SHIPPED = sorted(place.stem for place in ROOT.glob("dbc/*.dbc"))

# What no strict reader takes: two signals in the same bits, a range without a value, a signal beyond the frame.
SLOPPY = (
    FOREIGN[: FOREIGN.index("VAL_")]
    + """BO_ 257 OVERLAP: 2 A
 SG_ one : 0|9@1+ (0.5,0) [0|0] "V" B
 SG_ two : 8|8@1+ (1,0) [0|0] "" B

BO_ 258 RANGELESS: 2 A
 SG_ backwards : 4|9@1- (0.5,0) [9|1] "V" B

BO_ 259 OUTSIDE: 2 A
 SG_ inside : 4|8@1- (1,0) [0|0] "" B
 SG_ outside : 12|8@1- (1,0) [0|0] "" B

"""
    + FOREIGN[FOREIGN.index("VAL_") :]
)


@pytest.fixture
def foreign(tmp_path: Path) -> str:
    place = tmp_path / "foreign.dbc"
    place.write_text(FOREIGN, encoding="utf-8")
    return str(place)


@pytest.fixture
def log(tmp_path: Path) -> Any:
    """Writes a log of these lines; its path."""

    def write(*lines: str, end: str = "\n") -> str:
        place = tmp_path / "some.log"
        place.write_text("\n".join(lines) + end, encoding="ascii", newline="")
        return str(place)

    return write


def dumped(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    """What stands on standard output and standard error after a dump that is content."""
    assert main(["dump", *arguments]) == 0
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return out, err


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[list[str]]:
    """The CSV of a dump, without its header."""
    table = list(csv.reader(io.StringIO(dumped(capsys, *arguments, "--csv", "-")[0])))
    assert table[0] == HEADER
    return table[1:]


def summary(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    out, _ = dumped(capsys, *arguments, "--json", "-")
    told: dict[str, Any] = json.loads(out)
    sorts = ("decoded", "unknown", "malformed", "left_out", "remote", "errors")
    assert told["frames"] == sum(told[sort] for sort in sorts)
    return told


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["dump", *arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith("hil: ")
    assert err.count("\n") == 1
    return err


def loaded(path: str | Path, strict: bool = True) -> Database:
    database = cantools.database.load_string(Path(path).read_text(encoding="utf-8"), "dbc", strict=strict)
    assert isinstance(database, Database)
    return database


def identifier(message: Message) -> str:
    return f"{message.frame_id:08X}" if message.is_extended_frame else f"{message.frame_id:03X}"


def random_frames(database: Database, count: int) -> Iterator[tuple[Message, bytes]]:
    """Of every message; some of them small numbers, since those are where selectors mean something."""
    source = random.Random(7)
    for message in database.messages:
        for n in range(count):
            data = source.randbytes(message.length)
            yield message, data if n % 3 else bytes(byte & source.choice((0, 1, 3)) for byte in data)


# Every value


def decoded(message: Message, data: bytes) -> dict[str, Any] | None:
    """By cantools; by hand where cantools cannot."""
    if message.name == "OVERLAP":
        return {"one": int.from_bytes(data, "little") % 512 * 0.5, "two": data[1]}
    if message.name == "OUTSIDE":
        middle = int.from_bytes(data, "little") >> 4 & 255
        return {"inside": middle - 256 * (middle > 127)}
    try:
        values = message.decode(data)
    except cantools.database.DecodeError:
        return None
    assert isinstance(values, dict)
    return values


@pytest.mark.parametrize("name", [*SHIPPED, "foreign", "sloppy"])
def test_every_value_in_the_csv_is_the_one_that_cantools_decodes(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place = ROOT / "dbc" / f"{name}.dbc"
    if not place.exists():
        place = tmp_path / "other.dbc"
        place.write_text(SLOPPY if name == "sloppy" else FOREIGN, encoding="utf-8")
    database = loaded(place, strict=name != "sloppy")
    lines, wanted, undecodable = [], [], 0
    for n, (message, data) in enumerate(random_frames(database, 60)):
        mark = "##1" if message.length > 8 else "#"
        lines.append(f"({n}.000000) can0 {identifier(message)}{mark}{data.hex().upper()}")
        values = decoded(message, data)
        undecodable += values is None
        for signal_name, value in (values or {}).items():
            unit = message.get_signal_by_name(signal_name).unit or ""
            key = (f"{n}.000000", "can0", identifier(message), message.name, signal_name)
            wanted.append((*key, str(value), unit))
    log = tmp_path / "random.log"
    log.write_text("\n".join(lines) + "\n")
    table = rows(capsys, "--dbc", str(place), "--log", str(log))
    assert sorted(map(tuple, table)) == sorted(wanted)
    told = summary(capsys, "--dbc", str(place), "--log", str(log))
    assert (told["undecodable"], told["decoded"]) == (undecodable, len(lines) - undecodable)
    assert undecodable > 0 or name in SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_the_terminal_says_the_same_number_with_the_decimals_that_the_dbc_declares(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    database = loaded(ROOT / "dbc" / f"{name}.dbc")
    frames = list(random_frames(database, 12))
    log = tmp_path / "random.log"
    log.write_text("".join(f"(0.5) can0 {identifier(message)}#{data.hex()}\n" for message, data in frames))
    out = dumped(capsys, "--dbc", name, "--log", str(log), "--unknown")[0].splitlines()
    assert len(out) == len(frames)
    for line, (message, data) in zip(out, frames, strict=True):
        assert line.startswith(f"0.5 can0 {identifier(message):>8} {message.name}")
        if line.endswith("(selector without meaning)"):
            continue
        shown = dict(part.split("=", 1) for part in re.split(r"\s{2,}", line) if "=" in part)
        values = decoded(message, data)
        assert values is not None
        assert shown.keys() == values.keys()
        for signal_name, value in values.items():
            definition = message.get_signal_by_name(signal_name)
            text = shown[signal_name].removesuffix(f" {definition.unit}")
            if definition.conversion.is_float:
                assert float(text) == pytest.approx(value, rel=1e-6, nan_ok=True)
            elif isinstance(value, (int, float)):
                assert float(text) == pytest.approx(value, abs=1e-9)
                assert len(text) < 15
            else:
                assert text == str(value)


def test_names_units_and_numbers_stand_beside_each_other_on_the_terminal(
    foreign: str, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    place = log("(1.5) can0 100#03E85A0664020A00", "(1.6) can0 100#00000000FF070000")
    out, err = dumped(capsys, "--dbc", foreign, "--log", place)
    first, second = out.splitlines()
    assert first.split("  ")[-6:] == [
        *("speed=10.00 km/h", "temperature=5.0 °C", "steps=22", "load=40.0 %", "gear=50 %", "odd_unit=-1.0 a,b"),
    ]
    assert "  gear=7  " in second
    assert err == "hil dump: 2 frames, 2 decoded\n"


def test_a_word_for_a_number_without_unit_is_left_to_the_csv(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    dbc = ROOT / "dbc" / "bms.dbc"
    message: Any = loaded(dbc).get_message_by_name("BMS_STATE")
    words = {signal.name: signal.unit for signal in message.signals}
    assert {"enum", "bits", "count"} <= set(words.values())
    place = log(f"(1.5) can0 {identifier(message)}#{bytes(message.length).hex()}")
    line = dumped(capsys, "--dbc", str(dbc), "--log", place)[0].strip()
    values = dict(part.split("=", 1) for part in line.split("  ") if "=" in part)
    assert values.keys() == words.keys()
    assert not [value for value in values.values() if " " in value]
    assert {row[4]: row[6] for row in rows(capsys, "--dbc", str(dbc), "--log", place)} == words


def test_every_word_that_the_terminal_leaves_out_is_one_of_bms_dbc_and_scales_nothing() -> None:
    signals = [signal for message in loaded(ROOT / "dbc" / "bms.dbc").messages for signal in message.signals]
    left_out = [signal for signal in signals if signal.unit in DIMENSIONLESS]
    assert {signal.unit for signal in left_out} == set(DIMENSIONLESS)
    assert {(signal.scale, signal.offset) for signal in left_out} == {(1, 0)}


def test_only_the_signals_that_a_selector_makes_present_are_shown(
    foreign: str, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = {"00": "page always low", "14": "page always shared", "02": "page always sub deep"}
    lines = [f"(0.{n}) can0 200#{page}00FFFF00000000" for n, page in enumerate(pages)]
    table = rows(capsys, "--dbc", foreign, "--log", log(*lines, "(0.9) can0 200#0201785634120000"))
    for n, signals in enumerate(pages.values()):
        assert " ".join(row[4] for row in table if row[0] == f"0.{n}") == signals
    assert [row[4:6] for row in table if row[0] == "0.9"][-1] == ["deeper", str(0x12345678)]


def test_a_selector_without_meaning_is_counted_and_shows_nothing(
    foreign: str, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    place = log("(0.1) can0 200#0F00000000000000", "(0.2) can0 200#0203000000000000")
    assert dumped(capsys, "--dbc", foreign, "--log", place) == ("", "hil dump: 2 frames, 0 decoded, 2 undecodable\n")


def test_a_float_is_shown_whatever_its_bits_are(foreign: str, log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    bits = ("00000080", "00000000", "0000C07F", "0000807F", "CDCC4C3E")
    table = rows(capsys, "--dbc", foreign, "--log", log(*(f"(0) c 400#{b}00000000" for b in bits)))
    assert [row[5] for row in table if row[4] == "single"] == ["-0.0", "0.0", "nan", "inf", "0.20000000298023224"]


def test_a_message_without_signals_has_a_line_and_no_row(foreign: str, log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place = log("(0.1) can0 500#")
    assert dumped(capsys, "--dbc", foreign, "--log", place)[0].split() == ["0.1", "can0", "500", "HEARTBEAT", "(no", "signals)"]
    assert rows(capsys, "--dbc", foreign, "--log", place) == []


# Which message a frame is


def test_an_extended_identifier_is_not_its_standard_twin(foreign: str, log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    data = "0100000000000000"
    place = log(f"(1) can0 100#{data}", f"(2) can0 00000100#{data}", f"(3) can0 200#{data}", f"(4) can0 00000200#{data}")
    out, err = dumped(capsys, "--dbc", foreign, "--log", place)
    assert [line.split()[3] for line in out.splitlines()] == ["PLAIN", "TWIN", "MUXED"]
    assert err == "hil dump: 4 frames, 3 decoded, 1 unknown (1 identifiers)\n"


def test_remote_and_error_frames_are_counted_and_never_decoded(
    foreign: str, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    place = log(
        *("(1) can0 100#R", "(2) can0 100#R8", "(3) can0 20000004#0000000000000000", "(4) can0 100#0000000000000000"),
    )
    told = summary(capsys, "--dbc", foreign, "--log", place)
    assert (told["remote"], told["errors"], told["decoded"], told["malformed"]) == (2, 1, 1, 0)
    shown = dumped(capsys, "--dbc", foreign, "--log", place, "--unknown")[0].splitlines()
    assert ["remote" in line for line in shown] == [True, True, False, False]
    assert "error frame" in shown[2]


def test_a_flexible_frame_may_be_padded_and_a_classic_one_not(
    foreign: str, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ten = "01000000000000000500"
    fitting = (f"(1) can0 300##1{ten}", f"(2) can0 300##0{ten}0000")
    place = log(*fitting, f"(3) can0 300##1{ten}000000000000", "(4) can0 100##0" + 24 * "0")
    table = rows(capsys, "--dbc", foreign, "--log", place)
    assert [row[4:6] for row in table] == 2 * [["head", "1"], ["tail", "0.005"]]
    assert summary(capsys, "--dbc", foreign, "--log", place)["wrong_length"] == 2


def test_frames_of_a_wrong_length_are_counted_or_decoded_as_far_as_they_go(
    foreign: str, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    place = log("(1) can0 100#03E8", "(2) can0 100#03E85A0664", "(3) can0 500#01", "(4) can0 100#03E85A0664020A00")
    told = summary(capsys, "--dbc", foreign, "--log", place)
    assert (told["decoded"], told["wrong_length"], told["malformed"]) == (1, 3, 3)
    hexed = dumped(capsys, "--dbc", foreign, "--log", place, "--unknown")[0]
    assert "[2] 03 E8  (not 8 bytes)" in hexed
    table = rows(capsys, "--dbc", foreign, "--log", place, "--any-length")
    assert [row[4:6] for row in table if row[0] == "1"] == [["speed", "10.0"]]
    assert [row[4] for row in table if row[0] == "2"] == ["speed", "temperature", "steps", "load"]
    assert len([row for row in table if row[0] == "4"]) == 6


def test_unknown_identifiers_are_counted_and_shown_in_hex_on_request(
    foreign: str, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    place = log("(1) can0 7FF#0102", "(2) can0 7FF#", "(3) can1 7FF#AB", "(4) can0 00000001#AB")
    out, err = dumped(capsys, "--dbc", foreign, "--log", place)
    assert (out, err) == ("", "hil dump: 4 frames, 0 decoded, 4 unknown (3 identifiers)\n")
    assert "[2] 01 02  (unknown)" in dumped(capsys, "--dbc", foreign, "--log", place, "--unknown")[0]
    assert rows(capsys, "--dbc", foreign, "--log", place, "--unknown")[0] == ["1", "can0", "7FF", "", "", "0102", ""]
    told = summary(capsys, "--dbc", foreign, "--log", place)["unknown_ids"]
    assert [(row["bus"], row["id"], row["frames"]) for row in told] == [
        ("can0", "00000001", 1), ("can0", "7FF", 2), ("can1", "7FF", 1)
    ]  # fmt: skip


def test_the_first_dbc_that_knows_an_identifier_has_it(
    foreign: str, log: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = tmp_path / "second.dbc"
    second.write_text(FOREIGN.replace("PLAIN", "HIDDEN").replace("512", "513").replace("MUXED", "ADDED"), encoding="utf-8")
    place = log("(1) can0 100#0000000000000000", "(2) can0 201#0000000000000000")
    out, err = dumped(capsys, "--dbc", foreign, "--dbc", str(second), "--log", place)
    assert [line.split()[3] for line in out.splitlines()] == ["PLAIN", "ADDED"]
    assert f"{second}: 5 of its identifiers are taken" in err


def test_patterns_choose_messages_and_signals(foreign: str, log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ("(1) can0 100#0000000000000000", "(2) can0 200#0000000000000000", "(3) can0 7FF#")
    chosen = ("--dbc", foreign, "--log", log(*lines))
    assert {row[3] for row in rows(capsys, *chosen, "--message", "PL*", "--message", "TWIN")} == {"PLAIN"}
    assert [row[4] for row in rows(capsys, *chosen, "--signal", "*e*d", "--signal", "MUXED.lo?")] == ["speed", "low"]
    told = summary(capsys, *chosen, "--signal", "speed")
    assert (told["decoded"], told["left_out"], told["unknown"]) == (1, 1, 1)
    assert "--signal sped" in refused(capsys, *chosen, "--signal", "sped")
    assert "--message plain" in refused(capsys, *chosen, "--message", "plain")


# DBC files as they are


def test_what_the_compiler_refuses_is_left_to_cantools_message_by_message(
    log: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "sloppy.dbc"
    place.write_text(SLOPPY, encoding="utf-8")
    table = log("(1) can0 101#FF01", "(2) can0 200#0000000000000000")
    out, err = dumped(capsys, "--dbc", str(place), "--log", table)
    assert "one=255.5 V  two=1" in out
    assert "MUXED" in out
    note = err.splitlines()[0]
    assert "OVERLAP" in note
    assert "3 of 9 messages are left to cantools" in note


def test_a_value_table_without_a_signal_is_passed_over(log: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "orphan.dbc"
    place.write_text(FOREIGN + 'VAL_ 512 gone 1 "a; b" ;\n', encoding="utf-8")
    out, err = dumped(capsys, "--dbc", str(place), "--log", log("(1) can0 200#0000000000000000"))
    assert "low=0.0 A" in out
    assert "VAL_ 512 gone" in err


def test_a_dbc_in_an_old_code_page_is_read(log: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "old.dbc"
    place.write_bytes(FOREIGN.encode("cp1252"))
    table = rows(capsys, "--dbc", str(place), "--log", log("(1) can0 100#0000000000000000"))
    assert table[1][6] == "°C"


# Logs as they are


def test_a_log_reads_the_same_gzipped_with_dos_lines_and_with_gaps(
    foreign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["(1.000001) can0 100#03E85A0664020A00", "(1.000002) can0 200#1F34567890ABCDEF R"]
    lines.append("(1.000003) can1 00000100#00000000abcdef00 T")
    texts = {
        "plain": "\n".join(lines) + "\n",
        "unended": "\n".join(lines),
        "dos": "\r\n".join(lines) + "\r\n",
        "gaps": "# recorded on a bench\n\n" + "\n\n ; noon\n".join(lines) + "\n\n",
    }
    outs = {}
    for name, text in texts.items():
        for packed in (False, True):
            place = tmp_path / f"{name}.log{'.gz' * packed}"
            place.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
            outs[place.name] = dumped(capsys, "--dbc", foreign, "--log", str(place))
    assert len(outs) == 8
    assert len(set(outs.values())) == 1
    assert outs["plain.log"][1] == "hil dump: 3 frames, 2 decoded, 1 undecodable\n"


def test_what_candump_shows_on_the_screen_reads_like_its_log(
    foreign: str, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    place = log(
        " (1436509052.249713)  can0  100   [8]  03 E8 5A 06 64 02 0A 00   '..Z.d...'",
        " (1436509052.249714)  can0  RX - -  00000100   [8]  01 00 00 00 00 00 00 00",
        "  can0  300  [10]  01 00 00 00 00 00 00 00 05 00",
        " (000.000001)  can0  100   [0]  remote request",
        " (000.000002)  can0  20000080   [8]  00 00 00 00 00 00 00 00   ERRORFRAME",
    )
    table = rows(capsys, "--dbc", foreign, "--log", place)
    assert table[0] == ["1436509052.249713", "can0", "100", "PLAIN", "speed", "10.0", "km/h"]
    assert table[6][2:6] == ["00000100", "TWIN", "twin", "1"]
    assert table[-1] == ["", "can0", "300", "FLEXIBLE", "tail", "0.005", "V"]
    told = summary(capsys, "--dbc", foreign, "--log", place)
    assert (told["decoded"], told["remote"], told["errors"]) == (3, 1, 1)


@pytest.mark.parametrize("rest", ["(2.0", "(2.000) can0 10", "(2.000) can0 100#03E85", "(2.0) ca" + "\0" * 9000, "\0" * 20])
def test_a_last_line_that_was_cut_off_is_counted(
    rest: str, foreign: str, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = dumped(capsys, "--dbc", foreign, "--log", log("(1) can0 100#0000000000000000", rest, end=""))
    assert out.count("\n") == 1
    assert err == "hil dump: 1 frames, 1 decoded, 1 cut off at the end\n"


@pytest.mark.parametrize("lost", [1, 8, 12, 200])
def test_a_gzipped_log_that_was_cut_off_reads_as_far_as_it_goes(
    lost: int, foreign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = random.Random(3)
    text = "".join(f"({n}.5) can0 100#{source.randbytes(8).hex()}\n" for n in range(4000))
    place = tmp_path / "cut.log.gz"
    place.write_bytes(gzip.compress(text.encode())[:-lost])
    told = summary(capsys, "--dbc", foreign, "--log", str(place))
    assert told["lines_cut_off"] == 1
    assert 3900 <= told["decoded"] <= 4000


@pytest.mark.parametrize(
    "line",
    [
        *("(1.0) can0 100#0", "(1.0) can0 800#00", "(1.0) can0 100#000000000000000000", "(1.0) can0 1000000000#00"),
        *("(1.0) can0 FFFFFFFF#00", "(1.0) can0 100 # 00", "(x) can0 100#00", "can0 100#00", "(1.0) can0 100##", "(1.0) can0"),
        *("(1.0) can0 100##0" + 65 * "00", "  can0  100   [8]  00 00", "  can0  100   [9]  00 00 00 00 00 00 00 00 00"),
        *("(1.0) can0 24(1.5) can0 100#00", "x" * 10000),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_file_and_number(
    line: str, foreign: str, log: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    good = "(1) can0 100#0000000000000000"
    place = log(good, "", line, good)
    table = tmp_path / "table.csv"
    assert f"{place}: line 3: not as candump" in refused(capsys, "--dbc", foreign, "--log", place, "--csv", str(table))
    assert not table.exists()
    told = summary(capsys, "--dbc", foreign, "--log", place, "--skip-bad-lines")
    assert told["decoded"] == 2
    assert told["lines_unreadable"] >= 1


@pytest.mark.parametrize("content", [b"time;value\n1;2\n", b"\x7fELF\0\0\n\xff", b"\0" * 100, b"{}", b"\x1f\x8bnonsense"])
@pytest.mark.parametrize("options", [(), ("--skip-bad-lines",)])
def test_a_file_that_is_no_log_is_refused_in_one_line(
    content: bytes, options: tuple[str, ...], foreign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "other.bin"
    place.write_bytes(content)
    assert str(place) in refused(capsys, "--dbc", foreign, "--log", str(place), *options)


@given(st.text(alphabet="()#R 0123456789ABCDEFcan.\t[]\0é", max_size=60))
def test_whatever_a_line_holds_it_is_a_frame_or_a_refusal(tmp_path_factory: pytest.TempPathFactory, line: str) -> None:
    place = tmp_path_factory.getbasetemp() / "any.log"
    place.write_text("(1) can0 100#00\n" + line + "\n(2) can0 100#00\n", encoding="utf-8")
    try:
        heard = list(CandumpLog(str(place)))
    except BadInput:
        return
    for frame in heard:
        assert frame is not None
        assert re.fullmatch("[0-7][0-9A-F]{2}|[0-3][0-9A-F]{7}", frame[2])
        assert len(frame[3]) <= 64
        assert frame[0] == "" or float(frame[0]) >= 0


def test_no_more_of_a_log_is_read_than_was_asked_for(foreign: str, log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place = log(*(f"({n / 10:.1f}) can0 100#0000000000000000" for n in range(100, 200)), "nonsense", "nonsense")
    assert summary(capsys, "--dbc", foreign, "--log", place, "--count", "7")["frames"] == 7
    assert summary(capsys, "--dbc", foreign, "--log", place, "--seconds", "2.05")["frames"] == 21


# What there is at the end


def test_the_summary_has_counts_and_periods_of_every_identifier_on_every_bus(
    foreign: str, log: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stamps = {"can0": (10.0, 10.1, 10.4), "can1": (10.05, 10.35)}
    lines = sorted(f"({t:.2f}) {bus} 100#0000000000000000" for bus, times in stamps.items() for t in times)
    place = tmp_path / "told.json"
    dumped(capsys, "--dbc", foreign, "--log", log(*lines, "(11.00) can0 200#00"), "--json", str(place))
    told = json.loads(place.read_text())
    assert (told["frames"], told["decoded"], told["malformed"], told["duration_s"]) == (6, 5, 1, 1.0)
    keys = ("bus", "message", "frames", "decoded", "malformed", "period_mean_s", "period_min_s", "period_max_s")
    assert [tuple(row[key] for key in keys) for row in told["messages"]] == [
        ("can0", "PLAIN", 3, 3, 0, 0.2, 0.1, 0.3),
        ("can0", "MUXED", 1, 0, 1, None, None, None),
        ("can1", "PLAIN", 2, 2, 0, 0.3, 0.3, 0.3),
    ]


def test_json_on_standard_output_stands_there_alone(foreign: str, log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place = log("(1) can0 100#0000000000000000")
    out, _ = dumped(capsys, "--dbc", foreign, "--log", place, "--json", "-")
    assert json.loads(out)["source"] == place


def test_a_csv_file_is_whole_and_may_be_gzipped(
    foreign: str, log: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = log("(1) can0 100#0000000000000000")
    printed, _ = dumped(capsys, "--dbc", foreign, "--log", place, "--csv", "-")
    for name in ("table.csv", "table.csv.gz"):
        out, _ = dumped(capsys, "--dbc", foreign, "--log", place, "--csv", str(tmp_path / name))
        assert out == ""
    assert (tmp_path / "table.csv").read_text(encoding="utf-8") == printed
    assert gzip.decompress((tmp_path / "table.csv.gz").read_bytes()).decode() == printed
    assert not list(tmp_path.glob(".*"))


def test_a_csv_file_that_fails_on_the_way_leaves_the_old_one(tmp_path: Path) -> None:
    place = tmp_path / "table.csv"
    place.write_text("old")
    with pytest.raises(BadInput, match="No space left"), outlet(str(place)) as out:
        out.write("new")
        raise OSError(28, "No space left on device")
    assert place.read_text() == "old"
    assert os.listdir(tmp_path) == ["table.csv"]


def test_bad_input_is_one_line_that_names_it(
    foreign: str, log: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = log("(1) can0 100#0000000000000000")
    before = Path(place).read_bytes()
    junk = tmp_path / "junk.dbc"
    junk.write_text("this is not one")
    given_log, given_dbc = ("--log", place), ("--dbc", foreign)
    for arguments, part in (
        ((*given_log,), "--dbc"),
        ((*given_dbc,), "--log --bus"),
        ((*given_dbc, *given_log, "--bus", "virtual:x"), "--bus"),
        ((*given_dbc, "--log", "missing.log"), "missing.log: No such file"),
        ((*given_dbc, "--log", str(tmp_path)), f"{tmp_path}: Is a directory"),
        (("--dbc", "missing.dbc", *given_log), "missing.dbc: No such file"),
        (("--dbc", "bmx", *given_log), "nor one that ships: bms"),
        (("--dbc", str(junk), *given_log), str(junk)),
        ((*given_dbc, *given_log, "--csv", place), f"{place}: named for two files"),
        ((*given_dbc, *given_log, "--json", foreign), f"{foreign}: named for two files"),
        ((*given_dbc, *given_log, "--csv", "-", "--json", "-"), "named for two"),
        ((*given_dbc, *given_log, "--csv", str(tmp_path / "no" / "x.csv")), "x.csv: cannot be written"),
        ((*given_dbc, *given_log, "--count", "0"), "--count"),
        ((*given_dbc, *given_log, "--seconds", "nan"), "--seconds"),
        ((*given_dbc, "--bus", "nothing:0"), "bus nothing:0: cannot be opened"),
    ):
        assert part in refused(capsys, *arguments), arguments
    assert Path(place).read_bytes() == before
    assert Path(foreign).read_text(encoding="utf-8") == FOREIGN


# As a process


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hil", "dump", *arguments]


def test_a_log_comes_from_standard_input(foreign: str) -> None:
    text = b"(1) can0 100#03E85A0664020A00\n(2) can0 7F"
    reading = command("--dbc", foreign, "--log", "-")
    for given_bytes in (text, gzip.compress(text)):
        done = subprocess.run(reading, input=given_bytes, capture_output=True, check=True, cwd=ROOT)
        assert b"speed=10.00 km/h" in done.stdout
        assert done.stderr == b"hil dump: 1 frames, 1 decoded, 1 cut off at the end\n"


def test_a_reader_that_has_seen_enough_ends_it_quietly(foreign: str, log: Any) -> None:
    place = log(*(f"({n}) can0 100#03E85A0664020A00" for n in range(20000)))
    for more in ((), ("--csv", "-")):
        with subprocess.Popen(
            command("--dbc", foreign, "--log", place, *more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait(30) == 0


def test_a_terminal_without_the_degree_sign_shows_the_rest(foreign: str, log: Any) -> None:
    plain = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    place = log("(1) can0 100#03E85A0664020A00")
    done = subprocess.run(command("--dbc", foreign, "--log", place), env=plain, capture_output=True, check=True, cwd=ROOT)
    assert b"temperature=5.0 ?C" in done.stdout


# On a bus


def test_live_frames_are_decoded_until_enough_came(foreign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = [
        can.Message(arbitration_id=0x100, is_extended_id=False, data=bytes.fromhex("03E85A0664020A00")),
        can.Message(arbitration_id=0x100, is_extended_id=True, data=bytes(8)),
        can.Message(arbitration_id=0x100, is_extended_id=False, is_remote_frame=True, dlc=8),
        can.Message(arbitration_id=0x300, is_extended_id=False, is_fd=True, data=bytes(12)),
        can.Message(arbitration_id=0x7FF, is_extended_id=False, data=b"\1"),
        can.Message(is_error_frame=True),
    ]
    table = tmp_path / "live.csv"
    done = threading.Event()

    def talk() -> None:
        with can.Bus(interface="virtual", channel="dump_test") as bus:
            while not done.wait(0.02):
                for frame in frames:
                    bus.send(frame)

    talker = threading.Thread(target=talk)
    talker.start()
    try:
        arguments = ("--dbc", foreign, "--bus", "virtual:dump_test", "--count", str(6 * len(frames)), "--seconds", "20")
        told = summary(capsys, *arguments, "--csv", str(table))
    finally:
        done.set()
        talker.join()
    sorts = ("frames", "decoded", "unknown", "remote", "errors", "malformed")
    assert [told[sort] for sort in sorts] == [36, 18, 6, 6, 6, 0]
    rows_live = list(csv.reader(table.open(encoding="utf-8")))
    assert rows_live[0] == HEADER
    assert {row[2] for row in rows_live[1:]} == {"100", "00000100", "300"}
    assert ["speed", "10.0", "km/h"] in [row[4:] for row in rows_live]
    assert all(row[1] == "dump_test" and abs(float(row[0]) - time.time()) < 100 for row in rows_live[1:])


def test_a_silent_bus_ends_when_its_time_is_up(foreign: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, err = dumped(capsys, "--dbc", foreign, "--bus", "virtual:dump_silence", "--seconds", "0.2")
    assert err == "hil dump: 0 frames, 0 decoded\n"


def test_an_interface_that_fails_on_the_way_keeps_what_was_heard(
    foreign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unplugged:
        heard = 0

        def __init__(self, **_: object) -> None: ...

        def recv(self, _timeout_s: float) -> can.Message:
            self.heard += 1
            if self.heard > 3:
                raise can.CanOperationError("the adapter\nis gone")
            return can.Message(arbitration_id=0x500, is_extended_id=False, timestamp=float(self.heard), channel="usb 1")

        def shutdown(self) -> None: ...

    monkeypatch.setattr(can, "Bus", Unplugged)
    told = tmp_path / "told.json"
    assert main(["dump", "--dbc", foreign, "--bus", "pcan:x", "--json", str(told)]) == 1
    out, err = capsys.readouterr()
    assert [line.split()[:3] for line in out.splitlines()] == [[f"{n}.000000", "usb1", "500"] for n in (1, 2, 3)]
    assert err.splitlines()[0] == "hil: bus pcan:x failed: CanOperationError: the adapter is gone"
    assert json.loads(told.read_text())["decoded"] == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_heard_is_kept_when_the_user_ends_it(number: signal.Signals, foreign: str, tmp_path: Path) -> None:
    table = tmp_path / "live.csv"
    talking = (
        "import sys, threading, can\n"
        "from hil.cli import main\n"
        "def talk():\n"
        "    with can.Bus(interface='virtual', channel='x') as bus:\n"
        "        while True:\n"
        "            bus.send(can.Message(arbitration_id=0x100, is_extended_id=False, data=bytes(8)))\n"
        "            threading.Event().wait(0.01)\n"
        "threading.Thread(target=talk, daemon=True).start()\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    arguments = ["dump", "--dbc", foreign, "--bus", "virtual:x", "--csv", str(table)]
    with subprocess.Popen([sys.executable, "-c", talking, *arguments], stderr=subprocess.PIPE, cwd=ROOT) as process:
        until_s = time.monotonic() + 30
        while not any(part.stat().st_size for part in tmp_path.glob(".*.part")):
            assert time.monotonic() < until_s
            time.sleep(0.05)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert b"decoded" in err
    *lines, last = table.read_text(encoding="utf-8").split("\n")
    assert last == ""
    assert len(lines) > 6
    assert (len(lines) - 1) % 6 == 0


# On roads


@pytest.mark.skipif(not PUBLIC.is_dir(), reason="the recorded logs are not on this machine")
def test_a_recorded_drive_reads_as_its_published_description_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Current and voltage of a Nissan LEAF's traction battery; the bits by hand below are the other reading.
    leaf = tmp_path / "leaf.dbc"
    leaf.write_text(
        FOREIGN[: FOREIGN.index("BO_")] + 'BO_ 475 LB_BATTERY: 8 A\n SG_ current : 7|11@0- (0.5,0) [0|0] "A" B\n'
        ' SG_ voltage : 23|10@0+ (0.5,0) [0|0] "V" B\n',
        encoding="utf-8",
    )
    place = PUBLIC / "logs" / "leaf_ze1_62kwh_eco_drive.candump.log.gz"
    table = rows(capsys, "--dbc", str(leaf), "--log", str(place))
    expected = []
    for line in gzip.decompress(place.read_bytes()).decode().splitlines():
        if found := re.search(r" 1DB#([0-9A-F]{16})$", line):
            bits = int(found[1], 16)
            current = (bits >> 53) - (0x800 if bits >> 63 else 0)
            expected += [("current", current / 2), ("voltage", (bits >> 38 & 0x3FF) / 2)]
    assert len(expected) > 6000
    assert [(row[4], float(row[5])) for row in table] == expected
    told = summary(capsys, "--dbc", str(leaf), "--log", str(place))
    assert told["frames"] == told["decoded"] + told["unknown"] == 41602


@pytest.mark.skipif(not PUBLIC.is_dir(), reason="the public DBC files are not on this machine")
@pytest.mark.parametrize("place", sorted(PUBLIC.glob("dbc/*.dbc")), ids=lambda place: place.stem)
def test_public_dbc_files_are_read_though_they_are_not_strict(
    place: Path, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    dumped(capsys, "--dbc", str(place), "--log", log("(1) can0 7FF#00"))
