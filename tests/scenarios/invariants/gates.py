"""Gates: one decision for each instance, for the bytes that were shown, and for nothing else."""

from __future__ import annotations

from collections import Counter
from typing import Any

from actors.gate.shown import digest_of_shown
from tests.scenarios.history import History, Op
from tests.scenarios.records import Records

__all__ = ["inv_g11", "inv_g12"]

SETTLED = ("gate_already_decided", "run_not_awaiting_approval")


def inv_g11(db: Records, history: History) -> list[str]:
    """Each instance of a gate has at most one decision; each acknowledged decision is the recorded one; losers were told the winner."""
    wrong = []
    recorded: dict[tuple[str, str, int], dict[str, Any]] = {}
    for run_id in db.runs:
        decided = [event for event in db.events(run_id) if event["event"] == "approval_gate_decided"]
        recorded |= {(run_id, event["gate_name"], event["instance"]): event for event in decided}
        names = Counter((event["gate_name"], event["instance"]) for event in decided)
        # The question after an outcome may come again within one instance: each crash asks anew.
        wrong += [
            f"G11: {run_id} decides {key} {count} times" for key, count in names.items() if count > 1 and not key[0].endswith(".outcome")
        ]
    for op in history.ok("gate.decide"):
        if op.result.get("answer") == "recorded":
            continue  # a vote decides nothing
        event = recorded.get((op.params["run_id"], op.result["gate_name"], op.result["instance"]))
        if event is None or (event["decision"] != op.result["decision"] and not op.result["gate_name"].endswith(".outcome")):
            wrong.append(f"G11: {op.result} was acknowledged, recorded is {event}")
    return wrong + [problem for op in history.ops if (problem := _loser(op, recorded))]


def _loser(op: Op, recorded: dict[tuple[str, str, int], dict[str, Any]]) -> str | None:
    if op.method != "gate.decide" or op.code not in SETTLED or op.data.get("winning_decision") is None:
        return None
    winner = op.data["winning_decision"]
    known = [
        event["decision"]
        for (run_id, _, _), event in recorded.items()
        if run_id == op.params["run_id"] and event["node_id"] == winner["node_id"]
    ]
    return (
        None
        if winner["decision"] in known or winner["decision"] == "guard_denied"
        else f"G11: {op.params} was told {winner}, decided was {known}"
    )


def inv_g12(db: Records, history: History) -> list[str]:
    """A decision carries the digest of what its instance showed, and the digest is that of the recorded content."""
    wrong = []
    for run_id in db.runs:
        opened: dict[tuple[str, int], str] = {}
        void: set[tuple[str, int]] = set()
        names: dict[str, str] = {}
        for event in db.events(run_id):
            if event["event"] == "approval_gate_opened":
                opened[event["gate_name"], event["instance"]] = event["shown_digest"]
                names[event["gate_name"]] = event["node_id"]
                if digest_of_shown(event["shown"]) != event["shown_digest"]:
                    wrong.append(f"G12: {run_id} {event['gate_name']} opens with a digest that is not of what it shows")
            elif event["event"] == "approval_gate_reopened":
                void |= {(name, instance) for name, instance in opened if (names[name], instance) == (event["node_id"], event["instance"])}
            elif event["event"] == "approval_gate_decided":
                key = (event["gate_name"], event["instance"])
                if event["decided_by"] != "quality_gate" and opened.get(key) != event["shown_digest"]:
                    wrong.append(f"G12: {run_id} decides {key} for {event['shown_digest']}, shown was {opened.get(key)}")
                if key in void:
                    wrong.append(f"G12: {run_id} decides {key}, which was void")
    return wrong
