"""What a firmware decided, without the two faults that only repeat what was heard. Runs on both interpreters.

`command_unsound` and `charger_unsound` tell that what comes in place of sound frames fails its check. Noise may cause them:
that is their purpose. They are warnings and decide nothing, so a comparison with an undisturbed twin leaves them out.
"""

from bms.safety import faults as F

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array

REPEATED = (64, 65)
SEVERITY, CAUSE, WHERE, WORDS = 3, 4, 5, 6  # places in the record of decisions
NOWHERE = 255


def decided(record: "array[int]") -> "array[int]":
    """The same record, without them."""
    found = False
    for number in REPEATED:
        bit = 1 << number % 16
        if record[WORDS + number // 16] & bit:
            record[WORDS + number // 16] &= ~bit
            found = True
    if found:
        worst = 0
        for row in F.TABLE:
            if record[WORDS + row.id // 16] >> row.id % 16 & 1 and row.severity > worst:
                worst = row.severity
        record[SEVERITY] = worst
        if record[CAUSE] in REPEATED:
            record[CAUSE] = 0
            record[WHERE] = NOWHERE
    return record
