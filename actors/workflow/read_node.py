"""Reads one node: the keys that every kind has. What is special to a kind stands in `read_action` and `read_gate`."""

from __future__ import annotations

from typing import Any, Final

from actors.workflow.drafts import Draft
from actors.workflow.form import ABSENT, Form, kind_word
from actors.workflow.names import ID_FORM, is_id
from actors.workflow.problems import Report
from actors.workflow.read_action import action_of, kind_of, read_command
from actors.workflow.read_agent import read_agent
from actors.workflow.read_flow import read_group
from actors.workflow.read_output import read_artifact, read_contract
from actors.workflow.read_retry import read_retry
from actors.workflow.read_timeout import read_timeout
from actors.workflow.spec import Agent, Command, Foreach, Gate, Need, Node, OnFail, RetryPolicy

__all__ = ["read_node"]

LONGEST_KEY: Final = 256
AGENT_WORDS: Final = ("agent", "persona_id", "persona_path")
COMMON: Final = (
    "retry", "retries", "retry_policy", "on_fail", "effect", "artifact", "output", "timeout", "idle_timeout", "timeout_ms",
    "absolute_timeout_ms", "with", "env", "stdin", "isolate", "contract", "output_contract", "method",
    "headers", "body", "expect", "instructions", "objective", "tools",
    "policy", "tool_approval", "eval", "as", "as_identity", "snippets", "output_schema", "plugin_dirs", "max_turns", "sequence",
)  # fmt: skip


def read_node(report: Report, form: Form) -> Draft:
    """The node, always: what could not be read is reported and left at its default. `node_id` is empty where the file gives none."""
    node_id, named = _read_id(form)
    kind = kind_of(form)
    draft = Draft(Node(node_id, Gate()), form, named)
    action = read_group(form, draft, read_node) if kind == "group" else action_of(kind, form, draft)
    common: dict[str, Any] = {
        "title": form.text("title"),
        "needs": tuple(_read_needs(form)),
        "when": form.text("when"),
        "priority": form.whole("priority", low=-1000, high=1000, default=0),
        "metadata": form.table("metadata"),
        "result_key": _read_key(form, "result_key"),
        "label": _read_key(form, "label"),
    }
    if kind == "workflow" or isinstance(action, Foreach):
        common |= _read_attempts(form, draft)
    elif kind == "group":
        common["on_fail"] = _read_on_fail(form, draft)
    elif kind == "http":
        common |= _read_attempts(form, draft) | _read_result(form)
    elif kind not in ("gate", "wait"):
        common |= _read_attempts(form, draft) | _read_work(form, draft, kind)
    draft.node = Node(node_id, action, **common)
    # A node without a kind has been reported; naming its other keys too would only hide the reason.
    if kind is not None:
        form.close(f"a {kind} node", COMMON)
    return draft


def _read_id(form: Form) -> tuple[str, bool]:
    text = form.text("id", "node_id")
    if text is None:
        return "", False
    if not is_id(text):
        message = f"{text[:140]!r} is no id. Use lower-case letters, digits, dot, dash and underscore: {ID_FORM}."
        form.report.add("id_invalid", form.at("id", "node_id"), message, found=text, allowed=[ID_FORM])
    return text, True


def _read_needs(form: Form) -> list[Need]:
    value = form.take("needs")
    if value is ABSENT:
        return []
    entries = value if type(value) is list else [value]
    needs: dict[str, Need] = {}
    for i, entry in enumerate(entries):
        need = _read_need(form, entry, i if type(value) is list else None)
        if need is None:
            continue
        if need.node in needs:
            form.report.warn("need_repeated", form.at("needs"), f'"{need.node}" stands more than once in "needs".', found=need.node)
        # The plain form wins: it asks for more.
        if need.node not in needs or need.until == "completed":
            needs[need.node] = need
    return list(needs.values())


def _read_need(form: Form, entry: Any, i: int | None) -> Need | None:
    path = form.at("needs") if i is None else (*form.at("needs"), i)
    if type(entry) is str:
        return Need(entry)
    if type(entry) is not dict:
        message = f"An entry of needs is an id or {{node, until}}, and this is {kind_word(entry)}."
        form.report.add("value_type", path, message, found=entry, allowed=["id", "{node, until}"])
        return None
    inner = Form(form.report, path, entry)
    inner.require("node")
    node = inner.text("node")
    until = inner.choice("until", choices=("completed", "settled"), code="need_until_invalid")
    inner.close("an entry of needs")
    return Need(node, "settled" if until == "settled" else "completed") if node else None


def _read_key(form: Form, name: str) -> str | None:
    """A name for people or conditions: one line, not too long."""
    text = form.text(name)
    if text is not None and (len(text) > LONGEST_KEY or not text.isprintable()):
        message = f'"{name}" is one line of at most {LONGEST_KEY} characters. Shorten it.'
        form.report.add("value_type", form.at(name), message, found=text, allowed=[f"≤ {LONGEST_KEY} characters"])
    return text


def _read_attempts(form: Form, draft: Draft) -> dict[str, Any]:
    """What every node with attempts has."""
    length, text = read_timeout(form, draft, "timeout", "absolute_timeout_ms")
    return {
        "retry": read_retry(form) or RetryPolicy(),
        "on_fail": _read_on_fail(form, draft),
        "absolute_timeout_ms": length,
        "timeout_text": text,
        "as_identity": form.text("as", "as_identity"),
    }


def _read_work(form: Form, draft: Draft, kind: str | None) -> dict[str, Any]:
    """What only a node has that works itself."""
    work: dict[str, Any] = _read_result(form) | {
        "with_": form.table("with"), "artifact": read_artifact(form), "contract": read_contract(form),
    }  # fmt: skip
    draft.templates.append((form.at("with"), work["with_"]))
    if work["artifact"]:
        draft.templates.append((form.at("artifact"), work["artifact"].path))
    # A function in the daemon or its threads says nothing while it works: only processes can be watched for silence.
    if kind != "python" or form.data.get("isolate") in (True, "process"):
        work["timeout_ms"], work["idle_timeout_text"] = read_timeout(form, draft, "idle_timeout", "timeout_ms")
    return work


def _read_result(form: Form) -> dict[str, Any]:
    """What a node does to the world outside, and the form of what it gives back."""
    return {
        "effect": form.choice("effect", choices=("repeatable", "once"), code="effect_invalid") or "repeatable",
        "eval_": form.choice("eval", choices=("run", "skip"), code="eval_invalid") or "run",
        "output": form.choice("output", choices=("text", "json", "lines"), code="output_invalid") or "text",
    }


def _read_on_fail(form: Form, draft: Draft) -> OnFail:
    value = form.take("on_fail")
    if value is ABSENT or value == "fail":
        return OnFail()
    if value == "continue":
        return OnFail("continue")
    if type(value) is not dict:
        allowed = ("fail", "continue", "{command: [...]}", "{agent: NAME}")
        form.report.add("on_fail_invalid", form.at("on_fail"), f'"on_fail" is one of {", ".join(allowed)}.', found=value, allowed=allowed)
        return OnFail()
    inner = Form(form.report, form.at("on_fail"), value)
    handler: Command | Agent
    if inner.has(*AGENT_WORDS) and inner.has("command", "argv"):
        message = "What follows a failure is a command or an agent, not both. Keep one of them."
        form.report.add("on_fail_invalid", inner.at("command", "argv"), message, allowed=["{command: [...]}", "{agent: NAME}"])
        return OnFail()
    if inner.has(*AGENT_WORDS):
        handler = read_agent(inner, draft.error_templates)
    else:
        inner.require("command", "argv")
        handler = read_command(inner, draft.error_templates, word="command")
    inner.close("on_fail")
    return OnFail("handler", handler)
