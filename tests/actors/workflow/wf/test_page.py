"""The page about the notation: its example can be read, and it names every code that the notation has."""

from __future__ import annotations

import re
from pathlib import Path

from tests.actors.workflow.wf.test_refused import WRONG
from tests.actors.workflow.wf.texts import read

PAGE = (Path(__file__).parents[4] / "docs" / "wf.md").read_text()


def test_the_example_can_be_read_without_a_remark() -> None:
    [text] = re.findall(r"```wf\n(.*?)```", PAGE, re.DOTALL)
    _, report = read(text)
    assert (report.problems, report.warnings) == ([], [])


def test_the_page_names_every_code() -> None:
    assert {code for _, code, *_ in WRONG.values()} - set(re.findall(r"`(\w+)`", PAGE)) == set()
