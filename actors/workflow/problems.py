"""What is wrong with a workflow file, with its place. Says nothing about how the rules are checked."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, final

from attrs import Factory, define, frozen

__all__ = ["NOWHERE", "Path", "Place", "Problem", "Report", "WorkflowInvalid", "field_path", "nearest", "shown", "similar"]

Path = tuple[str | int, ...]
Place = tuple[int, int]
NOWHERE: Final[Place] = (0, 0)
MAX_PROBLEMS: Final = 500
MAX_COMPARISONS: Final = 20_000


@frozen
class Problem:
    """One finding. `line` and `column` count from 1 and are 0 where the source has no places; `path` reads `nodes[0].retry`.

    `found` is the value as JSON text, cut to about 80 characters; `allowed` are the words or forms that would have been right.
    `stage` says for `.wf` texts who found it: `lexer` or `parser`.
    """

    code: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""
    found: str = ""
    allowed: tuple[str, ...] = ()
    stage: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.path}: {self.message} [{self.code}]" if self.path else f"{where}: {self.message} [{self.code}]"


@final
class WorkflowInvalid(Exception):
    """A workflow that cannot be used; `problems` holds all that was found, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@define
class Report:
    """Collects the findings of one source. `places` maps a path to the line and column of its key or item."""

    file: str
    places: dict[Path, Place] = Factory(dict)
    problems: list[Problem] = Factory(list)
    warnings: list[Problem] = Factory(list)
    _comparisons: int = 0

    def add(
        self, code: str, path: Path, message: str, *, found: Any = ..., allowed: Iterable[str] = (), place: Place | None = None,
        stage: str = "",
    ) -> None:  # fmt: skip
        """Record an error at `path`, or at a place of its own. Of a hopeless file the first 500 are kept."""
        if self.full:
            return
        self.problems.append(self._problem(code, path, message, found, allowed, place, stage))

    @property
    def full(self) -> bool:
        """Whether no further error is kept, so that looking for more is idle."""
        return len(self.problems) >= MAX_PROBLEMS

    def warn(
        self, code: str, path: Path, message: str, *, found: Any = ..., allowed: Iterable[str] = (), place: Place | None = None,
        stage: str = "",
    ) -> None:  # fmt: skip
        """Record a remark at `path`, or at a place of its own: the workflow can be used all the same. The first 500 are kept."""
        if len(self.warnings) < MAX_PROBLEMS:
            self.warnings.append(self._problem(code, path, message, found, allowed, place, stage))

    def similar(self, word: str, choices: Collection[str]) -> str:
        """Like the function, as long as a file has not asked for so many comparisons that they would take seconds."""
        self._comparisons += len(choices)
        return similar(word, choices) if self._comparisons <= MAX_COMPARISONS else ""

    def place(self, path: Path) -> Place:
        """The place of `path`, or of the nearest field around it that has one."""
        return nearest(self.places, path)

    def raise_if_any(self) -> None:
        """Raise WorkflowInvalid with all errors in the order of the file, if there is one."""
        if self.problems:
            raise WorkflowInvalid(sorted(self.problems, key=lambda p: (p.line, p.column)))

    def _problem(
        self, code: str, path: Path, message: str, found: Any, allowed: Iterable[str], place: Place | None, stage: str
    ) -> Problem:  # fmt: skip
        line, column = place or self.place(path)
        text = "" if found is ... else shown(found)
        return Problem(code, message, self.file, line, column, field_path(path), text, tuple(allowed), stage)


def nearest(places: Mapping[Path, Place], path: Path) -> Place:
    """The place of `path`, or of the nearest field around it that has one."""
    for end in range(len(path), -1, -1):
        if found := places.get(path[:end]):
            return found
    return NOWHERE


def field_path(path: Path) -> str:
    """`("nodes", 0, "retry")` as `nodes[0].retry`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def shown(value: Any) -> str:
    """A value as short JSON text, for a message. Never raises."""
    if isinstance(value, dict | list):
        value = f"{len(value)} entries" if len(value) != 1 else "1 entry"
        return f"({'a mapping or list of '}{value})"
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 80 else text[:77] + "…"


def similar(word: str, choices: Iterable[str]) -> str:
    """` Did you mean "x"?` when one of the choices is close to the word, else nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a wrong file needs it

    close = get_close_matches(word[:128], list(choices), n=1)
    return f' Did you mean "{close[0]}"?' if close else ""
