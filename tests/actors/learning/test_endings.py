"""What runs bring with their endings: at hand where there is room, due in any case."""

from __future__ import annotations

from actors.learning import endings
from actors.learning.endings import Endings
from tests.actors.run.table import Story


def test_of_no_ending_it_is_forgotten_that_it_is_due() -> None:
    state = Story.begun("a").state
    kept = Endings()
    kept.add(state)
    assert kept.take_due() == [state.workflow_id]
    assert kept.take_due() == []
    assert kept.take(state.run_id, state.seq) is state
    assert kept.take(state.run_id, state.seq) is None, "it is the caller's now"
    kept.add(state)
    assert kept.take(state.run_id, state.seq + 1) is None, "the log has gone on"
    full = Endings({f"other-{number}": state for number in range(endings.KEPT)})
    full.add(state)
    assert (full.take(state.run_id, state.seq), full.take_due()) == (None, [state.workflow_id])
