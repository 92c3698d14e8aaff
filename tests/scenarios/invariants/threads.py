"""Conversations of agents: every call is intended first and ends once, no recorded one is made again, and runs count what calls used.

Tools that change something are used one at a time, and one that may not be repeated is begun once.
What people say to an agent is heard once, in order, and before its node is done.
"""

from __future__ import annotations

from typing import Any

import orjson

from tests.scenarios.history import History
from tests.scenarios.records import Records

__all__ = ["approved_wrong", "inv_threads", "told_wrong"]

ENDS = ("model_call_answered", "model_call_failed")
SAYS = ("prompt_added", "steering_added", "tool_answered")


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
        wrong += [f"threads: {name}: {problem}" for problem in approved_wrong(facts, _approved(db, run_id))]
        used[run_id] = used.get(run_id, 0) + sum(_tokens(fact) for kind, fact in facts if kind in ENDS)
    for run_id in db.runs:
        wrong += [f"threads: {run_id}: {problem}" for problem in _unheard(db.events(run_id))]
        counted = sum(_counted(event) for event in db.events(run_id) if event.get("usage") and run_id in used)
        if counted > used.get(run_id, 0):
            wrong.append(f"threads: {run_id} has counted {counted} tokens, its calls used {used[run_id]}")
    return wrong


def _approved(db: Records, run_id: str) -> set[str]:
    """The digests of what people have approved in the run."""
    decided = [event for event in db.events(run_id) if event["event"] == "approval_gate_decided"]
    return {event["shown_digest"] for event in decided if event["decision"] == "approve"}


def approved_wrong(facts: list[tuple[str, dict[str, Any]]], approved: set[str]) -> list[str]:
    """A tool that people are asked about is used only where one has said so, and once."""
    used = [fact["shown_digest"] for kind, fact in facts if kind == "tool_approval_used"]
    wanted = {fact["shown_digest"] for kind, fact in facts if kind == "tool_approval_wanted"}
    wrong = [f"{digest} was used without an approval" for digest in used if digest not in approved or digest not in wanted]
    return wrong + [f"{digest} was used {used.count(digest)} times" for digest in set(used) if used.count(digest) > 1]


def _unheard(events: list[dict[str, Any]]) -> list[str]:
    """Nodes that are done with a message that nobody has heard."""
    wrong, told, heard = [], dict[str, int](), dict[str, int]()
    for event in events:
        match event["event"]:
            case "agent_steered":
                told[event["node_id"]] = event["number"]
            case "agent_steering_heard":
                heard[event["node_id"]] = event["number"]
            case "node_completed" | "node_completed_with_warnings" if told.get(event["node_id"], 0) > heard.get(event["node_id"], 0):
                wrong.append(f"{event['node_id']} is done and has not heard message {told[event['node_id']]}")
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
    numbers = [fact["number"] for kind, fact in facts if kind == "steering_added"]
    if numbers != sorted(set(numbers)):
        wrong.append(f"messages are heard as {numbers}")
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
