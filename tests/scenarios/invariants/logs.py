"""Logs are whole, never change, and say all there is to say."""

from __future__ import annotations

from typing import Any

import orjson

from actors.run.evolve import evolve
from actors.run.headline import headline_of
from actors.run.new_state import new_state
from actors.run.state import RunState
from actors.run.view import run_json
from actors.run.vocabulary import run_codec
from storage.records import Recorded
from tests.scenarios.history import History
from tests.scenarios.records import Records

__all__ = ["fold_upto", "inv_g3", "inv_g4"]


def inv_g3(db: Records, history: History) -> list[str]:
    """Sequence numbers run from 1 without gaps; what an earlier picture showed is still there, byte for byte."""
    there = {name: log for name, log in db.logs.items() if name not in db.purged}
    wrong = [f"G3: {name} has a gap" for name, log in there.items() if [row[0] for row in log] != list(range(1, len(log) + 1))]
    for i, picture in enumerate(history.logs):
        for name, log in picture.items():
            if name not in db.purged and db.logs.get(name, [])[: len(log)] != log:
                wrong.append(f"G3: {name} is not what it was after life {i}")
    return wrong


def fold_upto(db: Records, run_id: str, last: int | None = None, state: RunState | None = None) -> RunState:
    """Fold a run's rows (from those that `state` has seen on) up to seq `last`. Raises what a broken row raises."""
    plans = db.plans
    for (seq, kind, data), at_ms in zip(db.logs[run_id], db.times[run_id], strict=True):
        if (state is not None and seq <= state.seq) or (last is not None and seq > last):
            continue
        event: Any = run_codec().decode(Recorded(seq, at_ms, kind, data))
        if state is None:
            state = new_state(run_id, plans.get(event.digest), plans=plans.get)
        evolve(state, event, at_ms)
    assert state is not None
    return state


def inv_g4(db: Records, history: History) -> list[str]:
    """Folding bit by bit, with a look at the state after each, gives what folding at once gives; the catalog says what the fold says."""
    wrong = []
    for run_id in db.runs:
        try:
            whole = fold_upto(db, run_id)
        except Exception:  # noqa: BLE001  a row that a test broke: inv_g15 looks at it
            continue
        length = len(db.logs[run_id])
        looked, told = None, b""
        for cut in (*range(1, length, max(1, length // 12)), length):
            looked = fold_upto(db, run_id, cut, looked)
            told = orjson.dumps(run_json(looked))
        if told != orjson.dumps(run_json(whole)):
            wrong.append(f"G4: {run_id} is another when it was looked at on the way")
        line, row = headline_of(whole), db.catalog[run_id]
        said = (row["status"], row["due_ms"], orjson.loads(row["facts"]))
        if said != (line.status, line.due_ms, dict(line.facts)):
            wrong.append(f"G4: the catalog says {said} of {run_id}, its log {line}")
    return wrong
