"""The firmware as a process: python -m boards.unix, or micropython -m boards.unix, with --pack NAME and --can BUS.

--pack NAME|FILE.py     a pack of bms.packs, or a file of that shape
--map NAME              the cell's charge map of that name instead of the pack's
--can tcp:HOST:PORT     loopback TCP to a listening bench
--can socketcan:vcan0   raw AF_CAN
--clock auto|tick|own   lockstep with the bench, own clock, or whichever it turns out to be (default auto)
--stored-soc PERMILLE   what the non-volatile memory says (default: nothing)
--store FILE            what outlives the process (default: nothing does)
--unrested              it is not known that the pack rested before this start
--lifeline              ends when standard input closes: for a bus that cannot tell that the bench is gone

A bad option ends with 2 and one line on standard error; the bench's going away ends with 0.
"""

import sys

from micropython import const

from bms.schema import PACK_FIELDS, Pack, charge_map, replaced
from boards.unix.board import CLOCKS, Board

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from boards.unix.transport import Transport

FLAGS = ("--lifeline", "--unrested")
VALUED = ("--pack", "--map", "--can", "--clock", "--stored-soc", "--store")


class BadOption(Exception):
    """One line."""


def parsed(arguments: "list[str]") -> "dict[str, str]":
    """Option -> value. Raises BadOption."""
    options = {"--clock": "auto", "--stored-soc": "-1", "--store": ""}
    i = 0
    while i < len(arguments):
        name = arguments[i]
        i += 1
        if name in FLAGS:
            options[name] = ""
        elif name not in VALUED:
            raise BadOption("unknown option " + name)
        elif i == len(arguments):
            raise BadOption(name + " wants a value")
        else:
            options[name] = arguments[i]
            i += 1
    for name in ("--pack", "--can"):
        if name not in options:
            raise BadOption("missing option " + name)
    if options["--clock"] not in CLOCKS:
        raise BadOption("--clock " + options["--clock"] + ": one of " + ", ".join(CLOCKS))
    return options


def loaded_pack(name: str, map_name: "str | None") -> Pack:
    """The PACK of bms.packs.NAME or of a file, with another charge map where one is named. Raises BadOption."""
    module_name = name
    if name.endswith(".py"):
        cut = name.rfind("/") + 1
        sys.path.append(name[:cut] or ".")
        module_name = name[cut:-3]
    try:
        if name.endswith(".py"):
            pack: Pack = __import__(module_name).PACK
        else:
            pack = __import__("bms.packs." + module_name, None, None, ["PACK"]).PACK
    except ImportError as error:
        raise BadOption("--pack " + name + ": " + str(error))
    except AttributeError:
        raise BadOption("--pack " + name + ": has no PACK")
    if map_name is not None:
        pack = replaced(Pack, PACK_FIELDS, pack, charge_map=map_name)
        try:
            charge_map(pack)
        except KeyError:
            raise BadOption("--map " + map_name + ": the cell of " + name + " has no such charge map")
    return pack


def opened(bus: str, lifeline: bool) -> "Transport":
    """The transport that `tcp:HOST:PORT` or `socketcan:INTERFACE` names. Raises BadOption."""
    kind, _, where = bus.partition(":")
    try:
        if kind == "tcp":
            from boards.unix.transport_tcp import TcpTransport

            host, _, port = where.partition(":")
            return TcpTransport(host, int(port))
        if kind == "socketcan":
            from boards.unix.transport_socketcan import SocketCanTransport

            transport = SocketCanTransport(where)
            if lifeline:
                transport.watch(sys.stdin)
            return transport
    except (OSError, ValueError) as error:
        raise BadOption("--can " + bus + ": " + str(error))
    raise BadOption("--can " + bus + ": tcp:HOST:PORT or socketcan:INTERFACE")


def main(arguments: "list[str]", make_app: "Callable[[Pack, Board], Any] | None" = None) -> int:
    """Runs the firmware until the bench goes away. `make_app(pack, board)` stands in for bms.app.App."""
    try:
        options = parsed(arguments)
        try:
            stored_soc_permille = int(options["--stored-soc"])
        except ValueError:
            raise BadOption("--stored-soc " + options["--stored-soc"] + ": a whole number of permille")
        pack = loaded_pack(options["--pack"], options.get("--map"))
        transport = opened(options["--can"], "--lifeline" in options)
    except BadOption as error:
        sys.stderr.write("boards.unix: " + str(error) + "\n")
        return 2
    if make_app is None:
        from bms.app import App

        make_app = App
    rested = "--unrested" not in options
    board = Board(pack, transport, options["--clock"], stored_soc_permille, rested, options["--store"])
    print("boards.unix: ready")
    app: Any = make_app(pack, board)
    while board.wait():
        app.tick()
    board.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
