"""Whoever knows less is never more daring: bounds never tighter and limits never larger on the whole firmware.

Two controllers live through the same world; the second is told one thing worse. Everything else is the same, tick by tick.
"""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.packs import bench_24
from bms.safety import machine as M
from bms.schema import PACK_FIELDS, SENSOR_FIELDS, Pack, Sensor, replaced
from tests.fake_board import CHARGE, DRIVE, OPEN, FakeBoard

PACK = bench_24.PACK
Worse = Callable[[App, FakeBoard, int], None]
SPREADS = ("spread_soc_permille", "spread_capacity_permille", "spread_r_permille", "spread_hyst_permille", "spread_t_ddegC")
SENSORS = ("group_sensor", "probe_sensor", "current_a_sensor")
TICKS = 12
WARM_ticks = 150


def probe_silent(app: App, board: FakeBoard, by: int) -> None:
    """A probe's value grows old, within its deadline."""
    board.probe_silent[by % len(board.probe_silent)] = 1


def group_silent(app: App, board: FakeBoard, by: int) -> None:
    """A group's value grows old, past its deadline at the end."""
    board.group_silent[by % len(board.group_silent)] = 1


def interval(app: App, board: FakeBoard, by: int) -> None:
    """The ledger is surer than it may be by so many permille of charge."""
    unit = app.coulomb.capacity_mAs // 1000
    app.coulomb.low_mAs = max(0, app.coulomb.low_mAs - by * unit)
    app.coulomb.high_mAs = min(app.coulomb.capacity_mAs, app.coulomb.high_mAs + by * unit)


def unsure(app: App, board: FakeBoard, by: int) -> None:
    """The filter has failed: its advice is gone."""
    app.advice.withdraw()


def sum_disagrees(app: App, board: FakeBoard, by: int) -> None:
    """The stack's own voltage is not that of its groups."""
    board.stack_error_mV[0] = 10 * by


def probes_disagree(app: App, board: FakeBoard, by: int) -> None:
    """One probe is hotter and another colder than all others."""
    board.probe_ddegC[0] += by
    board.probe_ddegC[1] -= by


def model_disagrees(app: App, board: FakeBoard, by: int) -> None:
    """The estimator says that layers may stand farther apart."""
    app.advice.widen(app.advice.spread_mV + by)


WORSE: dict[str, Worse] = {
    worse.__name__: worse
    for worse in (probe_silent, group_silent, interval, unsure, sum_disagrees, probes_disagree, model_disagrees)
}


def seen(pack: Pack, state: int, load_mA: int, t_ddegC: int, worse: Worse | None, by: int) -> list[tuple[int, ...]]:
    """Tick by tick: how far apart the bounds are kept and what may flow, each the larger the more daring."""
    board = FakeBoard(pack)
    app = App(pack, board)
    for k in range(WARM_ticks):
        board.request = OPEN if k < 20 else DRIVE if state == M.DRIVE else CHARGE
        app.tick()
    board.load_mA = load_mA
    board.probe_ddegC = [t_ddegC] * len(board.probe_ddegC)
    for _ in range(28):
        app.tick()
    if worse is not None:
        worse(app, board, by)
    out: list[tuple[int, ...]] = []
    for _ in range(TICKS):
        app.tick()
        bound, envelope = app.bound, app.envelope
        out.append(
            (
                -bound.layer_high_mV,
                bound.layer_low_mV,
                -bound.hot_ddegC,
                bound.cold_ddegC,
                envelope.charge_dA,
                envelope.discharge_dA,
                envelope.map_dA,
            )
        )
    assert not app.lane_failed, app.last_error
    return out


worlds = st.fixed_dictionaries(
    {
        "state": st.sampled_from([M.DRIVE, M.CHARGE]),
        "load_mA": st.sampled_from([-15_000, 0, 6_000]),
        "t_ddegC": st.sampled_from([50, 250, 400]),
        "by": st.integers(1, 60),
    }
)


def never_more_daring(better: list[tuple[int, ...]], worse: list[tuple[int, ...]]) -> None:
    """In every tick, in everything."""
    for k, (before, after) in enumerate(zip(better, worse, strict=True)):
        assert all(b <= a for a, b in zip(before, after, strict=True)), (k, before, after)


@settings(max_examples=8)
@given(world=worlds, name=st.sampled_from(sorted(WORSE)))
def test_one_thing_known_worse_never_makes_the_firmware_more_daring(world: dict[str, int], name: str) -> None:
    better = seen(PACK, world["state"], world["load_mA"], world["t_ddegC"], None, 0)
    never_more_daring(better, seen(PACK, world["state"], world["load_mA"], world["t_ddegC"], WORSE[name], world["by"]))


@settings(max_examples=8)
@given(world=worlds, field=st.sampled_from(SPREADS + SENSORS))
def test_a_pack_that_declares_more_spread_or_error_is_never_used_more_daringly(world: dict[str, int], field: str) -> None:
    by = world.pop("by")
    if field in SENSORS:
        sensor = getattr(PACK, field)
        more = 0 if field == "probe_sensor" else 10 * by  # a probe has no gain
        value = replaced(Sensor, SENSOR_FIELDS, sensor, offset_u=sensor.offset_u + 1000 * by, gain_ppm=sensor.gain_ppm + more)
        other = replaced(Pack, PACK_FIELDS, PACK, **{field: value})
    else:
        other = replaced(Pack, PACK_FIELDS, PACK, **{field: getattr(PACK, field) + by})
    never_more_daring(seen(PACK, **world, worse=None, by=0), seen(other, **world, worse=None, by=0))
