"""The variables of flat templates: inputs, what came before, and what nodes exported (flow spec 8.1). Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, final

from attrs import Factory, evolve, frozen

from actors.flow.results import ContextEntry

__all__ = ["RESERVED", "Facts", "Variables", "export_warnings", "exports_of", "text_of_value"]

RESERVED: Final = frozenset({
    "ticket_id", "ticket_source_id", "ticket_source_type", "ticket_title", "ticket_body", "ticket_url", "ticket_raw_json", "repo_id",
    "repo_path", "repo_name", "workflow_run_id", "prior_context", "prior_contexts", "gate_feedback", "gate_selections", "prior_output",
    "prior_output_file", "dry_run", "workflow_status", "workflow_outcome",
})  # fmt: skip
"""Names that are the run's own: no node sets them."""
CONTEXTS: Final = "prior_contexts"


@frozen
class Facts:
    """What a run knows when a text is rendered.

    `reserved`: names that exports do not set; `injected`: what is known of where it works; `more`: variables of the moment, which win.
    `hidden`: those that are not known to who is to see the text.
    """

    run_id: str
    inputs: Mapping[str, Any] = Factory(dict)
    contexts: Sequence[ContextEntry] = ()
    gate_feedback: str | None = None
    gate_selections: Sequence[str] = ()
    dry_run: bool = False
    reserved: frozenset[str] = RESERVED
    more: Mapping[str, str] = Factory(dict)
    injected: Mapping[str, str] = Factory(dict)
    hidden: frozenset[str] = frozenset()


@final
class Variables(Mapping[str, str]):
    """All variables by name, worked out when one is asked for; the list of all contexts, which may be long, only for who wants it."""

    __slots__ = ("_facts", "_found")

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._found: dict[str, str] | None = None

    def and_also(self, more: Mapping[str, str]) -> Variables:
        """The same with others, which win."""
        return Variables(evolve(self._facts, more={**self._facts.more, **more}))

    def _plain(self) -> dict[str, str]:
        if self._found is None:
            self._found = _plain_variables(self._facts)
        return self._found

    def __getitem__(self, name: str) -> str:
        found = self._plain()
        if name == CONTEXTS and name not in found and name not in self._facts.hidden:
            found[name] = _json([_told(entry) for entry in self._facts.contexts])
        return found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._plain(), CONTEXTS} - self._facts.hidden))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _plain_variables(facts: Facts) -> dict[str, str]:
    """All but the list of contexts; later ones win."""
    found = {name: text_of_value(value) for name, value in facts.inputs.items() if name != CONTEXTS}
    found |= facts.injected
    found["workflow_run_id"] = facts.run_id
    newest = facts.contexts[-1] if facts.contexts else None
    found["prior_context"] = "" if newest is None else newest.context
    if facts.gate_feedback is not None:
        found["gate_feedback"] = facts.gate_feedback
    if facts.gate_selections:
        found["gate_selections"] = _json(list(facts.gate_selections))
    for entry in facts.contexts:
        if entry.structured_output is not None:
            found["prior_output"] = _json(entry.structured_output)
        if entry.output_file is not None:
            found["prior_output_file"] = entry.output_file
    found["dry_run"] = text_of_value(facts.dry_run)
    kept = facts.reserved.union(facts.inputs)
    for entry in facts.contexts:
        found.update((name, text) for name, text in exports_of(entry.structured_output).items() if name not in kept)
    return {name: text for name, text in {**found, **facts.more}.items() if name not in facts.hidden}


def exports_of(output: Mapping[str, Any] | None) -> dict[str, str]:
    """The variables that an object sets: its fields that are text. None where its markers or its context are of no use."""
    if output is None or not _readable(output):
        return {}
    return {name: value for name, value in output.items() if isinstance(value, str) and name not in ("markers", "context")}


def export_warnings(output: Any, reserved: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each thing in a node's output that looks like an export and is none."""
    if not isinstance(output, Mapping):
        return ()
    if not _readable(output):
        return (
            "export_unreadable: nothing of this output becomes a variable, because its `markers` are no list or its `context` is no text",
        )
    kept = sorted(set(exports_of(output)).intersection(reserved))
    return tuple(
        f"export_reserved: {name!r} does not become a variable, because that name is the run's own; name it otherwise" for name in kept
    )


def text_of_value(value: Any) -> str:
    """A JSON value as the text that stands for it."""
    return value if isinstance(value, str) else _json(value)


def _readable(output: Mapping[str, Any]) -> bool:
    return isinstance(output.get("markers", []), list) and isinstance(output.get("context", ""), str)


def _told(entry: ContextEntry) -> dict[str, Any]:
    told: dict[str, Any] = {
        "label": entry.label, "iteration": entry.iteration, "context": entry.context, "markers": list(entry.markers),
    }  # fmt: skip
    if entry.structured_output is not None:
        told["structured_output"] = entry.structured_output
    if entry.output_file is not None:
        told["output_file"] = entry.output_file
    return told


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
