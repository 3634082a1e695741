"""Cells and packs in files: a name in bms/cells or bms/packs, or the path of a .py file like them.

Here they are found and read as they stand. A file that cannot be read becomes one line that names file, line and reason.
"""

import re
import sys
import traceback
from pathlib import Path

import bms.cells
import bms.packs
from bms.schema import Cell, Pack
from hil.errors import BadInput, one_line

_MISSING = re.compile(r"(\w+)\.__new__\(\) missing \d+ required (?:positional|keyword-only) arguments?: (.*)")
_UNKNOWN = re.compile(r"(\w+)\.__new__\(\) got an unexpected keyword argument '(\w+)'")


def names() -> tuple[list[str], list[str]]:
    """The packs and the cells that are shipped."""
    return _named(bms.packs.__path__), _named(bms.cells.__path__)


def read_any(name_or_path: str) -> tuple[Cell | Pack, str]:
    """A pack or a cell as it stands, not checked, and its file. A file that holds both is taken as a pack."""
    return read(name_or_path, ("PACK", "CELL"))


def read(name_or_path: str, wanted: tuple[str, ...]) -> tuple[Cell | Pack, str]:
    """The record that one of the `wanted` variables (PACK, CELL) holds, not checked, and its file."""
    packs, cells = names()
    shelves = {"PACK": (packs, bms.packs.__path__), "CELL": (cells, bms.cells.__path__)}
    if name_or_path.endswith(".py") or "/" in name_or_path or "\\" in name_or_path:
        path = Path(name_or_path)
    else:
        for variable in wanted:
            shelf, folders = shelves[variable]
            if name_or_path in shelf:
                found = [Path(folder) / f"{name_or_path}.py" for folder in folders]
                path = next(one for one in found if one.is_file())
                break
        else:
            raise BadInput(_no_such(name_or_path, wanted, packs, cells))
    return _run(path, wanted)


def _named(folders: list[str]) -> list[str]:
    return sorted(path.stem for folder in folders for path in Path(folder).glob("*.py") if not path.name.startswith("_"))


def _no_such(name: str, wanted: tuple[str, ...], packs: list[str], cells: list[str]) -> str:
    kinds = {"PACK": ("pack", packs), "CELL": ("cell", cells)}
    what = " or ".join(kinds[variable][0] for variable in wanted)
    exist = "; ".join(f"{kinds[v][0]}s: {', '.join(kinds[v][1]) or 'none'}" for v in wanted)
    return f"{name}: no such {what}, and no path of a .py file; {exist}"


def _run(path: Path, wanted: tuple[str, ...]) -> tuple[Cell | Pack, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    scope: dict[str, object] = {"__name__": path.stem, "__file__": str(path)}
    beside = str(path.resolve().parent)
    before = set(sys.modules)
    keep = sys.dont_write_bytecode
    sys.path.append(beside)  # last: a file may import its neighbours, and hide nothing
    sys.dont_write_bytecode = True
    try:
        exec(compile(text, str(path), "exec"), scope)
    except SyntaxError as error:
        raise BadInput(f"{error.filename or path}: line {error.lineno}: {error.msg}") from error
    except SystemExit as error:
        raise BadInput(f"{path}:{_line(error, path)} the file ends the program; it is to hold a record") from error
    except Exception as error:
        raise BadInput(f"{path}:{_line(error, path)} {_sentence(error)}") from error
    finally:
        sys.dont_write_bytecode = keep
        sys.path.remove(beside)
        for module in set(sys.modules) - before:  # a neighbour of the same name in another folder is another file
            if _stands_in(module, beside):
                del sys.modules[module]
    kinds: dict[str, type[Cell] | type[Pack]] = {"PACK": Pack, "CELL": Cell}
    for variable in wanted:
        record = scope.get(variable)
        if isinstance(record, (Cell, Pack)) and isinstance(record, kinds[variable]):
            if variable == "CELL" and any(isinstance(value, Pack) for value in scope.values()):
                break  # the cell that a pack file imports is not what the file is about
            return record, str(path)
    other = [variable for variable, kind in kinds.items() if isinstance(scope.get(variable), kind)]
    holds = f"; holds a {other[0]}" if other else ""
    raise BadInput(f"{path}: {' or '.join(wanted)}: missing: the variable that holds the record{holds}")


def _stands_in(module: str, folder: str) -> bool:
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is not None and str(Path(file).resolve().parent) == folder


def _line(error: BaseException, path: Path) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f" line {lines[-1]}:" if lines else ""


def _sentence(error: Exception) -> str:
    text = one_line(error)
    missing = _MISSING.search(text)
    if missing:
        return f"{missing[1]}: missing {missing[2]}: a record has no defaults"
    unknown = _UNKNOWN.search(text)
    if unknown:
        return f"{unknown[1]}: unknown field '{unknown[2]}'"
    return text
