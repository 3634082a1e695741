"""The kinds of target, one file each: a MicroPython process, this process, whatever is on a bus."""
