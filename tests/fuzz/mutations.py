"""Random changes of a text: of its characters, its words, its lines, and with pieces of other texts."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

__all__ = ["changed"]

WORDS = (
    "workflow", "meta", "inputs", "call", "if", "unless", "while", "do", "parallel", "gate", "always", "script", "foreach", "required",
    "default", "description", "boolean", "{", "}", "[", "]", ",", "=", ".", '"', "\\", "//", "#", "/*", "0", "4294967296", "a.b", '"x"',
    "\n", "\t", "\r", "\ufeff", "\u00e9", "\u2028", "\x00",
    "- ", ": ", "? ", "&a", "*a", "!!str", "<<", "|", ">", "'", "{{", "}}", "%YAML 1.2",
    "max_iterations", "timeout", "1e999", "0x1", ".inf", "~",
)  # fmt: skip
PIECES = re.compile(r"\w+|\s+|.", re.DOTALL)
LONGEST = 32_000


def changed(text: str, others: Sequence[str], chance: random.Random) -> str:
    """The text after one to six changes."""
    for _ in range(chance.randint(1, 6)):
        text = chance.choice(CHANGES)(text, others, chance)
    return text[:LONGEST]


def _drop(text: str, _others: Sequence[str], chance: random.Random) -> str:
    start, end = _span(text, chance)
    return text[:start] + text[end:]


def _double(text: str, _others: Sequence[str], chance: random.Random) -> str:
    start, end = _span(text, chance)
    return text[:end] + text[start:end] * chance.choice((1, 1, 2, 50)) + text[end:]


def _insert(text: str, _others: Sequence[str], chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(WORDS) * chance.choice((1, 1, 1, 300)) + text[at:]


def _swap(text: str, _others: Sequence[str], chance: random.Random) -> str:
    pieces = PIECES.findall(text) or [""]
    i, j = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    pieces[i], pieces[j] = pieces[j], pieces[i]
    return "".join(pieces)


def _replace(text: str, _others: Sequence[str], chance: random.Random) -> str:
    pieces = PIECES.findall(text) or [""]
    pieces[chance.randrange(len(pieces))] = chance.choice(WORDS)
    return "".join(pieces)


def _character(text: str, _others: Sequence[str], chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chr(chance.choice((chance.randrange(128), chance.randrange(0xD800), 0x1F600))) + text[at + 1 :]


def _splice(text: str, others: Sequence[str], chance: random.Random) -> str:
    other = chance.choice(others)
    start, end = _span(other, chance)
    at = chance.randint(0, len(text))
    return text[:at] + other[start:end] + text[at:]


def _cut(text: str, _others: Sequence[str], chance: random.Random) -> str:
    return text[: chance.randint(0, len(text))]


def _span(text: str, chance: random.Random) -> tuple[int, int]:
    start = chance.randint(0, len(text))
    return start, min(len(text), start + chance.choice((1, 4, 30, 400)))


CHANGES: tuple[Callable[[str, Sequence[str], random.Random], str], ...] = (
    _drop, _double, _insert, _swap, _replace, _character, _splice, _cut,
)  # fmt: skip
