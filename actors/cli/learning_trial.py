"""A trial of a learning for people: what its pairs of runs say, and how much of that may be chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["trial_lines"]

_VERDICTS: Final = {
    "better": "clearly better with it: it is applied",
    "worse": "clearly worse with it",
    "undecided": "no clear difference",
    "dropped": "given up, since the learning is not what it was",
    "refused": "no run can be made for it",
}


def trial_lines(trial: Mapping[str, Any] | None) -> Iterator[str]:
    """Lines for the page of its learning."""
    if trial is None:
        return
    found = trial["result"]
    verdict = "under way" if trial["verdict"] is None else _VERDICTS[trial["verdict"]]
    reason = f" ({trial['reason']})" if trial["reason"] else ""
    yield from ("", f"Tried for {trial['by']} on {found['most']} runs, each with it and without it: {verdict}{reason}")
    yield "  {pairs} pairs: {won} won, {lost} lost, {tied} tied; a lead of {lead_needed} decides".format(**found)
    if found["difference"] is not None:
        rates = "{completion_rate:+.1%} completed, {validation_pass_rate:+.1%} validated".format(**found["difference"])
        yield f"  with it {rates}; chance alone comes to such a lead in {found['chance']:.1%} of cases"
    for pair in trial["pairs"]:
        yield f"  {pair['outcome']:5} with {pair['with_']['run_id']}, without {pair['without']['run_id']}, as {pair['replayed_run_id']}"
    if trial["open"]:
        yield "  running: with {}, without {}".format(*trial["open"])
