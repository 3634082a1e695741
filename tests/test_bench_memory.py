"""What is said about the heap follows from what was measured, and a drive does not make it grow without end."""

from hil.benches import memory


def test_words_count_half_and_bytes_count_whole() -> None:
    flash = {"empty": 1000, "built": 9000, "plain": 2000, "peak": 13000}
    files = {"empty": 1000, "built": 12000, "plain": 2000, "peak": 16000}
    told = memory.estimate(files, flash, native=500)
    assert told == {"frozen": 5000, "romfs": 5500, "files": 8500, "garbage": 2000}


def test_the_probe_measures_the_compiled_firmware_in_both_forms() -> None:
    result = memory.measured("bench_24", 40)
    files, flash = result["files"], result["flash"]
    for one in (files, flash):
        assert one["empty"] < one["code"] < one["built"] <= one["peak"]
        assert 0 < one["largest"] <= one["free"]
        assert abs(one["end"] - one["built"]) < 20_000
    assert flash["built"] < files["built"]
    lines: list[str] = []
    memory._tell("bench_24", result, lines.append)
    assert any("32-bit estimate" in line for line in lines)
