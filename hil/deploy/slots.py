"""Two places for a firmware on a board's file system, so that one is always whole.

Each slot is a folder with a tree and, written last of all, a file `whole` that holds the slot's generation twice. main.py takes
the slot of the highest generation whose `whole` can be read as such. A deployment goes into the other slot: its `whole` goes
first, then its files come, then they are hashed where they lie, then its `whole` comes. A cut anywhere leaves the old slot's
`whole` in force. No slot is renamed: renaming over a file is one step on littlefs and two on FAT, which an STM32 has. Only a
main.py that says something else than the one to come is replaced so, before the switch.

That holds where a block is written whole or not at all, and nothing but it: on media that write sectors of 512 bytes whole, and
on littlefs (RP2). It does not hold on an STM32's internal flash: there the file system's blocks of 512 bytes share flash
sectors of 16 to 128 kB, and whenever a file is closed a sector is erased and written again as a whole, with whatever else lies
in it (ports/stm32/flashbdev.c). A power cut in that, up to a few seconds, may lose both slots and the file allocation table.
Such a board is then written anew over its port, or has its firmware frozen or in ROMFS in the first place.

A hold file keeps main.py from starting anything, once: a watchdog that has been started cannot be stopped, and would bite in
the middle of a deployment. main.py removes it before anything else, and does not heed it after power on, so that a cut does
not leave a board that waits.
"""

SLOTS = ("bms_a", "bms_b")
WHOLE = "whole"
HOLD = "bms_hold"
START = "bms_start.py"
MARK = "# bms: two slots\n"

GENERATIONS = f"""
def generation(slot):
    try:
        with open(slot + "/{WHOLE}") as file:
            words = file.read().split("\\n")
        return int(words[0]) if len(words) == 3 and words[0] == words[1] else -1
    except (OSError, ValueError):
        return -1
"""

LOADER = f"""{MARK}import os
import sys
{GENERATIONS}

def held():
    try:
        os.remove("{HOLD}")
    except OSError:
        return False
    try:
        import machine

        return machine.reset_cause() != machine.PWRON_RESET
    except (ImportError, AttributeError):
        return False


if held():
    print("bms: held")
else:
    slot = max({SLOTS!r}, key=generation)
    if generation(slot) < 0:
        print("bms: nothing to start")
    else:
        sys.path.insert(0, slot)
        print("bms: starts", slot, generation(slot))
        import {START.removesuffix(".py")}
"""


def whole(generation: int) -> bytes:
    """The content of the file that makes a slot whole."""
    return f"{generation}\n{generation}\n".encode()
