"""The bus: what the firmware puts on it (timetable), and what the bench's own handling of frames costs in a tick.

The bench's layer is all that lies between plant and firmware: packing the sensors' frames, encoding and decoding of
vehicle and charger, splitting the answer, what the witness reads of it. Neither physics nor firmware: the answers are
those of a recorded run, played again. Baseline, in the same run: the same frames of every tick through python-can's
virtual bus, the bench's encoded and the firmware's decoded by cantools. Best of ROUNDS, since a busy machine only ever
adds time.
"""

import time
from collections.abc import Callable
from typing import Any

import can

from bms.schema import layer_count
from boards.parts.bench_frames import HilActuators
from hil.actors import charger as chargers
from hil.actors import vehicle as vehicles
from hil.actors.wire import database
from hil.benches import timetable
from hil.benches.timetable import EXTENDED, EXTENDED_MAX, Tapped, TICK_ms, story_of, tapped_run
from hil.load import load_pack
from hil.loop import Bench
from hil.record import Recorder
from hil.targets.base import FRAME_BYTES

PACK = "ev_240"
LIMIT_ms = 0.15
ROUNDS = 5
BASELINE_ticks = 200
PARTS = ("sensor frames", "vehicle and charger", "splitting", "witness")


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Timetables of all packs, then the cost of a tick."""
    results: dict[str, Any] = {"timetable": timetable.measure(say)}
    target, _ = tapped_run(PACK)
    layers = [_layer(target) for _ in range(ROUNDS)]
    layer_s = min(sum(parts) for parts, _ in layers)
    parts_s = [min(parts[k] for parts, _ in layers) for k in range(len(PARTS))]
    frames = layers[0][1]
    baseline_s = min(_baseline(target, frames) for _ in range(ROUNDS))
    count = sum(len(one) // FRAME_BYTES for one in (*frames, *target.raw)) / len(frames)
    layer_ms, baseline_ms = layer_s * 1000, baseline_s * 1000
    results["layer"] = {
        "pack": PACK,
        "frames_per_tick": round(count, 1),
        "tick_ms": round(layer_ms, 4),
        "parts_ms": {name: round(part_s * 1000, 4) for name, part_s in zip(PARTS, parts_s)},
        "baseline_ms": round(baseline_ms, 3),
        "ratio": round(baseline_ms / layer_ms, 1),
        "limit_ms": LIMIT_ms,
        "within_limit": layer_ms <= LIMIT_ms,
    }
    say(f"  the bench's layer, {PACK}, {count:.1f} frames a tick both ways: {layer_ms:.3f} ms a tick (limit {LIMIT_ms} ms)")
    say(f"    {', '.join(f'{name} {part_s * 1e6:.0f} us' for name, part_s in zip(PARTS, parts_s))}")
    say(f"    the same frames by python-can and cantools: {baseline_ms:.2f} ms, {baseline_ms / layer_ms:.1f} times as much")
    return results


def _layer(target: Tapped) -> tuple[list[float], list[bytes]]:
    """Seconds a tick by part, and what the bench sent in every tick. The order of things is the loop's."""
    story, pack = story_of(PACK), load_pack(PACK)
    bench = Bench(story, pack, story.seed, Recorder(layer_count(pack)))
    sensors, vehicle, charger, hv, latest = bench.sensors, bench.vehicle, bench.charger, bench.hv, bench.latest
    limits_id, state_id, request_id = (
        database().get_message_by_name(name).frame_id for name in ("BMS_LIMITS", "BMS_STATE", "BMS_CHARGE_REQUEST")
    )
    vehicle.enter("drive", None, 0)
    charger.plugged = True
    sensors.step(bench.plant, hv, 0)
    handlers, actuators, actuators_id = bench.witness.handlers, HilActuators(), HilActuators.ID
    clock = time.perf_counter
    spent = [0.0] * len(PARTS)
    sent: list[bytes] = []
    for n, raw in enumerate(target.raw):
        now_ms = n * TICK_ms
        a = clock()
        spoken = b""
        if not now_ms % vehicles.PERIOD_ms:
            spoken = vehicle.step(latest.get(limits_id), latest.get(state_id), now_ms)
            if not now_ms % chargers.PERIOD_ms:
                spoken += charger.step(latest.get(request_id), hv.charger_output_V, hv.charger_output_A, now_ms)
        b = clock()
        frames = sensors.frames(now_ms) + spoken
        c = clock()
        tick = target.tick_frame(n, now_ms)
        answer = super(Tapped, target).answer(n, raw)
        d = clock()
        for identifier, data in answer:
            latest[identifier] = data
            if identifier in handlers:
                handlers[identifier](data, now_ms)
            elif identifier == actuators_id:
                actuators.unpack(data)
                hv.watchdog_fed(actuators.watchdog)
        e = clock()
        for k, part_s in enumerate((c - b, b - a, d - c, e - d)):
            spent[k] += part_s
        sent.append(frames + tick)
    return [part_s / len(target.raw) for part_s in spent], sent


def _baseline(target: Tapped, sent: list[bytes]) -> float:
    """Seconds a tick of the same frames the way python-can and cantools do it."""
    messages = {one.frame_id: one for name in ("bms.dbc", "hil.dbc") for one in database(name).messages}
    ticks = []
    for frames, raw in zip(sent[-BASELINE_ticks:], target.raw[-BASELINE_ticks:]):
        ticks.append(
            (
                [(messages[word], messages[word].decode(data)) for word, data in _split(frames)],
                [(word, data) for word, data in _split(raw) if word in messages],
            )
        )
    with can.Bus("hil-bench", interface="virtual") as here, can.Bus("hil-bench", interface="virtual") as there:
        begin_s = time.perf_counter()
        for outward, inward in ticks:
            for message, values in outward:
                here.send(can.Message(message.frame_id, data=message.encode(values), is_extended_id=False))
                there.recv(0)
            for word, data in inward:
                there.send(can.Message(word & EXTENDED_MAX, data=data, is_extended_id=word >= EXTENDED))
                got = here.recv(0)
                if got is not None:
                    messages[word].decode(bytes(got.data))
        return (time.perf_counter() - begin_s) / len(ticks)


def _split(frames: bytes) -> list[tuple[int, bytes]]:
    out = []
    for first in range(0, len(frames), FRAME_BYTES):
        word = int.from_bytes(frames[first : first + 4], "little")
        out.append((word, frames[first + 8 : first + 8 + frames[first + 4]]))
    return out
