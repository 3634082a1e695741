"""`hil deploy` and `hil logs`: a board gets its firmware, or a folder the same files; a board tells its fault memory."""

import argparse
import json
import sys
from typing import Any

from hil.deploy import forms
from hil.deploy.boards import BOARDS, board_of
from hil.deploy.tree import LIMIT_bytes, Tree, build
from hil.errors import BadInput
from hil.record import require_writable, write_whole

NAMES = ", ".join(board.name for board in BOARDS)


def add_deploy_options(parser: argparse.ArgumentParser) -> None:
    """Of `hil deploy`."""
    parser.add_argument("board", metavar="BOARD", help=f"one of {NAMES}")
    parser.add_argument("--port", metavar="PORT", help="where the board is, for example /dev/ttyACM0")
    parser.add_argument("--pack", default="bench_24", help="name or path of a .py file (bench_24)")
    parser.add_argument(
        "--bench", action="store_true", help="for hil run --target bus: it reads the bench's frames and drives no output"
    )
    parser.add_argument("--dry-run", metavar="DIR", help="writes the tree of .mpy files into a folder")
    parser.add_argument(
        "--frozen", metavar="DIR", help="writes sources and a manifest.py to freeze into a MicroPython of your own"
    )
    parser.add_argument("--romfs", metavar="FILE", help="writes a ROMFS image")
    parser.add_argument("--bus", metavar="INTERFACE:CHANNEL", help="waits there for the first valid protected frame")


def add_logs_options(parser: argparse.ArgumentParser) -> None:
    """Of `hil logs`."""
    parser.add_argument("board", metavar="BOARD", help=f"one of {NAMES}")
    parser.add_argument(
        "--port", metavar="PORT", required=True, help="for example /dev/ttyACM0; the firmware stops and starts again"
    )


def deploy_command(options: argparse.Namespace) -> int:
    """0 when all that was asked for is done."""
    board = board_of(options.board)
    if not (options.port or options.dry_run or options.frozen or options.romfs):
        raise BadInput("deploy: wants --port, --dry-run, --frozen or --romfs")
    if options.bus and not options.port:
        raise BadInput("deploy: --bus goes with --port")
    for place in (options.romfs, options.json):
        if place not in (None, "-"):
            require_writable(place)
    tree = build(board, options.pack, options.bench)
    outcome: dict[str, Any] = tree.summary()
    if options.dry_run:
        forms.write_folder(options.dry_run, tree.files)
    if options.frozen:
        forms.write_folder(options.frozen, forms.to_freeze(tree))
    if options.romfs:
        image = forms.romfs_image(tree)
        write_whole(options.romfs, image)
        outcome["romfs_bytes"] = len(image)
    if options.port:
        from hil.deploy.install import deploy

        say = (lambda line: print(line, file=sys.stderr)) if options.json == "-" else print
        outcome["installed"] = deploy(tree, options.port, options.bus, say)
    _write_json(options.json, outcome)
    if options.json != "-":
        _tell(tree, options)
    return 0


def _tell(tree: Tree, options: argparse.Namespace) -> None:
    outcome = tree.summary()
    size = f"{tree.mpy_bytes} bytes of .mpy, {tree.mpy_bytes / LIMIT_bytes:.2f} of {LIMIT_bytes}"
    print(f"{tree.board.name} with {tree.pack}: {len(tree.files)} files, {size}, {outcome['native_bytes']} of it native code")
    if tree.board.in_flash:
        print("this board's memory holds the firmware's data only: freeze the code (--frozen) or mount it (--romfs)")
    for what, place in (
        ("tree", options.dry_run),
        ("to freeze", options.frozen),
        ("image", options.romfs),
        ("result", options.json),
    ):
        if place:
            print(f"{what}: {place}")


def logs_command(options: argparse.Namespace) -> int:
    """Prints the fault memory, newest last."""
    from hil.deploy.faultmemory import read_faults

    rows = read_faults(board_of(options.board), options.port)
    _write_json(options.json, {"board": options.board, "faults": rows})
    if options.json == "-":
        return 0
    for row in rows:
        times = f"first {row['first_s']} s, last {row['last_s']} s"
        print(f"{row['id']:3d} {row['name']:<28} {row['count']:5d} times, {times}: {row['what']}")
    if not rows:
        print(f"{options.board}: no faults are remembered")
    return 0


def _write_json(place: str | None, value: dict[str, Any]) -> None:
    if place is None:
        return
    text = json.dumps(value, indent=2) + "\n"
    if place == "-":
        sys.stdout.write(text)
    else:
        write_whole(place, text.encode())
