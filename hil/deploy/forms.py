"""The forms in which a tree is handed over: a folder, sources to freeze with a manifest, a ROMFS image.

Frozen: `make -C ports/stm32 BOARD=… FROZEN_MANIFEST=DIR/manifest.py`; the board's own manifest stays in. ROMFS: `mpremote
romfs deploy FILE` for a MicroPython built with a ROMFS partition. In both the board's file system holds one line, main.py:
`import bms_start`. A folder is written beside its place and renamed: it is there whole or not at all.
"""

import os
import shutil
from pathlib import Path

from hil.deploy.tree import CONFIG, MAIN, Tree, compiled, compiler, path_in_tree
from hil.errors import BadInput

START = "bms_start"
_OURS = {CONFIG, MAIN, "bms", "boards", "manifest.py", START + ".py"}


def to_freeze(tree: Tree) -> dict[str, bytes]:
    """Slim sources with a manifest."""
    files = {path_in_tree(name, tree.texts, ".py"): text.encode() for name, text in tree.texts.items()}
    files[CONFIG] = tree.files[CONFIG]
    files[START + ".py"] = tree.files[MAIN]
    listed = "".join(f'    "{path}",\n' for path in files)
    base = "" if tree.board.name == "unix" else "$(BOARD_DIR)/manifest.py"
    include = f'include("{base}")\n' if base else ""
    files["manifest.py"] = f'{include}freeze(".", (\n{listed}), opt=3)\n'.encode()
    return files


def romfs_image(tree: Tree) -> bytes:
    """Everything compiled, also the two files that start it. BadInput where mpremote is not installed."""
    try:
        from mpremote.romfs import VfsRomWriter
    except ImportError:
        raise BadInput("no mpremote found: pip install mpremote") from None
    files = {path: data for path, data in tree.files.items() if path.endswith(".mpy")}
    for module, path in (("bms_config", CONFIG), (START, MAIN)):
        files[module + ".mpy"] = compiled(compiler(), module, tree.files[path].decode(), tree.board.march)
    writer = VfsRomWriter()
    folders: list[str] = []
    for path in sorted(files, key=lambda path: path.split("/")):
        *wanted, name = path.split("/")
        while folders != wanted[: len(folders)]:
            writer.closedir()
            folders.pop()
        for folder in wanted[len(folders) :]:
            writer.opendir(folder)
            folders.append(folder)
        writer.mkfile(name, files[path])
    for _ in folders:
        writer.closedir()
    return bytes(writer.finalise())


def write_folder(place: str, files: dict[str, bytes]) -> None:
    """The folder with these files and no others. BadInput where something else stands there, or it cannot be written."""
    folder = Path(place)
    beside = folder.parent / f".{folder.name}.{os.getpid()}.part"
    before = folder.parent / f".{folder.name}.{os.getpid()}.before"
    try:
        if folder.exists() and (not folder.is_dir() or {one.name for one in folder.iterdir()} - _OURS):
            raise BadInput(f"{place}: holds something else than a tree of ours; name an empty or a new folder")
        for path, data in files.items():
            (beside / path).parent.mkdir(parents=True, exist_ok=True)
            (beside / path).write_bytes(data)
        if folder.exists():
            folder.rename(before)
        beside.rename(folder)
    except OSError as error:
        raise BadInput(f"{place}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)
