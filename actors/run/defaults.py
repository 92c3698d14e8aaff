"""What holds for every attempt of a run whose node says nothing else, as its start request said it (flow spec 1.5). Data. Pure."""

from __future__ import annotations

from attrs import evolve, frozen

from actors.workflow.spec import Foreach, Node

__all__ = ["NO_DEFAULTS", "Defaults"]


@frozen
class Defaults:
    """`as_identity`: the name under which its nodes work. `plugin_dirs`: folders (absolute) that every agent gets before its node's own.
    `model`: for agents in files that name none.
    """

    as_identity: str | None = None
    plugin_dirs: tuple[str, ...] = ()
    model: str | None = None

    def identity_of(self, own: str | None) -> str | None:
        """The name under which a node works that says `own`."""
        return own or self.as_identity

    def folders_of(self, own: tuple[str, ...]) -> tuple[str, ...]:
        """Those of an agent whose node names `own`, each once."""
        return tuple(dict.fromkeys((*self.plugin_dirs, *own)))

    def below(self, node: Node) -> Defaults:
        """Those of a run that the node begins. The runs of items have no name of their own (flow spec 7.7)."""
        identity = None if isinstance(node.action, Foreach) else self.identity_of(node.as_identity)
        return evolve(self, as_identity=identity)


NO_DEFAULTS = Defaults()
