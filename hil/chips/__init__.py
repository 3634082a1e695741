"""Chips as their data sheets describe them, register by register, for the drivers of boards/parts to talk to on a desk."""
