"""The scenario format: every field is read, what is unknown or impossible is refused by file and field."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil import scenario
from hil import scenario_tables as tables
from hil.errors import BadInput
from hil.judge import JUDGES

LEAST: dict[str, Any] = {
    "scenario": {
        "name": "least",
        "title": "The least there can be",
        "pack": "bench_24",
        "soc_true": 0.5,
        "temperature_degC": 25,
        "hysteresis": 0,
    },
    "phase": [{"name": "wait", "kind": "idle", "duration_s": 1}],
}


def toml(value: Any) -> str:
    """A value as TOML writes it inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {toml(item)}' for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, (int, float)) else '"' + str(value) + '"'


def file(**changes: Any) -> str:
    """The least file, with whole tables replaced or fields of [scenario] changed (None takes one away)."""
    document = {key: changes.pop(key, LEAST.get(key)) for key in ("phase", "fault", "expect")}
    document["scenario"] = {key: value for key, value in {**LEAST["scenario"], **changes}.items() if value is not None}
    return "\n".join(f"{key} = {toml(value)}" for key, value in document.items() if value is not None)


def refusal(text: str) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(BadInput) as caught:
        scenario.parse(text, "made_up.toml")
    line = str(caught.value)
    assert line.startswith("made_up.toml: ")
    assert "\n" not in line
    return line


PHASE = LEAST["phase"][0]
DRIVE = {"name": "go", "kind": "drive", "duration_s": 10}


@pytest.mark.parametrize("name", scenario.names())
def test_every_shipped_scenario_is_whole_and_bears_the_name_of_its_file(name: str) -> None:
    assert scenario.load(name).name == name


def test_the_first_mile_is_the_story_it_is_meant_to_be() -> None:
    mile = scenario.load("first_mile")
    assert (mile.pack, mile.map, mile.soc_true, mile.soc_stored) == ("bench_24", "simulator", 0.6, 0.7)
    assert mile.hysteresis is None
    assert mile.sensors["current_a"]["gain"] == 1.01
    assert mile.sensors["current_a"]["offset_A"] > 0
    assert [(phase.kind, phase.duration_s) for phase in mile.phases][2:5] == [
        ("drive", 720),
        ("rest", 120),
        ("charge", 480),
    ]
    assert mile.phase("drive").profile is not None
    assert mile.duration_s <= 30 * 60
    (fault,) = mile.faults
    assert (fault.target, fault.type) == ("group:2", "silence")
    limits = {expect.kind: expect.values.get("limit") for expect in mile.expects}
    assert limits["soc_error_end"] == 0.03
    assert limits["reaction_ms"] == 300
    assert {"no_violation", "soc_inside_interval", "no_fault_before_injection", "fault_named"} <= limits.keys()
    assert {"contactors_open_at_end", "filter_corrected"} <= limits.keys()


def test_every_kind_of_expectation_has_its_judge() -> None:
    assert JUDGES.keys() == tables.EXPECT.keys()


def test_what_the_file_leaves_out_is_what_the_format_says() -> None:
    least = scenario.parse(file(), "least.toml")
    assert (least.seed, least.map, least.soc_stored, least.coolant_degC) == (1, None, None, None)
    assert (least.spread, least.relax, dict(least.sensors)) == ("drawn", False, {})
    assert (least.vehicle["reaction_ms"], least.charger["slew_A_s"]) == (50, 100.0)
    assert least.phases[0].scale == 1.0
    assert (least.faults, least.expects) == ((), ())


def test_whole_numbers_become_numbers_and_unknown_hysteresis_becomes_nothing() -> None:
    least = scenario.parse(file(temperature_degC=-10, hysteresis="unknown"), "least.toml")
    assert isinstance(least.temperature_degC, float)
    assert least.hysteresis is None


def test_phases_follow_each_other_and_a_fault_counts_from_the_begin_of_its_phase() -> None:
    text = file(
        phase=[PHASE, DRIVE, {"name": "stop", "kind": "open", "duration_s": 2.5}],
        fault=[{"target": "group:0", "type": "silence", "phase": "stop", "offset_s": 0.5, "ramp_s": 1}],
    )
    parsed = scenario.parse(text, "x.toml")
    assert [phase.start_s for phase in parsed.phases] == [0.0, 1.0, 11.0]
    assert parsed.duration_s == 13.5
    assert parsed.faults[0].at_s == 11.5
    assert parsed.faults[0].duration_s is None


@pytest.mark.parametrize("field", [key for key, rule in tables.SCENARIO.items() if rule.required])
def test_a_required_field_that_is_missing_is_named(field: str) -> None:
    assert refusal(file(**{field: None})) == f"made_up.toml: [scenario] {field}: missing"


@pytest.mark.parametrize("field", [key for key, rule in tables.PHASE.items() if rule.required])
def test_a_required_field_of_a_phase_that_is_missing_is_named(field: str) -> None:
    row = {key: value for key, value in PHASE.items() if key != field}
    assert f"[[phase]] 2 {field}: missing" in refusal(file(phase=[PHASE, row]))


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("soc_true", 1.01, "is outside 0 to 1"),
        ("soc_true", "half", "is not a number"),
        ("soc_true", True, "is not a number"),
        ("soc_true", float("nan"), "is outside"),
        ("temperature_degC", float("inf"), "is outside"),
        ("seed", 1.5, "is not a whole number"),
        ("seed", -1, "is outside"),
        ("hysteresis", "drawn", "is none of unknown"),
        ("hysteresis", 2, "is outside"),
        ("spread", "gaussian", "is none of"),
        ("relax", 1, "is neither true nor false"),
        ("title", "", "is not a text"),
        ("name", "First Mile", "is not a word"),
        ("pack", 24, "is not a text"),
    ],
)
def test_a_value_of_the_wrong_kind_or_out_of_range_is_named_with_its_reason(
    field: str, value: Any, reason: str
) -> None:
    line = refusal(file(**{field: value}))
    assert line.startswith(f"made_up.toml: [scenario] {field}: ")
    assert reason in line


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"vehicle": {"speed": 3}}, "[scenario.vehicle]: unknown field 'speed'"),
        ({"vehicle": {"reaction_ms": 0.5}}, "[scenario.vehicle] reaction_ms"),
        ({"charger": 3}, "[scenario.charger]: not a table"),
        ({"sensors": 3}, "[scenario.sensors]: not a table"),
        ({"sensors": {"current_a": {"gain": "big"}}}, "[scenario.sensors.current_a] gain"),
        ({"phase": []}, "nothing would happen"),
        ({"phase": 3}, "write it as [[phase]]"),
        ({"phase": [{**PHASE, "kind": "fly"}]}, "[[phase]] 1 kind: 'fly' is none of"),
        ({"phase": [{**PHASE, "duration_s": 0}]}, "[[phase]] 1 duration_s"),
        ({"phase": [PHASE, PHASE]}, "'wait' stands more than once"),
        ({"phase": [{**PHASE, "profile": "x"}]}, "only a drive has a load"),
        ({"phase": [{**DRIVE, "profile": "x", "c_rate": 1}]}, "not both"),
        ({"phase": [{**DRIVE, "scale": 2}]}, "nothing to scale"),
        ({"fault": [{"target": "fuse", "type": "open"}]}, "say either at_s, or phase"),
        ({"fault": [{"target": "fuse", "type": "open", "at_s": 0.1, "phase": "wait"}]}, "say either"),
        ({"fault": [{"target": "fuse", "type": "open", "at_s": 0.1, "offset_s": 1}]}, "offset_s"),
        ({"fault": [{"target": "fuse", "type": "open", "phase": "nap"}]}, "'nap' is none of wait"),
        ({"fault": [{"target": "fuse", "type": "open", "at_s": 1}]}, "the scenario ends at 1 s"),
        ({"expect": [{"limit": 1}]}, "[[expect]] 1 kind: None is none of"),
        ({"expect": [{"kind": "luck"}]}, "'luck' is none of"),
        ({"expect": [{"kind": "no_violation", "limit": 1}]}, "unknown field 'limit'"),
        ({"expect": [{"kind": "soc_error_end"}]}, "[[expect]] 1 limit: missing"),
        ({"expect": [{"kind": "charge_moved", "phase": "nap", "limit": 1}]}, "'nap' is none of wait"),
        ({"expect": [{"kind": "no_fault"}, {"kind": "no_fault"}]}, "'no_fault' stands more than once"),
    ],
)
def test_junk_is_refused_by_name(changes: dict[str, Any], part: str) -> None:
    assert part in refusal(file(**changes))


def test_files_that_a_scenario_names_stand_beside_it_and_names_stay_names() -> None:
    drive = {**DRIVE, "profile": "loads/hill.csv.gz"}
    beside = scenario.parse(file(pack="my_pack.py", phase=[drive]), "far/away/x.toml")
    assert (beside.pack, beside.phases[0].profile) == ("far/away/my_pack.py", "far/away/loads/hill.csv.gz")
    named = scenario.parse(file(phase=[{**DRIVE, "profile": "nmc_drive"}]), "far/away/x.toml")
    assert (named.pack, named.phases[0].profile) == ("bench_24", "nmc_drive")
    assert scenario.parse(file(pack="/top/my_pack.py"), "far/x.toml").pack == "/top/my_pack.py"


def test_malformed_toml_is_refused_with_its_line() -> None:
    assert "line 3" in refusal('[scenario]\nname = "x"\ntitle = \n')


def test_a_file_that_is_no_table_of_a_scenario_is_refused() -> None:
    assert "no table [scenario]" in refusal("")
    assert "unknown field 'phases'" in refusal("[scenario]\n[[phases]]\n")


def test_an_unknown_name_is_answered_with_those_that_exist() -> None:
    with pytest.raises(BadInput, match=r"no scenario 'nowhere': .*first_mile"):
        scenario.load("nowhere")


def test_a_path_that_is_not_there_is_named() -> None:
    with pytest.raises(BadInput, match=r"nowhere/at_all\.toml: No such file"):
        scenario.load("nowhere/at_all.toml")


WORDS = st.from_regex(r"[a-z0-9 _]{0,12}", fullmatch=True)
SCALARS = st.one_of(st.integers(-10**12, 10**12), st.floats(), st.booleans(), WORDS)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), inner, max_size=2)
    ),
    max_leaves=4,
)
FIELDS = [*tables.SCENARIO, "sensors", "vehicle", "charger", "junk"]


@given(st.dictionaries(st.sampled_from(FIELDS), JUNK, min_size=1, max_size=3))
def test_whatever_stands_in_the_head_is_taken_whole_or_refused_in_one_line(changes: dict[str, Any]) -> None:
    text = file(**changes)
    assert tomllib.loads(text)
    try:
        taken = scenario.parse(text, "made_up.toml")
    except BadInput as refused:
        assert str(refused).startswith("made_up.toml: ")
        assert "\n" not in str(refused)
    else:
        assert 0 <= taken.soc_true <= 1
        assert taken.phases


ROWS = st.dictionaries(
    st.sampled_from([*tables.PHASE, *tables.FAULT, "limit", "state", "fault", "where"]), JUNK, max_size=5
)


@given(st.sampled_from(["phase", "fault", "expect"]), ROWS)
def test_whatever_stands_in_a_row_is_taken_or_refused_in_one_line(table: str, row: dict[str, Any]) -> None:
    text = file(**{table: [row]})
    try:
        scenario.parse(text, "made_up.toml")
    except BadInput as refused:
        assert "\n" not in str(refused)
