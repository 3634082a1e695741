"""Kinds of record: their numbers, their versions, and how a record of an older version is read.

A newer version has what the older had, and words behind it: ADDED says which value they have in a record that was written
before there were any. Numbers are never reused. A record of a version above VERSIONS is refused.
"""

from micropython import const

CONFIGURATION = const(1)  # CRC of the pack's record, capacity in mAh, layers, groups, stacks
CHARGE = const(2)  # low, high, count in mAs; SoC, sigma, hysteresis in permille; s of running, starts, all contacts open
HEALTH = const(3)  # see bms/learnt.py
CYCLES = const(4)  # rows of bms/control/cycles.py
WEAR = const(5)  # openings under load
DIFFERENCES = const(6)  # see bms/learnt.py
BLED = const(7)  # ms of the day, and mAs of each group in it
FAULTS = const(8)  # see fault_memory.py

# version of each kind, from 0
VERSIONS = (0, 1, 2, 1, 1, 1, 1, 1, 1)
# kind, version, what a record of the version before has in place of each word that this version added
ADDED: "tuple[tuple[int, int, tuple[int, ...]], ...]" = ((CHARGE, 2, (0,)),)
