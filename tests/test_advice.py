"""Advice is taken for a second after it was given, and what has not been said or has been withdrawn says nothing."""

from bms.control.advice import Advice, EXPIRY_ms, NO_LIMIT_dA

SILENT = {
    "age_ms": 60_000,
    "charge_limit_dA": 16_383,
    "discharge_limit_dA": 16_383,
    "spread_mV": 0,
    "lasting_mV": 0,
    "soc_permille": -1,
    "sigma_permille": 1000,
    "soh_permille": -1,
    "soh_sigma_permille": 1000,
}


def test_before_anything_was_said_there_is_no_advice() -> None:
    advice = Advice()
    assert vars(advice) == SILENT
    assert advice.step(10) is False
    assert vars(advice) == SILENT
    assert NO_LIMIT_dA == 16_383


def test_advice_stands_for_a_second_and_is_gone_with_the_first_millisecond_after() -> None:
    advice = Advice()
    advice.give(400, 7)
    advice.widen(12)
    assert (advice.age_ms, advice.soc_permille, advice.sigma_permille, advice.spread_mV) == (0, 400, 7, 12)
    for k in range(10):
        assert advice.step(100) is True
        assert advice.age_ms == 100 * k + 100
    assert EXPIRY_ms == advice.age_ms == 1000
    assert advice.step(1) is False
    assert vars(advice) == SILENT


def test_a_spread_alone_expires_as_a_word_on_charge_does() -> None:
    for soc, spread in ((-1, 5), (0, 0), (0, 5)):
        advice = Advice()
        advice.give(soc, 3)
        advice.widen(spread)
        assert advice.step(1001) is False
        assert vars(advice) == SILENT


def test_where_nothing_was_said_nothing_is_withdrawn() -> None:
    advice = Advice()
    advice.sigma_permille = 5
    assert advice.step(10) is False
    assert advice.sigma_permille == 5


def test_health_and_limits_outlive_what_is_withdrawn() -> None:
    advice = Advice()
    advice.give(400, 7)
    advice.widen(3)
    advice.soh_permille, advice.soh_sigma_permille, advice.charge_limit_dA = 950, 20, 100
    advice.withdraw()
    assert vars(advice) == {**SILENT, "soh_permille": 950, "soh_sigma_permille": 20, "charge_limit_dA": 100}


def test_what_was_found_in_the_layers_themselves_outlives_who_found_it_until_somebody_knows_better() -> None:
    advice = Advice()
    advice.give(400, 7)
    advice.widen(30, 20)
    assert advice.spread_mV == 30
    assert advice.step(1001) is False
    assert vars(advice) == {**SILENT, "spread_mV": 20, "lasting_mV": 20}
    advice.withdraw()
    assert advice.spread_mV == 20
    advice.give(400, 7)
    advice.widen(5, 0)
    assert (advice.spread_mV, advice.lasting_mV) == (5, 0)
    advice.widen(-3, 4)
    assert (advice.spread_mV, advice.lasting_mV) == (4, 4)


def test_a_spread_below_nothing_is_nothing() -> None:
    advice = Advice()
    for said, kept in ((5, 5), (1, 1), (0, 0), (-1, 0), (-500, 0)):
        advice.widen(said)
        assert advice.spread_mV == kept


def test_what_does_not_pass_is_kept_to_the_last_millivolt_and_below_nothing_is_nothing() -> None:
    advice = Advice()
    for said, kept in ((2, 2), (1, 1), (0, 0), (-1, 0), (-500, 0)):
        advice.widen(5, said)
        assert (advice.spread_mV, advice.lasting_mV) == (5, kept)
        advice.withdraw()
        assert advice.spread_mV == kept
