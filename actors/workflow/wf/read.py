"""Reads a `.wf` text into the JSON tree of the model (flow spec, sections 2 and 3)."""

from __future__ import annotations

from typing import Any

from actors.workflow.problems import Report
from actors.workflow.tree import UNREADABLE
from actors.workflow.wf.lower import lower
from actors.workflow.wf.parser import parse

__all__ = ["read_wf"]


def read_wf(text: str, report: Report) -> Any:
    """The tree, or UNREADABLE when something is wrong with the text, which goes to the report."""
    file = parse(text, report)
    tree = UNREADABLE if file is None else lower(report, file)
    return UNREADABLE if report.problems else tree
