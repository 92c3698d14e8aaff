"""From the log of everything to spans: each run and each conversation that grew is folded on, the others are left alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from actors.agent.thread_log import thread_codec
from actors.plans import VersionMissing
from actors.run.vocabulary import run_codec
from actors.telemetry import run_trace, thread_trace
from actors.telemetry.run_trace import RunTrace
from actors.telemetry.thread_trace import ThreadTrace
from storage import BadRecord, StreamDamaged, UnknownKind

if TYPE_CHECKING:
    from actors.services import Services
    from actors.telemetry.spans import Span
    from actors.workflow.spec import Node
    from storage import Recorded
    from storage.codec import Codec

__all__ = ["KEPT", "Reading"]

KEPT = 1_000
"""Traces that are kept in mind; another one is read from its log again when it grows."""


class Reading:
    """The traces in which something may still happen."""

    def __init__(self, services: Services, *, content: bool) -> None:
        self._services = services
        self._content = content
        self._traces: OrderedDict[str, RunTrace | ThreadTrace] = OrderedDict()

    def spans(self, page: Iterable[tuple[int, str, Recorded]]) -> Iterator[Span]:
        """The spans that are over with these events of all streams."""
        for _, stream, recorded in page:
            if recorded.kind in run_trace.KINDS or recorded.kind in thread_trace.KINDS:
                yield from self._apply(self._trace(stream, recorded), recorded)

    def _trace(self, stream: str, recorded: Recorded) -> RunTrace | ThreadTrace:
        trace = self._traces.get(stream)
        if trace is None:
            trace = self._traces[stream] = self._begun(stream, recorded)
            if len(self._traces) > KEPT:
                self._traces.popitem(last=False)
        self._traces.move_to_end(stream)
        return trace

    def _begun(self, stream: str, recorded: Recorded) -> RunTrace | ThreadTrace:
        """A trace as it stood before the event; what it had to tell by then was told."""
        of_run = recorded.kind in run_trace.KINDS
        trace = RunTrace(stream, self._nodes) if of_run else ThreadTrace(stream, content=self._content)
        if recorded.seq > 1:
            try:
                for earlier in self._services.store.journal.read(stream, limit=recorded.seq - 1):
                    for _ in self._apply(trace, earlier):
                        pass
            except StreamDamaged:
                trace.seq = recorded.seq - 1  # a span whose beginning cannot be read is not told
        return trace

    def _apply(self, trace: RunTrace | ThreadTrace, recorded: Recorded) -> Iterator[Span]:
        kinds = run_trace.KINDS if isinstance(trace, RunTrace) else thread_trace.KINDS
        codec: Codec = run_codec() if isinstance(trace, RunTrace) else thread_codec()  # type: ignore[type-arg]  # either vocabulary
        if recorded.kind not in kinds:
            return
        try:
            fact = codec.decode(recorded)
        except (BadRecord, UnknownKind):
            return
        yield from trace.apply(recorded.seq, recorded.at_ms, fact)

    def _nodes(self, digest: str) -> Mapping[str, Node]:
        try:
            return self._services.plans.get(digest).nodes
        except VersionMissing:
            return {}
