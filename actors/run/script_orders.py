"""What a shell node is given beyond its command: the run's inputs, and what the identity gets as which it works. Pure."""

from __future__ import annotations

from actors.config.identities import NOBODY, Identity
from actors.flow.variables import text_of_value
from actors.node.environment import makes_variable
from actors.node.orders import ScriptOrder
from actors.run.state import RunState
from actors.settings import RunRules
from actors.workflow.handles import handle_of
from actors.workflow.spec import Node, Shell

__all__ = ["script_order"]

_NONE = Identity(NOBODY)


def script_order(state: RunState, node: Node, action: Shell, rules: RunRules) -> ScriptOrder:
    """The script of the node. An identity of which the settings say nothing gets nothing.

    Whose placeholders are paths has inputs such as `skip-docs`, of which no variable can be made, and no need of them: it hears of that
    only where its text names such variables.
    """
    who = rules.identities.get(state.defaults.identity_of(node.as_identity) or NOBODY, _NONE)
    handles = {name: handle for name, text in who.env.items() if (handle := handle_of(text)) is not None}
    every = state.plan.workflow.templating == "flat" or rules.input_env_prefix in action.run
    inputs = {name: text_of_value(value) for name, value in state.inputs.items() if every or makes_variable(name)}
    return ScriptOrder(
        name=node.name, inputs=inputs, prefix=rules.input_env_prefix,
        provided={name: text for name, text in who.env.items() if name not in handles}, secrets=handles, path=who.path,
    )  # fmt: skip
