"""Shapes and ranges of single values, of whatever record: what rules of cells, packs and sensors share."""

from collections.abc import Iterator, Sequence

from hil.lint.findings import Complaint


def misshapen(record: object, fields: Sequence[str], shapes: dict[str, str], prefix: str = "") -> Iterator[Complaint]:
    """Fields whose value is not of its declared shape: text, int, ints, ints with a count; others pass."""
    for field in fields:
        value = getattr(record, field)
        reason = _unlike(value, shapes[field])
        if reason:
            yield prefix + field, value, reason


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _unlike(value: object, shape: str) -> str:
    if shape == "text":
        return "" if isinstance(value, str) and value else "must be a text that is not empty"
    if shape == "int":
        return "" if _is_int(value) else "must be an integer"
    if shape.startswith("ints"):
        length = int(shape[4:] or 0)
        if not isinstance(value, tuple) or not value or not all(_is_int(v) for v in value):
            return "must be a tuple of integers"
        if length and len(value) != length:
            return f"must have {length} values, has {len(value)}"
    return ""


def out_of_range(record: object, rows: Sequence[tuple[str, int, int, str]], prefix: str = "") -> Iterator[Complaint]:
    """Numbers, also those of a tuple, that are not within their row (field, lowest, highest, reason)."""
    for field, low, high, reason in rows:
        value = getattr(record, field)
        for index, one in enumerate(value if isinstance(value, tuple) else (value,)):
            if not low <= one <= high:
                yield prefix + (f"{field}[{index}]" if isinstance(value, tuple) else field), one, reason
