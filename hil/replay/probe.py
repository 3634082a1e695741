"""Runs inside MicroPython: the firmware's filter over a file of doubles, what it says into another. See run.py for both.

Arguments: file of steps, file of answers, first SoC, its sigma. The module `replayed_cell` beside this one holds the cell.
"""

import sys
from array import array

from bms.estimate.ekf import SocFilter

COLUMNS = 5
ANSWERS = 5
CHUNK_rows = 256


def main(steps: str, answers: str, soc: float, sigma: float) -> None:
    """Row after row until the file ends."""
    flt = SocFilter(__import__("replayed_cell").CELL)
    flt.start(soc, sigma)
    rows = array("d", [0.0] * (COLUMNS * CHUNK_rows))
    said = array("d", [0.0] * (ANSWERS * CHUNK_rows))
    with open(steps, "rb") as source, open(answers, "wb") as sink:
        while True:
            count = source.readinto(rows) // (8 * COLUMNS)
            for k in range(count):
                at = COLUMNS * k
                flt.step(rows[at], rows[at + 1], rows[at + 2], rows[at + 3], rows[at + 4])
                at = ANSWERS * k
                said[at] = flt.soc
                said[at + 1] = flt.sigma
                said[at + 2] = flt.hysteresis
                said[at + 3] = flt.r_scale
                said[at + 4] = flt.nis
            sink.write(memoryview(said)[: ANSWERS * count])
            if count < CHUNK_rows:
                return


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
