"""`hil dump`: from the frames of a log or a bus to lines, and what there was at the end.

The lines go to standard output, or with --csv to a file; the counts to standard error and with --json to a file. 0 also
where frames had no meaning; 1 where an interface failed on the way; 2 for input that cannot be read.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from hil.dump.candump import ERROR, FD, REMOTE, CandumpLog
from hil.dump.databases import Databases
from hil.dump.decoder import Wording, compiled, interpreted
from hil.dump.livebus import LiveBus
from hil.dump.outlet import let_go, outlet
from hil.dump.tally import Tally, Watch
from hil.dump.wording import Csv, Terminal
from hil.errors import BadInput
from hil.record import require_writable, write_whole

OK, FAILED = 0, 1
_LONGEST_NAME_chars = 32  # a column wider than this pushes the signals off the terminal
_FLEXIBLE_bytes = (*range(9), 12, 16, 20, 24, 32, 48, 64)  # lengths that a flexible frame can have
_GLANCE_frames = 4096  # between two looks at the progress

Source = CandumpLog | LiveBus


def dump_command(options: argparse.Namespace) -> int:
    """Decodes until the source ends or the reader has enough; the exit code."""
    _require_apart(options)
    databases = Databases(options.dbc, options.any_length)
    wanted = databases.wanted(options.message, options.signal)
    for note in databases.notes:
        print(f"hil dump: {' '.join(note.split())}", file=sys.stderr)
    for path in (options.csv, options.json):
        if path not in (None, "-"):
            require_writable(path)
    width = min(databases.name_width(wanted), _LONGEST_NAME_chars)
    wording: Wording = Csv() if options.csv else Terminal(width)
    source: Source
    if options.log is not None:
        source = CandumpLog(options.log, options.skip_bad_lines, options.seconds)
    else:
        source = LiveBus(options.bus, options.bitrate, options.fd, options.seconds)
    dump = Dump(databases, wanted, wording, options.unknown, options.any_length)
    started_s = time.perf_counter()
    try:
        with outlet(options.csv) as out, _Progress(source, out) as progress:
            write = _silent if options.json == "-" and out is sys.stdout else out.write
            dump.run(source, write, out.flush, options.count, progress)
    except BrokenPipeError:  # the reader has seen enough
        let_go()
        return OK
    except OSError as error:
        let_go()
        raise BadInput(f"standard output: {error.strerror or error}") from error
    finally:
        source.close()
    wall_s = time.perf_counter() - started_s
    _tell(dump.tally, source, wall_s, options)
    return FAILED if source.failed else OK


class Dump:
    """The way of a frame to its line, and the tally of all of them."""

    def __init__(
        self, databases: Databases, wanted: dict[str, frozenset[str]], wording: Wording, show_all: bool, any_length: bool
    ) -> None:
        self.tally = Tally()
        self._databases = databases
        self._wanted = wanted
        self._wording = wording
        self._show_all = show_all
        self._any_length = any_length

    def run(
        self,
        source: Source,
        write: Callable[[str], Any],
        flush: Callable[[], Any],
        frame_count: int | None = None,
        progress: Callable[[], None] = lambda: None,
    ) -> None:
        """Until the source ends, or after so many frames."""
        watches = self.tally.watches
        write(self._wording.header)
        count = 0
        for heard in source:
            if heard is None:
                flush()
                continue
            time_text, bus, identifier, data, kind = heard
            watch = watches.get((bus, identifier)) or self._watch(bus, identifier)
            if kind >= REMOTE:
                self._no_data(watch, time_text, data, kind, write)
            else:
                watch.frames += 1
                if time_text:
                    watch.see(float(time_text))
                if watch.decode is not None:
                    text = watch.decode(time_text + watch.head, data)
                    if text is None:
                        text = self._again(watch, time_text + watch.head, data, kind)
                    else:
                        watch.decoded += 1
                    write(text)
                elif self._show_all and watch.name is None:
                    write(self._wording.raw(time_text + watch.head, data, "unknown"))
            count += 1
            if count == frame_count:
                return
            if not count % _GLANCE_frames:
                progress()

    def _watch(self, bus: str, identifier: str) -> Watch:
        """An identifier that is heard for the first time, on this bus."""
        definition = self._databases.find(identifier)
        name = definition.name if definition else ""
        watch = self.tally.watches[bus, identifier] = Watch(bus, identifier, self._wording.head(bus, identifier, name))
        if definition is None:
            return watch
        watch.name, watch.length = name, definition.length
        signals = self._wanted.get(identifier)
        if signals is None:
            return watch
        if definition.message is not None:
            watch.loose = interpreted(definition.message, self._wording, signals, self._any_length)
        if definition.frame is not None:
            watch.decode = compiled(definition.frame, self._wording, signals)
        else:
            watch.decode = watch.loose
        return watch

    def _again(self, watch: Watch, prefix: str, data: bytes, kind: int) -> str:
        """What the decoder does not take as it is: padding, another length, or nothing to be done."""
        text = None
        assert watch.decode is not None
        right_length = len(data) == watch.length
        if kind == FD and len(data) == next((n for n in _FLEXIBLE_bytes if n >= watch.length), 0):
            text = watch.decode(prefix, data[: watch.length])
            right_length = True
        elif self._any_length and watch.loose is not None and not right_length:
            text = watch.loose(prefix, data)
        if text is not None:
            watch.decoded += 1
            return text
        if right_length:
            watch.undecodable += 1
        else:
            watch.wrong_length += 1
        reason = "selector without meaning" if right_length else f"not {watch.length} bytes"
        return self._wording.raw(prefix, data, reason) if self._show_all else ""

    def _no_data(self, watch: Watch, time_text: str, data: bytes, kind: int, write: Callable[[str], Any]) -> None:
        if kind == ERROR:
            self.tally.errors += 1
        else:
            self.tally.remote += 1
        if self._show_all:
            reason = "error frame" if kind == ERROR else "remote request"
            write(self._wording.raw(time_text + watch.head, data, reason))


def _silent(_text: str) -> None:
    """For when standard output belongs to the JSON."""


class _Progress:
    """A bar on standard error where that is a terminal, the log's size is known and no lines scroll past it."""

    def __init__(self, source: Source, out: TextIO) -> None:
        self._source = source
        self._bar: Any = None
        if source.size_bytes and sys.stderr.isatty() and not (out is sys.stdout and sys.stdout.isatty()):
            from rich.console import Console
            from rich.markup import escape
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)
            self._task = self._bar.add_task(escape(source.name), total=source.size_bytes)

    def __enter__(self) -> Callable[[], None]:
        if self._bar is not None:
            self._bar.start()
        return self._at

    def _at(self) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=self._source.position())

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def _require_apart(options: argparse.Namespace) -> None:
    """No output over an input or another output."""
    taken = {Path(name).resolve() for name in (*options.dbc, options.log) if name not in (None, "-")}
    if options.csv == options.json == "-":
        raise BadInput("-: named for two files")
    for name in (options.csv, options.json):
        if name in (None, "-"):
            continue
        if Path(name).resolve() in taken:
            raise BadInput(f"{name}: named for two files")
        taken.add(Path(name).resolve())


def _tell(tally: Tally, source: Source, wall_s: float, options: argparse.Namespace) -> None:
    if source.failed:
        print(f"hil: {source.failed}", file=sys.stderr)
    print(f"hil dump: {', '.join(tally.sentences(source.truncated, source.bad_lines))}", file=sys.stderr)
    if options.json is None:
        return
    counts = tally.counts()
    summary: dict[str, Any] = {"source": source.name, "dbc": options.dbc, **counts}
    summary |= {"lines_cut_off": source.truncated, "lines_unreadable": source.bad_lines}
    summary |= {"duration_s": round(tally.duration_s(), 6), "wall_s": round(wall_s, 3)}
    summary["frames_per_s"] = round(counts["frames"] / wall_s) if wall_s else None
    summary |= {"messages": tally.rows(known=True), "unknown_ids": tally.rows(known=False)}
    text = json.dumps(summary, indent=2) + "\n"
    if options.json == "-":
        sys.stdout.write(text)
    else:
        write_whole(options.json, text.encode())
