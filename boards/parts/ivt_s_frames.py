"""generated from ivt_s.dbc (sha256 5e54865ae0a3) by dbc/generate.py; do not edit.

Attributes are raw integers as on the wire; a name ends in the unit of its integer, if any. pack fills buf,
LENGTH bytes, and clamps what is out of range; named values pass. unpack is False, and stores nothing, for a
wrong length or a selector without meaning.
"""


class IvtCurrent:
    """IVT_CURRENT. From IVT. Current through the shunt, every 10 ms.

    channel: 0 to 255 index. Which result this is: 0
    system_error: 0 to 1 flag. The sensor does not promise to work
    any_error: 0 to 1 flag. Some result, this or another, has a measurement error
    channel_error: 0 to 1 flag. This result is out of range or has a measurement error
    overcurrent: 0 to 1 flag. The sensor's overcurrent signal is set
    counter: 0 to 15 count. One more with each message of this identifier
    extension: -128 to 127 bits. 0 or -1, the sign of what follows; anything else is beyond 24 bits
    current_mA: -8388608 to 8388607 is -8388.608 to 8388.607 A. Current through the shunt
    """

    ID = 0x521
    EXTENDED = False
    LENGTH = 6
    PERIOD_ms = 10

    def __init__(self) -> None:
        self.channel = 0
        self.system_error = 0
        self.any_error = 0
        self.channel_error = 0
        self.overcurrent = 0
        self.counter = 0
        self.extension = 0
        self.current_mA = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.channel
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[0] = raw
        raw = self.counter
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        buf[1] = (
            raw | (self.system_error > 0) << 7 | (self.any_error > 0) << 6 | (self.channel_error > 0) << 5
            | (self.overcurrent > 0) << 4
        )
        raw = self.extension
        raw = -128 if raw < -128 else 127 if raw > 127 else raw
        buf[2] = raw & 255
        raw = self.current_mA
        raw = -8388608 if raw < -8388608 else 8388607 if raw > 8388607 else raw
        buf[3], buf[4] = raw >> 16 & 255, raw >> 8 & 255
        buf[5] = raw & 255

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 6:
            return False
        self.channel = buf[0]
        self.system_error = buf[1] >> 7
        self.any_error = buf[1] >> 6 & 1
        self.channel_error = buf[1] >> 5 & 1
        self.overcurrent = buf[1] >> 4 & 1
        self.counter = buf[1] & 15
        self.extension = (buf[2] ^ 128) - 128
        self.current_mA = ((buf[5] | buf[4] << 8 | buf[3] << 16) ^ 8388608) - 8388608
        return True


class IvtU1:
    """IVT_U1. From IVT. Voltage at input 1, every 10 ms.

    channel: 0 to 255 index. Which result this is: 1
    system_error: 0 to 1 flag. The sensor does not promise to work
    any_error: 0 to 1 flag. Some result, this or another, has a measurement error
    channel_error: 0 to 1 flag. This result is out of range or has a measurement error
    overcurrent: 0 to 1 flag. The sensor's overcurrent signal is set
    counter: 0 to 15 count. One more with each message of this identifier
    extension: -128 to 127 bits. 0 or -1, the sign of what follows; anything else is beyond 24 bits
    voltage_mV: -8388608 to 8388607 is -8388.608 to 8388.607 V. Voltage at input 1
    """

    ID = 0x522
    EXTENDED = False
    LENGTH = 6
    PERIOD_ms = 10

    def __init__(self) -> None:
        self.channel = 0
        self.system_error = 0
        self.any_error = 0
        self.channel_error = 0
        self.overcurrent = 0
        self.counter = 0
        self.extension = 0
        self.voltage_mV = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.channel
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[0] = raw
        raw = self.counter
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        buf[1] = (
            raw | (self.system_error > 0) << 7 | (self.any_error > 0) << 6 | (self.channel_error > 0) << 5
            | (self.overcurrent > 0) << 4
        )
        raw = self.extension
        raw = -128 if raw < -128 else 127 if raw > 127 else raw
        buf[2] = raw & 255
        raw = self.voltage_mV
        raw = -8388608 if raw < -8388608 else 8388607 if raw > 8388607 else raw
        buf[3], buf[4] = raw >> 16 & 255, raw >> 8 & 255
        buf[5] = raw & 255

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 6:
            return False
        self.channel = buf[0]
        self.system_error = buf[1] >> 7
        self.any_error = buf[1] >> 6 & 1
        self.channel_error = buf[1] >> 5 & 1
        self.overcurrent = buf[1] >> 4 & 1
        self.counter = buf[1] & 15
        self.extension = (buf[2] ^ 128) - 128
        self.voltage_mV = ((buf[5] | buf[4] << 8 | buf[3] << 16) ^ 8388608) - 8388608
        return True


class IvtU2:
    """IVT_U2. From IVT. Voltage at input 2, every 10 ms.

    channel: 0 to 255 index. Which result this is: 2
    system_error: 0 to 1 flag. The sensor does not promise to work
    any_error: 0 to 1 flag. Some result, this or another, has a measurement error
    channel_error: 0 to 1 flag. This result is out of range or has a measurement error
    overcurrent: 0 to 1 flag. The sensor's overcurrent signal is set
    counter: 0 to 15 count. One more with each message of this identifier
    extension: -128 to 127 bits. 0 or -1, the sign of what follows; anything else is beyond 24 bits
    voltage_mV: -8388608 to 8388607 is -8388.608 to 8388.607 V. Voltage at input 2
    """

    ID = 0x523
    EXTENDED = False
    LENGTH = 6
    PERIOD_ms = 10

    def __init__(self) -> None:
        self.channel = 0
        self.system_error = 0
        self.any_error = 0
        self.channel_error = 0
        self.overcurrent = 0
        self.counter = 0
        self.extension = 0
        self.voltage_mV = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.channel
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[0] = raw
        raw = self.counter
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        buf[1] = (
            raw | (self.system_error > 0) << 7 | (self.any_error > 0) << 6 | (self.channel_error > 0) << 5
            | (self.overcurrent > 0) << 4
        )
        raw = self.extension
        raw = -128 if raw < -128 else 127 if raw > 127 else raw
        buf[2] = raw & 255
        raw = self.voltage_mV
        raw = -8388608 if raw < -8388608 else 8388607 if raw > 8388607 else raw
        buf[3], buf[4] = raw >> 16 & 255, raw >> 8 & 255
        buf[5] = raw & 255

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 6:
            return False
        self.channel = buf[0]
        self.system_error = buf[1] >> 7
        self.any_error = buf[1] >> 6 & 1
        self.channel_error = buf[1] >> 5 & 1
        self.overcurrent = buf[1] >> 4 & 1
        self.counter = buf[1] & 15
        self.extension = (buf[2] ^ 128) - 128
        self.voltage_mV = ((buf[5] | buf[4] << 8 | buf[3] << 16) ^ 8388608) - 8388608
        return True


class IvtU3:
    """IVT_U3. From IVT. Voltage at input 3, every 10 ms.

    channel: 0 to 255 index. Which result this is: 3
    system_error: 0 to 1 flag. The sensor does not promise to work
    any_error: 0 to 1 flag. Some result, this or another, has a measurement error
    channel_error: 0 to 1 flag. This result is out of range or has a measurement error
    overcurrent: 0 to 1 flag. The sensor's overcurrent signal is set
    counter: 0 to 15 count. One more with each message of this identifier
    extension: -128 to 127 bits. 0 or -1, the sign of what follows; anything else is beyond 24 bits
    voltage_mV: -8388608 to 8388607 is -8388.608 to 8388.607 V. Voltage at input 3
    """

    ID = 0x524
    EXTENDED = False
    LENGTH = 6
    PERIOD_ms = 10

    def __init__(self) -> None:
        self.channel = 0
        self.system_error = 0
        self.any_error = 0
        self.channel_error = 0
        self.overcurrent = 0
        self.counter = 0
        self.extension = 0
        self.voltage_mV = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.channel
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[0] = raw
        raw = self.counter
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        buf[1] = (
            raw | (self.system_error > 0) << 7 | (self.any_error > 0) << 6 | (self.channel_error > 0) << 5
            | (self.overcurrent > 0) << 4
        )
        raw = self.extension
        raw = -128 if raw < -128 else 127 if raw > 127 else raw
        buf[2] = raw & 255
        raw = self.voltage_mV
        raw = -8388608 if raw < -8388608 else 8388607 if raw > 8388607 else raw
        buf[3], buf[4] = raw >> 16 & 255, raw >> 8 & 255
        buf[5] = raw & 255

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 6:
            return False
        self.channel = buf[0]
        self.system_error = buf[1] >> 7
        self.any_error = buf[1] >> 6 & 1
        self.channel_error = buf[1] >> 5 & 1
        self.overcurrent = buf[1] >> 4 & 1
        self.counter = buf[1] & 15
        self.extension = (buf[2] ^ 128) - 128
        self.voltage_mV = ((buf[5] | buf[4] << 8 | buf[3] << 16) ^ 8388608) - 8388608
        return True


MESSAGES = (
    IvtCurrent,
    IvtU1,
    IvtU2,
    IvtU3,
)
