"""The journal on the target: it runs there as on the desk, comes back there, and its steps take no memory from the heap."""

import subprocess
from pathlib import Path

SCRIPT = """
import sys
sys.path.append(".")
import micropython
from bms.app import App
from bms.packs.bench_24 import PACK
from boards.parts.flash_file import FlashFile
from tests.fake_board import DRIVE, FakeBoard

def started():
    board = FakeBoard(PACK)
    board.storage = FlashFile("{path}", 16384, 4096)
    return board, App(PACK, board)

board, app = started()
for tick in range(1800):
    if tick == 30:
        board.request = DRIVE
    if tick == 200:
        board.load_mA = -60000
    app.tick()
first = app.keeping
board.storage.close()
board, app = started()
again = app.keeping
print(first.sound, first.journal.failed, app.last_error, again.sound, again.foreign, again.starts, app.coulomb.charge_mAs)
for tick in range(100):
    app.tick()

class Ram:
    size_bytes = 4096
    block_bytes = 2048
    unit_bytes = 8
    def __init__(self):
        self.data = bytearray(4096)
        self.ones = bytearray(b"\\xff" * 2048)
        self.erased = 0
    def read(self, at, buffer):
        for k in range(len(buffer)):
            buffer[k] = self.data[at + k]
        return True
    def write(self, at, buffer, n):
        for k in range(n):
            self.data[at + k] &= buffer[k]
        return True
    def erase(self, block):
        self.erased += 1
        self.data[block * 2048 : block * 2048 + 2048] = self.ones
        return True
    def busy(self):
        return False

from bms.store.journal import Journal
ram = Ram()
journal = Journal(ram, (300, 40))
content = bytearray(300)
kept = 0
micropython.heap_lock()
for k in range(1500):
    if journal.idle:
        content[0] = kept & 127
        journal.put(1 + (kept & 1), 1, content, 300 if kept & 1 == 0 else 40)
        kept += 1
    journal.step()
micropython.heap_unlock()
buffer = bytearray(300)
back = Journal(ram, (300, 40))
print(kept > 100, ram.erased > 10, journal.strikes, back.read(1, buffer), back.sound)
"""


def test_the_target_keeps_what_the_desk_keeps_and_a_step_of_the_journal_allocates_nothing(
    micropython: str, root: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store"
    command = [micropython, "-X", "heapsize=8m", "-c", SCRIPT.replace("{path}", str(path))]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=300)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert len(lines) == 2, done.stdout + done.stderr
    assert lines[0][:-1] == ["True", "False", "None", "True", "False", "2"]
    assert 34_600_000 < int(lines[0][-1]) < 35_900_000, "60 A for some of 16 s have gone out of 36 000 As"
    assert lines[1] == ["True", "True", "0", "300", "True"]
    command = [micropython, "-X", "heapsize=2m", "-m", "boards.logs", str(path)]
    logs = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert logs.returncode == 0 and logs.stderr == "", logs.stdout + logs.stderr
    assert all(len(line.split("\t")) == 4 for line in logs.stdout.splitlines())


FORGOTTEN = """
import sys
sys.path.append(".")
from bms.app import App
from bms.packs.bench_24 import PACK
from bms.schema import PACK_FIELDS, Pack, replaced
from boards.parts.flash_file import STORE_BLOCK_bytes, STORE_bytes
from boards.parts.flash_file import FlashFile
from tests.fake_board import FakeBoard
board = FakeBoard(PACK)
board.storage = FlashFile("{path}", STORE_bytes, STORE_BLOCK_bytes)
app = App(replaced(Pack, PACK_FIELDS, PACK, open_timeout_ms={timeout_ms}), board)
print(app.keeping.foreign, app.keeping.sound, app.keeping.starts)
for tick in range(600):
    app.tick()
board.storage.close()
"""


def test_a_board_that_is_commissioned_anew_takes_its_next_configuration_for_its_own(
    micropython: str, root: Path, tmp_path: Path
) -> None:
    path = str(tmp_path / "store")

    def ran(*arguments: str) -> str:
        command = [micropython, "-X", "heapsize=8m", *arguments]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def starts(timeout_ms: int) -> str:
        return ran("-c", FORGOTTEN.replace("{path}", path).replace("{timeout_ms}", str(timeout_ms)))

    assert starts(500) == "False True 1"
    assert starts(400) == "True True 2"
    assert ran("-m", "boards.commission", path) == "commissioned"
    assert starts(400) == "False True 1"
    assert starts(500) == "True True 2"
