"""The hardware-in-the-loop bench: a plant whose every hidden layer is known, its sensors, bus and actors.

Importing it lets CPython import the firmware: the folder of the `micropython` shim goes last on sys.path.
"""

import sys
from pathlib import Path

SHIM = str(Path(__file__).parent / "shim")

if SHIM not in sys.path:
    sys.path.append(SHIM)
