"""The desk as a board: MicroPython's unix port on virtual CAN."""
