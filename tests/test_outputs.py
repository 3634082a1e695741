"""Coils, heater and cooler get what they are told, and nothing when nobody tells."""

import pytest

from boards.parts.outputs import DUTY_MAX, Outputs

NEGATIVE, PRECHARGE, POSITIVE, AUXILIARY = 1, 2, 4, 8


class Pwm:
    def __init__(self) -> None:
        self.duty = -1
        self.writes = 0

    def duty_u16(self, value: int, /) -> None:
        assert 0 <= value <= DUTY_MAX
        self.duty = value
        self.writes += 1


class Rig:
    def __init__(self) -> None:
        self.coils = (Pwm(), Pwm(), Pwm(), Pwm())
        self.heater, self.cooler = Pwm(), Pwm()
        self.outputs = Outputs(self.coils, self.heater, self.cooler)

    @property
    def duties(self) -> list[int]:
        return [coil.duty for coil in self.coils]


def test_everything_is_off_before_anybody_says_anything() -> None:
    rig = Rig()
    assert rig.duties == [0, 0, 0, 0]
    assert rig.heater.duty == rig.cooler.duty == 0


@pytest.mark.parametrize("mask", range(16))
def test_a_coil_pulls_in_with_all_of_its_supply_and_others_stay_off(mask: int) -> None:
    rig = Rig()
    rig.outputs.contactors(mask, 100)
    assert rig.duties == [DUTY_MAX if mask >> k & 1 else 0 for k in range(4)]


def test_the_economiser_leaves_its_share_and_an_opened_coil_nothing() -> None:
    rig = Rig()
    rig.outputs.contactors(NEGATIVE | POSITIVE, 100)
    rig.outputs.contactors(NEGATIVE | POSITIVE, 30)
    assert rig.duties == [pytest.approx(0.3 * DUTY_MAX, abs=1), 0, pytest.approx(0.3 * DUTY_MAX, abs=1), 0]
    rig.outputs.contactors(NEGATIVE, 30)
    assert rig.duties[2] == 0
    rig.outputs.contactors(0, 0)
    assert rig.duties == [0, 0, 0, 0]


@pytest.mark.parametrize(("percent", "duty"), [(-5, 0), (0, 0), (100, DUTY_MAX), (130, DUTY_MAX)])
def test_a_share_beyond_its_ends_is_the_end(percent: int, duty: int) -> None:
    rig = Rig()
    rig.outputs.contactors(NEGATIVE, percent)
    assert rig.duties[0] == duty


def test_a_register_is_written_only_when_something_changes() -> None:
    rig = Rig()
    rig.outputs.contactors(POSITIVE, 30)
    rig.outputs.thermal(400, 0)
    writes = [coil.writes for coil in rig.coils], rig.heater.writes, rig.cooler.writes
    for _ in range(100):
        rig.outputs.contactors(POSITIVE, 30)
        rig.outputs.thermal(400, 0)
    assert ([coil.writes for coil in rig.coils], rig.heater.writes, rig.cooler.writes) == writes


@pytest.mark.parametrize(
    ("permille", "duty"), [(-1, 0), (0, 0), (1, 65), (500, 32767), (1000, DUTY_MAX), (2000, DUTY_MAX)]
)
def test_heater_and_cooler_get_what_they_are_told(permille: int, duty: int) -> None:
    rig = Rig()
    rig.outputs.thermal(permille, 0)
    assert (rig.heater.duty, rig.cooler.duty) == (duty, 0)
    rig.outputs.thermal(0, permille)
    assert (rig.heater.duty, rig.cooler.duty) == (0, duty)


def test_what_is_not_fitted_is_not_driven() -> None:
    coils = (Pwm(), Pwm(), Pwm(), Pwm())
    outputs = Outputs(coils, None, None)
    outputs.thermal(1000, 1000)
    assert [coil.duty for coil in coils] == [0, 0, 0, 0]


def test_three_coils_are_not_enough() -> None:
    with pytest.raises(ValueError, match="four coils"):
        Outputs((Pwm(), Pwm(), Pwm()), None, None)  # type: ignore[arg-type]
