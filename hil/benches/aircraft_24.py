"""The size for which the tick's budget is stated: 24 groups and 16 probes, in four stacks of 24 layers tapped every 4.

Stacks and sensors of the bench's pack; a pack sensor for the string of four.
"""

from bms.packs.bench_24 import PACK as BENCH
from bms.schema import GUARDS_FIELDS, PACK_FIELDS, SENSOR_FIELDS, Guards, Pack, Sensor, replaced

PACK = replaced(
    Pack,
    PACK_FIELDS,
    BENCH,
    name="aircraft_24",
    stacks=4,
    taps=(4, 4, 4, 4, 4, 4),
    probe_stack=(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3),
    pack_sensor=replaced(Sensor, SENSOR_FIELDS, BENCH.pack_sensor, high_m=640000),
    precharge_mohm=100000,
    link_capacitance_uF=1000,
    precharge_done_mV=10000,
    guards=replaced(Guards, GUARDS_FIELDS, BENCH.guards, link_apart_mV=12000),
)
