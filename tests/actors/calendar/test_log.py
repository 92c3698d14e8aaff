"""The log of a schedule: its last fact says all, so that old ones can be forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import asdict

from actors.calendar import trimming
from actors.calendar.events import ScheduleComputed, ScheduleFired, ScheduleFireSkipped, SchedulePaused, ScheduleResumed, Times
from actors.calendar.log import About, ScheduleLog, appended, read_log, schedule_codec, schedule_stream
from actors.calendar.rules import ScheduleState
from actors.calendar.trimming import trim_schedules
from actors.handoff.events import HandoffArchived, HandoffConsumed
from actors.handoff.log import handoff_codec
from actors.services import Services
from storage import BadRecord, Recorded, Transaction
from storage.codec import Codec

NAMED = About("Job", "every 1m")


async def write(services: Services, count: int, name: str = "job") -> None:
    """So many facts, one after the other; the last one has the highest times."""
    for n in range(count):
        log = read_log(services.store, name)
        state = ScheduleState(enabled=True, next_fire_at_ms=log.seq + 1)
        await services.store.commit(Transaction(n + 1, (appended(log, (ScheduleComputed(**asdict(state)),), n + 1, NAMED),)))


async def test_a_workflow_without_a_schedule_has_an_empty_log(services: Services) -> None:
    assert read_log(services.store, "job") == ScheduleLog("job")


async def test_the_line_says_what_the_last_fact_says(services: Services) -> None:
    await write(services, 3)
    line = services.store.catalog.get("schedule/job")
    assert line is not None
    assert (line.kind, line.status, line.due_ms, line.group, line.created_ms, line.updated_ms) == ("schedule", "active", 3, "job", 1, 3)
    assert (line.title, line.facts) == ("Job", {"times": "every 1m"})


async def test_the_newest_facts_are_kept_and_the_schedule_goes_on(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trimming, "KEPT", 10)
    monkeypatch.setattr(trimming, "SLACK", 5)
    await write(services, 15)
    assert await trim_schedules(services.store, None) is None
    assert len(services.store.journal.read(schedule_stream("job"))) == 15, "not yet worth the writing"
    await write(services, 1)
    await trim_schedules(services.store, None)
    assert [fact.seq for fact in services.store.journal.read(schedule_stream("job"))] == list(range(7, 17))
    await write(services, 1)
    assert read_log(services.store, "job").state.next_fire_at_ms == 17


async def test_all_schedules_are_looked_at_page_by_page(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trimming, "KEPT", 1)
    monkeypatch.setattr(trimming, "SLACK", 1)
    monkeypatch.setattr(trimming, "PAGE", 2)
    for name in ("a", "b", "c"):
        await write(services, 4, name)
    behind = await trim_schedules(services.store, None)
    assert behind == "schedule/b"
    assert await trim_schedules(services.store, behind) is None
    assert {len(services.store.journal.read(schedule_stream(name))) for name in ("a", "b", "c")} == {1}


SAMPLES: list[Any] = [
    ScheduleComputed(), ScheduleComputed(False, True, 1, 2, 3), ScheduleFired(nominal_time=5, run_id="run-1", next_fire_at_ms=6),
    ScheduleFireSkipped(nominal_times=Times(1, 3, 2), reason="misfire"),
    ScheduleFireSkipped(nominal_times=Times(1, 1, 1), reason="creation_denied", code="c", message="m", paused=True),
    SchedulePaused(by="uid:1", paused=True), ScheduleResumed(),
]  # fmt: skip
USED_UP = HandoffConsumed("h", "run-1", "w", "s", "t", "/srv", "in", "old", "h.json")


@pytest.mark.parametrize(
    ("codec", "fact"),
    [(schedule_codec(), fact) for fact in SAMPLES] + [(handoff_codec(), USED_UP), (handoff_codec(), HandoffArchived("a"))],
)
def test_every_fact_reads_back_equal(codec: Codec[Any], fact: Any) -> None:
    written = codec.encode(fact)
    assert codec.decode(Recorded(1, 1, written.kind, written.data)) == fact
    with pytest.raises(BadRecord):
        codec.decode(Recorded(1, 1, written.kind, written.data[:-1] + (b"," if len(written.data) > 2 else b"") + b'"surprise":1}'))
