"""Raspberry Pi Pico 2: RP2350A at 150 MHz with an MCP2515 on SPI 1 for CAN, slow inputs by an expander."""
