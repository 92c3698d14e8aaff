"""Tools of MCP servers: a run writes down what each is before it uses it, once, until people have it begin anew."""

from __future__ import annotations

import orjson

from tests.scenarios.history import History
from tests.scenarios.records import Records

__all__ = ["inv_pins"]

PREFIX = "mcp_pins:"


def inv_pins(db: Records, history: History) -> list[str]:
    """What those logs say, and what conversations used."""
    wrong = []
    known: set[tuple[str, str]] = set()
    for name, log in db.logs.items():
        if not name.startswith(PREFIX):
            continue
        pinned: dict[tuple[str, str], int] = {}
        for _, kind, data in log:
            fact = orjson.loads(data)
            tool, anew = (fact["server"], fact["tool"]), fact.get("anew", 0)
            if kind == "mcp_tool_pinned":
                known.add((name.removeprefix(PREFIX), f"mcp__{tool[0]}__{tool[1]}"))
            if kind == "mcp_tool_pinned" and pinned.get(tool, -1) >= anew:
                wrong.append(f"pins: {name}: {tool} is pinned again, and nobody has had the run begin anew")
            if kind == "mcp_tool_changed" and tool not in pinned:
                wrong.append(f"pins: {name}: {tool} has changed, and was never pinned")
            pinned[tool] = max(anew, pinned.get(tool, -1))
    for name, log in db.logs.items():
        if name.startswith("run:") and name not in db.purged:
            answers = [orjson.loads(data) for _, kind, data in log if kind == "tool_answered"]
            heard = {one["name"] for one in answers if one["name"].startswith("mcp__shop__") and not one.get("is_error")}
            wrong += [f"pins: {name} used {tool}, which is pinned nowhere" for tool in heard if (name.split(":")[1], tool) not in known]
    return wrong
