"""The failure class of what a function raises: the one that its exception names, else what its text tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.node.executor import perform
from actors.node.messages import Failure
from actors.node.tools import Tools
from tests.actors.node.test_python_calls import Folder, Orders

MODULE = """
class Declined(Exception):
    failure_class = "Card-Declined"

class Hostile(Exception):
    @property
    def failure_class(self):
        raise RuntimeError("no")

class Odd(Exception):
    failure_class = 7

def run(kind):
    raise {"own": Declined("connection refused"), "hostile": Hostile("x"), "odd": Odd("x"), "refused": OSError(111, "Connection refused"),
           "plain": ValueError("x")}[kind]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "flow")
    made.write(MODULE)
    return made


@pytest.mark.parametrize(
    ("kind", "failure_class", "category"),
    [
        ("own", "card_declined", ""),
        ("refused", "provider_transient", "provider_connect_timeout"),
        ("plain", "execution_error", "execution_error"),
        ("hostile", "execution_error", "execution_error"),
        ("odd", "execution_error", "execution_error"),
    ],
)
@pytest.mark.parametrize("isolate", [False, True])
async def test_the_class_of_an_exception(
    order: Orders, tools: Tools, folder: Folder, kind: str, failure_class: str, category: str, isolate: bool
) -> None:
    verdict = await perform(order(folder.call("run", isolate=isolate, kind=kind)), tools)
    assert isinstance(verdict, Failure)
    assert (verdict.code, verdict.failure_class, verdict.category) == ("python_raised", failure_class, category)
    assert set(verdict.detail) == {"type", "message", "traceback"}
