"""Words on a terminal: what came from outside is made visible, tables are aligned, times are local. No colours, no cursor."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["count", "date_time", "elapsed", "emit", "print_json", "span", "table", "time_of_day", "visible", "visible_lines"]

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_WIDTH = 64
_TWO_DAYS = 172_800


def visible(value: object) -> str:
    """The text with every control, bidi, zero-width and unassigned character written as an escape: nothing acts on the terminal."""
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if unicodedata.category(char) not in _HIDDEN else _escape(char) for char in text)


def visible_lines(value: object) -> str:
    """As `visible`, but line ends and tabs stay what they are."""
    return "\n".join("\t".join(visible(part) for part in line.split("\t")) for line in str(value).split("\n"))


def _escape(char: str) -> str:
    number = ord(char)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def date_time(ms: int | None) -> str:
    """Local date and time of a wall clock value in milliseconds; a dash for none."""
    return "-" if ms is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ms / 1000))


def time_of_day(ms: int) -> str:
    """Local time of a wall clock value in milliseconds."""
    return time.strftime("%H:%M:%S", time.localtime(ms / 1000))


def elapsed(ms: float | None) -> str:
    """A duration for people: 0.4s, 12s, 3m05s, 2h07m, 6d23h."""
    if ms is None:
        return ""
    seconds = max(0.0, ms / 1000)
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m" if whole < _TWO_DAYS else f"{whole // 86_400}d{whole % 86_400 // 3600:02d}h"


def span(ms: float) -> str:
    """A duration that was asked for, without false precision: 0.5s, 10s, 5m, 3h, 7d."""
    seconds = round(max(0.0, ms / 1000), 1)
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{seconds:g}s" if seconds < 60 else elapsed(ms)


def count(number: int, word: str) -> str:
    """`1 byte`, `2 bytes`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def emit(text: str = "") -> None:
    """Print one line of our own words; data in it has gone through `visible`."""
    print(text, flush=True)


def print_json(value: object) -> None:
    """One JSON value on one line, ASCII only, so that it cannot act on a terminal either."""
    print(json.dumps(value))


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[tuple[str, str]], *, empty: str) -> None:
    """Aligned columns (key, heading). Keys ending in _ms are printed as times; `empty` is said when there are no rows."""
    cells = [[_cell(key, row.get(key)) for key, _ in columns] for row in rows]
    if not cells:
        emit(empty)
        return
    heading = [title for _, title in columns]
    widths = [max(len(line[index]) for line in [heading, *cells]) for index in range(len(columns))]
    for line in [heading, *cells]:
        emit("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(key: str, value: Any) -> str:
    if value is None:
        return "-"
    if key.endswith("_ms") and isinstance(value, int):
        return date_time(value)
    text = visible(json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list, bool)) else value)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
