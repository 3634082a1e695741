"""What outlives a loss of power: which words of which room are kept, how often, and what becomes of them at the next start.

Kept in a journal (bms/store), one kind a time, in a slow slot of each round: the charge as soon as it has moved by
MOVED_permille, a fault that is new within seconds, the rest at its period and only where it has changed. A controller that
starts takes back
    charge       the count as it was; the interval wider by what may have flowed since, which is MOVED_permille and the rating
                 for DELAY_s; with no low end where nobody knows how long the pack stood and lost charge by itself, and no
                 high end where besides the contacts were closed when the record was made: memory that has meanwhile stopped
                 taking records looks the same. Nothing of it counts before this start has been written and read back. Memory
                 that takes nothing for the whole of one run and works again in the next is not found out
    the filter   SoC and hysteresis as they were, sigma wider by what flows as a rule, or by all that is not known
    the rest     as it was, learnt differences a little less sure; also after a failure of the estimators
A memory that was commissioned with another configuration is left alone, but for its faults, and so is a board without storage;
where the board itself says what the SoC was, that counts. Units: mAs, permille, s.
"""

from array import array

from micropython import const

from bms import learnt, units
from bms.store import kinds as K
from bms.store.fault_memory import PLACES, ROW, FaultMemory
from bms.store.shelf import Shelf

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App
    from bms.store.journal import Journal

# Copies of what signals.py and faults.py say: no look-up; a test holds them together.
_STORE_unreadable = const(96)

_HARD = const(2)  # board.reset_cause(): power stayed, and no time has passed
_WATCHDOG = const(3)
_SOFT = const(5)

MOVED_permille = const(2)  # of the capacity
DELAY_s = const(30)  # until a record stands, behind all others and an erase, at most; assumed
SOON_s = const(2)  # likewise, as a rule
_CHARGE_WORDS = const(9)
_CONFIGURATION_WORDS = const(5)
_PERMILLE = const(1000)
_mA_PER_dA = const(100)
_NEVER_s = const(-100000)
_UPTIME_MASK_s = const(0xFFFFFF)
_COUNT_MASK = const(0x3FFFFFFF)
_UNSURE_permille = const(150)
_PROOF_steps = const(5000)  # of the journal, at a start

# kind, least seconds between two looks at it
_PERIODS = (
    (K.CONFIGURATION, 50000),
    (K.CHARGE, 0),
    (K.FAULTS, 2),
    (K.WEAR, 2),
    (K.CYCLES, 60),
    (K.BLED, 300),
    (K.HEALTH, 600),
    (K.DIFFERENCES, 3600),
)
_CHARGE_AT_LEAST_s = const(600)
_CHARGE_MOVED_s = const(60)
_FAULTS_s = const(60)
_FIRST_s = const(10)


class Keeping:
    """`sound`: what was kept could be read. `foreign`: it is another configuration's. `running_s`: of all controllers of this
    pack, `starts` likewise. `journal`: None where there is no storage."""

    def __init__(self, app: "App") -> None:
        self._app = app
        pack = app.pack
        coulomb = app.coulomb
        self.sound = True
        self.foreign = False
        self.running_s = 0
        self.starts = 1
        self.faults = FaultMemory()
        self.journal: Journal | None = None
        storage = app.board.storage
        if storage is None:
            return
        groups = app.snap.groups
        self._differences = learnt.difference_words(app.groups)
        counts = (
            _CONFIGURATION_WORDS, _CHARGE_WORDS, learnt.HEALTH_WORDS, len(app.rounds.cycles.rows), 1,
            self._differences, 1 + groups, PLACES * ROW,
        )  # fmt: skip
        self._words = array("i", [0] * max(counts))
        self._shelf = Shelf(storage, counts)
        self.journal = self._shelf.journal
        self.forgotten = False  # the estimators have begun anew
        self._moved_mAs = coulomb.capacity_mAs // _PERMILLE * MOVED_permille
        self._rating_mA = max(pack.charge_rating_dA, pack.discharge_rating_dA) * _mA_PER_dA
        self._kept_s = array("i", [_NEVER_s] * (K.FAULTS + 1))
        self._kept_mAs = array("i", [0, coulomb.capacity_mAs, coulomb.charge_mAs])
        self._kept_open = -1
        self._row = 0
        self._uptime_s = 0
        self._makers = (
            self._configuration, self._charge, self._fault, self._wear, self._cycles, self._bled, self._health, self._groups,
        )  # fmt: skip
        self._build_from_store()

    def _build_from_store(self) -> None:
        """A controller starts."""
        app = self._app
        shelf = self._shelf
        words = self._words
        self.running_s = self.faults.restore(shelf)
        if shelf.load(K.CHARGE, words, _CHARGE_WORDS):
            self.running_s = max(words[6], self.running_s)
            self.starts = words[7] + 1
            self.foreign = True  # a charge without a word on whose it is, is not ours
        if shelf.load(K.CONFIGURATION, words, _CONFIGURATION_WORDS):
            self.foreign = words[0] != app.configuration_crc
        if not self.foreign:
            if shelf.load(K.WEAR, words, 1):
                app.watch.wear.restore(words[0])
            if shelf.load(K.CYCLES, words, len(app.rounds.cycles.rows)):
                rows = array("i", [words[k] for k in range(len(app.rounds.cycles.rows))])
                self.sound = app.rounds.cycles.restore(rows)
            bleeders = app.rounds.balance.bleeders
            if shelf.load(K.BLED, words, 1 + app.snap.groups):
                bleeders.day_ms = words[0]
                for g in range(app.snap.groups):
                    bleeders.today_mAs[g] = words[1 + g]
            self._recall_learnt()
            if shelf.load(K.CHARGE, words, _CHARGE_WORDS) and app.board.stored_soc_permille() < 0:
                if self._prove(words):
                    self._recall_charge(words)
                else:
                    self.sound = False
        self.sound = self.sound and shelf.journal.sound and shelf.refused == 0

    def _recall_learnt(self) -> None:
        app = self._app
        words = self._words
        if self._shelf.load(K.HEALTH, words, learnt.HEALTH_WORDS):
            learnt.recall_health(app.groups, words)
        if self._shelf.load(K.DIFFERENCES, words, self._differences):
            learnt.recall_differences(app.groups, words)

    def _prove(self, words: "array[int]") -> bool:
        """Puts the record again with this start's number. Whether it stands: memory that takes nothing has an old one."""
        self._finish()
        words[7] = self.starts
        self._shelf.save(K.CHARGE, words, _CHARGE_WORDS)
        self._finish()
        stands = self._shelf.load(K.CHARGE, words, _CHARGE_WORDS)
        return stands and words[7] == self.starts and not self._shelf.journal.failed

    def _finish(self) -> None:
        """What the journal has begun, before the first tick."""
        journal = self._shelf.journal
        for _ in range(_PROOF_steps):
            if journal.idle or not journal.step():
                return

    def _recall_charge(self, words: "array[int]") -> None:
        """What was known, wider by what may have happened since."""
        app = self._app
        coulomb = app.coulomb
        unseen_mAs = self._moved_mAs + self._rating_mA * DELAY_s
        low_mAs = 0
        high_mAs = words[1] + unseen_mAs
        sigma_permille = words[4] + MOVED_permille + self._rating_mA * SOON_s // (coulomb.capacity_mAs // _PERMILLE)
        if app.reset_cause == _HARD or app.reset_cause == _WATCHDOG or app.reset_cause == _SOFT:
            low_mAs = words[0] - unseen_mAs
        elif not words[8]:
            high_mAs = coulomb.capacity_mAs
            if sigma_permille < _UNSURE_permille:
                sigma_permille = _UNSURE_permille
        coulomb.restore(low_mAs, high_mAs, words[2])
        app.filter.start(units.fraction(words[3]), units.fraction(sigma_permille))
        app.filter.hysteresis = units.fraction(words[5])

    def step(self) -> None:
        """Once a round, in a slow slot: a piece of work of the journal, or the next record. What raises here ends the keeping,
        and nothing else."""
        if self.journal is None:
            return
        try:
            self._step(self.journal)
        except Exception as error:
            self.journal.failed = True
            self._app.last_error = error

    def _step(self, journal: "Journal") -> None:
        app = self._app
        uptime_s = app.clock.uptime_s
        self.running_s = (self.running_s + ((uptime_s - self._uptime_s) & _UPTIME_MASK_s)) & _COUNT_MASK
        self._uptime_s = uptime_s
        self.faults.look(app.monitor.words, self.running_s)
        if self.forgotten:
            self.forgotten = False
            self._recall_learnt()
        if journal.failed:
            app.signals.value[_STORE_unreadable] = 1
        elif not journal.idle:
            journal.step()
        else:
            row = self._row
            self._row = row + 1 if row + 1 < len(_PERIODS) else 0
            kind, period_s = _PERIODS[row]
            since_s = (uptime_s - self._kept_s[kind]) & _UPTIME_MASK_s
            if since_s >= period_s and (not self.foreign or kind == K.FAULTS):
                count = self._makers[row](since_s)
                if count:
                    self._shelf.save(kind, self.faults.words if kind == K.FAULTS else self._words, count)
                    self._kept_s[kind] = uptime_s

    # Each writes its words and returns how many, 0 where nothing is to be kept now.

    def _configuration(self, since_s: int) -> int:
        app = self._app
        words = self._words
        words[0] = app.configuration_crc
        words[1] = app.pack.cell.capacity_mAh
        words[2] = app.layers
        words[3] = app.snap.groups
        words[4] = app.pack.stacks
        return _CONFIGURATION_WORDS

    def _charge(self, since_s: int) -> int:
        app = self._app
        coulomb = app.coulomb
        soc_permille = app.advice.soc_permille
        opened = 0 if app.contactor.mask or app.machine.closed_wanted else 1
        turned = opened != self._kept_open
        if soc_permille < 0 and app.clock.uptime_s < _FIRST_s and opened:
            return 0  # what is kept is better
        kept_mAs = self._kept_mAs
        moved_mAs = abs(coulomb.charge_mAs - kept_mAs[2])
        apart_mAs = max(abs(coulomb.low_mAs - kept_mAs[0]), abs(coulomb.high_mAs - kept_mAs[1]))
        due = turned or moved_mAs >= self._moved_mAs or apart_mAs >= self._moved_mAs * 2 or since_s >= _CHARGE_AT_LEAST_s
        if not due and (since_s < _CHARGE_MOVED_s or moved_mAs < self._moved_mAs // 4):
            return 0
        kept_mAs[0] = coulomb.low_mAs
        kept_mAs[1] = coulomb.high_mAs
        kept_mAs[2] = coulomb.charge_mAs
        words = self._words
        words[0] = coulomb.low_mAs
        words[1] = coulomb.high_mAs
        words[2] = coulomb.charge_mAs
        words[3] = soc_permille if soc_permille >= 0 else coulomb.soc_permille
        words[4] = app.advice.sigma_permille if soc_permille >= 0 else _UNSURE_permille
        words[5] = units.millionths(app.filter.hysteresis) // _PERMILLE
        words[6] = self.running_s
        words[7] = self.starts
        words[8] = self._kept_open = opened
        return _CHARGE_WORDS

    def _fault(self, since_s: int) -> int:
        faults = self.faults
        if not faults.fresh and not (faults.changed and since_s >= _FAULTS_s):
            return 0
        faults.fresh = False
        faults.changed = False
        return faults.n

    def _wear(self, since_s: int) -> int:
        self._words[0] = self._app.watch.wear.breaks
        return 1

    def _cycles(self, since_s: int) -> int:
        cycles = self._app.rounds.cycles
        if not cycles.changed:
            return 0
        cycles.changed = False
        for k in range(len(cycles.rows)):
            self._words[k] = cycles.rows[k]
        return len(cycles.rows)

    def _bled(self, since_s: int) -> int:
        bleeders = self._app.rounds.balance.bleeders
        groups = self._app.snap.groups
        self._words[0] = bleeders.day_ms
        for g in range(groups):
            self._words[1 + g] = bleeders.today_mAs[g]
        return 1 + groups if self._app.rounds.balance.fitted else 0

    def _health(self, since_s: int) -> int:
        return learnt.tell_health(self._app.groups, self._words) if self._app.groups.done else 0

    def _groups(self, since_s: int) -> int:
        return learnt.tell_differences(self._app.groups, self._words) if self._app.groups.done else 0
