"""The parameters of each method, as records. Decoding refuses unknown fields and wrong types; meaning is checked by the runtime.

`request_id` is no field here: it belongs to every changing method and is taken off before decoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import Attribute, Factory, field, frozen

__all__ = [
    "ActorTell", "GateDecide", "GateGet", "GateList", "Nothing", "RunEvents", "RunFollow", "RunList", "RunLogs", "RunOnly",
    "RunResume", "RunRetry", "RunStart", "RunSteer", "StoreBackup", "SystemShutdown", "Unfit", "WorkflowDelete", "WorkflowGet",
    "WorkflowList", "WorkflowOnly", "WorkflowText",
]  # fmt: skip

Notation = Literal["yaml", "json"]
_NAME_LENGTH = 256
_TEXT_LENGTH = 64 << 10


class Unfit(ValueError):
    """A value of the right type that lies outside its bounds: field, what was found, what is allowed."""

    def __init__(self, path: str, found: object, allowed: str) -> None:
        super().__init__(f"{path}: found {found!r}, allowed: {allowed}")
        self.path, self.found, self.allowed = path, found, allowed


def _name(_: object, attribute: Attribute[Any], value: str | None) -> None:
    if value is not None and not 0 < len(value) <= _NAME_LENGTH:
        raise Unfit(attribute.name, f"{len(value)} characters", f"1 to {_NAME_LENGTH} characters")


def _text(_: object, attribute: Attribute[Any], value: str | None) -> None:
    if value is not None and len(value) > _TEXT_LENGTH:
        raise Unfit(attribute.name, f"{len(value)} characters", f"at most {_TEXT_LENGTH} characters")


def _count(_: object, attribute: Attribute[Any], value: int | None) -> None:
    if value is not None and not 1 <= value <= 1000:
        raise Unfit(attribute.name, value, "1 to 1000")


def _position(_: object, attribute: Attribute[Any], value: int | None) -> None:
    if value is not None and value < 0:
        raise Unfit(attribute.name, value, "0 or more")


def _amounts(_: object, attribute: Attribute[Any], value: Mapping[str, Any]) -> None:
    for name, amount in value.items():
        if type(amount) is not int or amount <= 0:
            raise Unfit(f"{attribute.name}.{name}", amount, "a whole number above 0")


@frozen
class Nothing:
    """A method without parameters."""


@frozen
class SystemShutdown:
    """Stop the daemon in order."""

    reason: str | None = field(default=None, validator=_text)


@frozen
class WorkflowText:
    """A definition as text. `source` names it in messages, `folder` is where its python modules lie (absolute)."""

    text: str
    notation: Notation = "yaml"
    source: str = field(default="<request>", validator=_text)
    folder: str | None = field(default=None, validator=_text)


@frozen
class WorkflowGet:
    """One version: by number, by digest, or the newest."""

    workflow_id: str = field(validator=_name)
    version: int | None = field(default=None, validator=_position)
    digest: str | None = field(default=None, validator=_name)


@frozen
class WorkflowList:
    """The newest version of each workflow."""

    limit: int = field(default=100, validator=_count)


@frozen
class WorkflowOnly:
    """A workflow and nothing else."""

    workflow_id: str = field(validator=_name)


@frozen
class WorkflowDelete:
    """Remove a workflow; with `cancel_runs` its active runs are cancelled first."""

    workflow_id: str = field(validator=_name)
    cancel_runs: bool = False


@frozen
class RunStart:
    """Start a run of a stored workflow (`workflow_id`) or of a definition sent along (`text`): exactly one of the two.

    `cwd` (absolute) is where a relative workspace begins; without it, the folder of the definition.
    """

    workflow_id: str | None = field(default=None, validator=_name)
    version: int | None = field(default=None, validator=_position)
    text: str | None = None
    notation: Notation = "yaml"
    source: str = field(default="<request>", validator=_text)
    folder: str | None = field(default=None, validator=_text)
    inputs: Mapping[str, Any] = Factory(dict)
    priority: int | None = None
    cwd: str | None = field(default=None, validator=_text)

    def __attrs_post_init__(self) -> None:
        if (self.workflow_id is None) == (self.text is None):
            found = "neither" if self.text is None else "both"
            raise Unfit("workflow_id", found, "either workflow_id or text")


@frozen
class RunOnly:
    """A run and nothing else."""

    run_id: str = field(validator=_name)


@frozen
class RunList:
    """Newest first, narrowed by status and workflow."""

    status: str | None = field(default=None, validator=_name)
    workflow_id: str | None = field(default=None, validator=_name)
    limit: int = field(default=100, validator=_count)


@frozen
class RunEvents:
    """A page of a run's log behind the sequence number `after`."""

    run_id: str = field(validator=_name)
    after: int = field(default=0, validator=_position)
    limit: int = field(default=500, validator=_count)


@frozen
class RunFollow:
    """Every event of a run behind the sequence number `after`, as it is written."""

    run_id: str = field(validator=_name)
    after: int = field(default=0, validator=_position)


@frozen
class RunLogs:
    """What the attempts of a run printed; of one node, or of one attempt of it."""

    run_id: str = field(validator=_name)
    node_id: str | None = field(default=None, validator=_name)
    attempt: int | None = field(default=None, validator=_position)


@frozen
class RunSteer:
    """Pause, resume or cancel a run. `limits` (resume only) raises budgets of this run, e.g. {"runtime_ms": 7200000}."""

    run_id: str = field(validator=_name)
    reason: str | None = field(default=None, validator=_text)
    limits: Mapping[str, int] = Factory(dict)


@frozen
class RunResume(RunSteer):
    """Resume a run; `limits` raises budgets that were used up, for example {"runtime_ms": 7200000}."""

    limits: Mapping[str, Any] = field(factory=dict, validator=_amounts)


@frozen
class RunRetry:
    """Give a failed node, and all that depends on it, fresh attempts."""

    run_id: str = field(validator=_name)
    node_id: str = field(validator=_name)
    reason: str | None = field(default=None, validator=_text)


@frozen
class GateList:
    """Open gates, of all runs or of one."""

    run_id: str | None = field(default=None, validator=_name)


@frozen
class GateGet:
    """A gate of a run: by node id, name or request id, or the only one open."""

    run_id: str = field(validator=_name)
    gate: str | None = field(default=None, validator=_name)


@frozen
class GateDecide:
    """A person's answer. `nonce` and `shown_digest` bind it to what was seen."""

    run_id: str = field(validator=_name)
    decision: str = field(validator=_name)
    gate: str | None = field(default=None, validator=_name)
    feedback: str | None = field(default=None, validator=_text)
    selections: tuple[str, ...] | None = None
    reason: str | None = field(default=None, validator=_text)
    nonce: str | None = field(default=None, validator=_name)
    shown_digest: str | None = field(default=None, validator=_name)


@frozen
class ActorTell:
    """One typed message for the actor at `address`; `message` names its class in `kind`."""

    address: str = field(validator=_text)
    message: Mapping[str, Any]


@frozen
class StoreBackup:
    """Write a consistent copy of the database to `path` (absolute)."""

    path: str = field(validator=_name)
