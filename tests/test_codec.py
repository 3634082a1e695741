"""A generated codec and cantools agree on every frame, whatever the layout; what has no codec is refused."""

import json
import math
import operator
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import cantools
import pytest
from cantools.database.can import Database, Message, Signal
from hypothesis import given, settings
from hypothesis import strategies as st

from dbc import generate, names

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = sorted(ROOT.glob("dbc/*.dbc"))
HEAD = 'VERSION ""\n\nNS_ :\n\nBS_:\n\nBU_: A B\n\n'
SMALL_INT_LIMIT = 2**30

# Every message here is odd in a way of its own.
ODD = HEAD + """\
BO_ 1 SKEWED: 8 A
 SG_ little_30 : 2|30@1- (1,0) [0|0] "" B
 SG_ big_30 : 38|30@0- (1,0) [0|0] "" B

BO_ 2 BITS: 2 A
 SG_ signed_bit : 0|1@1- (1,0) [0|0] "" B
 SG_ flag : 1|1@1+ (1,0) [0|1] "" B
 SG_ big_three : 4|3@0+ (1,0) [0|0] "" B
 SG_ last : 15|1@0+ (1,0) [0|0] "" B

BO_ 3 WIDE: 24 A
 SG_ unsigned_64 : 5|64@1+ (1,0) [0|0] "" B
 SG_ signed_64 : 76|64@0- (1,0) [0|0] "" B
 SG_ signed_33 : 150|33@1- (1,0) [0|0] "" B

BO_ 4 FLOATS: 25 A
 SG_ big_float : 7|32@0- (1,0) [0|0] "V" B
 SG_ little_double : 32|64@1- (1,0) [-1e+30|1e+30] "" B
 SG_ crooked_float : 99|32@1- (1,0) [0|0] "" B
 SG_ crooked_double : 133|64@1- (1,0) [0|0] "" B

BO_ 2566844161 LONG_ID: 64 A
 SG_ first : 0|12@1+ (1,0) [0|0] "" B
 SG_ middle : 263|20@0- (1,0) [0|0] "" B
 SG_ final : 500|12@1+ (1,0) [0|0] "" B

BO_ 6 EMPTY: 3 A

BO_ 7 NOTHING: 0 A

BO_ 8 NAMED: 5 A
 SG_ sparse : 0|10@1+ (1,0) [0|1000] "" B
 SG_ lonely : 10|10@1+ (1,0) [5|9] "" B
 SG_ below : 20|12@1- (0.1,0) [-50|50] "degC" B
 SG_ mirrored : 32|8@1- (-0.5,10) [0|50] "" B

BO_ 9 PLAIN_MUX: 8 A
 SG_ mode M : 0|4@1+ (1,0) [0|0] "" B
 SG_ shared : 4|8@1+ (1,0) [0|0] "" B
 SG_ low_0 m0 : 12|20@1- (1,0) [0|0] "" B
 SG_ low_1 m1 : 12|7@1+ (1,0) [0|100] "" B
 SG_ high_1 m1 : 39|16@0- (1,0) [0|0] "" B
 SG_ float_7 m7 : 16|32@1- (1,0) [0|0] "" B
 SG_ duo_a m2 : 56|2@1+ (1,0) [0|0] "" B
 SG_ duo_b m2 : 58|2@1+ (1,0) [0|2] "" B
 SG_ bit_3 m3 : 57|1@1+ (1,0) [0|1] "" B
 SG_ across_4 m4 : 50|10@1+ (1,0) [0|0] "" B
 SG_ early : 48|2@1+ (1,0) [0|0] "" B
 SG_ always : 60|4@1+ (1,0) [0|0] "" B

BO_ 10 NESTED: 8 A
 SG_ outer M : 0|3@1+ (1,0) [0|0] "" B
 SG_ inner m2M : 3|3@1- (1,0) [0|0] "" B
 SG_ deep_a m0 : 6|11@1- (1,0) [0|0] "" B
 SG_ deep_b m1 : 6|13@1+ (1,0) [0|0] "" B
 SG_ flat m0 : 3|20@1+ (1,0) [0|0] "" B
 SG_ other M : 32|2@1+ (1,0) [0|0] "" B
 SG_ many m0 : 34|6@1+ (1,0) [0|0] "" B
 SG_ few m3 : 34|9@1- (1,0) [0|0] "" B

BO_ 11 RANGES: 4 A
 SG_ which M : 0|8@1+ (1,0) [0|0] "" B
 SG_ wide m3 : 8|5@1+ (1,0) [0|0] "" B
 SG_ overlap m4 : 13|6@1- (1,0) [0|0] "" B
 SG_ single m200 : 8|24@1+ (1,0) [0|0] "" B

BO_ 12 OFF_GRID: 2 A
 SG_ between : 0|8@1+ (0.1,0) [0.25|9.99] "" B
 SG_ negative : 8|8@1- (0.5,-3) [-12.8|4.3] "" B

BO_ 13 EDGES: 8 A
 SG_ loose : 0|32@1- (0.5,0) [0|5] "" B
 SG_ titled : 32|32@1- (1,0) [0|9] "" B

BO_ 14 BUILTINS: 8 A
 SG_ max M : 0|2@1+ (1,0) [0|2] "" B
 SG_ min m1M : 2|2@1+ (1,0) [0|0] "" B
 SG_ abs m3 : 8|31@1+ (1,0) [0|0] "" B
 SG_ raw m2 : 8|32@0- (1,0) [0|0] "" B

BO_ 15 LISTED: 13 A
 SG_ many : 0|16@1- (1,0) [-9|9] "" B
 SG_ NAMED_many : 16|5@1+ (1,0) [0|30] "" B
 SG_ current_of_the_whole_second_string : 24|24@1- (1,0) [-8388000|8388000] "" B
 SG_ crooked : 49|30@1- (1,0) [-536870900|536870900] "" B
 SG_ chooser M : 80|16@1+ (1,0) [0|9] "" B
 SG_ chosen m5000 : 96|8@1+ (1,0) [0|9] "" B

BO_ 16 LISTED_WIDE: 30 A
 SG_ whole : 0|64@1- (1,0) [-9|9] "" B
 SG_ crooked : 67|61@1- (1,0) [-9|9] "" B
 SG_ few : 128|40@1+ (1,0) [9|99] "" B
 SG_ real : 168|32@1- (1,0) [-9|9] "" B

VAL_ 15 many {many} ;
VAL_ 15 current_of_the_whole_second_string {string} ;
VAL_ 15 crooked {ends} ;
VAL_ 15 chooser {chooser} ;
VAL_ 16 whole {many} ;
VAL_ 16 crooked {many} ;
VAL_ 16 few 0 "off" 1000 "odd" ;
VAL_ 16 real {many} ;
SIG_VALTYPE_ 16 real : 1;
VAL_ 8 sparse 1022 "bad" 1023 "absent" ;
VAL_ 8 lonely 0 "off" 77 "odd" ;
VAL_ 8 below -2048 "open" -2047 "short" -2046 "late" 3 "inside" 70000 "beyond" ;
VAL_ 10 other 2 "two" ;
VAL_ 13 titled -3 "open" -2 "short" -1 "late" 20 "far" ;
SIG_VALTYPE_ 13 loose : 1;
SIG_VALTYPE_ 13 titled : 1;
SIG_VALTYPE_ 4 big_float : 1;
SIG_VALTYPE_ 4 little_double : 2;
SIG_VALTYPE_ 4 crooked_float : 1;
SIG_VALTYPE_ 4 crooked_double : 2;
SIG_VALTYPE_ 9 float_7 : 1;
SG_MUL_VAL_ 10 inner outer 2-2;
SG_MUL_VAL_ 10 deep_a inner 0-0;
SG_MUL_VAL_ 10 deep_b inner 1-1;
SG_MUL_VAL_ 10 flat outer 0-0;
SG_MUL_VAL_ 10 many other 0-1;
SG_MUL_VAL_ 10 few other 3-3;
SG_MUL_VAL_ 14 min max 1-1;
SG_MUL_VAL_ 14 abs min 3-3;
SG_MUL_VAL_ 14 raw max 2-2;
SG_MUL_VAL_ 11 wide which 3-9, 20-20;
SG_MUL_VAL_ 11 overlap which 4-6, 21-21, 30-40;
SG_MUL_VAL_ 11 single which 200-200;
"""

# More values with a name outside the range than a line holds.
SCATTERED = {
    "many": range(-3000, 3000, 61),
    "string": [-8388608, -8388605, -8388601, 8388005, 8388603, 8388606],
    "ends": [*range(-536870912, -536870900, 2), *range(536870901, 536870912, 2)],
    "chooser": [*range(10), *range(1000, 9000, 800)],
}
for _name, _values in SCATTERED.items():
    ODD = ODD.replace("{" + _name + "}", " ".join(f'{value} "named"' for value in _values))


@dataclass(frozen=True)
class Codec:
    """A generated module beside the names it gave and cantools' own view of the same text."""

    text: str
    module: ModuleType
    names: dict[str, Any]
    database: Database

    def frame(self, message: Message) -> Any:
        return getattr(self.module, self.names[message.name]["class"])()

    def fill(self, message: Message, values: Mapping[str, float]) -> Any:
        frame = self.frame(message)
        for name, value in values.items():
            setattr(frame, self.attribute(message, name), value)
        return frame

    def attribute(self, message: Message, signal: str) -> str:
        return str(self.names[message.name]["signals"][signal])


def compiled(text: str, *options: str) -> Codec:
    with TemporaryDirectory() as folder:
        source, out, mapping = (Path(folder, name) for name in ("in.dbc", "out.py", "map.json"))
        source.write_text(text, encoding="utf-8")
        assert generate.main([str(source), "-o", str(out), "--map", str(mapping), *options]) == 0
        module = ModuleType("codec")
        code = out.read_text(encoding="utf-8")
        exec(compile(code, "out.py", "exec"), module.__dict__)
        database = cantools.database.load_string(text, "dbc")
        assert isinstance(database, Database)
        return Codec(code, module, json.loads(mapping.read_text(encoding="utf-8")), database)


@cache
def known() -> dict[str, Codec]:
    """Every message of every DBC we ship, and the odd ones."""
    assert SHIPPED
    texts = {path.name: path.read_text(encoding="utf-8") for path in SHIPPED}
    return {name: compiled(text) for name, text in {**texts, "odd": ODD}.items()}


def messages() -> list[Any]:
    return [
        pytest.param(codec, message, id=f"{name}:{message.name}")
        for name, codec in known().items()
        for message in codec.database.messages
    ]


# What cantools says: the oracle of everything below.


def decoded(message: Message, payload: bytes) -> dict[str, Any] | None:
    try:
        values = message.decode(payload, decode_choices=False, scaling=False)
    except cantools.database.DecodeError:
        return None
    assert isinstance(values, dict)
    return values


def encoded(message: Message, values: Mapping[str, float]) -> bytes:
    return message.encode(dict(values), scaling=False)


def packed(frame: Any) -> bytes:
    buf = bytearray(b"\xa5" * frame.LENGTH)
    frame.pack(buf)
    return bytes(buf)


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def raw_range(signal: Signal) -> tuple[float, float]:
    """Declared range in steps of the raw value, by exact decimal arithmetic."""
    if signal.conversion.is_float:
        low, high = -3e38, 3e38
    elif signal.is_signed:
        low, high = -(2 ** (signal.length - 1)), 2 ** (signal.length - 1) - 1
    else:
        low, high = 0, 2**signal.length - 1
    if signal.minimum is None or signal.maximum is None:
        return low, high
    scale, offset = Fraction(repr(signal.scale)), Fraction(repr(signal.offset))
    ends = sorted((Fraction(repr(end)) - offset) / scale for end in (signal.minimum, signal.maximum))
    if signal.conversion.is_float:
        return max(low, float(ends[0])), min(high, float(ends[1]))
    return max(low, math.ceil(ends[0])), min(high, math.floor(ends[1]))


def named_values(signal: Signal) -> list[int]:
    most = 2 ** (signal.length - signal.is_signed)
    values = [int(value) for value in signal.choices or {}]
    return [value for value in values if (-most if signal.is_signed else 0) <= value < most]


def allowed(signal: Signal, rng: random.Random) -> float:
    """A value that cantools accepts, often an end of the range or one with a name."""
    low, high = raw_range(signal)
    if signal.conversion.is_float and high - low < 2**20:
        return rng.choice([low, (low + high) / 2, high])
    if signal.conversion.is_float:
        drawn = rng.choice([0.0, 1.0, -2.5, low / 3, high / 7])
        mantissa = round(math.ldexp(math.frexp(drawn)[0], 20))  # short enough for either format
        return drawn if signal.length == 64 else math.ldexp(mantissa, -3)
    return rng.choice([low, high, rng.randint(int(low), int(high)), *named_values(signal)])


def present(message: Message, wanted: dict[str, float], rng: random.Random) -> dict[str, float]:
    """Of the wanted values those that a frame can carry together, selectors set to values with a meaning."""
    values: dict[str, float] = {}

    def walk(tree: Any) -> None:
        for node in tree:
            if isinstance(node, str):
                values[node] = wanted[node]
            else:
                ((selector, children),) = node.items()
                values[selector] = rng.choice(sorted(children))
                walk(children[values[selector]])

    walk(message.signal_tree)
    return values


@pytest.mark.parametrize(("codec", "message"), messages())
def test_a_class_carries_id_length_and_period_of_its_message(codec: Codec, message: Message) -> None:
    cls = type(codec.frame(message))
    assert (message.frame_id, message.is_extended_frame, message.length) == (cls.ID, cls.EXTENDED, cls.LENGTH)
    assert cls.PERIOD_ms == (message.cycle_time or 0)
    assert cls in codec.module.MESSAGES


@pytest.mark.parametrize(("codec", "message"), messages())
def test_any_payload_reads_as_cantools_reads_it(codec: Codec, message: Message) -> None:
    rng = random.Random(message.name)
    for _ in range(60):
        draws = [(0, 255, rng.randrange(8), rng.randrange(256)) for _ in range(message.length)]
        payload = bytes(rng.choice(draw) for draw in draws)
        check_reading(codec, message, payload)


def check_reading(codec: Codec, message: Message, payload: bytes) -> None:
    """Present signals are as cantools has them, absent ones untouched; a refusal touches nothing at all."""
    frame = codec.frame(message)
    for signal in message.signals:
        setattr(frame, codec.attribute(message, signal.name), "untouched")
    want = decoded(message, payload)
    assert frame.unpack(payload) is (want is not None)
    assert not frame.unpack(payload + b"\0")
    for signal in message.signals:
        got = getattr(frame, codec.attribute(message, signal.name))
        if want is None or signal.name not in want:
            assert got == "untouched"
        else:
            assert same(got, want[signal.name])


@pytest.mark.parametrize(("codec", "message"), messages())
def test_values_in_range_are_packed_as_cantools_packs_them(codec: Codec, message: Message) -> None:
    rng = random.Random(message.name)
    for _ in range(60):
        values = present(message, {s.name: allowed(s, rng) for s in message.signals}, rng)
        assert packed(codec.fill(message, values)) == encoded(message, values)


@pytest.mark.parametrize(("codec", "message"), messages())
def test_values_out_of_range_are_packed_as_the_nearest_end(codec: Codec, message: Message) -> None:
    rng = random.Random(message.name)
    for _ in range(40):
        wanted, nearest = {}, {}
        for signal in message.signals:
            low, high = raw_range(signal)
            beyond = rng.choice([1, 2, 2**signal.length, 2**70])
            wanted[signal.name] = rng.choice([low - beyond, high + beyond])
            if wanted[signal.name] in named_values(signal):
                wanted[signal.name] = high
            if signal.conversion.is_float:  # a range as wide as the format has no outside
                wanted[signal.name] = high if signal.minimum is None else rng.choice([2 * low, 2 * high])
            nearest[signal.name] = min(max(wanted[signal.name], low), high)
        nearest = present(message, nearest, rng)
        selectors = {s.name for s in message.signals if s.is_multiplexer}
        wanted = {name: nearest[name] if name in selectors else wanted[name] for name in nearest}
        assert packed(codec.fill(message, wanted)) == encoded(message, nearest)


@pytest.mark.parametrize(("codec", "message"), messages())
def test_raw_times_scale_plus_offset_is_the_physical_value(codec: Codec, message: Message) -> None:
    rng = random.Random(message.name)
    values = present(message, {s.name: allowed(s, rng) for s in message.signals}, rng)
    physical = message.decode(packed(codec.fill(message, values)), decode_choices=False)
    assert isinstance(physical, dict)
    for name, value in physical.items():
        meta = codec.names[message.name]["meta"][name]
        assert value == pytest.approx(values[name] * meta["scale"] + meta["offset"], rel=1e-12)


# Random layouts.


@dataclass(frozen=True)
class Drawn:
    """A signal of a random layout, with its raw range as drawn."""

    line: str
    name: str
    low: int
    high: int
    named: tuple[int, ...]


Layout = tuple[str, list[Drawn]]  # the text of a DBC with one message, and its signals


@st.composite
def layouts(draw: st.DrawFn, widest: int = 64) -> Layout:
    length = draw(st.sampled_from([1, 2, 3, 8, 8, 8, 12, 64]))
    free = set(range(8 * length))
    drawn: list[Drawn] = []
    for n in range(draw(st.integers(1, 9))):
        big = draw(st.booleans())
        first, most = draw(st.integers(0, 8 * length - 1)), draw(st.integers(1, widest))
        bits: list[int] = []  # in the numbering of this byte order
        while len(bits) < most and (bit := first + len(bits)) in range(8 * length):
            place = bit ^ 7 if big else bit
            if place not in free:
                break
            bits.append(bit)
        if not bits:
            continue
        free -= {bit ^ 7 if big else bit for bit in bits}
        drawn.append(draw(signals(f"signal_{n}", first ^ 7 if big else first, len(bits), big)))
    tables = [" ".join(f'{v} "name {v}"' for v in s.named) for s in drawn]
    text = HEAD + f"BO_ 291 RANDOM: {length} A\n" + "".join(s.line for s in drawn) + "\n"
    text += "".join(f"VAL_ 291 {s.name} {table} ;\n" for s, table in zip(drawn, tables) if table)
    return text, drawn


@st.composite
def signals(draw: st.DrawFn, name: str, start: int, width: int, big: bool) -> Drawn:
    signed = draw(st.booleans())
    smallest, largest = (-(2 ** (width - 1)), 2 ** (width - 1) - 1) if signed else (0, 2**width - 1)
    raw = st.integers(smallest, largest)
    scale = Decimal(draw(st.sampled_from(["1", "0.1", "0.001", "0.5", "2", "-0.25"])))
    offset = Decimal(draw(st.sampled_from(["0", "0", "-40", "12.5"])))
    low, high, declared = smallest, largest, "0|0"
    # cantools holds a range in doubles, which cannot tell neighbours apart beyond these widths.
    if width <= 30 and draw(st.booleans()):
        low, high = sorted((draw(raw), draw(raw)))
        ends = sorted((low * scale + offset, high * scale + offset))
        if ends != [0, 0]:
            declared = f"{ends[0]}|{ends[1]}"
        else:
            low, high = smallest, largest
    named = tuple(draw(st.lists(raw, max_size=3, unique=True))) if draw(st.booleans()) else ()
    sign, order = "-" if signed else "+", 0 if big else 1
    line = f' SG_ {name} : {start}|{width}@{order}{sign} ({scale},{offset}) [{declared}] "" B\n'
    return Drawn(line, name, low, high, named)


@settings(max_examples=150)
@given(layouts(), st.randoms(use_true_random=False))
def test_any_layout_reads_and_packs_as_cantools_does(layout: Layout, rng: random.Random) -> None:
    text, drawn = layout
    codec = compiled(text)
    (message,) = codec.database.messages
    for _ in range(5):
        check_reading(codec, message, rng.randbytes(message.length))
        values = {s.name: rng.choice([s.low, s.high, rng.randint(s.low, s.high), *s.named]) for s in drawn}
        assert packed(codec.fill(message, values)) == encoded(message, values)


@settings(max_examples=100)
@given(layouts(), st.randoms(use_true_random=False))
def test_any_layout_clamps_what_is_out_of_range(layout: Layout, rng: random.Random) -> None:
    text, drawn = layout
    codec = compiled(text)
    (message,) = codec.database.messages
    for _ in range(5):
        wild = {s.name: rng.randint(-3 * 2**rng.randint(0, 65), 3 * 2**rng.randint(0, 65)) for s in drawn}
        tame = {s.name: v if (v := wild[s.name]) in s.named else min(max(v, s.low), s.high) for s in drawn}
        assert packed(codec.fill(message, wild)) == encoded(message, tame)


class Small(int):
    """An integer of the target: past 31 bits it would be an object on the heap."""

    def __new__(cls, value: int) -> "Small":
        assert -SMALL_INT_LIMIT <= value < SMALL_INT_LIMIT, f"{value} is no small integer"
        return super().__new__(cls, value)


def _checked(operation: Callable[[int, int], int]) -> tuple[Any, Any]:
    return (
        lambda a, b: Small(operation(int(a), int(b))),
        lambda a, b: Small(operation(int(b), int(a))),
    )


for _name in ("and_", "or_", "xor", "lshift", "rshift", "add", "sub", "mul", "floordiv", "mod"):
    _plain, _reflected = _checked(getattr(operator, _name))
    setattr(Small, f"__{_name.rstrip('_')}__", _plain)
    setattr(Small, f"__r{_name.rstrip('_')}__", _reflected)


class SmallBuffer:
    """A buffer whose bytes are small integers."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload

    def __len__(self) -> int:
        return len(self.payload)

    def __getitem__(self, index: int) -> Small:
        return Small(self.payload[index])


def check_small(codec: Codec, message: Message, rng: random.Random) -> None:
    ends = [0, -SMALL_INT_LIMIT, SMALL_INT_LIMIT - 1]
    values = {s.name: Small(rng.choice([*ends, rng.getrandbits(30)])) for s in message.signals}
    codec.fill(message, values).pack(bytearray(message.length))
    codec.frame(message).unpack(SmallBuffer(rng.randbytes(message.length)))
    codec.frame(message).unpack(SmallBuffer(b"\xff" * message.length))


@settings(max_examples=100)
@given(layouts(widest=30), st.randoms(use_true_random=False))
def test_up_to_30_bits_nothing_on_the_way_is_past_a_small_integer(layout: Layout, rng: random.Random) -> None:
    codec = compiled(layout[0])
    for _ in range(5):
        check_small(codec, codec.database.messages[0], rng)


def small(message: Message) -> bool:
    """Whether the contract promises no allocation for this message."""
    return all(signal.length <= 30 and not signal.conversion.is_float for signal in message.signals)


@pytest.mark.parametrize(("codec", "message"), messages())
def test_no_message_of_ours_needs_more_than_a_small_integer(codec: Codec, message: Message) -> None:
    if small(message):
        for seed in range(30):
            check_small(codec, message, random.Random(seed))


def test_the_frames_of_the_integer_lane_are_within_the_promise() -> None:
    shipped = [known()[name] for name in ("bms.dbc", "hil.dbc")]
    wide = [message.name for codec in shipped for message in codec.database.messages if not small(message)]
    assert all(name.startswith("HIL_PROBE") for name in wide), wide


def test_a_value_with_a_name_passes_where_its_neighbour_is_clamped() -> None:
    codec = known()["odd"]
    message = codec.database.get_message_by_name("NAMED")
    frame = codec.fill(message, {"sparse": 1022, "lonely": 77, "below": -2047, "mirrored": 0})
    assert decoded(message, packed(frame)) == {"sparse": 1022, "lonely": 77, "below": -2047, "mirrored": 0}
    frame = codec.fill(message, {"sparse": 1021, "lonely": 78, "below": -2045, "mirrored": 127})
    assert decoded(message, packed(frame)) == {"sparse": 1000, "lonely": 9, "below": -500, "mirrored": 20}
    frame = codec.fill(message, {"below": 70000})  # a name for what the signal cannot hold
    assert decoded(message, packed(frame)) == {"sparse": 0, "lonely": 0, "below": 500, "mirrored": 0}


def test_a_float_too_large_for_its_format_is_the_largest_that_fits() -> None:
    codec = known()["odd"]
    message = codec.database.get_message_by_name("FLOATS")
    frame = codec.fill(message, {"big_float": 1e300, "crooked_float": -1e39, "little_double": 1e31})
    want = decoded(message, packed(frame))
    assert want is not None
    assert (want["big_float"], want["crooked_float"]) == (3.4028234663852886e38, -3.4028234663852886e38)
    assert want["little_double"] == 1e30


def test_a_float_is_clamped_only_where_cantools_would_refuse_it() -> None:
    codec = known()["odd"]
    message = codec.database.get_message_by_name("EDGES")
    accepted = {"loose": -(2.0**-21), "titled": -3.0}  # a hair outside, and one that has a name
    assert packed(codec.fill(message, accepted)) == encoded(message, accepted)
    for beyond, end in (({"loose": -0.25, "titled": -2.5}, (0, 0)), ({"loose": 11.0, "titled": 19.0}, (10, 9))):
        nearest = {"loose": float(end[0]), "titled": float(end[1])}
        assert packed(codec.fill(message, beyond)) == encoded(message, nearest)


def test_a_selector_without_meaning_packs_what_is_always_present() -> None:
    codec = known()["odd"]
    message = codec.database.get_message_by_name("PLAIN_MUX")
    frame = codec.fill(message, {"mode": 5, "shared": 255, "always": 15, "low_0": -1, "low_1": 100})
    assert packed(frame).hex() == "f50f0000000000f0"


START = HEAD + """\
BO_ 5 START: 4 A
 SG_ plain : 0|8@1+ (1,0) [0|0] "" B
 SG_ raised : 8|8@1+ (1,0) [10|20] "" B
 SG_ given : 16|8@1+ (0.5,0) [0|100] "" B
 SG_ sentinel : 24|8@1+ (1,0) [0|100] "" B

BA_DEF_ SG_ "GenSigStartValue" INT 0 255;
BA_DEF_DEF_ "GenSigStartValue" 0;
BA_ "GenSigStartValue" SG_ 5 given 250;
BA_ "GenSigStartValue" SG_ 5 sentinel 255;
VAL_ 5 sentinel 255 "absent" ;
"""


def test_a_new_frame_holds_the_start_values_of_the_file_within_their_range() -> None:
    frame = compiled(START).module.Start()
    assert (frame.plain, frame.raised, frame.given, frame.sentinel) == (0, 10, 200, 255)


# Names.


@pytest.mark.parametrize(
    ("unit", "factor", "suffix"),
    [
        *(("V", 0.001, "mV"), ("V", 1, "V"), ("V", 0.1, "dV"), ("V", 0.01, "cV"), ("mV", 1, "mV")),
        *(("A", 0.001, "mA"), ("A", 0.1, "dA"), ("A", 1, "A"), ("degC", 0.1, "ddegC"), ("°C", 1, "degC")),
        *(("ohm", 1e-6, "uohm"), ("ohm", 0.001, "mohm"), ("ohm", 1, "ohm"), ("ohm", 1000, "kohm")),
        *(("kohm", 1, "kohm"), ("%", 0.1, "permille"), ("%", 1, "percent"), ("s", 0.001, "ms")),
        *(("s", 1, "s"), ("ms", 1, "ms"), ("A·s", 0.001, "mAs"), ("As", 1, "As"), ("Ah", 0.001, "mAh")),
        *(("Ah", 1, "Ah"), ("l/min", 0.1, "dl_per_min"), ("min", 1, "min"), ("min", 0.1, "")),
        *(("kPa", 1, "kPa"), ("Pa", 1000, "kPa"), ("W", 1, "W"), ("kW", 1, "kW"), ("Wh", 1, "Wh")),
        *(("N", 1, "N"), ("Hz", 1, "Hz"), ("kg", 1, "kg"), ("kg", 0.001, "g")),
        *(("", 1, ""), ("-", 1, ""), ("bit", 1, ""), ("V", 0.5, ""), ("furlong", 1, ""), ("V", -0.001, "")),
        *(("%", 0.01, ""), ("kWh", 0.1, ""), ("V", 0, "")),
    ],
)
def test_a_decimal_fixed_point_of_a_known_unit_gives_the_unit_of_the_raw_integer(
    unit: str, factor: float, suffix: str
) -> None:
    assert names.suffix(unit, factor, 0) == suffix
    assert names.suffix(unit, factor, -40) == ""


def test_a_name_that_ends_in_its_unit_does_not_say_it_twice() -> None:
    assert names.attribute_name("pack_voltage", "V", 0.001, 0) == "pack_voltage_mV"
    assert names.attribute_name("pack_voltage_mV", "V", 0.001, 0) == "pack_voltage_mV"
    assert names.attribute_name("phase_A", "A", 0.001, 0) == "phase_A_mA"


@pytest.mark.parametrize(
    ("dbc_name", "attribute"),
    [
        *(("class", "class_"), ("None", "None_"), ("pack", "pack_"), ("unpack", "unpack_"), ("ID", "ID_")),
        *(("self", "self_"), ("buf", "buf_"), ("PERIOD_ms", "PERIOD_ms_"), ("__secret", "s__secret")),
        *(("2nd", "s2nd"), ("a b-c", "a_b_c"), ("größe", "gr__e")),
    ],
)
def test_a_name_python_cannot_take_is_changed_the_same_way_every_time(dbc_name: str, attribute: str) -> None:
    assert names.attribute_name(dbc_name, "", 1, 0) == attribute


COLLISIONS = HEAD + """\
BO_ 5 MY_FRAME: 8 A
 SG_ x : 0|8@1+ (0.001,0) [0|0] "V" B
 SG_ x_mV : 8|8@1+ (1,0) [0|0] "" B
 SG_ x_mV_2 : 16|8@1+ (1,0) [0|0] "" B
 SG_ self : 24|8@1+ (1,0) [0|0] "" B
 SG_ struct : 32|32@1- (1,0) [0|0] "" B

BO_ 6 MyFrame: 1 A
 SG_ pack : 0|8@1+ (1,0) [0|0] "" B

BO_ 7 my_frame: 0 A

BO_ 8 NONE: 0 A

BO_ 9 LOCALS: 5 A
 SG_ raw M : 0|4@1+ (1,0) [0|0] "" B
 SG_ byte m1M : 4|4@1+ (1,0) [0|0] "" B
 SG_ real m1 : 8|12@1+ (1,0) [0|0] "" B
 SG_ rest m2 : 20|12@1+ (1,0) [0|0] "" B
 SG_ tail : 32|5@1+ (1,0) [0|0] "" B
 SG_ end : 37|3@1+ (1,0) [0|0] "" B

SIG_VALTYPE_ 5 struct : 1;
SG_MUL_VAL_ 9 byte raw 1-1;
SG_MUL_VAL_ 9 real byte 1-1;
SG_MUL_VAL_ 9 rest byte 2-2;
"""


def test_names_that_would_be_equal_are_numbered_and_still_agree_with_cantools() -> None:
    codec = compiled(COLLISIONS)
    classes = [entry["class"] for entry in codec.names.values()]
    assert classes == ["MyFrame", "MyFrame_2", "MyFrame_3", "None_", "Locals"]
    signals = codec.names["MY_FRAME"]["signals"]
    assert list(signals.values()) == ["x_mV", "x_mV_2", "x_mV_2_2", "self_", "struct_"]
    for message in codec.database.messages:
        for seed in range(20):
            rng = random.Random(seed)
            check_reading(codec, message, rng.randbytes(message.length))
            values = present(message, {s.name: allowed(s, rng) for s in message.signals}, rng)
            assert packed(codec.fill(message, values)) == encoded(message, values)


def test_a_choice_of_messages_does_not_change_names() -> None:
    codec = compiled(COLLISIONS, "--messages", "my_frame,MyFrame")
    assert [cls.__name__ for cls in codec.module.MESSAGES] == ["MyFrame_2", "MyFrame_3"]
    assert list(codec.names) == ["MyFrame", "my_frame"]
    assert "import" not in codec.text


def test_half_a_codec_leaves_the_other_half_out() -> None:
    sends, receives = compiled(COLLISIONS, "--half", "send"), compiled(COLLISIONS, "--half", "receive")
    assert all(hasattr(cls, "pack") and not hasattr(cls, "unpack") for cls in sends.module.MESSAGES)
    assert all(hasattr(cls, "unpack") and not hasattr(cls, "pack") for cls in receives.module.MESSAGES)


NETWORK = HEAD.replace("BU_: A B", "BU_: A B C D") + """\
BO_ 1 FROM_A: 1 A
 SG_ x : 0|4@1+ (1,0) [0|0] "" B
 SG_ y : 4|4@1+ (1,0) [0|0] "" C

BO_ 2 FROM_B: 1 B
 SG_ x : 0|8@1- (1,0) [0|0] "" C,A

BO_ 3 ECHO: 1 Vector__XXX
 SG_ x : 0|8@1+ (1,0) [0|0] "" B

BO_ 4 FROM_C: 1 C
 SG_ x : 0|8@1+ (1,0) [0|0] "" Vector__XXX

BO_TX_BU_ 3 : A,B;
"""


@pytest.mark.parametrize(
    ("options", "methods"),
    [
        (["--node", "A"], {"FromA": "pack", "FromB": "unpack", "Echo": "pack"}),
        (["--node", "B"], {"FromA": "unpack", "FromB": "pack", "Echo": "pack unpack"}),
        (["--node", "C"], {"FromA": "unpack", "FromB": "unpack", "FromC": "pack"}),
        (["--node", "C", "--half", "send"], {"FromC": "pack"}),
        (["--node", "A", "--half", "receive"], {"FromB": "unpack"}),
        (["--messages", "ECHO,FROM_A", "--node", "B"], {"FromA": "unpack", "Echo": "pack unpack"}),
    ],
    ids=lambda given: " ".join(given),
)
def test_a_node_gets_pack_of_what_it_sends_and_unpack_of_what_it_receives(
    options: list[str], methods: dict[str, str]
) -> None:
    codec = compiled(NETWORK, *options)
    classes = {cls.__name__: cls for cls in codec.module.MESSAGES}
    found = {name: " ".join(m for m in ("pack", "unpack") if hasattr(cls, m)) for name, cls in classes.items()}
    assert found == methods
    assert {entry["class"] for entry in codec.names.values()} == set(methods)
    assert f"by dbc/generate.py {' '.join(options)}; do not edit." in codec.text


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--node", "E"], "node E: there is no message in the file that it sends or receives"),
        (["--node", "D"], "node D: "),
        (["--node", "Vector__XXX"], "node Vector__XXX: "),
        (["--node", ""], "node : "),
        (["--node", "A", "--messages", "FROM_C"], "message FROM_C: is none that node A sends or receives"),
        (["--node", "A", "--messages", "FROM_A,FROM_B", "--half", "send"], "message FROM_B: "),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_a_node_that_has_no_part_in_what_is_wanted_is_refused_by_name(
    options: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.dbc").write_text(NETWORK)
    assert generate.main([str(tmp_path / "in.dbc"), "-o", str(tmp_path / "out.py"), *options]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"in.dbc: {says}" in said
    assert not (tmp_path / "out.py").exists()


COMMENTED = HEAD + """\
BO_ 5 TOLD: 1 A
 SG_ state : 0|4@1+ (1,0) [0|9] "" B
 SG_ level : 4|4@1+ (0.1,0) [0|1.5] "V" B

CM_ BO_ 5 "Says \\\\ three \\"\\"\\" quotes and
a second line";
CM_ SG_ 5 level "How high, größe 漢字 \\N{DASH} {} %s";
VAL_ 5 state 0 "off" 1 "on" ;
"""


def test_comments_ranges_and_value_names_become_the_docstring() -> None:
    doc = compiled(COMMENTED).module.Told.__doc__
    assert doc.startswith("TOLD. From A. Says ")
    assert "a second line" in doc
    assert "state: 0 to 9. 0 off, 1 on" in doc
    assert "level_dV: 0 to 15 is 0 to 1.5 V. How high, größe 漢字 /N{DASH} {} %s" in doc


# The command.

GOOD = HEAD + 'BO_ 5 GOOD: 1 A\n SG_ x : 0|8@1+ (1,0) [0|0] "" B\n'


def body(lines: str) -> bytes:
    return (HEAD + lines).encode()


REFUSED = {
    "two signals on one bit": (
        body('BO_ 5 M: 1 A\n SG_ x : 0|5@1+ (1,0) [0|0] "" B\n SG_ y : 4|2@1+ (1,0) [0|0] "" B\n'),
        ["M", "x", "y"],
    ),
    "a signal past the end": (body('BO_ 5 M: 1 A\n SG_ x : 4|8@1+ (1,0) [0|0] "" B\n'), ["M", "x"]),
    "a big-endian signal past the end": (
        body('BO_ 5 M: 1 A\n SG_ x : 0|2@0+ (1,0) [0|0] "" B\n'),
        ["M", "x"],
    ),
    "two messages of one id": (body("BO_ 5 M: 1 A\n\nBO_ 5 N: 1 A\n"), ["message N", "0x5", "M"]),
    "two messages of one name": (body("BO_ 5 M: 1 A\n\nBO_ 6 M: 1 A\n"), ["message M"]),
    "two signals of one name": (
        body('BO_ 5 M: 2 A\n SG_ x : 0|8@1+ (1,0) [0|0] "" B\n SG_ x : 8|8@1+ (1,0) [0|0] "" B\n'),
        ["M", "x"],
    ),
    "an empty range": (
        body('BO_ 5 M: 1 A\n SG_ x : 0|8@1+ (1,0) [9|3] "" B\n'),
        ["message M, signal x", "[9|3]"],
    ),
    "a range beyond the raw value": (
        body('BO_ 5 M: 1 A\n SG_ x : 0|8@1+ (1,0) [300|400] "" B\n'),
        ["message M, signal x", "[300|400]"],
    ),
    "a factor of nothing": (body('BO_ 5 M: 1 A\n SG_ x : 0|8@1+ (0,0) [0|9] "" B\n'), ["M", "x", "factor"]),
    "an endless range": (body('BO_ 5 M: 1 A\n SG_ x : 0|8@1+ (1,0) [0|1e999] "" B\n'), ["M", "finite"]),
    "a float of odd length": (
        body('BO_ 5 M: 8 A\n SG_ x : 0|24@1- (1,0) [0|0] "" B\n\nSIG_VALTYPE_ 5 x : 1;\n'),
        ["message M, signal x", "24"],
    ),
    "a signal selected by none": (
        body('BO_ 5 M: 2 A\n SG_ x m1 : 0|8@1+ (1,0) [0|0] "" B\n SG_ y : 8|8@1+ (1,0) [0|0] "" B\n'),
        ["message M, signal x", "multiplexed"],
    ),
    "a signal of two possible selectors": (
        body(
            'BO_ 5 M: 3 A\n SG_ x m1 : 0|8@1+ (1,0) [0|0] "" B\n SG_ y M : 8|8@1+ (1,0) [0|0] "" B\n'
            ' SG_ z M : 16|8@1+ (1,0) [0|0] "" B\n'
        ),
        ["message M, signal x", "multiplexed"],
    ),
    "a selector that cantools loses by its long name": (
        body(
            'BO_ 5 M: 2 A\n SG_ x m1 : 0|8@1+ (1,0) [0|0] "" B\n SG_ y M : 8|8@1+ (1,0) [0|0] "" B\n\n'
            'BA_DEF_ SG_ "SystemSignalLongSymbol" STRING ;\nBA_DEF_DEF_ "SystemSignalLongSymbol" "";\n'
            'BA_ "SystemSignalLongSymbol" SG_ 5 y "y_in_full";\n'
        ),
        ["message M, signal x", "multiplexed by y"],
    ),
    "a float that selects": (
        body(
            'BO_ 5 M: 5 A\n SG_ x m1 : 0|8@1+ (1,0) [0|0] "" B\n SG_ y M : 8|32@1+ (1,0) [0|0] "" B\n\n'
            "SIG_VALTYPE_ 5 y : 1;\n"
        ),
        ["message M, signal y", "float"],
    ),
    "a cycle time in words": (
        body(
            'BO_ 5 M: 1 A\n\nBA_DEF_ BO_ "GenMsgCycleTime" STRING ;\nBA_DEF_DEF_ "GenMsgCycleTime" "";\n'
            'BA_ "GenMsgCycleTime" BO_ 5 "often";\n'
        ),
        ["message M", "'often'"],
    ),
    "a cycle time before now": (
        body(
            'BO_ 5 M: 1 A\n\nBA_DEF_ BO_ "GenMsgCycleTime" INT -10 9;\nBA_DEF_DEF_ "GenMsgCycleTime" 0;\n'
            'BA_ "GenMsgCycleTime" BO_ 5 -5;\n'
        ),
        ["message M", "-5 is negative"],
    ),
    "more values of a selector than can be listed": (
        body(
            'BO_ 5 M: 5 A\n SG_ x M : 0|32@1+ (1,0) [0|0] "" B\n SG_ y m0 : 32|8@1+ (1,0) [0|0] "" B\n\n'
            'CM_ "SG_MUL_VAL_ 5 y x\n";\nSG_MUL_VAL_ 5 y x 0-9, 10-4294967295;\n'
        ),
        ["line 15: message 5, signal y", "4294967296 values of x", "65536"],
    ),
    "values of a selector with a zero in front": (
        body(
            'BO_ 5 M: 5 A\n SG_ x M : 0|32@1+ (1,0) [0|0] "" B\n SG_ y m0 : 32|8@1+ (1,0) [0|0] "" B\n\n'
            f"SG_MUL_VAL_ 5 y x 0-{4294967295:030};\n"
        ),
        ["line 13: ", "4294967296 values of x"],
    ),
    "a hundred selectors one in the other": (
        body(
            'BO_ 5 M: 64 A\n SG_ s0 M : 0|4@1+ (1,0) [0|0] "" B\n'
            + "".join(f' SG_ s{n} m1M : {4 * n}|4@1+ (1,0) [0|0] "" B\n' for n in range(1, 100))
            + ' SG_ s100 m1 : 400|4@1+ (1,0) [0|0] "" B\n\n'
            + "".join(f"SG_MUL_VAL_ 5 s{n} s{n - 1} 1-1;\n" for n in range(1, 101))
        ),
        ["message M", "cannot compile", "too many levels of indentation"],
    ),
    "a frame longer than memory": (
        body(f'BO_ 5 M: {10**18} A\n SG_ x : 0|8@1+ (1,0) [0|0] "" B\n'),
        ["MemoryError"],
    ),
    "an id too long": (body("BO_ 2048 M: 1 A\n"), ["M", "0x800"]),
    "no DBC at all": (b"garbage, not a DBC\n", ["line 1"]),
    "unreadable bytes": (body('BO_ 5 M: 1 A\n\nCM_ "') + b'\x81";\n', ["line 11", "0x81"]),
}


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=list(REFUSED))
def test_what_has_no_codec_is_refused_in_one_line_and_nothing_is_written(
    content: bytes, says: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out, mapping = tmp_path / "bad.dbc", tmp_path / "out.py", tmp_path / "map.json"
    source.write_bytes(content)
    out.write_text("as it was")
    assert generate.main([str(source), "-o", str(out), "--map", str(mapping)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith(f"{source}: ")
    assert all(word in said.err for word in says), said.err
    assert out.read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.dbc", "out.py"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["{d}/missing.dbc", "-o", "{d}/out.py"],
        ["{d}/good.dbc", "-o", "{d}/no/such/folder/out.py"],
        ["{d}/good.dbc", "-o", "{d}/folder"],
        ["{d}/good.dbc", "-o", "{d}/out.py", "--map", "{d}/folder"],
        ["{d}/good.dbc", "-o", "{d}/out.py", "--messages", "GOOD,BETTER"],
        ["{d}/good.dbc", "-o", "{d}/out.py", "--messages", ""],
        ["{d}/good.dbc", "-o", "{d}/out.py", "--half", "none"],
        ["{d}/good.dbc"],
        ["{d}", "-o", "{d}/out.py"],
    ],
    ids=lambda arguments: " ".join(arguments).replace("{d}/", ""),
)
def test_a_command_that_cannot_be_carried_out_ends_with_2_and_one_line(
    arguments: list[str], tmp_path: Path
) -> None:
    (tmp_path / "good.dbc").write_text(GOOD)
    (tmp_path / "folder").mkdir()
    (tmp_path / "out.py").write_text("as it was")
    done = run(*[argument.format(d=tmp_path) for argument in arguments], cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out.py").read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "good.dbc", "out.py"]


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    script = [sys.executable, str(ROOT / "dbc" / "generate.py"), *arguments]
    return subprocess.run(script, cwd=cwd, capture_output=True, text=True, check=False)


def test_check_is_content_with_what_was_written_and_with_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "good.dbc").write_text(GOOD)
    command = ["good.dbc", "-o", "out.py", "--map", "map.json"]
    assert run(*command, "--check", cwd=tmp_path).returncode == 1
    assert not (tmp_path / "out.py").exists()
    done = run(*command, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert run(*command, "--check", cwd=tmp_path).returncode == 0
    for name in ("out.py", "map.json"):
        fresh = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(fresh + b"\n")
        stale = run(*command, "--check", cwd=tmp_path)
        assert (stale.returncode, stale.stderr.count("\n")) == (1, 1)
        assert name in stale.stderr
        assert (tmp_path / name).read_bytes() == fresh + b"\n"
        (tmp_path / name).write_bytes(fresh)


def test_script_and_module_write_the_same_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "good.dbc").write_text(GOOD)
    assert run(str(tmp_path / "good.dbc"), "-o", "a.py", cwd=tmp_path).returncode == 0
    module = [sys.executable, "-m", "dbc.generate", str(tmp_path / "good.dbc"), "-o", str(tmp_path / "b.py")]
    assert subprocess.run(module, cwd=ROOT, check=False).returncode == 0
    assert (tmp_path / "a.py").read_bytes() == (tmp_path / "b.py").read_bytes()
    first = (tmp_path / "a.py").read_text().splitlines()[0]
    assert first.startswith('"""generated from good.dbc (sha256 ')
    assert first.endswith(") by dbc/generate.py; do not edit.")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_unit_outside_ascii_is_read_in_either_encoding(encoding: str, tmp_path: Path) -> None:
    source, mapping = tmp_path / "in.dbc", tmp_path / "map.json"
    source.write_bytes(GOOD.replace('(1,0) [0|0] ""', '(0.1,0) [0|0] "°C"').encode(encoding))
    assert generate.main([str(source), "-o", str(tmp_path / "out.py"), "--map", str(mapping)]) == 0
    assert json.loads(mapping.read_text())["GOOD"]["signals"] == {"x": "x_ddegC"}


def test_the_map_says_what_became_of_every_name() -> None:
    meta = {"scale": 0.1, "offset": 0, "minimum": 0, "maximum": 1.5, "choices": None}
    state = {"scale": 1, "offset": 0, "minimum": 0, "maximum": 9, "choices": {"0": "off", "1": "on"}}
    assert compiled(COMMENTED).names == {
        "TOLD": {
            "class": "Told",
            "signals": {"state": "state", "level": "level_dV"},
            "meta": {"state": state, "level": meta},
        }
    }
