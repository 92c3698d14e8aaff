"""Which program a script begins with, as far as its text says so plainly. Pure."""

from __future__ import annotations

import re
from typing import Final

from actors.workflow.template import MARK

__all__ = ["program_of"]

_BEFORE: Final = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*")
"""Blank lines and comments."""
_WORD: Final = re.compile(r"([A-Za-z0-9_./+@%,:-]+)(?=[ \t\n;&|<>]|\Z)")
"""A word in which the shell changes nothing, and which ends there: no assignment, no function, no pattern, no quotes."""
_NO_PROGRAMS: Final = frozenset({
    "!", ".", ":", "alias", "bg", "break", "case", "cd", "command", "continue", "declare", "do", "done", "echo", "elif", "else", "esac",
    "eval", "exec", "exit", "export", "false", "fc", "fg", "fi", "for", "function", "getopts", "hash", "if", "in", "jobs", "kill",
    "let", "local", "newgrp", "printf", "pwd", "read", "readonly", "return", "select", "set", "shift", "shopt", "source", "test",
    "then", "time", "times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "until", "wait", "while",
})  # fmt: skip
"""Words of the shell itself, and commands that are built into it."""


def program_of(run: str) -> str | None:
    """The first word of the script, where it names a program or a file that is one; None where it does not, or nobody can tell."""
    if MARK in run:
        return None
    start = _BEFORE.match(run)
    found = _WORD.match(run, 0 if start is None else start.end())
    word = None if found is None else found[1]
    return None if word is None or word in _NO_PROGRAMS or word.isdigit() else word
