"""Which modules a board with a pack needs: what its entry points import, and what those import in turn.

Imports inside functions count too, but for the adapters of protocols that the pack does not speak (bms.can.peers loads one by
the name in the pack). The order is that of importing: whoever is named has nothing missing that stands later.
"""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import bms
import boards
from bms.schema import Pack
from hil.errors import BadInput

_PEERS = "bms.can.peers"
_ROOMS = {"bms": Path(bms.__path__[0]), "boards": Path(boards.__path__[0])}


def sources(board: str, pack: Pack, pack_path: Path, bench: bool = False) -> dict[str, str]:
    """Module name -> text, in the order of importing. `pack_path` stands as bms.packs.<its name>. BadInput where one lacks."""
    pack_module = f"bms.packs.{pack_path.stem}"
    spoken = {pack.charger_protocol, pack.inverter.protocol if pack.inverter is not None else ""}
    walk = _Walk(spoken, {pack_module: pack_path})
    for name in entries(board, pack_module, bench):
        walk.add(name)
    return walk.texts


def entries(board: str, pack_module: str, bench: bool = False) -> tuple[str, ...]:
    """What the target imports first."""
    logs = ("boards.logs",) if path_of("boards.logs") else ()
    if board == "unix":
        return (pack_module, "bms.app", "boards.unix.__main__", *logs)
    if path_of(f"boards.{board}.board") is None or path_of("boards.main") is None:
        raise BadInput(f"board {board}: boards/{board}/board.py is not built yet")
    instead = ("boards.parts.bench_board",) if bench else ()
    return (pack_module, "bms.app", "boards.main", f"boards.{board}.board", *instead, *logs)


def path_of(name: str) -> Path | None:
    """The file of a module of ours; a package is its __init__.py."""
    room, *rest = name.split(".")
    place = _ROOMS[room].joinpath(*rest)
    if (place / "__init__.py").is_file():
        return place / "__init__.py"
    place = place.with_suffix(".py") if rest else place
    return place if place.is_file() else None


class _Walk:
    """Goes through imports; whatever it has taken stands in `texts`."""

    def __init__(self, spoken: set[str], places: dict[str, Path]) -> None:
        self.texts: dict[str, str] = {}
        self._spoken = spoken
        self._places = places
        self._begun: set[str] = set()

    def add(self, name: str) -> None:
        """Takes the packages above a module, then what it imports, then the module, then what it imports later."""
        if name in self._begun:
            return
        self._begun.add(name)
        if "." in name:
            self.add(name.rpartition(".")[0])
        path = self._places.get(name) or path_of(name)
        if path is None:
            raise BadInput(f"{name}: no such module")
        text = path.read_text(encoding="utf-8")
        at_once = _imports(text, str(path), inside=False)
        for other in at_once:
            self.add(other)
        self.texts[name] = text
        for other in _imports(text, str(path), inside=True):
            if name != _PEERS or other in at_once or other.rpartition(".")[2] in self._spoken:
                self.add(other)


@functools.lru_cache(maxsize=500)
def _imports(text: str, where: str, inside: bool) -> tuple[str, ...]:
    return tuple(_imported(ast.parse(text, where), inside))


def _imported(node: ast.AST, inside: bool) -> Iterator[str]:
    """Modules of ours that are imported at once, or `inside` functions too. Not what type checkers alone read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            continue
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.FunctionDef) and not inside:
            continue
        names: list[str] = []
        if isinstance(child, ast.Import):
            names = [alias.name for alias in child.names]
        elif isinstance(child, ast.ImportFrom) and child.module:
            names = [child.module, *(f"{child.module}.{alias.name}" for alias in child.names)]
        yield from (name for name in names if name.split(".")[0] in _ROOMS and path_of(name) is not None)
        yield from _imported(child, inside)
