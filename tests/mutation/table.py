"""Which tests are asked about a module's mutants, the ones that know it best first.

A test that takes longer than PATIENCE_s of processor time is not asked: thousands of mutants wait for an answer. A module
whose tests read its tables while they are collected is loaded anew for each mutant, together with all that has seen it.
"""

from typing import NamedTuple

PATIENCE_s = 1.0


class Row(NamedTuple):
    """One module under mutation."""

    path: str
    tests: tuple[str, ...]
    anew: bool = False


_CONSTANTS = "tests/test_constants.py"

MODULES: dict[str, Row] = {
    "monitor": Row("bms/safety/monitor.py", ("tests/test_monitor_alone.py", _CONSTANTS)),
    "bound": Row("bms/safety/bound.py", ("tests/test_bound_alone.py", _CONSTANTS)),
    "core": Row("bms/safety/core.py", ("tests/test_core_alone.py", _CONSTANTS)),
    "strings": Row("bms/safety/strings.py", ("tests/test_strings_alone.py", _CONSTANTS)),
    "sisters": Row("bms/safety/sisters.py", ("tests/test_sisters_alone.py", _CONSTANTS)),
    "clock": Row("bms/safety/clock.py", ("tests/test_clock_alone.py", _CONSTANTS)),
    "branch": Row("bms/safety/branch.py", ("tests/test_branch_alone.py", _CONSTANTS)),
    "coulomb": Row("bms/safety/coulomb.py", ("tests/test_coulomb_alone.py", "tests/test_branch_alone.py", _CONSTANTS)),
    "plausible": Row("bms/safety/plausible.py", ("tests/test_plausible_alone.py", _CONSTANTS)),
    "snapshot": Row("bms/safety/snapshot.py", ("tests/test_snapshot.py", _CONSTANTS)),
    "window": Row(
        "bms/safety/window.py",
        (
            "tests/test_window.py",
            _CONSTANTS,
        ),
    ),
    "tables": Row("bms/safety/tables.py", ("tests/test_tables.py", _CONSTANTS)),
    "envelope": Row("bms/control/envelope.py", ("tests/test_envelope_alone.py", _CONSTANTS)),
    "maps": Row("bms/control/maps.py", ("tests/test_envelope_alone.py",)),
    "insulation": Row("bms/safety/insulation.py", ("tests/test_requests_alone.py", _CONSTANTS)),
    "alive": Row(
        "bms/safety/alive.py",
        (
            "tests/test_alive.py",
            _CONSTANTS,
        ),
    ),
    "advice": Row("bms/control/advice.py", ("tests/test_advice.py",)),
    "thermal": Row("bms/control/thermal.py", ("tests/test_thermal_alone.py", "tests/test_thermal.py", _CONSTANTS)),
    "hold": Row("bms/control/hold.py", ("tests/test_hold.py", "tests/test_thermal_alone.py")),
    "derate": Row("bms/control/derate.py", ("tests/test_derate.py", _CONSTANTS)),
    "record": Row("bms/store/record.py", ("tests/test_record_alone.py",)),
    "cycles": Row("bms/control/cycles.py", ("tests/test_cycles_alone.py", "tests/test_cycles.py", _CONSTANTS)),
    "balance": Row("bms/control/balance.py", ("tests/test_balance_alone.py", _CONSTANTS)),
    "bleeders": Row("bms/control/bleeders.py", ("tests/test_bleeders_alone.py", _CONSTANTS)),
    "ending": Row("bms/control/ending.py", ("tests/test_ending_alone.py", _CONSTANTS)),
    "fastcharge": Row("bms/control/fastcharge.py", ("tests/test_fastcharge_alone.py", _CONSTANTS)),
    "ways": Row("bms/control/ways.py", ("tests/test_ways_alone.py", _CONSTANTS)),
    "ahead": Row("bms/control/ahead.py", ("tests/test_ahead_alone.py", _CONSTANTS)),
    "remaining": Row("bms/control/remaining.py", ("tests/test_remaining_alone.py", _CONSTANTS)),
    "energy": Row("bms/control/energy.py", ("tests/test_requests_alone.py",)),
    "horizon": Row("bms/control/horizon.py", ("tests/test_horizon_alone.py",)),
    "machine": Row("bms/safety/machine.py", ("tests/test_machine_alone.py", _CONSTANTS)),
    "contactor": Row("bms/safety/contactor.py", ("tests/test_contactor_alone.py", _CONSTANTS)),
    "probes": Row("bms/safety/probes.py", ("tests/test_probes_alone.py", _CONSTANTS)),
    "stillness": Row("bms/safety/stillness.py", ("tests/test_probes_alone.py", _CONSTANTS)),
    "surroundings": Row("bms/safety/surroundings.py", ("tests/test_surroundings_alone.py", _CONSTANTS)),
    "charging": Row("bms/safety/charging.py", ("tests/test_charging_alone.py", _CONSTANTS)),
    "held": Row("bms/safety/held.py", ("tests/test_held.py", _CONSTANTS)),
    "overload": Row("bms/safety/overload.py", ("tests/test_overload_alone.py", _CONSTANTS)),
    "wear": Row("bms/safety/wear.py", ("tests/test_wear_alone.py", _CONSTANTS)),
    "chain": Row("bms/safety/chain.py", ("tests/test_chain_alone.py", _CONSTANTS)),
    "standin": Row("bms/safety/standin.py", ("tests/test_standin_alone.py", _CONSTANTS)),
    "watch": Row("bms/safety/watch.py", ("tests/test_watch_alone.py", _CONSTANTS)),
    "signals": Row("bms/safety/signals.py", ("tests/test_signals_alone.py", _CONSTANTS)),
    "faults": Row("bms/safety/faults.py", ("tests/test_fault_table.py",)),
}
