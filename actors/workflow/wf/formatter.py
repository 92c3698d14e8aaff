"""Puts a `.wf` text into the one layout: what it says and all of its comments stay."""

from __future__ import annotations

from actors.workflow.problems import Report, WorkflowInvalid
from actors.workflow.tree import FILE, Stop, check_size
from actors.workflow.wf.layout import layout
from actors.workflow.wf.parser import parse

__all__ = ["format_wf"]


def format_wf(text: str, source: str) -> str:
    """The text in the one layout. Only its grammar has to be right. Raises WorkflowInvalid with all that is wrong with it."""
    report = Report(source)
    file = parse(text, report)
    report.raise_if_any()
    if file is None:  # there was a problem then
        raise WorkflowInvalid(report.problems)
    text = layout(file)
    try:
        check_size(text, report, FILE)
    except Stop:
        report.raise_if_any()
    return text
