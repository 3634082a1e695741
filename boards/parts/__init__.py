"""Chips: the only place where counts become integers with a unit."""
