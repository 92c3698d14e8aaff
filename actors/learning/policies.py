"""The policy as the configuration says it at this moment: it is read anew each time, so that a change holds without a restart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define

from actors.config.load import Problem, read_section
from actors.learning.policy import Policy

if TYPE_CHECKING:
    from actors.config.sections_learning import Learning

__all__ = ["Policies"]


@define(eq=False)
class Policies:
    """`file` need not be there, `environ` goes over it."""

    file: Path
    environ: Mapping[str, str]
    _stamp: tuple[int, int, int] | None = None
    _read: tuple[Policy, tuple[Problem, ...]] | None = None

    def read(self) -> tuple[Policy, tuple[Problem, ...]]:
        """The policy, and every value that is no good: its default holds instead."""
        stamp = self._stamp_of()
        if self._read is None or stamp != self._stamp:
            section, ignored = read_section(self.environ, self.file, "learning")
            self._stamp, self._read = stamp, (_policy(section), ignored)
        return self._read

    def _stamp_of(self) -> tuple[int, int, int]:
        try:
            found = self.file.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_ino, found.st_mtime_ns, found.st_size)


def _policy(learning: Learning) -> Policy:
    return Policy(
        learning.auto_apply, learning.min_confidence, learning.min_baseline_sample, learning.max_human_intervention_rate,
        learning.post_apply_min_sample, learning.regression_margin,
        learning.verify, learning.verify_runs,
    )  # fmt: skip
