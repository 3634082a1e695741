"""Decides which fields of a multiplexed frame are present together, and how the code asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dbc.layout import Field, Frame

LOCALS = ("raw", "byte", "real", "min", "max", "abs")  # names that the generated methods use


def level_of(frame: Frame, parent: tuple[Field, frozenset[int]] | None) -> list[Field]:
    """The fields that are present always, or under exactly these values of a selector."""
    if parent is None:
        return [field for field in frame.fields if field.selector is None]
    selector, ids = parent
    return [field for field in frame.fields if field.selector == selector.name and field.ids == ids]


def local(selector: Field) -> str:
    """Its name in a method, apart from those of the method's own locals."""
    return selector.attribute + "_" * (selector.attribute in LOCALS)


def branches(frame: Frame, level: Sequence[Field]) -> Iterator[tuple[str, list[Field]]]:
    """Of each selector on this level: the question, and the fields that are present when it is true."""
    for selector in level:
        groups = {field.ids: None for field in frame.fields if field.selector == selector.name}
        ordered = sorted(groups, key=lambda ids: (min(ids), sorted(ids)))
        disjoint = sum(len(ids) for ids in ordered) == len(frozenset().union(*ordered))
        for n, ids in enumerate(ordered):
            word = "elif" if n and disjoint else "if"
            yield f"{word} {is_in(local(selector), ids)}:", level_of(frame, (selector, ids))


def _runs(ids: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for value in sorted(ids):
        if runs and runs[-1][1] == value - 1:
            runs[-1] = runs[-1][0], value
        else:
            runs.append((value, value))
    return runs


def is_in(name: str, ids: Iterable[int], absent: bool = False) -> str:
    """The condition that `name` is one of these values, or (absent) none of them."""
    runs = _runs(ids)
    singles = sorted({value for run in runs if run[1] - run[0] < 2 for value in run})
    parts = [f"{first} <= {name} <= {last}" for first, last in runs if last - first >= 2]
    if not parts:
        if len(singles) == 1:
            return f"{name} {'!=' if absent else '=='} {singles[0]}"
        return f"{name} {'not in' if absent else 'in'} ({', '.join(map(str, singles))})"
    if len(singles) == 1:
        parts.append(f"{name} == {singles[0]}")
    elif singles:
        parts.append(f"{name} in ({', '.join(map(str, singles))})")
    text = " or ".join(parts)
    if absent:
        return f"not {text}" if len(parts) == 1 else f"not ({text})"
    return text


Conditions = dict[str, frozenset[int]]  # selector: values of it


def conditions(frame: Frame) -> dict[str, Conditions]:
    """Of each field what all selectors above it must be."""
    by_name = {field.name: field for field in frame.fields}
    found: dict[str, Conditions] = {}
    for field in frame.fields:
        above = found[field.name] = {}
        while field.selector is not None:
            above[field.selector] = field.ids
            field = by_name[field.selector]
    return found


def exclusive(a: Conditions, b: Conditions) -> bool:
    """Whether no frame can carry a field under the ones and a field under the others."""
    return any(not ids & b.get(selector, ids) for selector, ids in a.items())
