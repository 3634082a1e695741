"""How a charge ended is told once, in the first round after it, if charge had flowed for a minute of it."""

import random
from typing import Any

import pytest

from bms.control.ending import NOWHERE, Ending, LEAST_ms, UNKNOWN_mAh, UNSURE_mAh
from bms.safety import machine as M


class Groups:
    """A snapshot and bounds of four groups of unlike size."""

    layers = (12, 7, 5, 9)

    def __init__(self) -> None:
        self.current_dA = 0
        self.group_mV = [12 * 4100, 7 * 4090 + 6, 5 * 3999 + 4, 9 * 4000]
        self.at: tuple[int, int] = (0, 2)

    def high_group(self, snap: Any) -> int:
        assert snap is self
        return int(self.at[0])

    def low_group(self, snap: Any) -> int:
        assert snap is self
        return int(self.at[1])


def told(ending: Ending) -> tuple[int, ...]:
    return ending.high_group, ending.low_group, ending.apart_mV, ending.apart_mAh, ending.sigma_mAh, ending.asks


NOTHING = (255, 255, 0, 262_143, 65_535, False)


@pytest.mark.parametrize("flowed_ms", [0, 100, 59_900, 60_000, 60_100])
@pytest.mark.parametrize("after", [M.STANDBY, M.OPENING, M.DRIVE, M.FAULT])
def test_a_charge_of_a_minute_is_told_when_it_has_ended(flowed_ms: int, after: int) -> None:
    ending, groups = Ending(), Groups()
    both: tuple[Any, Any] = (groups, groups)
    assert told(ending) == NOTHING
    assert not ending.step(M.DRIVE, *both, 100)
    for k in range(1_200):
        groups.current_dA = 1 if k % 2 and k // 2 < flowed_ms // 100 else (0, -5)[k % 2]
        assert ending.step(M.CHARGE, *both, 100) is False
    assert told(ending) == NOTHING
    assert ending.step(after, *both, 100) is (flowed_ms >= 60_000)
    last = (0, 2, 4100 - 3999, 262_143, 65_535, True)
    assert told(ending) == (last if flowed_ms >= 60_000 else NOTHING)
    ending.asks, ending.apart_mAh, ending.sigma_mAh = False, 7, 3
    before = told(ending)
    assert ending.step(after, *both, 100) is False
    assert told(ending) == before


def test_every_charge_counts_anew_and_forgets_what_was_known_of_the_last() -> None:
    ending, groups = Ending(), Groups()
    both: tuple[Any, Any] = (groups, groups)
    groups.current_dA = 300
    for long_ms, is_told in ((60_000, True), (59_999, False), (1, False), (59_999, False), (60_001, True)):
        ending.apart_mAh, ending.sigma_mAh, ending.asks = 7, 3, False
        groups.at = (1, 3)
        groups.group_mV[1] += 7
        ending.step(M.CHARGE, *both, long_ms)
        assert ending.step(M.STANDBY, *both, 100) is is_told
        assert (ending.apart_mAh, ending.sigma_mAh, ending.asks) == (
            (UNKNOWN_mAh, UNSURE_mAh, True) if is_told else (7, 3, False)
        )
        if is_told:
            apart = groups.group_mV[1] // 7 - groups.group_mV[3] // 9
            assert (ending.high_group, ending.low_group, ending.apart_mV) == (1, 3, apart)


def test_a_charge_that_lasts_for_ever_is_one_and_its_time_fits() -> None:
    ending, groups = Ending(), Groups()
    both: tuple[Any, Any] = (groups, groups)
    groups.current_dA = 1
    for _ in range(3):
        ending.step(M.CHARGE, *both, 99_999_999)
        assert ending._charged_ms <= 100_000_000 + 99_999_999
    assert ending._charged_ms == 2 * 99_999_999
    ending._charged_ms = 100_000_000
    ending.step(M.CHARGE, *both, random.Random(1).randint(1, 99))
    assert ending._charged_ms == 100_000_000
    assert ending.step(M.STANDBY, *both, 100)


def test_what_is_not_known_has_the_numbers_of_the_wire() -> None:
    assert (NOWHERE, UNKNOWN_mAh, UNSURE_mAh, LEAST_ms) == (255, (1 << 18) - 1, (1 << 16) - 1, 60_000)
