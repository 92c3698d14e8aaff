"""The numbers of a daemon by their names for Prometheus: what each means, and with which labels. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

from actors.telemetry.exposition import Family, Kind, Sample, histogram, plain
from actors.telemetry.meter import Histogram, Meter

__all__ = ["Moment", "families"]

_COUNTED: Final[tuple[tuple[str, str, str, tuple[str, ...]], ...]] = (
    ("runs_ended", "run_endings", "Endings of runs, by the event that ended them.", ("event",)),
    ("attempts_started", "attempts_started", "Attempts of nodes that were begun.", ()),
    ("nodes_ended", "node_endings", "Attempts, gates and waits that ended, by how.", ("outcome",)),
    ("model_calls", "model_calls", "Calls of models; status is ok or the code of the error.", ("backend", "model", "status")),
    ("model_tokens", "model_tokens", "Tokens of calls of models.", ("backend", "model", "direction")),
    ("model_cost_usd", "model_cost_usd", "Dollars that calls of models have cost, as far as they have a price.", ("backend", "model")),
    ("model_calls_unpriced", "model_calls_unpriced", "Calls of models that nobody knows the price of.", ("backend", "model")),
    ("tool_calls", "tool_calls", "Tools that agents used, by outcome: ok, error, denied, uncertain or cut_off.", ("tool", "outcome")),
    ("spans_exported", "telemetry_spans_exported", "Spans that the collector took.", ()),
    ("spans_refused", "telemetry_spans_refused", "Spans that the collector refused for good.", ()),
    ("telemetry_posts_failed", "telemetry_posts_failed", "Batches of spans that could not be posted and are tried again.", ()),
    ("telemetry_events_dropped", "telemetry_events_dropped", "Events that were left out since the collector was away too long.", ()),
)
"""What a meter counts: its name there, the name here, what it is, and its labels."""


@frozen
class Moment:
    """What is so just now. `gauges` by name, each with its meaning; `commits` are times of commits in seconds."""

    version: str
    started_s: float
    gauges: tuple[tuple[str, str, float], ...]
    counters: tuple[tuple[str, str, float], ...]
    runs: Mapping[str, int]
    queued: Mapping[str, int]
    mailboxes: Mapping[str, int]
    restarts: Mapping[str, int]
    commits: Histogram


def families(meter: Meter, moment: Moment) -> Iterator[Family]:
    """All of them, in the order in which they are printed."""
    yield Family("penstock_build_info", "gauge", "The version of the daemon.", (Sample(1, {"version": moment.version}),))
    yield plain("process_start_time_seconds", "gauge", "When the daemon began, seconds since 1970.", moment.started_s)
    yield plain("penstock_runs", "gauge", "Runs in the store, by status.", moment.runs, "status")
    yield plain("penstock_queue_depth", "gauge", "Runs that wait in the queue, by the reason.", moment.queued, "reason")
    yield plain("penstock_mailbox_depth", "gauge", "Messages that wait, by the actor's first name.", moment.mailboxes, "actor")
    yield plain("penstock_actor_restarts", "gauge", "Restarts of actors that live, by their first name.", moment.restarts, "actor")
    yield from _simple("gauge", moment.gauges)
    yield from _simple("counter", moment.counters)
    yield from (_counted(meter, *row) for row in _COUNTED)
    calls, commits = meter.calls, moment.commits
    yield histogram(
        "penstock_model_call_seconds", "How long calls of models took that were answered.", calls.bounds, calls.counts, calls.total
    )
    yield histogram("penstock_commit_seconds", "How long commits took.", commits.bounds, commits.counts, commits.total)


def _simple(kind: Kind, rows: tuple[tuple[str, str, float], ...]) -> Iterator[Family]:
    for name, says, value in rows:
        yield plain(name, kind, says, value)


def _counted(meter: Meter, counted: str, name: str, says: str, labels: tuple[str, ...]) -> Family:
    found = meter.counts.get(counted, {} if labels else {(): 0})
    samples = tuple(Sample(value, dict(zip(labels, key, strict=True)), "_total") for key, value in sorted(found.items()))
    return Family(f"penstock_{name}", "counter", says, samples)
