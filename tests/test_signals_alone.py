"""Signals are numbered in the order in which they stand, and at rest before anybody has filled them."""

from bms.safety import signals as N

WELL = {
    "STACK_LOW_mV": 20_000,
    "PACK_LOW_mV": 20_000,
    "INSULATION_ohm_V": 65_535,
    "SUPPLY_LOW_mV": 65_535,
    "COOLANT_FLOW_dl_min": 65_535,
}


def names() -> list[str]:
    """Of all signals, as they stand in the module."""
    return [name for name, value in vars(N).items() if isinstance(value, int) and name[0] != "_" and name != "SIGNALS"]


def test_signals_are_numbered_one_after_another_and_none_is_missing() -> None:
    assert [getattr(N, name) for name in names()] == list(range(len(names()))) == list(range(N.SIGNALS))


def test_before_anybody_has_filled_them_signals_say_nothing_bad_and_nowhere() -> None:
    signals = N.Signals()
    assert {name: signals.value[getattr(N, name)] for name in names()} == dict.fromkeys(names(), 0) | WELL
    assert list(signals.where) == [255] * len(names())
    assert len(signals.value) == len(names())
