"""The Markdown table of rounds: medians, and medians of same-round ratios. `python benchmarks/table.py FILE...` reads lines."""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from attrs import frozen

__all__ = ["markdown"]

Line = dict[str, Any]


@frozen
class Measure:
    """One row: what is taken from a line, its unit and its form; `inverse`: the ratio is peer over Penstock, so that more is better."""

    workload: str
    name: str
    value: Callable[[Line], float | None]
    form: str = ",.0f"


def _field(name: str, factor: float = 1.0) -> Callable[[Line], float | None]:
    return lambda line: line[name] * factor if line.get(name) is not None else None


MEASURES = (
    Measure("throughput", "W1 steps/s", _field("steps_per_s")),
    Measure("throughput", "W1 run p50 ms", _field("run_p50_ms")),
    Measure("throughput", "W1 bytes/step", lambda line: line["db_bytes"] / line["runs"] / line["steps"]),
    Measure("throughput", "W1 CPU us/step", _field("cpu_us_per_step")),
    Measure("latency", "W2 ms/step", lambda line: line["wall_s"] * 1e3 / line["steps"], ".2f"),
    Measure("latency", "W2 commits", _field("commits")),
    Measure("fanout", "W3 s", _field("wall_s"), ".3f"),
    Measure("gates", "W4 runs/s", _field("runs_per_s")),
    Measure("gates", "W4 KB/parked run", _field("kb_per_parked_run"), ".1f"),
    Measure("recovery", "W5 lost", _field("lost")),
    Measure("recovery", "W5 repeated", _field("repeated")),
    Measure("recovery", "W5 ready s", _field("ready_s"), ".2f"),
    Measure("cold", "W6 start to first run ms", _field("cold_ms")),
    Measure("cold", "W6 idle MB", _field("idle_rss_mb")),
    Measure("commands", "W7 ms above a bare spawn", _field("above_bare_ms"), ".2f"),
    Measure("commands", "W7 bare spawn ms", _field("bare_ms"), ".2f"),
)


def _values(lines: Iterable[Line], measure: Measure) -> dict[int, float]:
    found = {line["round"]: measure.value(line) for line in lines if "wall_s" in line}
    return {number: value for number, value in found.items() if value is not None and value == value}  # noqa: PLR0124  # not a number


def _cell(mine: dict[int, float], theirs: dict[int, float], form: str) -> str:
    if not theirs:
        return "-"
    text = format(statistics.median(theirs.values()), form)
    ratios = [mine[number] / theirs[number] for number in mine if theirs.get(number)]
    return f"{text} ({statistics.median(ratios):.2f} x)" if ratios else text


def markdown(lines: list[Line]) -> str:
    """In brackets: Penstock's figure over the peer's, the median of the rounds."""
    by: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        by[line["workload"], line["peer"]].append(line)
    peers = list(dict.fromkeys(line["peer"] for line in lines if line["peer"] != "penstock"))
    rows = [f"| | Penstock | {' | '.join(peers)} |", "|---" * (len(peers) + 2) + "|"]
    for measure in MEASURES:
        mine = _values(by[measure.workload, "penstock"], measure)
        if mine:
            low, high = (format(pick(mine.values()), measure.form) for pick in (min, max))
            cells = [_cell(mine, _values(by[measure.workload, peer], measure), measure.form) for peer in peers]
            middle = format(statistics.median(mine.values()), measure.form)
            rows.append(f"| {measure.name} | {middle} [{low}..{high}] | {' | '.join(cells)} |")
    noisy = sum(bool(line.get("noisy")) for line in lines)
    other = statistics.median(line.get("other_cpu", 0) for line in lines)
    rows.append(f"\n{len(lines)} runs, {noisy} of them noisy; median share of the machine used by others {other:.2f}.")
    rows += [f"Failed: {line['workload']} {line['peer']}: {line['error']}" for line in lines if "error" in line]
    return "\n".join(rows)


if __name__ == "__main__":
    print(markdown([json.loads(text) for name in sys.argv[1:] for text in Path(name).read_text().splitlines()]))
