"""The compiler writes what it is asked for, where it is asked for, and nothing else; whatever is wrong takes one line."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dbc import generate
from tests.test_codec import GOOD, HEAD, ROOT, body, compiled, run

# Linux's numbers. Devices of our own are put at risk here, never those of the machine.
NULL, FULL = os.makedev(1, 3), os.makedev(1, 7)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.dbc"
    path.write_text(GOOD)
    return path


def expected(good: Path) -> bytes:
    out = good.with_name("expected.py")
    assert generate.main([str(good), "-o", str(out)]) == 0
    content = out.read_bytes()
    out.unlink()
    return content


def device(path: Path, number: int) -> Path:
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, number)
        path.open("wb").close()
    except OSError:
        pytest.skip("no device can be made here")
    return path


def test_a_pipe_is_written_through_and_stays_a_pipe(good: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    want = expected(good)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert generate.main([str(good), "-o", str(pipe)]) == 0
        assert os.read(reader, 1 << 16) == want
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_device_is_written_through_and_stays_a_device(good: Path, tmp_path: Path) -> None:
    null = device(tmp_path / "null", NULL)
    assert generate.main([str(good), "-o", str(null), "--map", str(tmp_path / "map.json")]) == 0
    assert stat.S_ISCHR(null.lstat().st_mode)
    assert (tmp_path / "map.json").exists()


def test_standard_output_gets_the_module_behind_what_is_there(good: Path, tmp_path: Path) -> None:
    want, stdout = expected(good), Path("/proc/self/fd/1")
    if not stdout.is_symlink():
        pytest.skip("standard output has no name here")
    command = [sys.executable, str(ROOT / "dbc" / "generate.py"), str(good), "-o", str(stdout)]
    assert subprocess.run(command, capture_output=True, check=True).stdout == want
    log = tmp_path / "log"
    log.write_bytes(b"before\n")
    with log.open("ab") as opened:
        subprocess.run(command, stdout=opened, check=True)
    assert log.read_bytes() == b"before\n" + want


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_what_it_names_is_written(exists: bool, good: Path, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "real.py", tmp_path / "link.py"
    if exists:
        target.write_text("as it was")
    link.symlink_to(target)
    want = expected(good)
    assert generate.main([str(good), "-o", str(link)]) == 0
    assert link.is_symlink()
    assert target.read_bytes() == want
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["real.py"]


@pytest.mark.parametrize(
    ("out", "mapping"),
    [
        ("good.dbc", None),
        ("./sub/../good.dbc", None),
        ("link.dbc", None),
        ("hard.dbc", None),
        ("a", "a"),
        ("a", "sub/../a"),
        ("a", "dangling"),
        ("out.py", "good.dbc"),
    ],
)
@pytest.mark.parametrize("check", [[], ["--check"]], ids=["", "check"])
def test_no_two_of_input_module_and_map_are_one_file(
    out: str,
    mapping: str | None,
    check: list[str],
    good: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(good.parent)
    Path("sub").mkdir()
    Path("link.dbc").symlink_to("good.dbc")
    os.link("good.dbc", "hard.dbc")
    Path("dangling").symlink_to("a")
    before = sorted(os.listdir())
    assert generate.main(["good.dbc", "-o", out, *(["--map", mapping] if mapping else []), *check]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "are one file" in said
    assert good.read_text() == GOOD
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("out", [".", "", "/", "..", "loop", "good.dbc/x", "n" * 5000])
def test_what_is_no_place_for_a_file_is_refused_in_one_line(
    out: str, good: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(good.parent)
    Path("loop").symlink_to("loop")
    for options in (["-o", out], ["-o", "fine.py", "--map", out]):
        assert generate.main(["good.dbc", *options]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert said.startswith(f"{out or '.'}: ") and len(said) > len(out) + 4
    assert sorted(os.listdir()) == ["good.dbc", "loop"]


def test_a_full_device_leaves_the_other_file_as_it_was(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    full = device(tmp_path / "full", FULL)
    (tmp_path / "out.py").write_text("as it was")
    assert generate.main([str(good), "-o", str(tmp_path / "out.py"), "--map", str(full)]) == 2
    assert capsys.readouterr().err.startswith(f"{full}: ")
    assert (tmp_path / "out.py").read_text() == "as it was"
    assert full.is_char_device()


NASTY = 'a"""b\\\nimport os\u2028#\udcff.dbc'


def test_a_file_of_any_name_gives_a_module_that_compiles(tmp_path: Path) -> None:
    source, out = tmp_path / NASTY, tmp_path / "out.py"
    try:
        source.write_text(GOOD)
    except (OSError, ValueError):
        pytest.skip("this file system takes no such name")
    assert generate.main([str(source), "-o", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    compile(text, "out.py", "exec")
    assert text.splitlines()[0].startswith("\"\"\"generated from a'''b/ import os # .dbc (sha256 ")


LONG_NAMES = body(
    'BO_ 5 M: 1 A\n SG_ x : 0|8@1+ (1,0) [0|0] "" B\n\n'
    'BA_DEF_ BO_ "SystemMessageLongSymbol" STRING ;\nBA_DEF_DEF_ "SystemMessageLongSymbol" "";\n'
    'BA_DEF_ BU_ "SystemNodeLongSymbol" STRING ;\nBA_DEF_DEF_ "SystemNodeLongSymbol" "";\n'
    'BA_ "SystemMessageLongSymbol" BO_ 5 "Long \\"\\"\\" name\nof two lines";\n'
    'BA_ "SystemNodeLongSymbol" BU_ A "Node \\"\\"\\" A";\n'
).decode()


def test_long_names_of_any_text_stay_in_the_docstring() -> None:
    codec = compiled(LONG_NAMES)
    (cls,) = codec.module.MESSAGES
    assert cls.__doc__.startswith("Long ''' name of two lines. From Node ''' A.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["good.dbc", "-o", "out.py", "--node", "A\nB"],
        ["good.dbc", "-o", "out.py", "--messages", "A\r\nB"],
        ["good.dbc", "-o", "no\nsuch/out.py"],
        ["no\nsuch.dbc", "-o", "out.py"],
        ["good.dbc", "-o", "out.py", "more\nof\u2028it"],
        ["good.dbc", "-o", "stale\n.py", "--check"],
    ],
    ids=ascii,
)
def test_a_line_break_in_an_argument_does_not_break_the_line_on_stderr(arguments: list[str], good: Path) -> None:
    done = run(*arguments, cwd=good.parent)
    assert done.returncode == (1 if "--check" in arguments else 2)
    assert len(done.stderr.splitlines()) == 1, done.stderr


UNPLACED = HEAD + """\
BO_ 5 GOOD: 1 A
 SG_ x : 0|8@1+ (1,0) [0|0] "" B

BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 Vector__XXX
 SG_ one : 0|8@1+ (1,0) [0|0] "" Vector__XXX
 SG_ two : 0|8@1+ (1,0) [0|0] "SG_ three" Vector__XXX

BO_ 6 FINE: 1 A
 SG_ x : 0|8@1+ (1,0) [0|0] "" B

CM_ SG_ 3221225472 one "Lies nowhere.";
"""


def test_signals_that_lie_in_no_message_are_left_out_and_counted_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "in.dbc", tmp_path / "out.py"
    source.write_text(UNPLACED)
    assert generate.main([str(source), "-o", str(out)]) == 0
    said = capsys.readouterr().err
    assert said == f"{source}: VECTOR__INDEPENDENT_SIG_MSG is no frame, its signals (2) are left out\n"
    assert [cls.__name__ for cls in compiled(UNPLACED).module.MESSAGES] == ["Good", "Fine"]
    source.write_text(GOOD.replace('"" B', '"VECTOR__INDEPENDENT_SIG_MSG" B'))
    capsys.readouterr()
    assert generate.main([str(source), "-o", str(out)]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), AssertionError(), ValueError(), Exception("\n")])
def test_a_refusal_always_has_a_reason(
    error: Exception, good: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*given: object, **more: object) -> None:
        raise error

    monkeypatch.setattr("cantools.database.load_string", fails)
    assert generate.main([str(good), "-o", str(good.with_name("out.py"))]) == 2
    assert capsys.readouterr().err == f"{good}: {type(error).__name__} in cantools\n"


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("deep")])
def test_a_file_too_large_for_the_compiler_is_refused_in_one_line(
    error: Exception, good: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*given: object, **more: object) -> None:
        raise error

    monkeypatch.setattr("dbc.emit.module", fails)
    assert generate.main([str(good), "-o", str(good.with_name("out.py"))]) == 2
    assert capsys.readouterr().err.count(type(error).__name__) == 1
