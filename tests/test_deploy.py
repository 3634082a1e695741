"""What `hil deploy` writes is the firmware: it starts in MicroPython as it stands, and it decides what the sources decide."""

import ast
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from bms.schema import layer_count
from hil import scenario as scenarios
from hil.cli import main, pack_for
from hil.deploy import mpyfile
from hil.deploy.boards import BOARDS, Board, board_of
from hil.deploy.closure import path_of
from hil.deploy.slim import slimmed
from hil.deploy.tree import LIMIT_bytes, Tree, build
from hil.loop import Bench
from hil.record import Recorder
from hil.target import Target, make_target

TICKS = 300
MOST_bytes = 250_000  # what the largest tree takes now; above LIMIT_bytes, which hil deploy tells


@pytest.fixture(scope="module")
def tree() -> Tree:
    return build(board_of("unix"), "bench_24")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deploy") / "out"
    assert main(["deploy", "unix", "--dry-run", str(folder), "--json", str(folder.parent / "out.json")]) == 0
    return folder


class Both:
    """Two firmwares that are given the same and must decide the same."""

    late_ticks = None
    takes_error_frames = True

    def __init__(self, one: Target, other: Target) -> None:
        self._one = one
        self._other = other
        self.crc: int | None = None
        self.ticks = 0

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        mine = self._one.exchange(n, now_ms, frames)
        assert self._other.exchange(n, now_ms, frames) == mine, f"tick {n}"
        assert self._one.crc == self._other.crc, f"tick {n}"
        self.crc = self._one.crc
        self.ticks += 1
        if self.ticks == TICKS:
            raise EnoughError
        return mine


class EnoughError(Exception):
    """They have agreed for long enough."""


# The tree of the desk.


def test_the_tree_decides_and_sends_what_the_sources_do_bit_for_bit(out: Path, micropython: str) -> None:
    story = scenarios.load("first_mile_short")
    pack = pack_for(story, None)
    made = make_target("micropython", None, "bench_24", story.map, 700, micropython, str(out))
    with make_target("micropython", None, "bench_24", story.map, 700, micropython) as plain, made:
        both = Both(plain, made)
        with pytest.raises(EnoughError):
            Bench(story, pack, story.seed, Recorder(layer_count(pack))).run(both, "micropython")  # type: ignore[arg-type]


def test_the_tree_runs_the_first_mile(out: Path, tmp_path: Path) -> None:
    assert main(["run", "first_mile_short", "--firmware", str(out), "--json", str(tmp_path / "run.json")]) == 0
    assert json.loads((tmp_path / "run.json").read_text())["passed"]


def test_a_folder_without_firmware_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "first_mile_short", "--firmware", str(tmp_path)]) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1 and "main.py" in line
    assert main(["run", "first_mile_short", "--firmware", str(tmp_path), "--target", "cpython"]) == 2


def test_the_tree_starts_with_its_own_pack(out: Path, micropython: str) -> None:
    done = subprocess.run([micropython, "main.py"], cwd=out, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (2, "boards.unix: missing option --can\n")


def test_a_tree_holds_what_its_pack_speaks_and_no_other_pack() -> None:
    house, car = (build(board_of("unix"), name).files for name in ("bess_14", "aero_96"))
    assert "bms/can/pylontech.mpy" in house or "bms/can/victron.mpy" in house
    assert not [path for path in car if "pylontech" in path or "victron" in path or "sma" in path.split("/")[-1]]
    assert [path for path in car if path.startswith("bms/packs/") and "__init__" not in path] == ["bms/packs/aero_96.mpy"]


def test_a_pack_of_the_users_own_is_deployed(tmp_path: Path, root: Path) -> None:
    mine = tmp_path / "my_pack.py"
    mine.write_text((root / "bms/packs/bench_24.py").read_text())
    files = build(board_of("unix"), str(mine)).files
    assert "bms/packs/my_pack.mpy" in files and b'PACK = "my_pack"' in files["bms_config.py"]


def test_the_same_sources_give_the_same_bytes(tree: Tree) -> None:
    assert build(board_of("unix"), "bench_24").files == tree.files


# Every board that is built.


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_tree_is_of_its_architecture_whole_and_no_larger_than_known(board: Board) -> None:
    if path_of(f"boards.{board.name}.board") is None:
        pytest.skip("its board.py is not there yet")
    made = build(board, "aero_96")
    native = 0
    for path, data in made.files.items():
        if path.endswith(".mpy"):
            found = mpyfile.read(data)
            assert found.version[0] == 6 and found.architecture in ("", board.march), path
            native += found.native_bytes
    assert native > 5000
    told = made.summary()
    for row in told["files"]:
        assert hashlib.sha256(made.files[row["path"]]).hexdigest() == row["sha256"]
    assert told["mpy_bytes"] == sum(row["bytes"] for row in told["files"] if row["path"].endswith(".mpy"))
    assert told["limit_bytes"] == LIMIT_bytes and told["mpy_bytes"] < MOST_bytes


def test_a_module_stands_behind_what_it_imports(tree: Tree) -> None:
    seen: set[str] = set()
    for name, text in tree.texts.items():
        for node in ast.parse(text).body:
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ("bms", "boards"):
                names = {f"{node.module}.{alias.name}" for alias in node.names} & tree.texts.keys()
                assert names <= seen and node.module in seen, f"{name}: {ast.unparse(node)}"
        seen.add(name)


# What is taken out.


def slim(**sources: str) -> dict[str, str]:
    return slimmed({name.replace("_", "."): text for name, text in sources.items()}, native=True)


def test_a_constant_stands_where_it_was_read() -> None:
    made = slim(
        bms_a="from micropython import const\nLIMIT = const(1 << 4)\nFLOAT = 0.5\ndef f():\n    return LIMIT + FLOAT\n",
        bms_b="from bms import a\nfrom bms.a import LIMIT, FLOAT\nx = a.LIMIT + LIMIT + FLOAT\n",
    )
    assert made["bms.a"] == "FLOAT = 0.5\n\ndef f():\n    return 16 + FLOAT\n"
    assert made["bms.b"] == "from bms.a import FLOAT\nx = 16 + 16 + FLOAT\n"


def test_a_name_that_is_bound_twice_is_no_constant() -> None:
    made = slim(bms_a="N = 3\ndef f():\n    global N\n    N = 4\ndef g():\n    return N\n")
    assert "N = 3" in made["bms.a"] and "return N" in made["bms.a"]
    with pytest.raises(ValueError, match="N is imported and bound again"):
        slim(bms_a="N = 3\n", bms_b="from bms.a import N\nN = 4\n")


def test_a_parameter_that_a_call_names_and_a_private_name_that_a_text_spells_are_kept() -> None:
    made = slim(
        bms_a="class A:\n    def f(self, first, second):\n        self._hidden = first\n        self._told = second\n",
        bms_b="def g(a):\n    a.f(1, second=2)\n    return getattr(a, '_told') + a._hidden\n",
    )
    assert "def f(self, a, second)" in made["bms.a"] and "self._told = second" in made["bms.a"]
    assert "_hidden" not in made["bms.a"] + made["bms.b"]


def test_two_values_change_places_without_a_tuple() -> None:
    assert slim(bms_a="def f(x, y):\n    x, y = y + 1, x\n    return x\n")["bms.a"].splitlines()[1] == "    x, y = y + 1, x"


def test_a_codec_keeps_the_direction_in_which_the_firmware_uses_it() -> None:
    text = 'class {0}:\n    """X. From {1}. y."""\n'
    text += "    def pack(self, buf):\n        pass\n    def unpack(self, buf):\n        pass\n"
    made = slim(bms_frames=text.format("Ours", "BMS") + text.format("Theirs", "VCU"))["bms.frames"]
    ours, theirs = made.split("class Theirs")
    assert "def pack" in ours and "unpack" not in ours and "def unpack" in theirs and "def pack" not in theirs


# The other forms.


def test_the_firmware_starts_out_of_a_romfs_image(tmp_path: Path, micropython: str) -> None:
    image = tmp_path / "bms.romfs"
    assert main(["deploy", "unix", "--romfs", str(image)]) == 0
    program = f"import vfs, sys\nvfs.mount(vfs.VfsRom(open({str(image)!r}, 'rb').read()), '/rom')\n"
    program += "sys.path[:] = ['/rom']\nsys.argv[:] = ['x']\nimport bms_start\n"
    done = subprocess.run(
        [micropython, "-X", "heapsize=8m", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (2, "boards.unix: missing option --can\n"), done.stdout


def test_what_is_to_be_frozen_lies_beside_a_manifest_that_names_all_of_it(tmp_path: Path) -> None:
    assert main(["deploy", "unix", "--frozen", str(tmp_path / "frozen")]) == 0
    frozen: list[str] = []
    scope = {"freeze": lambda folder, files, opt: frozen.extend(files), "include": lambda path: None}
    exec((tmp_path / "frozen/manifest.py").read_text(), scope)
    found = {str(path.relative_to(tmp_path / "frozen")) for path in (tmp_path / "frozen").rglob("*.py")}
    assert {*frozen, "manifest.py"} == found and "bms/app.py" in found


# Bad input.


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["pyboard", "--dry-run", "{}"], "board pyboard: there is none of that name; there are nucleo_h723zg"),
        (["unix"], "wants --port, --dry-run"),
        (["unix", "--pack", "no_such", "--dry-run", "{}"], "no_such: no such pack"),
        (["unix", "--dry-run", "{}", "--bus", "virtual:x"], "--bus goes with --port"),
        (["unix", "--dry-run", "{}/there"], "holds something else"),
        (["unix", "--romfs", "{}/no/such/folder.img"], "no/such/folder.img"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing_behind(
    words: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/letter.txt").write_text("dear")
    before = sorted(tmp_path.rglob("*"))
    assert main(["deploy", *(word.format(tmp_path) for word in words)]) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1 and says in line
    assert sorted(tmp_path.rglob("*")) == before


def test_an_older_tree_is_replaced_whole(out: Path) -> None:
    (out / "bms/old.mpy").write_bytes(b"old")
    assert main(["deploy", "unix", "--dry-run", str(out)]) == 0
    assert not (out / "bms/old.mpy").exists() and (out / "bms/app.mpy").exists()
    assert [path.name for path in out.parent.iterdir() if path.name.startswith(".")] == []
