"""The register map of the MCP2515: Microchip, data sheet DS20001801J (2019), tables 11-1 and 11-2 and the registers' own pages.

Addresses, bits, which bits of a register a write changes, which registers only configuration mode lets change, and which the
instruction BIT MODIFY works on. CANSTAT and CANCTRL are seen at the end of every row of 16. Imports nothing.
"""

BFPCTRL, TXRTSCTRL, CANSTAT, CANCTRL = 0x0C, 0x0D, 0x0E, 0x0F
TEC, REC = 0x1C, 0x1D
RXM0, RXM1 = 0x20, 0x24
CNF3, CNF2, CNF1, CANINTE, CANINTF, EFLG = 0x28, 0x29, 0x2A, 0x2B, 0x2C, 0x2D
TXBCTRL = (0x30, 0x40, 0x50)
RXBCTRL = (0x60, 0x70)
RXF = (0x00, 0x04, 0x08, 0x10, 0x14, 0x18)

RX0IF, RX1IF, TX0IF, TX1IF, TX2IF, ERRIF, WAKIF, MERRF = (1 << k for k in range(8))
EWARN, RXWAR, TXWAR, RXEP, TXEP, TXBO, RX0OVR, RX1OVR = (1 << k for k in range(8))
TXREQ, TXERR, MLOA, ABTF = 0x08, 0x10, 0x20, 0x40
ABAT = 0x10
NORMAL, SLEEP, LOOPBACK, LISTEN, CONFIGURATION = 0, 1, 2, 3, 4

# Bits that a write changes; what is not here cannot be written. CONFIGURED: in configuration mode alone. MODIFIABLE: by BIT
# MODIFY with its mask. HIDDEN: read 0 outside configuration mode.
WRITABLE = {BFPCTRL: 0x3F, TXRTSCTRL: 0x07, CNF3: 0xC7, CNF2: 0xFF, CNF1: 0xFF, CANINTE: 0xFF, CANINTF: 0xFF, EFLG: 0xC0}
WRITABLE.update({0x60: 0x64, 0x70: 0x60})
FILTERS = (0x00, 0x04, 0x08, 0x10, 0x14, 0x18, RXM0, RXM1)
for _first in FILTERS:
    WRITABLE.update({_first: 0xFF, _first + 1: 0xE3 if _first >= RXM0 else 0xEB, _first + 2: 0xFF, _first + 3: 0xFF})
for _first in TXBCTRL:
    WRITABLE.update({_first: 0x0B, _first + 1: 0xFF, _first + 2: 0xEB, _first + 3: 0xFF, _first + 4: 0xFF, _first + 5: 0x4F})
    WRITABLE.update({_first + 6 + k: 0xFF for k in range(8)})
for _row in range(8):
    WRITABLE[16 * _row + CANCTRL] = 0xFF
CONFIGURED = {TXRTSCTRL, CNF1, CNF2, CNF3}
HIDDEN = set()  # type: set[int]
for _first in FILTERS:
    CONFIGURED.update(range(_first, _first + 4))
    HIDDEN.update(range(_first, _first + 4))
MODIFIABLE = {BFPCTRL, TXRTSCTRL, CNF3, CNF2, CNF1, CANINTE, CANINTF, EFLG, 0x30, 0x40, 0x50, 0x60, 0x70}
MODIFIABLE.update({16 * _row + CANCTRL for _row in range(8)})
