"""Work for a pool of processes that one of its numbers kills and another one spoils."""

import os
from typing import Any


def fragile(text: str, path: str, numbers: list[int]) -> list[dict[str, Any]]:
    """As hil.campaign.worker.run_batch, without any firmware."""
    if 1 in numbers:
        os._exit(9)
    if 3 in numbers:
        raise RuntimeError("three")
    return [{"run": number, "ok": True} for number in numbers]
