"""Items whose runs rest and go on while others begin."""

from __future__ import annotations

from attrs import evolve

from actors.sub_run.door import ChildStanding
from tests.actors.fan_out.tale import LIST, Tale


def test_an_item_that_begins_while_another_run_goes_on_is_no_run_that_is_gone() -> None:
    tale = Tale.of(evolve(LIST, max_parallel=2))
    assert tale.begin() == "start:each =3 +t1 +t2"
    for name in ("t1", "t2"):
        tale.world.runs[name] = ChildStanding("awaiting_approval")
    tale.story.look()
    tale.world.end("t1")
    tale.world.runs["t2"] = ChildStanding("running")  # both were answered at once
    tale.story.look()
    before = len(tale.story.log)
    tale.story.claim()
    assert tale.told(before) == ".t1 +t3"
    assert tale.end("t2") == ".t2"
    assert tale.end("t3") == ".t3 done:each start:after"
