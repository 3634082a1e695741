"""The stationary pack and its inverter for minutes: what goes over the wire, as cantools reads it with the protocol's DBC."""

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cantools.database.can import Message

from bms.packs.bess_14 import PACK
from bms.schema import layer_count
from hil import scenario
from hil.actors.wire import database
from hil.cli import pack_for
from hil.errors import BadInput
from hil.judge import Run, judged, result
from hil.loop import Bench
from hil.record import Recorder
from hil.target import make_target

SHORT = scenario.load("bess_day_short")
TEXT = (scenario.FOLDER / "bess_day_short.toml").read_text()
LIMITS = 0x351
OURS = database().get_message_by_name("BMS_LIMITS")
INJECTED_s = SHORT.faults[0].at_s


class Offer(NamedTuple):
    """One 0x351: V and A."""

    now_s: float
    charge_V: float
    charge_A: float
    discharge_A: float
    discharge_V: float


class Done(NamedTuple):
    """A run, and what was said in it."""

    run: Run
    bench: Bench
    result: dict[str, Any]
    offers: list[Offer]
    limits: list[tuple[float, float, float]]  # BMS_LIMITS: s, charge and discharge in A

    def offered_A(self, after_s: float, before_s: float) -> list[Offer]:
        """What was offered in a span of time."""
        return [offer for offer in self.offers if after_s <= offer.now_s < before_s]


def decoded(message: Message, data: bytes) -> dict[str, float]:
    """Signals of a frame in physical units."""
    values = message.decode(data, decode_choices=False)
    assert isinstance(values, dict)
    return {name: value for name, value in values.items() if isinstance(value, (int, float))}


def ride(story: scenario.Scenario, target_name: str = "cpython") -> Done:
    """Runs a scenario; a spy on the wire decodes what concerns the inverter."""
    pack = pack_for(story, None)
    assert pack.inverter is not None
    layout = database(pack.inverter.protocol + ".dbc").get_message_by_frame_id(LIMITS)
    bench = Bench(story, pack, story.seed, Recorder(layer_count(pack)))
    offers, limits = [], []

    def spy(n: int, answer: list[tuple[int, bytes]]) -> None:
        for identifier, data in answer:
            if identifier == LIMITS:
                said = decoded(layout, data)
                names = ("charge_voltage", "charge_current", "discharge_current", "discharge_voltage")
                offers.append(Offer(n / 100, *(said[name] for name in names)))
            elif identifier == OURS.frame_id:
                said = decoded(OURS, data)
                limits.append((n / 100, said["charge_limit"], said["discharge_limit"]))

    stored = None if story.soc_stored is None else round(story.soc_stored * 1000)
    with make_target(target_name, None, story.pack, story.map, stored) as target:
        run = bench.run(target, target_name, spy=spy)
    return Done(run, bench, result(run), offers, limits)


def cut(*changes: tuple[str, str], **durations_s: float) -> scenario.Scenario:
    """The short scenario with phases of another length (0: left out) and some text replaced."""
    text = TEXT
    for name, duration_s in durations_s.items():
        phase = re.compile(rf'(\[\[phase\]\]\nname = "{name}"[^\n]*\nkind = "\w+"\nduration_s = )\d+((?:\n[^\n]+)*\n)')
        assert phase.search(text)
        text = phase.sub(rf"\g<1>{duration_s:g}\2" if duration_s else "", text)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    head, *expects = text.split("[[expect]]")
    gone = [f'phase = "{name}"' for name, duration_s in durations_s.items() if not duration_s]
    kept = [expect for expect in expects if not any(word in expect for word in gone)]
    return scenario.parse("[[expect]]".join((head, *kept)), "changed.toml")


def quick(*changes: tuple[str, str], **durations_s: float) -> scenario.Scenario:
    """Only the way to a full offer and the discharge in which the sensor falls silent."""
    zero = dict.fromkeys(("sun", "cloud", "bright", "generator", "noon", "kettle"), 0.0)
    return cut(*changes, **(zero | {"close": 16} | durations_s))


def verdicts(outcome: dict[str, Any]) -> dict[str, bool]:
    """Kind of expectation: met or not."""
    return {row["kind"]: row["passed"] for row in outcome["expectations"]}


@pytest.fixture(scope="module")
def short() -> Done:
    """One run of the short scenario in this interpreter."""
    return ride(SHORT)


def test_the_pack_is_of_the_48_V_class_and_offers_what_its_layers_and_inverters_allow() -> None:
    layers, inverter = layer_count(PACK), PACK.inverter
    assert (layers, PACK.taps) == (14, (2,) * 7)
    assert (layers * PACK.cell.v_min_mV[0], layers * PACK.cell.v_max_mV[0]) == (37800, 58800)
    assert layers * PACK.cell.v_max_mV[2] < 60000
    assert inverter is not None
    assert inverter.charge_voltage_mV <= layers * PACK.cell.v_max_mV[0]
    assert inverter.discharge_voltage_mV >= 42000


def test_the_short_day_meets_all_its_expectations(short: Done) -> None:
    assert [row for row in short.result["expectations"] if not row["passed"]] == []


def test_micropython_decides_and_says_the_same(short: Done, micropython: str) -> None:
    other = ride(SHORT, "micropython")
    assert other.bench.decisions == short.bench.decisions
    assert other.offers == short.offers


def test_limits_are_offered_every_second_and_never_beyond_what_the_pack_is_made_for(short: Done) -> None:
    assert PACK.inverter is not None
    times_s = [offer.now_s for offer in short.offers]
    assert max(b - a for a, b in itertools.pairwise(times_s)) <= 1.0 + 1e-9
    assert max(offer.charge_V for offer in short.offers) == pytest.approx(PACK.inverter.charge_voltage_mV / 1000)
    assert min(offer.discharge_V for offer in short.offers) == pytest.approx(PACK.inverter.discharge_voltage_mV / 1000)
    assert max(offer.charge_A for offer in short.offers) <= PACK.charge_rating_dA / 10
    assert max(offer.discharge_A for offer in short.offers) == PACK.discharge_rating_dA / 10


def test_an_offer_falls_no_faster_than_its_ramp_while_nothing_has_tripped(short: Done) -> None:
    assert PACK.inverter is not None
    fall_A_s = PACK.inverter.fall_dA_s / 10
    before = [offer for offer in short.offers if offer.now_s < INJECTED_s]
    for one, next_one in itertools.pairwise(before):
        most_A = fall_A_s * (next_one.now_s - one.now_s + 0.1) + 0.1
        assert one.charge_A - next_one.charge_A <= most_A
        assert one.discharge_A - next_one.discharge_A <= most_A


def test_where_discharge_is_no_longer_allowed_its_offer_goes_to_zero_by_the_ramp(short: Done) -> None:
    begin_s = SHORT.phase("generator").start_s
    falls = [offer.discharge_A for offer in short.offered_A(begin_s, begin_s + 7)]
    assert falls[0] > 90
    assert falls == sorted(falls, reverse=True)
    assert len([fall for fall in falls if 0 < fall < 110]) >= 3
    assert falls[-1] == 0


def test_an_offer_is_what_our_own_protected_limits_say_or_on_its_way_down_to_it(short: Done) -> None:
    ours = iter(short.limits)
    latest = next(ours)
    recent: list[tuple[float, float, float]] = [latest]
    for offer in short.offers:
        while latest[0] <= offer.now_s:
            recent.append(latest)
            latest = next(ours, (float("inf"), 0.0, 0.0))
        past = [row for row in recent if row[0] >= offer.now_s - 5.0]
        assert offer.charge_A <= max(row[1] for row in past) + 1e-9
        assert offer.discharge_A <= max(row[2] for row in past) + 1e-9


def test_charging_tapers_at_the_offered_voltage(short: Done) -> None:
    assert PACK.inverter is not None
    rows = short.bench.recorder
    bright = SHORT.phase("bright")
    span = [n for n, t in enumerate(rows.time_s) if bright.start_s + 2 <= t < bright.start_s + bright.duration_s]
    current_A = [rows.columns["current_A"][n] for n in span]
    link_V = [rows.columns["link_V"][n] for n in span]
    assert max(link_V) == pytest.approx(PACK.inverter.charge_voltage_mV / 1000, abs=0.01)
    assert current_A[-1] < 0.7 * max(current_A)


@pytest.mark.parametrize("fault", [("group:3", "silence"), ("crash", "short")])
def test_a_trip_takes_both_offers_to_zero_at_once_and_opens_the_contactors(fault: tuple[str, str]) -> None:
    target, kind = fault
    story = quick(('target = "group:3"\ntype = "silence"', f'target = "{target}"\ntype = "{kind}"'))
    trip = ride(story)
    injected_s = story.faults[0].at_s
    assert trip.offered_A(injected_s - 1.1, injected_s)[-1].discharge_A > 100
    first, *rest = [offer for offer in trip.offers if offer.now_s >= injected_s and offer.discharge_A < 100]
    assert first.now_s <= injected_s + 0.3
    assert {(offer.charge_A, offer.discharge_A) for offer in (first, *rest)} == {(0.0, 0.0)}
    assert trip.result["contactors"][-1]["state"] == "open"
    assert trip.result["layers"]["violations"] == 0


def test_without_the_fault_the_offer_stands_and_the_contactors_stay_closed() -> None:
    twin = ride(replace(quick(), faults=()))
    assert twin.offers[-1].discharge_A > 100
    assert twin.result["faults"] == []
    assert twin.result["contactors"][-1]["state"] == "closed"


def test_the_inverters_own_word_commands_nothing() -> None:
    """Its frames carry no protection, so present or not they change no decision; and they stand in for no command."""
    brief = quick(close=4, stove=8)  # a full offer is not needed here
    story = replace(brief, faults=())
    silent = replace(brief, faults=(scenario.Fault("frame:VIC_KEEPALIVE", "silence", 0.0, None, 1.0, 0.0),))
    one, other = ride(story), ride(silent)
    assert min(other.run.felt) > 10
    assert other.bench.decisions == one.bench.decisions
    lost = ride(quick(('target = "group:3"', 'target = "frame:VCU_COMMAND"'), close=4, stove=8))
    assert lost.run.witness.first_cause is not None
    assert lost.run.witness.first_cause.name == "command_lost"
    assert lost.result["contactors"][-1]["state"] == "open"


def test_an_inverter_that_takes_three_times_what_it_was_offered_is_cut_off() -> None:
    story = quick(
        ('target = "group:3"\ntype = "silence"', 'target = "inverter"\ntype = "gain"\nseverity = 3.0'),
        ("c_rate = -0.4", "c_rate = 0.4"),
        ("soc_true = 0.9605", "soc_true = 0.9"),
    )
    greedy = ride(story)
    assert greedy.run.witness.first_cause is not None
    assert greedy.run.witness.first_cause.name == "charge_current_high"
    assert greedy.result["contactors"][-1]["state"] == "open"
    assert greedy.result["layers"]["violations"] == 0
    assert not verdicts(greedy.result)["inverter_obeyed"]


def test_the_same_pack_speaks_pylontech_where_its_data_say_so(tmp_path: Path) -> None:
    place = tmp_path / "bess_pylontech.py"
    place.write_text(
        "from bms.packs.bess_14 import PACK as VICTRON\n"
        "from bms.schema import INVERTER_FIELDS, PACK_FIELDS, Inverter, Pack, replaced\n"
        'SPOKEN = replaced(Inverter, INVERTER_FIELDS, VICTRON.inverter, protocol="pylontech", manufacturer="PYLON")\n'
        'PACK = replaced(Pack, PACK_FIELDS, VICTRON, name="bess_pylontech", inverter=SPOKEN)\n'
    )
    story = quick(('pack = "bess_14"', f'pack = "{place}"'))
    other = ride(story)
    assert [row for row in other.result["expectations"] if not row["passed"]] == []
    assert max(offer.discharge_A for offer in other.offers) == PACK.discharge_rating_dA / 10
    assert other.result["moved_Ah"]["stove"] > 0.05


def test_a_pack_that_offers_nothing_has_no_inverter_and_no_house() -> None:
    inverter = ("[scenario.sensors", "[scenario.inverter]\n[scenario.sensors")
    for story, named in (
        (cut(('pack = "bess_14"', 'pack = "bench_24"')), "noon"),
        (cut(('pack = "bess_14"', 'pack = "bench_24"'), inverter, noon=0), r"\[scenario.inverter\]"),
    ):
        with pytest.raises(BadInput, match=f"{named}.*bench_24"):
            Bench(story, pack_for(story, None), 1, Recorder())


def test_the_judges_of_an_inverter_are_not_content_without_one() -> None:
    bench = Bench(SHORT, pack_for(SHORT, None), 1, Recorder(14))
    met = {row["kind"]: row["passed"] for row in judged(Run(SHORT, "bess_14", "none", 1, bench.witness, contactors=[(0, 7)]))}
    assert not met["cvl_respected"]
    assert not met["inverter_obeyed"]
