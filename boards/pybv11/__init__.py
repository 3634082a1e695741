"""pyboard v1.1: STM32F405RG at 168 MHz, bxCAN, 192 kB of RAM: firmware frozen or in ROMFS, slow inputs by an expander."""
