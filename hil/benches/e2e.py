"""End-to-end protection: what it costs against autosar-e2e, and what corruption passes it, counted against exact theory.

Speed is protect and check of one frame: the firmware's on this interpreter and in the real MicroPython, autosar-e2e's here
(compiled, and its check looks at the check sum only, not at the counter), all in the same run. What passes is known
exactly, because a check sum is linear: an error passes when the syndromes of its bits cancel. Error patterns of
weight w that pass are counted through the dual code (MacWilliams), bursts through the rank of their window. Against that
stands what the firmware's receiver let through of SAMPLES frames a kind, with the interval in which 99.9 % of such
counts would lie were theory right.
"""

import math
import os
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from e2e.p05 import e2e_p05_check, e2e_p05_protect

import bms
from bms.can.e2e import ERROR, Receiver, protect
from hil.errors import BadInput
from hil.targets.process import find_micropython

IDENTIFIER = 0x200
BITS = 64
SAMPLES = 300_000
WEIGHTS = (4, 6, 8)
BURSTS = (16, 17, 20, 32)
CALLS = 20_000
ON_TARGET = """
import time
from bms.can.e2e import Receiver, protect
def run(data, receiver, n):
    a = time.ticks_us()
    for _ in range(n):
        protect(data, {identifier})
    b = time.ticks_us()
    for _ in range(n):
        receiver.check(data)
    c = time.ticks_us()
    for _ in range(n):
        pass
    d = time.ticks_us()
    print(b - a - (d - c), c - b - (d - c))
run(bytearray(8), Receiver({identifier}, 300, 50), {calls})
"""


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Calls a second, and what passes."""
    return {"speed": _speed(say), "passed": _passed(say)}


def _speed(say: Callable[[str], None]) -> dict[str, Any]:
    data, receiver = bytearray(8), Receiver(IDENTIFIER, 300, 50)
    ours = {"protect": _rate(lambda: protect(data, IDENTIFIER)), "check": _rate(lambda: receiver.check(data))}
    theirs = {
        "protect": _rate(lambda: e2e_p05_protect(data, IDENTIFIER)),
        "check": _rate(lambda: e2e_p05_check(data, IDENTIFIER)),
    }
    result: dict[str, Any] = {"cpython": ours, "autosar-e2e": theirs, "micropython": _rate_on_target()}
    for name, rates in result.items():
        if rates is None:
            say(f"  {name:12s} skipped: none found")
            continue
        words = [f"{what} {rate:9,d} a second ({rate / theirs[what]:.2f} of autosar-e2e)" for what, rate in rates.items()]
        say(f"  {name:12s} {', '.join(words)}")
    return result


def _rate(step: Callable[[], object]) -> int:
    return round(CALLS / min(timeit.repeat(step, number=CALLS, repeat=5)))


def _rate_on_target() -> dict[str, int] | None:
    """None where there is no MicroPython."""
    try:
        command = [find_micropython()]
    except BadInput:
        return None
    if Path(command[0]).read_bytes()[:2] == b"#!":  # the package index's is a script that loads a library
        command.insert(0, sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bms").symlink_to(Path(next(iter(bms.__path__))).resolve())
        script = ON_TARGET.format(identifier=IDENTIFIER, calls=10 * CALLS)
        path = {**os.environ, "MICROPYPATH": os.pathsep.join((folder, ".frozen"))}
        done = subprocess.run([*command, "-c", script], capture_output=True, text=True, check=True, env=path, timeout=60)
    times_us = [int(word) for word in done.stdout.split()]
    return {what: round(10 * CALLS / us * 1e6) for what, us in zip(("protect", "check"), times_us)}


def _passed(say: Callable[[str], None]) -> dict[str, Any]:
    random = Random(1)
    sound = bytearray(b"\0\0\x05" + random.randbytes(5))
    e2e_p05_protect(sound, IDENTIFIER, increment_counter=False)
    word = int.from_bytes(sound, "big")
    syndromes = [_syndrome(word ^ 1 << k) for k in range(BITS)]  # bit k from the end of the wire
    rows = [_row("random content", random, lambda: random.getrandbits(BITS), 2.0**-16)]
    by_weight = _weights(syndromes)
    for weight in WEIGHTS:
        share = by_weight[weight] / math.comb(BITS, weight)
        rows.append(_row(f"{weight} wrong bits", random, partial(_wrong, random, word, weight), share))
    for length in BURSTS:
        share = _bursts(syndromes, length) / ((BITS + 1 - length) << (length - 2))
        rows.append(_row(f"burst of {length}", random, partial(_burst, random, word, length), share))
    distance = min(w for w in range(1, BITS + 1) if by_weight[w])
    odd = sum(by_weight[1::2])
    longest = max(n for n in range(2, BITS) if not any(_bursts(syndromes, k) for k in range(2, n + 1)))
    say(f"  distance {distance}; odd numbers of wrong bits pass {odd} times; every burst of up to {longest} bits is found;")
    say(f"  of {math.comb(BITS, 4)} patterns of 4 bits {by_weight[4]} pass, of all bursts of 16 {_bursts(syndromes, 16)}")
    for row in rows:
        low, high = row["interval_999"]
        say(
            f"  {row['kind']:16s} passed {row['passed']:4d} of {row['frames']}, expected {row['expected']:6.2f}"
            f" (1 in {1 / row['share']:,.0f}), 99.9 %: {low} to {high}"
        )
    return {"distance": distance, "odd_that_pass": odd, "four_that_pass": by_weight[4], "bursts_found": longest, "rows": rows}


def _row(kind: str, random: Random, corrupt: Callable[[], int], share: float) -> dict[str, Any]:
    receiver = Receiver(IDENTIFIER, 300, 50)
    passed = 0
    for _ in range(SAMPLES):
        receiver.check(corrupt().to_bytes(8, "big"))  # type: ignore[arg-type]
        passed += receiver.state != ERROR
    expected = SAMPLES * share
    low, high = _interval(expected)
    return {
        "kind": kind,
        "frames": SAMPLES,
        "passed": passed,
        "expected": round(expected, 3),
        "share": share,
        "interval_999": [low, high],
        "inside": low <= passed <= high,
    }


def _syndrome(word: int) -> int:
    """Stored check sum against the one over the content, by the independent package."""
    stored = word.to_bytes(8, "big")
    right = bytearray(stored)
    e2e_p05_protect(right, IDENTIFIER, increment_counter=False)
    return int.from_bytes(stored[:2], "little") ^ int.from_bytes(right[:2], "little")


def _weights(syndromes: list[int]) -> list[int]:
    """How many error patterns of each weight have syndrome 0, from the weights of the dual code."""
    masks = np.arange(1 << 16, dtype=np.uint32)
    weight = np.zeros(1 << 16, dtype=np.int64)
    for one in syndromes:
        weight += np.bitwise_count(masks & one) & 1
    dual = np.bincount(weight, minlength=BITS + 1).tolist()
    return [sum(count * _krawtchouk(w, i) for i, count in enumerate(dual)) >> 16 for w in range(BITS + 1)]


def _krawtchouk(w: int, i: int) -> int:
    return sum((-1) ** j * math.comb(i, j) * math.comb(BITS - i, w - j) for j in range(w + 1))


def _bursts(syndromes: list[int], length: int) -> int:
    """Patterns of exactly this length, both ends wrong, that pass: inclusion and exclusion of the windows inside."""

    def silent(first: int, end: int) -> int:
        return 1 << (end - first - _rank(syndromes[first:end]))

    return sum(
        silent(k, k + length) - silent(k + 1, k + length) - silent(k, k + length - 1) + silent(k + 1, k + length - 1)
        for k in range(BITS + 1 - length)
    )


def _rank(vectors: list[int]) -> int:
    """Over the field of two elements."""
    basis: list[int] = []
    for vector in vectors:
        for one in basis:
            vector = min(vector, vector ^ one)
        if vector:
            basis.append(vector)
    return len(basis)


def _wrong(random: Random, word: int, weight: int) -> int:
    return word ^ sum(1 << bit for bit in random.sample(range(BITS), weight))


def _burst(random: Random, word: int, length: int) -> int:
    return word ^ (random.getrandbits(length) | 1 | 1 << (length - 1)) << random.randrange(BITS + 1 - length)


def _interval(expected: float) -> tuple[int, int]:
    """The central 99.9 % of a Poisson distribution."""
    low, high, total, chance, k = 0, 0, 0.0, math.exp(-expected), 0
    while total < 0.9995:
        if total < 0.0005:
            low = k
        total += chance
        high = k
        k += 1
        chance *= expected / k
    return low, high
