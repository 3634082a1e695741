"""State and black box in non-volatile memory."""
