"""What a node promises in the workflow model: a file, and what its output says of itself. Pure data."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = ["Artifact", "Contract", "Validator"]

Validator = Literal["code_patch", "research_brief", "review_decision", "structured_json", "generic_artifact", "standup_update"]


@frozen
class Artifact:
    """A file that the node must produce, relative to its working folder. `schema` names one of `Workflow.schemas`; None: any bytes."""

    path: str
    schema: str | None = None


@frozen
class Contract:
    """What a node's output says of itself: its `status` and what stands beside it decide what becomes of the node (runs spec 6.5).

    `kind` is free text; `validator` None: the one that the kind implies. `schema` names one of `Workflow.schemas` that the output must fit.
    """

    kind: str = "generic_artifact"
    validator: Validator | None = None
    schema: str | None = None
    summary_guidance: str | None = None

    @property
    def effective_validator(self) -> Validator:
        """The validator that judges the output."""
        implied: dict[str, Validator] = {"brief": "research_brief", "review": "review_decision", "structured_json": "structured_json"}
        return self.validator or implied.get(self.kind, "generic_artifact")
