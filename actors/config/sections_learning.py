"""The settings of learning: each with its bounds, its default and what it is for. Pure."""

from __future__ import annotations

from attrs import frozen

from actors.config.rules import count, number, switch

__all__ = ["Learning"]

EPS = 2.220446049250313e-16


@frozen
class Learning:
    """`[learning]`: what endings of runs teach. A value that is no good is told as `config_value_invalid`, and the default holds."""

    enabled: bool = switch(True, "whether anything is learned from runs that end; those that end while it is off are not looked at later")
    auto_apply: bool = switch(False, "whether learnings may be applied without a person, within the bounds that follow")
    min_confidence: float = number(0.8, "for that: confidence that a learning needs; above 1 means never", low=0)
    min_baseline_sample: int = count(5, "for that: how many of the newest runs must have ended", low=0)
    max_human_intervention_rate: float = number(0.0, "for that: share of these runs in which people may have had a hand", low=0)
    post_apply_min_sample: int = count(3, "runs that must have ended since a learning was applied before it can be found to do harm", low=0)
    regression_margin: float = number(EPS, "by how much a rate may fall before that counts as harm", low=0)
    verify: bool = switch(
        False, "whether a learning is tried in runs made for that, and must win clearly, before it is applied without a person"
    )
    verify_runs: int = count(
        10, "how many of the newest runs are made again for that, once with the learning and once without", low=5, high=20
    )
