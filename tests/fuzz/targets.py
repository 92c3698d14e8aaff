"""The readers under attack, and what each promises for any text at all."""

from __future__ import annotations

import gc
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from actors.workflow import WorkflowInvalid, decode, encode, load_text
from actors.workflow.problems import Problem, Report
from actors.workflow.wf.formatter import format_wf
from actors.workflow.wf.lexer import tokens_of
from actors.workflow.wf.read import read_wf

__all__ = ["CORPUS", "LIMIT_S", "TARGETS", "judge", "seeds"]

CORPUS: Final = Path(__file__).parent / "corpus"
P = ParamSpec("P")
R = TypeVar("R")
# Of this process alone, so that a busy machine is no hang.
LIMIT_S: Final = 1.0
MOST: Final = 500


class Slow(AssertionError):
    """A reader took too long."""


def _timed(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the call answers; it has to end in time, whether it answers or raises. What was there before is no work of its collector."""
    gc.freeze()
    begun = time.process_time()
    try:
        return call(*args, **kwargs)
    finally:
        gc.unfreeze()
        if (took := time.process_time() - begun) > LIMIT_S:
            raise Slow(f"took {took:.1f} s of CPU")


def _lexer(text: str) -> None:
    """Every token stands where its place says."""
    tokens, flaws = _timed(tokens_of, text)
    lines = text.split("\n")
    for token in tokens:
        line, column = token.place
        assert lines[line - 1][column - 1 :].startswith(token.raw.split("\n")[0])
    assert tokens[-1].kind == "end"
    assert all(flaw.place <= (len(lines), len(lines[-1]) + 1) for flaw in flaws)


def _parser(text: str) -> None:
    """A text is read, or has problems with places; what has a layout says the same in it, with all comments."""
    report = Report("f.wf")
    tree = _timed(read_wf, text, report)
    _sound(report.problems)
    try:
        pretty = _timed(format_wf, text, "f.wf")
    except WorkflowInvalid:
        return
    assert format_wf(pretty, "f.wf") == pretty
    again = Report("f.wf")
    assert read_wf(pretty, again) == tree or report.problems
    assert sorted(problem.code for problem in again.problems) == sorted(problem.code for problem in report.problems)


def _loader(text: str) -> None:
    _load(text, "wf")


def _yaml(text: str) -> None:
    _load(text, "yaml")


def _load(text: str, notation: str) -> None:
    """A text loads, and its canonical form is the same workflow; or it is refused with problems that have places."""
    try:
        workflow = _timed(load_text, text, notation="wf" if notation == "wf" else "yaml", source="f", folder="/srv").workflow
    except WorkflowInvalid as invalid:
        _sound(invalid.problems)
    else:
        assert decode(encode(workflow)) == workflow


def _sound(problems: Sequence[Problem]) -> None:
    """None is without its place."""
    assert len(problems) <= MOST
    assert all(problem.code and problem.message and problem.line and problem.column for problem in problems)


TARGETS: Final[dict[str, Callable[[str], None]]] = {"lexer": _lexer, "parser": _parser, "loader": _loader, "yaml": _yaml}


def judge(target: str, text: str) -> str:
    """What is wrong with the reader on this text; nothing when it keeps its promises in time."""
    try:
        TARGETS[target](text)
    except Exception as error:  # noqa: BLE001 - whatever is raised is what is looked for
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}: {str(error)[:200]}"
    return ""


def seeds(target: str) -> list[str]:
    """The texts of the corpus for this reader."""
    ending = "*.yaml" if target == "yaml" else "*.wf"
    return [path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob(ending))]
