"""What can go wrong with a condition, as one exception for callers and one for the inside."""

from __future__ import annotations

from typing import final

__all__ = ["ConditionError", "Exhausted", "Fault"]


@final
class ConditionError(Exception):
    """`code` is `condition_syntax` or `condition_type` when it is compiled, `condition_error` when it is evaluated.

    `text` is the condition, `path` the reference or part that failed, `column` its place in the text, from 1.
    """

    def __init__(self, code: str, text: str, path: str, message: str, column: int = 0) -> None:
        super().__init__(message)
        self.code, self.text, self.path, self.message, self.column = code, text, path, message, column


class Fault(Exception):
    """An error as a value: `&&` and `||` absorb it when the other side decides."""

    def __init__(self, at: int, message: str, path: str = "") -> None:
        super().__init__(message)
        self.at, self.message, self.path = at, message, path


@final
class Exhausted(Fault):
    """A limit was reached; nothing absorbs that."""
