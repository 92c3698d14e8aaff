"""Messages from outside: only in the forms that the addressed actor itself takes."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from actors.refusals import Refusal
from actors.run.messages import Wake
from actors.runtime.inject import message_for


@frozen
class SetLevel:
    level: int
    note: str = ""


class Tree:
    """What the kernel says about an actor's door."""

    def __init__(self, *accepts: type) -> None:
        self._accepts = accepts

    def accepts(self, path: str) -> tuple[type, ...]:
        return self._accepts


def sent(given: dict[str, Any], *accepts: type) -> object:
    return message_for(Tree(*accepts), "runs/run-1/run", given)  # type: ignore[arg-type]  # a door is all that is asked of the tree


@pytest.mark.parametrize("kind", ["SetLevel", "set_level"])
def test_a_message_is_named_by_its_class_in_either_spelling(kind: str) -> None:
    assert sent({"kind": kind, "level": 3}, Wake, SetLevel) == SetLevel(3)


@pytest.mark.parametrize("given", [{"kind": "Cancel"}, {}, {"kind": None}, {"kind": "object"}])
def test_what_the_actor_does_not_take_is_refused_with_what_it_takes(given: dict[str, Any]) -> None:
    answer = sent(given, Wake, SetLevel)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.data["accepts"]) == ("message_not_accepted", ["SetLevel", "Wake"])


def test_an_actor_that_takes_nothing_says_so() -> None:
    answer = sent({"kind": "Wake"})
    assert isinstance(answer, Refusal)
    assert answer.message.endswith("It takes: nothing.")


@pytest.mark.parametrize("fields", [{}, {"level": "high"}, {"level": 1, "surprise": 2}])
def test_a_message_in_another_form_is_refused(fields: dict[str, Any]) -> None:
    answer = sent({"kind": "SetLevel", **fields}, SetLevel)
    assert isinstance(answer, Refusal)
    assert answer.code == "message_invalid"
