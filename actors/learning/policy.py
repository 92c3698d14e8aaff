"""When a learning may be applied without a person, and when a workflow counts as worse (learning spec 7.1). Pure."""

from __future__ import annotations

import sys
from typing import Final

from attrs import frozen

__all__ = ["EPS", "Policy"]

EPS: Final = sys.float_info.epsilon


@frozen
class Policy:
    """The settings `learning.*`. Samples are counts of runs, rates and the confidence are fractions; above 1 means never."""

    auto_apply: bool = False
    min_confidence: float = 0.8
    min_baseline_sample: int = 5
    max_human_intervention_rate: float = 0.0
    post_apply_min_sample: int = 3
    regression_margin: float = EPS
    verify: bool = False
    verify_runs: int = 10
