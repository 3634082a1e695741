"""What a board runs after reset: the pack and the board that bms_config.py names, tick by tick.

bms_config.py lies beside this file's package, written by whoever deploys: BOARD = "folder of boards/", PACK = "module of
bms/packs/". Whatever ends the loop leaves every coil without current: the outputs are switched off, nobody feeds the watchdog,
and it bites.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from bms.schema import Pack


def pack_of(name: str) -> "Pack":
    """PACK of bms.packs.NAME."""
    pack: Pack = __import__("bms.packs." + name, None, None, ["PACK"]).PACK
    return pack


def run(
    board_name: str,
    pack_name: str,
    make_app: "Callable[[Pack, Any], Any] | None" = None,
    instead: "Callable[[Pack, Any], Any] | None" = None,
) -> None:
    """Until the power goes, or until something raises. `make_app(pack, board)` stands in for bms.app.App,
    `instead(pack, module of the board)` for the board's own class."""
    pack = pack_of(pack_name)
    # the board first: its outputs are off before anything else is imported
    module = __import__("boards." + board_name + ".board", None, None, ["Board"])
    board = module.Board(pack) if instead is None else instead(pack, module)
    if make_app is None:
        from bms.app import App

        make_app = App
    app = make_app(pack, board)
    try:
        while board.wait():
            app.tick()
    finally:
        board.contactors(0, 0)
        board.thermal(0, 0)


def main() -> None:
    """Starts what bms_config.py names."""
    import bms_config

    run(bms_config.BOARD, bms_config.PACK)


if __name__ == "__main__":
    main()
