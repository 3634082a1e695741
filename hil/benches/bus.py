"""The bus: what the firmware puts on it (timetable), and what the bench's own handling of frames costs in a tick.

The bench's layer is all that lies between plant and firmware: packing the sensors' frames, encoding and decoding of
vehicle and charger, HIL_TICK, splitting the answer, what the witness reads of it. Neither physics nor firmware: the answers
are those of a recorded run, played again. It is measured twice: without a transport, and across that of `hil run`, where
another process plays the answers (see played). Each has its baseline, in the same run, of the same frames: encoded and
decoded by cantools alone; the same and through python-can's virtual bus, send and recv. That bus stays in this process while
ours leaves it, and cantools neither protects nor checks, while our layer does both. Of every tick the best of ROUNDS counts,
since a busy machine only ever adds time, and most of all to whoever waits for another process; the best whole round, its
waits included, stands beside.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import can
import numpy as np

from bms.schema import layer_count
from hil.actors.wire import database
from hil.benches import timetable
from hil.benches.played import Loopback, NoTransport
from hil.benches.timetable import EXTENDED, EXTENDED_MAX, Tapped, TICK_ms, story_of, tapped_run
from hil.load import load_pack
from hil.loop import Bench
from hil.record import Recorder
from hil.targets.base import FRAME_BYTES, Target

PACK = "ev_240"
LIMIT_ms = 0.15
ROUNDS = 5
PARTS = ("sensor frames", "vehicle and charger", "exchange", "witness")
WAYS = {
    False: ("without transport", "cantools alone"),
    True: ("with loopback TCP", "cantools and python-can's virtual bus"),
}


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Timetables of all packs, then the cost of a tick."""
    results: dict[str, Any] = {"timetable": timetable.measure(say)}
    target, _ = tapped_run(PACK)
    sent = _layer(target, NoTransport(target.raw))[1]
    count = sum(len(one) // FRAME_BYTES for one in (*sent, *target.raw)) / len(sent)
    results["layer"] = layer = {"pack": PACK, "frames_per_tick": round(count, 1), "limit_ms": LIMIT_ms}
    say(f"  the bench's layer, {PACK}, {count:.1f} frames a tick both ways, limit {LIMIT_ms} ms")
    for transport, (ours, theirs) in WAYS.items():
        layer[ours] = row = _compared(target, sent, transport)
        parts = ", ".join(f"{name} {part_ms * 1000:.0f} us" for name, part_ms in row["parts_ms"].items())
        verdict = "within" if row["within_limit"] else "BEYOND"
        say(f"    {ours}: {row['tick_ms']:.3f} ms a tick, {verdict} the limit; best whole round {row['best_round_ms']:.3f} ms")
        say(f"      {parts}")
        say(f"      {theirs}: {row['baseline_ms']:.2f} ms for the same frames, {row['ratio']:.1f} times as much")
    return results


def _compared(target: Tapped, sent: list[bytes], transport: bool) -> dict[str, Any]:
    """Layer and baseline, both with a transport or both without, in turns."""
    layers, baselines = [], []  # by round: seconds of every tick
    for _ in range(ROUNDS):
        with Loopback(target.raw) if transport else NoTransport(target.raw) as played:
            layers.append(_layer(target, played)[0])
        baselines.append(_baseline(target, sent, transport))
    parts_ms = np.array(layers) * 1000
    rounds_ms, baseline_ms = parts_ms.sum(axis=2), np.array(baselines) * 1000
    ours_ms, theirs_ms = float(rounds_ms.min(axis=0).mean()), float(baseline_ms.min(axis=0).mean())
    return {
        "tick_ms": round(ours_ms, 4),
        "parts_ms": {name: round(float(part_ms), 4) for name, part_ms in zip(PARTS, parts_ms.min(axis=0).mean(axis=0))},
        "best_round_ms": round(float(rounds_ms.mean(axis=1).min()), 4),
        "within_limit": ours_ms <= LIMIT_ms,
        "baseline_ms": round(theirs_ms, 3),
        "baseline_best_round_ms": round(float(baseline_ms.mean(axis=1).min()), 3),
        "ratio": round(theirs_ms / ours_ms, 1),
    }


def _layer(target: Tapped, played: Target) -> tuple[list[list[float]], list[bytes]]:
    """Seconds of every tick by part, and what the bench sent in every tick. The order of things is the loop's."""
    story, pack = story_of(PACK), load_pack(PACK)
    bench = Bench(story, pack, story.seed, Recorder(layer_count(pack)))
    sensors = bench.sensors
    bench.vehicle.enter("drive", None, 0)
    bench.charger.plugged = True
    sensors.step(bench.plant, bench.hv, 0)
    clock = time.perf_counter
    spent_s: list[list[float]] = []
    sent: list[bytes] = []
    for n in range(len(target.raw)):
        now_ms = n * TICK_ms
        a = clock()
        spoken = bench.spoken(now_ms)
        b = clock()
        frames = sensors.frames(now_ms) + spoken
        c = clock()
        answer = played.exchange(n, now_ms, frames)
        d = clock()
        bench.hear(answer, now_ms)
        e = clock()
        spent_s.append([c - b, b - a, d - c, e - d])
        sent.append(frames + played.tick_frame(n, now_ms))
    return spent_s, sent


def _baseline(target: Tapped, sent: list[bytes], transport: bool) -> list[float]:
    """Seconds of every tick for the same frames the way cantools does it, and python-can where there is a transport."""
    messages = {one.frame_id: one for name in ("bms.dbc", "hil.dbc") for one in database(name).messages}
    ticks = []
    for frames, raw in zip(sent, target.raw):
        ticks.append(
            (
                [(messages[word], messages[word].decode(data)) for word, data in _split(frames)],
                [(word, data) for word, data in _split(raw) if word in messages],
            )
        )
    with ExitStack() as stack:
        here, there = (stack.enter_context(can.Bus("hil-bench", interface="virtual")) for _ in range(2))
        spent_s = []
        for outward, inward in ticks:
            begin_s = time.perf_counter()
            for message, values in outward:
                coded = message.encode(values)
                if transport:
                    here.send(can.Message(message.frame_id, data=coded, is_extended_id=False))
                    there.recv(0)
            for word, data in inward:
                if transport:
                    there.send(can.Message(word & EXTENDED_MAX, data=data, is_extended_id=word >= EXTENDED))
                    got = here.recv(0)
                    assert got is not None
                    messages[word].decode(bytes(got.data))
                else:
                    messages[word].decode(data)
            spent_s.append(time.perf_counter() - begin_s)
        return spent_s


def _split(frames: bytes) -> list[tuple[int, bytes]]:
    out = []
    for first in range(0, len(frames), FRAME_BYTES):
        word = int.from_bytes(frames[first : first + 4], "little")
        out.append((word, frames[first + 8 : first + 8 + frames[first + 4]]))
    return out
