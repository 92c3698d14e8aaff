"""Reads what may be done with tools, and how people are asked for them."""

from __future__ import annotations

from typing import Final

from actors.workflow.form import ABSENT, Form
from actors.workflow.read_gate import read_approvers
from actors.workflow.spec_agent import TOOLS, ToolApproval
from actors.workflow.tool_names import ALWAYS, MCP, POLICY_WORDS, ToolPolicy, misnamed

__all__ = ["read_approval", "read_policy"]

EXPIRIES: Final = ("reject", "cancel")


def read_policy(form: Form) -> ToolPolicy:
    """The table under `policy`."""
    found = {}
    for pattern, word in form.table("policy").items():
        path = (*form.at("policy"), pattern)
        why = misnamed(pattern)
        if why:
            names = (*(tool for tool in TOOLS if tool != ALWAYS), f"{MCP}SERVER.TOOL")
            message = (
                f"{pattern[:80]!r} cannot stand in a policy: {why}.{form.report.similar(pattern, TOOLS)} Tools are {', '.join(names)}."
            )
            form.report.add("tool_unknown", path, message, found=pattern, allowed=names)
        elif type(word) is not str or word not in POLICY_WORDS:
            hint = form.report.similar(word, POLICY_WORDS) if type(word) is str else ""
            message = f"Of a tool a policy says one of {', '.join(POLICY_WORDS)}.{hint}"
            form.report.add("tool_policy_invalid", path, message, found=word, allowed=POLICY_WORDS)
        else:
            found[pattern] = word
    return tuple(sorted(found.items()))


def read_approval(form: Form) -> ToolApproval:
    """How people are asked for tools: until when, what then follows, and who may answer."""
    inner = form.sub("tool_approval")
    if inner is None:
        return ToolApproval()
    word = inner.choice("on_timeout", "on_expiry", choices=EXPIRIES, code="invalid_on_timeout")
    found = ToolApproval(
        expires_after_ms=inner.duration("timeout", "expires_after_ms"), on_expiry="cancel" if word == "cancel" else "reject",
        approvers=read_approvers(inner),
        separate_from_author=None if inner.take("separate_from_author") is ABSENT else inner.flag("separate_from_author"),
    )  # fmt: skip
    inner.close("tool_approval")
    return found
