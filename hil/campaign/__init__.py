"""Thousands of seeded runs of the real firmware, judged by the hidden layers: what `hil campaign` does.

A run is a pure function of the campaign file and its own number, so any of them can be repeated alone.
"""
