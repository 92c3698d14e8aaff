"""The environment of a step's process: an allow-list of the daemon's, what the workflow declares, and what Penstock says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from actors.node.orders import WorkOrder

__all__ = ["build", "inherited"]

_REFUSED_PREFIXES = ("LD_", "DYLD_", "PYTHON", "GIT_", "BASH_FUNC_")
_REFUSED = frozenset({"BASH_ENV", "BASHOPTS", "GH_TOKEN", "NODE_PATH", "PATH", "RUBYLIB", "SHELLOPTS"})
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
            warnings.append(f"env_name_refused: the variable {name!r} was not passed on, because it is reserved or changes which code runs")
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


def _allowed(name: str) -> bool:
    sound = bool(name) and "=" not in name and "\0" not in name
    return sound and name not in _REFUSED and name not in _OURS and not name.startswith(_REFUSED_PREFIXES)
