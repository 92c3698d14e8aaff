"""The parameters of the methods about what has ended: dead letters, and runs that are removed."""

from __future__ import annotations

from attrs import field, frozen

from actors.control import bounds

__all__ = ["LetterCompensate", "LetterList", "LetterOnly", "LetterSteer", "RunPurge"]


@frozen
class LetterList:
    """Newest first, narrowed by status, run and workflow."""

    status: str | None = field(default=None, validator=bounds.name)
    run_id: str | None = field(default=None, validator=bounds.name)
    workflow_id: str | None = field(default=None, validator=bounds.name)
    limit: int = field(default=100, validator=bounds.count)


@frozen
class LetterOnly:
    """A dead letter and nothing else."""

    letter_id: str = field(validator=bounds.name)


@frozen
class LetterSteer:
    """What is to become of a dead letter, and why."""

    letter_id: str = field(validator=bounds.name)
    reason: str | None = field(default=None, validator=bounds.text)


@frozen
class LetterCompensate(LetterSteer):
    """The run `run_id` makes good what went wrong."""

    run_id: str = field(kw_only=True, validator=bounds.name)


@frozen
class RunPurge:
    """Remove a run that has ended, with everything that belongs to it."""

    run_id: str = field(validator=bounds.name)
    reason: str | None = field(default=None, validator=bounds.text)
