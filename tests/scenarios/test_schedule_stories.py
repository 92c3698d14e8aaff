"""Schedules through the socket: clocks that jump, edits, pauses, full disks, folders and zones that are gone."""

from __future__ import annotations

import shutil

import pytest
import trio

from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.inside import full_disk
from tests.scenarios.planned import DAY, HOUR, MINUTE, fired, happened, made, next_fire, planned, put_planned, skipped, until

YEAR = 365 * DAY


async def test_g14_a_clock_that_goes_back_fires_no_time_twice(d: House) -> None:
    first = await put_planned(d, "every: 60s")
    await until(d, first + 2 * MINUTE)
    d.clock.jump(-HOUR)
    await trio.sleep(HOUR / 1000)
    times = await fired(d)
    assert times == sorted(set(times))
    assert times[:3] == [first, first + MINUTE, first + 2 * MINUTE]
    await d.put(planned("every: 30s"))
    d.clock.jump(-HOUR)
    await d.call("schedule.pause", workflow_id="job")
    await d.call("schedule.resume", workflow_id="job")
    fires = await next_fire(d)
    assert fires is not None
    assert fires > times[-1], "no edit and no resume brings a time again"


@pytest.mark.parametrize(
    ("schedule", "count"), [("every: 60s", 1), ("every: 60s, misfire: skip", 0), ("every: 60s, misfire: {catch_up: 4}", 4)]
)
async def test_g14_a_clock_that_goes_forward_by_ten_years_fires_within_the_limit(d: House, schedule: str, count: int) -> None:
    first = await put_planned(d, schedule)
    d.clock.jump(10 * YEAR + 45_000)  # noticed half a minute later, a quarter of a minute behind a nominal time
    await trio.sleep(31)
    last = first + 10 * YEAR
    assert await fired(d) == [last - n * MINUTE for n in reversed(range(count))]
    due = 10 * YEAR // MINUTE + 1
    assert await skipped(d) == [("misfire", first, last - count * MINUTE, due - count)]
    assert await next_fire(d) == last + MINUTE


async def test_an_edited_schedule_begins_anew_and_other_edits_leave_it_alone(d: House) -> None:
    first = await put_planned(d, "every: 60s")
    await trio.sleep(30)
    await d.put(planned("every: 60s", step("a"), step("b", "needs: [a]")))
    assert await next_fire(d) == first
    await d.put(planned("every: 40s"))
    edited = await next_fire(d)
    assert edited == d.clock.now_ms() + 40_000
    assert [event["event"] for event in await happened(d)] == ["schedule_computed", "schedule_computed"]
    await until(d, edited)
    [run] = await made(d)
    assert (run["version"], await fired(d)) == (3, [edited])
    await d.put(flow(step("a"), name="job"))
    assert (await d.call("schedule.list"))["schedules"] == []
    await trio.sleep(300)
    assert len(await fired(d)) == 1


async def test_a_paused_schedule_holds_and_goes_on_from_now(d: House) -> None:
    first = await put_planned(d, "every: 60s")
    paused = await d.call("schedule.pause", workflow_id="job", reason="holiday")
    assert paused == {"workflow_id": "job", "status": "paused"}
    await trio.sleep(600)
    [row] = (await d.call("schedule.list"))["schedules"]
    assert (row["status"], row.get("next_fire_at_ms"), await fired(d)) == ("paused", None, [])
    assert (await d.call("schedule.pause", workflow_id="job"))["status"] == "paused"
    resumed = await d.call("schedule.resume", workflow_id="job")
    assert resumed["next_fire_at_ms"] == d.clock.now_ms() + MINUTE > first
    assert [event["event"] for event in await happened(d)] == ["schedule_computed", "schedule_paused", "schedule_resumed"]
    await until(d, resumed["next_fire_at_ms"])
    assert (await fired(d), await skipped(d)) == ([resumed["next_fire_at_ms"]], [])
    await d.call("schedule.pause", workflow_id="job")
    await d.put(planned("every: 10s"))
    await trio.sleep(60)
    assert len(await fired(d)) == 1, "an edit does not let it go on"


async def test_a_request_about_a_schedule_gets_its_first_answer_again(d: House) -> None:
    await put_planned(d, "every: 60s")
    first = await d.call("schedule.pause", workflow_id="job", request_id="once")
    await d.call("schedule.resume", workflow_id="job")
    assert await d.call("schedule.pause", workflow_id="job", request_id="once") == first
    assert (await d.refused("schedule.resume", workflow_id="job", request_id="once")).code == "request_conflict"
    assert (await d.refused("schedule.pause", workflow_id="nobody")).code == "workflow_not_found"
    await d.put(flow(step("a"), name="bare"))
    assert (await d.refused("schedule.pause", workflow_id="bare")).code == "schedule_not_found"
    assert (await d.refused("schedule.events", workflow_id="bare")).code == "schedule_not_found"


async def test_a_full_disk_while_due_advances_nothing(d: House) -> None:
    first = await put_planned(d, "every: 60s")
    with full_disk(d):
        await until(d, first + 5_000)
        assert (await fired(d), await next_fire(d)) == ([], first)
    await trio.sleep(10)
    assert (await fired(d), await skipped(d)) == ([first], [])
    assert await next_fire(d) == first + MINUTE


async def test_a_workspace_that_is_gone_denies_the_run_and_the_schedule_goes_on(d: House) -> None:
    site = d.folder / "site"
    site.mkdir()
    first = await put_planned(d, "every: 60s", top=f"workspace: {site}")
    await until(d, first)
    shutil.rmtree(site)
    await until(d, first + MINUTE)
    site.mkdir()
    await until(d, first + 2 * MINUTE)
    assert await fired(d) == [first, first + 2 * MINUTE]
    assert await skipped(d) == [("creation_denied", first + MINUTE, first + MINUTE, 1)]
    [event] = [event for event in await happened(d) if event["event"] == "schedule_fire_skipped"]
    assert (event["code"], str(site) in event["message"]) == ("workspace_missing", True)


async def test_a_relative_workspace_begins_in_the_folder_of_the_file(d: House) -> None:
    (d.script.folder / "site").mkdir()
    first = await put_planned(d, "every: 60s", top="workspace: site")
    await until(d, first)
    [run] = await made(d)
    assert run["workspace"] == str((d.script.folder / "site").resolve())


async def test_the_next_times_are_told(d: House) -> None:
    first = await put_planned(d, 'cron: "0 9 * * *", timezone: Europe/Berlin')
    told = await d.call("schedule.next", workflow_id="job", count=3)
    assert told == {"workflow_id": "job", "status": "active", "timezone": "Europe/Berlin", "times": [first, first + DAY, first + 2 * DAY]}
    later = await d.call("schedule.next", workflow_id="job", count=1, after_ms=first + 5 * DAY)
    assert later["times"] == [first + 6 * DAY]
    far = await d.call("schedule.next", workflow_id="job", after_ms=2**62)
    assert far["times"] == []
    assert (await d.refused("schedule.next", workflow_id="job", count=101)).code == "params_invalid"
    assert (await d.refused("schedule.next", workflow_id="nobody")).code == "workflow_not_found"
    await put_planned(d, "every: 90s", name="often")
    started = d.clock.now_ms()
    assert (await d.call("schedule.next", workflow_id="often", count=2))["times"] == [started + 90_000, started + 180_000]
    await d.call("schedule.pause", workflow_id="often")
    held = await d.call("schedule.next", workflow_id="often", count=1)
    assert (held["status"], held["times"]) == ("paused", [d.clock.now_ms() + 90_000])


async def test_workflows_say_when_they_fire_next(d: House) -> None:
    first = await put_planned(d, "every: 60s")
    await d.put(flow(step("a"), name="bare"))
    rows = {row["workflow_id"]: row for row in (await d.call("workflow.list"))["workflows"]}
    assert (rows["job"]["next_fire_at_ms"], "next_fire_at_ms" in rows["bare"]) == (first, False)
    shown = await d.call("workflow.get", workflow_id="job")
    assert (shown["next_fire_at_ms"], shown["status"]) == (first, "active")


async def test_a_time_zone_that_disappears_stops_its_schedule_and_is_said(d: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from actors.workflow import nominal

    first = await put_planned(d, 'cron: "0 * * * *", timezone: Europe/Berlin')
    other = await put_planned(d, "every: 60s", name="other")
    with monkeypatch.context() as patch:
        patch.setattr(nominal, "ZoneInfo", _no_zone)
        await until(d, first + MINUTE)
        assert (await fired(d), await next_fire(d)) == ([], None)
        [row] = [row for row in (await d.call("system.tree"))["rows"] if row["path"] == "calendar"]
        assert "job: there is no time zone Europe/Berlin" in row["status"]
        assert other in await fired(d, "other")
        assert (await d.refused("schedule.next", workflow_id="job")).code == "schedule_timezone_unknown"
    await trio.sleep(61)
    assert await next_fire(d) == first + HOUR
    await until(d, first + HOUR)
    assert await fired(d) == [first + HOUR]


def _no_zone(name: str) -> None:
    raise LookupError(name)


async def test_years_that_a_calendar_does_not_have_are_no_error(d: House) -> None:
    first = await put_planned(d, 'cron: "0 0 29 2 *"')
    d.clock.jump(253_402_000_000_000 - d.clock.now_ms())
    await trio.sleep(61)
    assert await next_fire(d) is None
    assert len(await fired(d)) == 1
    assert first < (await fired(d))[0]
    assert (await d.call("system.ping"))["pong"]
