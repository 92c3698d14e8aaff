"""Conversations of agents: every call is intended first and ends once, no recorded one is made again, and runs count what calls used.

Tools that change something are used one at a time, and one that may not be repeated is begun once.
"""

from __future__ import annotations

from typing import Any

import orjson

from tests.scenarios.history import History
from tests.scenarios.records import Records

__all__ = ["inv_threads", "told_wrong"]

ENDS = ("model_call_answered", "model_call_failed")
SAYS = ("prompt_added", "tool_answered")


def inv_threads(db: Records, history: History) -> list[str]:
    """What the logs of conversations say, and what their runs make of it."""
    wrong = []
    used: dict[str, int] = {}
    for name, log in db.logs.items():
        if not name.startswith("run:") or not log or name in db.purged:
            continue
        facts = [(kind, orjson.loads(data)) for _, kind, data in log]
        wrong += [f"threads: {name}: {problem}" for problem in told_wrong(facts)]
        run_id = name.split(":")[1]
        used[run_id] = used.get(run_id, 0) + sum(_tokens(fact) for kind, fact in facts if kind in ENDS)
    for run_id in db.runs:
        counted = sum(_counted(event) for event in db.events(run_id) if event.get("usage") and run_id in used)
        if counted > used.get(run_id, 0):
            wrong.append(f"threads: {run_id} has counted {counted} tokens, its calls used {used[run_id]}")
    return wrong


def told_wrong(facts: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """What is wrong with the facts (kind, fields) of one conversation."""
    return [*_own(facts), *_tools(facts)]


def _tokens(fact: dict[str, Any]) -> int:
    return int(fact.get("input_tokens", 0)) + int(fact.get("output_tokens", 0))


def _counted(event: dict[str, Any]) -> int:
    return int(event["usage"]["prompt_tokens"]) + int(event["usage"]["completion_tokens"])


def _tools(facts: list[tuple[str, dict[str, Any]]]) -> list[str]:
    wrong = []
    begun: dict[str, int] = {}
    under_way = None
    for kind, fact in facts:
        if kind == "model_call_answered":
            begun = {}
        elif kind == "tool_intended":
            name = fact["call_id"]
            begun[name] = begun.get(name, 0) + 1
            if under_way not in (None, name) or (begun[name] > 1 and not fact.get("repeatable")):
                wrong.append(f"tool {name} is begun for the {begun[name]}. time, under way was {under_way}")
            under_way = name
        elif kind == "tool_answered":
            if under_way not in (None, fact["call_id"]):
                wrong.append(f"tool {fact['call_id']} answers, under way was {under_way}")
            under_way = None
        elif under_way is not None and kind != "model_call_failed":
            wrong.append(f"{kind} stands between a tool and its receipt")
    return wrong


def _own(facts: list[tuple[str, dict[str, Any]]]) -> list[str]:
    wrong = [] if facts[0][0] == "thread_begun" else [f"it begins with {facts[0][0]}"]
    under_way, last, answered = 0, 0, False
    for kind, fact in facts:
        if kind == "model_call_intended":
            if under_way or fact["turn"] != last + 1 or answered:
                wrong.append(f"call {fact['turn']} is intended after {last}, under way was {under_way}, nothing new was said: {answered}")
            under_way = last = fact["turn"]
        elif kind in ENDS:
            if fact["turn"] != under_way:
                wrong.append(f"call {fact['turn']} ends, under way was {under_way}")
            under_way, answered = 0, kind == "model_call_answered"
        elif kind in SAYS:
            answered = False
    return wrong
