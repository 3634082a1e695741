"""One folder per board: what the firmware runs on."""
