"""The environment of a step's process: an allow-list of the daemon's, what the workflow declares, and what Penstock says. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from actors.node.orders import ScriptOrder, WorkOrder

__all__ = ["build", "for_script", "inherited", "makes_variable"]

_REFUSED_PREFIXES = ("LD_", "DYLD_", "PYTHON", "GIT_", "BASH_FUNC_")
_REFUSED = frozenset({"BASH_ENV", "BASHOPTS", "GH_TOKEN", "NODE_PATH", "PATH", "RUBYLIB", "SHELLOPTS"})
_MAKES_NAME = re.compile(r"[A-Za-z0-9_]+")
_OF_ITEMS = "item."
_LONGEST = 128 << 10
"""The most bytes that the system takes for one variable, its name and the end of the text included."""
_OURS = frozenset({
    "PENSTOCK_ATTEMPT", "PENSTOCK_ATTEMPT_NUMBER", "PENSTOCK_GUARDIAN", "PENSTOCK_IDEMPOTENCY_KEY", "PENSTOCK_NODE_ID", "PENSTOCK_OUTPUT",
    "PENSTOCK_RUN_ID", "PENSTOCK_STORE", "PENSTOCK_USAGE",
})  # fmt: skip


def inherited(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """What processes get of the daemon's own environment."""
    return {name: environ[name] for name in names if name in environ}


def build(
    order: WorkOrder, base: Mapping[str, str], declared: Mapping[str, str], output: str, usage: str
) -> tuple[dict[str, str], list[str]]:  # fmt: skip
    """The whole environment but the guardian's tags, and a warning for each declared name that was refused.

    Names that change which code runs (loaders, interpreters, git, the search path) cannot be declared, and ours cannot be set.
    """
    warnings = []
    env = dict(base)
    for name, value in declared.items():
        if _allowed(name):
            env[name] = value
        else:
            warnings.append(_refused(name))
    if order.author is not None:
        name, email = order.author
        env |= {f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in (("NAME", name), ("EMAIL", email))}
    env["PENSTOCK_OUTPUT"] = output
    env["PENSTOCK_USAGE"] = usage
    env["PENSTOCK_RUN_ID"] = order.run_id
    env["PENSTOCK_NODE_ID"] = order.node_id
    env["PENSTOCK_ATTEMPT_NUMBER"] = str(order.attempt)
    env["PENSTOCK_IDEMPOTENCY_KEY"] = order.idempotency_key
    return env, warnings


def for_script(base: Mapping[str, str], script: ScriptOrder, secret: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What a script has before that which its node declares: `base`, what its identity gets, and the inputs; and the warnings.

    `secret`: the secrets of its identity, by the variable. An identity stands in the configuration, so it may also set what nodes may not.
    """
    env = {**base, **script.provided, **secret}
    if script.path:
        env["PATH"] = os.pathsep.join([*script.path, *filter(None, [env.get("PATH")])])
    warnings, odd = [], []
    for key, value in script.inputs.items():
        if not makes_variable(key):
            odd += [] if key.startswith(_OF_ITEMS) else [key]  # those come from a for-each, whose author knows them as placeholders
            continue
        name = script.prefix + key.upper()
        if not _allowed(name):
            warnings.append(_refused(name))
        elif "\0" in value or len(name) + len(value.encode("utf-8", "surrogatepass")) + 2 > _LONGEST:
            what = "it holds a NUL" if "\0" in value else "it is longer than the 128 KiB that the system takes"
            warnings.append(f"input_env_value_invalid: the input {key!r} was not passed on as ${name}, because {what}; write it to a file")
        else:
            env[name] = value
    if odd:
        named = ", ".join(map(repr, odd))
        advice = "a name holds letters, digits and _. Use a placeholder, or env"
        warnings.append(f"input_env_name_invalid: no variable was made of these inputs: {named}; {advice}")
    return env, warnings


def makes_variable(key: str) -> bool:
    """Whether an input of that name becomes a variable."""
    return _MAKES_NAME.fullmatch(key) is not None


def _refused(name: str) -> str:
    return f"env_name_refused: the variable {name!r} was not passed on, because it is reserved or changes which code runs"


def _allowed(name: str) -> bool:
    sound = bool(name) and "=" not in name and "\0" not in name
    return sound and name not in _REFUSED and name not in _OURS and not name.startswith(_REFUSED_PREFIXES)
