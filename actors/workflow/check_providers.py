"""Whether the providers that find the items of for-each nodes are there, and can do what these ask of them (flow spec 4.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from actors.fan_out.provider import BUILT_IN, Providers
from actors.fan_out.values import scope_problem
from actors.workflow.model_places import model_place
from actors.workflow.problems import Path, Place, Problem, field_path
from actors.workflow.spec import Foreach, Workflow
from actors.workflow.walk import located

__all__ = ["unprovided"]


def unprovided(
    workflow: Workflow, providers: Providers, places: Mapping[Path, Place] | None = None, file: str = ""
) -> tuple[Problem, ...]:  # fmt: skip
    """What is wrong with each for-each. `places` maps the paths of the file to line and column, where there is one."""
    found = []
    for path, node in located(workflow):
        if not isinstance(node.action, Foreach):
            continue
        for key, code, message, value, allowed in _wrong(node.action, providers):
            whole = (*path, "foreach", key)
            line, column = model_place(places, whole)
            found.append(Problem(code, message, file, line, column, field_path(whole), f'"{value}"', allowed))
    return tuple(found)


def _wrong(spec: Foreach, providers: Providers) -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
    """Key, code, message, what was found, what is allowed."""
    provider = providers.get(spec.over)
    if provider is None:
        text = f"There is no item provider {spec.over!r}. Configure it: [item_providers.{spec.over}]."
        yield "over", "foreach_provider_unknown", text, spec.over, tuple(sorted(providers))
        return
    if provider.name == BUILT_IN and (problem := scope_problem(spec.scope)) is not None:
        yield "scope", "foreach_scope_invalid", problem, ", ".join(spec.scope or ()), ("values", "from")
    if provider.name == BUILT_IN and spec.filter is not None:
        yield "filter", "foreach_filter_invalid", "The provider list takes no filter. Leave it out.", ", ".join(spec.filter), ()
    if provider.requires_filter and not spec.filter:
        text = f"The provider {spec.over} is not asked without a filter. Say which items are wanted."
        yield "filter", "foreach_filter_required", text, "", ()
    if spec.ordered and not provider.ordered:
        can = tuple(sorted(name for name, one in providers.items() if one.ordered))
        hint = f"These can: {', '.join(can)}." if can else "No provider here can."
        text = f"The provider {spec.over} knows no order among its items. {hint} Or leave ordered out."
        yield "ordered", "foreach_order_unsupported", text, "true", can
    if spec.on_child_fail == "skip_dependents" and not spec.ordered:
        text = "Without an order no item depends on another. Say ordered: true, or another on_child_fail."
        yield "on_child_fail", "foreach_skip_dependents_needs_order", text, spec.on_child_fail, ("continue", "halt")
