"""`hil replay`: logged current, voltage and temperature through the firmware's own estimator, against the log's own SoC."""

from hil.replay.command import replay_command

__all__ = ["replay_command"]
