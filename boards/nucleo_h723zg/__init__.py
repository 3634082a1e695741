"""ST NUCLEO-H723ZG (MB1364): STM32H723ZG at 550 MHz, FDCAN1, firmware from .mpy files on its own flash."""
