"""Signals, resolutions and webhook deliveries: what they end, what is kept, what is refused, what a repetition gets."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest

from actors.refusals import Refusal
from actors.run.headline import headline_of, lookup_keys
from actors.run.view import run_json
from actors.run.why import reasons
from actors.wait.messages import Delivery
from actors.wait.opening import EarlyDelivery
from actors.wait.payloads import LARGEST
from storage.records import Append
from tests.actors.run.table import Story

PAID = "schemas: {paid: {type: object, required: [accepted]}}"
PAY = "pay wait: {signal: payment, schema: paid}"
HOOK = 'hook wait: {webhook: ci, match: {field: idempotency_key, value: "b-{{ run.id }}"}, provider: forge}'


def row_of(story: Story) -> dict[str, Any]:
    assert isinstance(story.answer, dict)
    found: dict[str, Any] = story.answer["wait"]
    return found


def test_r69_a_condition_is_resolved_once_with_what_fits_its_schema() -> None:
    story = Story.begun(PAY, "b needs: [pay]", top=PAID)
    assert story.resolve("pay", {"wrong": 1}) == []
    assert story.code == "wait_payload_invalid"
    assert isinstance(story.answer, Refusal)
    assert story.answer.data["path"] == "$.accepted"
    assert story.resolve("pay", {"accepted": True}, "k1") == ["resolved pay", "done pay", "requeued pay"]
    first = row_of(story)
    assert (first["status"], first["completion_key"]) == ("woken", "external:workflow:run-1:pay:1:wait:k1")
    assert story.resolve("workflow:run-1:pay:1:wait", {"accepted": True}, "k1") == []
    assert row_of(story) == first
    assert story.resolve("pay", {"accepted": True}, "k2") == []
    assert row_of(story) is None
    story.claim()
    assert story.state.nodes["pay"].output["content"]["wake"]["payload"] == {"accepted": True}


def test_a_signal_ends_the_oldest_open_wait_of_its_name() -> None:
    story = Story.begun("a wait: {signal: s}", "n wait: {timer: 1s}", "b wait: {signal: s}, needs: [n]", "c wait: {signal: other}")
    story.wait(1000)
    story.claim()
    assert story.signal("s", key="k1") == ["resolved a", "done a", "requeued a"]
    assert story.signal("s", key="k1") == []
    assert row_of(story)["node_id"] == "a"
    assert story.signal("s", key="k2")[0] == "resolved b"


def test_a_signal_that_comes_early_is_kept_for_the_wait_that_opens() -> None:
    story = Story.begun("n wait: {timer: 1s}", PAY + ", needs: [n]", "b needs: [pay]", top=PAID)
    assert story.signal("payment", {"accepted": 1}, "k1") == ["kept payment"]
    assert story.answer == {"wait": None, "kept": True}
    assert story.signal("payment", {"accepted": 2}, "k1") == []
    assert story.answer == {"wait": None, "kept": True}
    story.wait(1000)
    assert story.claim() == [
        "run_execution_claimed",
        "wait pay external_condition",
        "registered pay",
        "resolved pay",
        "done pay",
        "start b",
    ]
    assert story.state.signals == []
    assert story.signal("payment", {"accepted": 3}, "k1") == []
    assert row_of(story)["status"] == "woken"


def test_kept_signals_are_taken_in_the_order_in_which_they_came_and_by_name() -> None:
    story = Story.begun("n wait: {timer: 1s}", "a wait: {signal: s}, needs: [n]", "b wait: {signal: s}, needs: [a]")
    for name, payload in (("other", 0), ("s", 1), ("s", 2)):
        story.signal(name, payload, f"k{payload}")
    story.wait(1000)
    story.claim()
    outputs = [story.state.nodes[name].output["content"]["wake"]["payload"] for name in ("a", "b")]
    assert (outputs, [signal.name for signal in story.state.signals]) == ([1, 2], ["other"])


def test_a_kept_signal_that_does_not_fit_is_dropped_and_the_wait_stays_open() -> None:
    story = Story.begun("n wait: {timer: 1s}", PAY + ", needs: [n]", top=PAID)
    story.signal("payment", {"wrong": 1}, "k1")
    story.wait(1000)
    assert story.claim()[1:] == ["wait pay external_condition", "registered pay", "signal_refused payment", "run_waiting"]
    assert (story.state.signals, story.state.waits["pay"].status) == ([], "waiting")


def test_a_signal_is_kept_in_every_status_that_is_not_an_end() -> None:
    queued, paused = Story.of("a"), Story.begun("a")
    paused.pause()
    asking = Story.begun("g gate: human_approval")
    for story in (queued, Story.begun("a"), paused, asking):
        assert story.signal("s") == ["kept s"]
    over = Story.begun("a")
    over.ok("a")
    assert over.signal("s") == []
    assert over.code == "run_already_terminal"


def test_a_signal_while_the_run_is_paused_ends_its_wait_and_the_run_stays_paused() -> None:
    story = Story.begun("pay wait: {signal: s}", "b needs: [pay]")
    story.pause()
    assert story.signal("s") == ["resolved pay", "done pay"]
    assert story.state.status == "paused"


def test_a_run_keeps_no_more_signals_than_its_bound() -> None:
    story = Story.begun("a")
    for n in range(256):
        story.signal("s", key=f"k{n}")
    assert story.signal("s", key="one-more") == []
    assert story.code == "signal_limit"


def test_a_run_remembers_a_bounded_number_of_keys() -> None:
    story = Story.begun(*(f"w{n} wait: {{signal: s}}" + (f", needs: [w{n - 1}]" if n else "") for n in range(3)))
    for n in range(1001):
        story.state.heard[f"old-{n}"] = ""
    story.signal("s", key="new")
    assert (len(story.state.heard), "new" in story.state.heard, "old-1" in story.state.heard) == (1000, True, False)


@pytest.mark.parametrize(
    ("name", "key", "payload", "code"),
    [
        ("", "k", None, "signal_name_invalid"),
        ("s" * 513, "k", None, "signal_name_invalid"),
        ("s", " ", None, "signal_name_invalid"),
        ("s", "k", "x" * LARGEST, "wait_payload_too_large"),
    ],
)
def test_a_signal_that_is_refused(name: str, key: str, payload: Any, code: str) -> None:
    story = Story.begun("pay wait: {signal: s}")
    assert story.signal(name, payload, key) == []
    assert story.code == code
    assert story.resolve("pay", payload, key if name == "s" else "") == []
    assert story.code == code


def test_what_cannot_be_resolved() -> None:
    story = Story.begun("nap wait: {timer: 1s}")
    story.resolve("nobody")
    assert story.code == "wait_not_found"
    story.resolve("nap")
    assert story.code == "wait_not_resolvable"


def delivery(name: str = "delivery-1", payload: Any = None) -> tuple[Delivery, Append]:
    return Delivery(name, "ci", {"idempotency_key": "b-run-1"}, "forge", "push", payload), Append(name, 1)


def world(*answers: Any) -> Any:
    """Answers the questions for early deliveries one after the other, then None."""
    left = list(answers)

    def look(question: Hashable) -> Any:
        assert isinstance(question, EarlyDelivery)
        return left.pop(0) if left else None

    return look


def test_a_delivery_that_came_early_ends_the_wait_as_it_opens() -> None:
    story = Story.of(HOOK, "b needs: [hook]")
    story.world = world(delivery(payload={"state": "green"}))
    assert story.claim()[2:] == ["wait hook webhook", "registered hook", "webhook_woken hook", "done hook", "start b"]
    assert [append.stream for append in story.also] == ["delivery-1"]
    wake = story.state.nodes["hook"].output["content"]["wake"]
    assert wake == {
        "payload": {"state": "green"}, "delivery": "delivery-1", "idempotency_key": "b-run-1", "provider": "forge", "event_kind": "push",
    }  # fmt: skip


def test_a_run_that_waits_for_a_webhook_is_found_under_its_key() -> None:
    story = Story.begun(HOOK, "b needs: [hook]")
    assert (story.state.status, lookup_keys(story.state)) == ("waiting", ("webhook:ci:idempotency_key:b-run-1",))
    assert headline_of(story.state).keys == ("webhook:ci:idempotency_key:b-run-1",)
    story.world = world(delivery())
    assert story.look() == ["webhook_woken hook", "done hook", "requeued hook"]
    assert lookup_keys(story.state) == ()
    assert lookup_keys(Story.begun("a").state) is None


def test_one_delivery_ends_one_wait_of_a_run() -> None:
    story = Story.of("a wait: {webhook: ci}", "b wait: {webhook: ci}")
    story.world = world(delivery(), delivery())
    words = story.claim()
    assert [word for word in words if word.startswith("webhook")] == ["webhook_woken a"]
    assert (story.state.status, lookup_keys(story.state)) == ("waiting", ("webhook:ci",))


def test_a_large_payload_of_a_delivery_is_marked_and_not_kept() -> None:
    story = Story.of(HOOK)
    story.world = world(delivery(payload="x" * 20_000))
    story.claim()
    assert story.state.nodes["hook"].output["content"]["wake"]["payload"] == {"truncated": True, "size": 20_002}


def test_waits_are_shown_with_everything_about_them() -> None:
    story = Story.begun(HOOK, "pay wait: {signal: s, timeout: 1h, on_timeout: remind, remind_every: 10m}")
    story.wait(3_600_000)
    hook, pay = run_json(story.state)["waits"]
    assert hook == {
        "wait_id": "workflow:run-1:hook:1:wait", "node_id": "hook", "instance": 1, "wait_kind": "webhook", "status": "waiting",
        "created_at_ms": 1000, "match": {"trigger_id": "ci", "field": "idempotency_key", "value": "b-run-1", "provider": "forge"},
    }  # fmt: skip
    assert (pay["key"], pay["on_timeout"], pay["reminders"], pay["timeout_at_ms"]) == ("s", "remind", 1, 4_201_000)


def test_why_says_what_is_waited_for_and_what_then() -> None:
    story = Story.begun(
        HOOK,
        "nap wait: {timer: 2h}",
        "pay wait: {signal: s, timeout: 1h, on_timeout: escalate, escalate_to: '@ops'}",
        "any wait: {webhook: x}",
    )
    found = {reason["data"]["node_id"]: reason for reason in reasons(story.state, None, story.now)}
    assert [found[name]["code"] for name in ("hook", "nap", "pay")] == ["waiting_for_webhook", "waiting_for_time", "waiting_for_signal"]
    assert "idempotency_key b-run-1" in found["hook"]["text"]
    assert found["nap"]["text"] == "Node nap waits for its time, which comes in 2 hours."
    assert found["pay"]["text"].endswith("If nothing comes in 1 hour, @ops is asked.")
    assert found["pay"]["next"] == ["penstock signal run-1 s"]


def test_why_says_who_is_asked_when_a_wait_is_over() -> None:
    story = Story.begun("pay wait: {signal: s, timeout: 1h, on_timeout: escalate, escalate_to: '@ops'}")
    story.wait(3_600_000)
    [reason] = reasons(story.state, None, story.now)
    assert (reason["code"], "@ops is asked" in reason["text"], len(reason["next"])) == ("wait_escalated", True, 2)
