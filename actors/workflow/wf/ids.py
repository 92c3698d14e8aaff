"""The ids that the nodes of a `.wf` text get, in the order of the text (flow spec 3.2)."""

from __future__ import annotations

from itertools import count

from attrs import Factory, define

from actors.workflow.names import free_id, slug

__all__ = ["Ids"]


@define
class Ids:
    """`nodes` maps a result key to the newest node that has it, for what names an earlier node by its key."""

    nodes: dict[str, str] = Factory(dict)
    _taken: set[str] = Factory(set)
    _starts: dict[str, int] = Factory(dict)

    def of_key(self, key: str) -> str:
        """For a node with a result of its own: the key as an id, else with the smallest free number from 2."""
        wanted = slug(key)
        node_id, self._starts[wanted] = free_id(wanted, self._taken, self._starts.get(wanted, 2))
        self._taken.add(node_id)
        self.nodes[key] = node_id
        return node_id

    def of_form(self, word: str) -> str:
        """For a block: its word with the smallest free number from 1."""
        node_id, number = next(
            (name, n) for n in count(self._starts.get(f"{word}.", 1)) if (name := f"{word}.{n}") not in self._taken
        )  # fmt: skip
        self._starts[f"{word}."] = number + 1
        self._taken.add(node_id)
        return node_id

    def of_handler(self, node_id: str) -> None:
        """The agent that `on_fail` of a node names takes an id, too."""
        self._taken.add(f"{node_id}.on_fail")
