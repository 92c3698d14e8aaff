"""A run that has nothing to do waits for what is open; one that is still being asked about something does not."""

from __future__ import annotations

from actors.run.resting import rest
from tests.actors.run.table import Story


def test_what_is_not_answered_yet_may_let_it_go_on() -> None:
    story = Story.begun("a")
    turn = story.turn()
    turn.questions["anything"] = None
    assert (rest(turn), turn.events) == (True, [])
