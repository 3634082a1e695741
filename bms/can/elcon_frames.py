"""generated from elcon.dbc (sha256 730691c7b3be) by dbc/generate.py; do not edit.

Attributes are raw integers as on the wire; a name ends in the unit of its integer, if any. pack fills buf,
LENGTH bytes, and clamps what is out of range; named values pass. unpack is False, and stores nothing, for a
wrong length or a selector without meaning.
"""


class ElconRequest:
    """ELCON_REQUEST. From BMS. What the charger is asked for. 98 V and 16 A read 03 D4 00 A0 00 00 00 00.

    voltage_dV: 0 to 65535 is 0 to 6553.5 V. Voltage that the charger must not exceed
    current_dA: 0 to 65535 is 0 to 6553.5 A. Current that the charger must not exceed
    control: 0 to 255 enum. What to do. 0 start, 1 stop, 2 heat
    """

    ID = 0x1806e5f4
    EXTENDED = True
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.voltage_dV = 0
        self.current_dA = 0
        self.control = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.voltage_dV
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw >> 8, raw & 255
        raw = self.current_dA
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[2], buf[3] = raw >> 8, raw & 255
        raw = self.control
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[4] = raw
        buf[5] = buf[6] = buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.voltage_dV = buf[1] | buf[0] << 8
        self.current_dA = buf[3] | buf[2] << 8
        self.control = buf[4]
        return True


class ElconStatus:
    """ELCON_STATUS. From CHARGER. What the charger does.

    voltage_dV: 0 to 65535 is 0 to 6553.5 V. Voltage at the output
    current_dA: 0 to 65535 is 0 to 6553.5 A. Current at the output, a magnitude
    hardware_failure: 0 to 1 flag. The charger is broken. 0 no, 1 yes
    over_temperature: 0 to 1 flag. The charger is too hot. 0 no, 1 yes
    input_voltage_wrong: 0 to 1 flag. The mains are outside what it takes. 0 no, 1 yes
    not_started: 0 to 1 flag. Off, because the battery is not there or the wrong way round. 0 no, 1 yes
    communication_timeout: 0 to 1 flag. It has heard no request for 5 s. 0 no, 1 yes
    """

    ID = 0x18ff50e5
    EXTENDED = True
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.voltage_dV = 0
        self.current_dA = 0
        self.hardware_failure = 0
        self.over_temperature = 0
        self.input_voltage_wrong = 0
        self.not_started = 0
        self.communication_timeout = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.voltage_dV
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw >> 8, raw & 255
        raw = self.current_dA
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[2], buf[3] = raw >> 8, raw & 255
        buf[4] = (
            (self.hardware_failure > 0) | (self.over_temperature > 0) << 1
            | (self.input_voltage_wrong > 0) << 2 | (self.not_started > 0) << 3
            | (self.communication_timeout > 0) << 4
        )
        buf[5] = buf[6] = buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.voltage_dV = buf[1] | buf[0] << 8
        self.current_dA = buf[3] | buf[2] << 8
        self.hardware_failure = buf[4] & 1
        self.over_temperature = buf[4] >> 1 & 1
        self.input_voltage_wrong = buf[4] >> 2 & 1
        self.not_started = buf[4] >> 3 & 1
        self.communication_timeout = buf[4] >> 4 & 1
        return True


MESSAGES = (
    ElconRequest,
    ElconStatus,
)
