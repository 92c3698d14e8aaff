"""What a shell node is given beyond its command: the run's inputs, and what the identity gets as which it works. Pure."""

from __future__ import annotations

from actors.config.identities import NOBODY, Identity
from actors.flow.variables import text_of_value
from actors.node.orders import ScriptOrder
from actors.run.state import RunState
from actors.settings import RunRules
from actors.workflow.handles import handle_of
from actors.workflow.spec import Node

__all__ = ["script_order"]

_NONE = Identity(NOBODY)


def script_order(state: RunState, node: Node, rules: RunRules) -> ScriptOrder:
    """The script of the node. An identity of which the settings say nothing gets nothing."""
    who = rules.identities.get(node.as_identity or NOBODY, _NONE)
    handles = {name: handle for name, text in who.env.items() if (handle := handle_of(text)) is not None}
    return ScriptOrder(
        name=node.name, inputs={name: text_of_value(value) for name, value in state.inputs.items()}, prefix=rules.input_env_prefix,
        provided={name: text for name, text in who.env.items() if name not in handles}, secrets=handles, path=who.path,
    )  # fmt: skip
