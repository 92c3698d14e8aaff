"""The canonical scenarios: a workflow, and what a client does with its run until it has ended.

A client that is started again says the same again, with the same request ids: so one text drives a run before and after a crash.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

__all__ = ["SCENARIOS", "Scenario"]

PARTS = [f"part-{n}" for n in range(8)]
FAN = "".join(f"  - {{id: part-{n}, python: 'steps:work', needs: [split]}}\n" for n in range(8))


@frozen
class Scenario:
    """`decide` answers the gate, `signal` is sent at once, `cancel_at` cancels once that node runs.

    `nodes` is what every node must have come to in the end.
    """

    text: str
    status: str
    nodes: Mapping[str, str]
    decide: str | None = None
    signal: str | None = None
    cancel_at: str | None = None


def _workflow(name: str, nodes: str, more: str = "") -> str:
    return f"penstock: 1\nworkflow: {name}\nlimits: {{parallel: 8}}\n{more}nodes:\n{nodes}"


CHAIN = (
    "  - {id: a, python: 'steps:work'}\n  - {id: b, command: [echo, hello], needs: [a]}\n  - {id: c, python: 'steps:work', needs: [b]}\n"
)
GATED = "  - {id: a, python: 'steps:work'}\n  - {id: ask, gate: human_approval, needs: [a], prompt: Go on?}\n"
GATED += "  - {id: b, python: 'steps:work', needs: [ask]}\n"
RETRY = "{max_attempts: 3, backoff: {strategy: fixed, initial: 20ms}}"
WAITS = (
    "  - {id: nap, wait: {timer: 30ms}}\n  - {id: go, wait: {signal: go}, needs: [nap]}\n  - {id: b, python: 'steps:work', needs: [go]}\n"
)
TIDY = "finally:\n  - {id: tidy, python: 'steps:work'}\n"

SCENARIOS: dict[str, Scenario] = {
    "linear": Scenario(_workflow("linear", CHAIN), "completed", dict.fromkeys("abc", "completed")),
    "fan-out-8": Scenario(
        _workflow(
            "fan-out",
            f"  - {{id: split, python: 'steps:work'}}\n{FAN}  - {{id: join, python: 'steps:work', needs: {PARTS}}}\n",
        ),
        "completed",
        dict.fromkeys(["split", *PARTS, "join"], "completed"),
    ),
    "retry": Scenario(
        _workflow("retry", f"  - {{id: a, python: 'steps:fail_once', retry: {RETRY}}}\n  - {{id: b, python: 'steps:work', needs: [a]}}\n"),
        "completed",
        {"a": "completed", "b": "completed"},
    ),
    "gate-approved": Scenario(
        _workflow("gated", GATED), "completed", {"a": "completed", "ask": "completed", "b": "completed"}, decide="approve"
    ),
    "gate-rejected": Scenario(_workflow("gated", GATED), "failed", {"a": "completed", "ask": "failed", "b": "pending"}, decide="reject"),
    "cancel": Scenario(
        _workflow("cancelled", "  - {id: a, python: 'steps:work'}\n  - {id: b, python: 'steps:slow', needs: [a]}\n" + TIDY),
        "cancelled",
        {"a": "completed", "b": "pending", "tidy": "completed"},
        cancel_at="b",
    ),
    "waits": Scenario(_workflow("waits", WAITS), "completed", dict.fromkeys(["nap", "go", "b"], "completed"), signal="go"),
    "artifact": Scenario(
        _workflow(
            "artifact",
            "  - {id: a, python: 'steps:write', artifact: {path: deep/down/out.json, schema: out}}\n"
            "  - {id: b, python: 'steps:work', needs: [a]}\n",
            "schemas:\n  out: {type: object, required: [ok]}\n",
        ),
        "completed",
        {"a": "completed", "b": "completed"},
    ),
    "finally-after-failure": Scenario(
        _workflow("failing", "  - {id: a, python: 'steps:work'}\n  - {id: b, python: 'steps:fail', needs: [a]}\n" + TIDY),
        "failed",
        {"a": "completed", "b": "failed", "tidy": "completed"},
    ),
}
