"""Which target stands behind a name and a bus."""

from pathlib import Path

from hil.errors import BadInput
from hil.targets.base import Target, TargetDied

__all__ = ["TARGETS", "Target", "TargetDied", "make_target"]

TARGETS = ("micropython", "cpython", "bus")


def make_target(
    name: str,
    bus: str | None,
    pack_name: str,
    map_name: str | None = None,
    stored_soc_permille: int | None = None,
    micropython_path: str | Path | None = None,
    firmware: str | None = None,
) -> Target:
    """The target of that name on that bus (`INTERFACE:CHANNEL`; None: its own). BadInput for a pair that does not exist.
    `firmware`: a folder written by hil deploy, instead of the sources."""
    if name not in TARGETS:
        raise BadInput(f"target {name}: one of {', '.join(TARGETS)}")
    if bus is not None and (not bus.partition(":")[0] or not bus.partition(":")[2]):
        raise BadInput(f"bus {bus}: INTERFACE:CHANNEL, for example socketcan:can0")
    if firmware is not None and (name != "micropython" or bus is not None):
        raise BadInput(f"firmware {firmware}: runs in target micropython on its own bus")
    if name == "micropython":
        from hil.targets.process import MicroPythonTarget, ProcessOnBusTarget

        if bus is None:
            return MicroPythonTarget(pack_name, map_name, stored_soc_permille, micropython_path, firmware=firmware)
        if bus.startswith("socketcan:"):
            return ProcessOnBusTarget(pack_name, map_name, stored_soc_permille, micropython_path, bus)
        raise BadInput(f"bus {bus}: target micropython has loopback (no --bus) or socketcan:INTERFACE")
    if name == "cpython":
        from hil.targets.inside import CPythonTarget

        return CPythonTarget(pack_name, map_name, stored_soc_permille, bus)
    if bus is None:
        raise BadInput("target bus: wants --bus INTERFACE:CHANNEL, for example slcan:/dev/ttyACM0")
    from hil.targets.realtime import BusTarget

    return BusTarget(bus)
