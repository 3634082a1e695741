"""ST NUCLEO-G474RE (MB1367): STM32G474RE at 170 MHz, FDCAN1, 128 kB of RAM: firmware frozen or in ROMFS."""
