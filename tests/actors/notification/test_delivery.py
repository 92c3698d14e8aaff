"""One try to hand something to the hook: to a real program, and over real HTTP."""

from __future__ import annotations

import hmac
import os
from hashlib import sha256
from pathlib import Path

import pytest
from attrs import evolve

from actors.config.sections import Notify
from actors.node.guardian.guardian import Guardian
from actors.notification.delivery import Hook, Parcel, deliver
from actors.notification.pace import next_try_ms
from actors.outside.trouble import Trouble
from tests.actors.outside.served import Server, answer

NOW = 1_764_000_000_500
PARCEL = Parcel("workflow:run-1:g:1:opened", "gate_opened", b'{"id":"x"}', NOW)


@pytest.fixture
def hook(guardian: Guardian, tmp_path: Path) -> Hook:
    (tmp_path / "key").write_text("s3cret\n")
    return Hook(guardian, Notify(key_file=str(tmp_path / "key")), {"PATH": os.environ["PATH"]})


async def test_a_program_gets_the_body_and_its_name(hook: Hook, tmp_path: Path) -> None:
    said = tmp_path / "said"
    text = f'cat > {said}; printf " %s %s" "$PENSTOCK_NOTIFICATION_ID" "$PENSTOCK_NOTIFICATION_EVENT" >> {said}'
    await deliver(evolve(hook, notify=Notify(command=("sh", "-c", text))), "command", PARCEL)
    assert said.read_text() == '{"id":"x"} workflow:run-1:g:1:opened gate_opened'


async def test_a_program_that_fails_is_trouble(hook: Hook) -> None:
    with pytest.raises(Trouble) as caught:
        await deliver(evolve(hook, notify=Notify(command=("false",))), "command", PARCEL)
    assert caught.value.code == "program_failed"


async def test_what_is_posted_is_signed(hook: Hook, web: Server) -> None:
    await deliver(evolve(hook, notify=evolve(hook.notify, url=f"{web.url}/hook")), "url", PARCEL)
    [asked] = web.asked
    at = asked.headers["penstock-timestamp"]
    digest = hmac.new(b"s3cret", at.encode() + b"." + asked.body, sha256).hexdigest()
    assert (asked.method, asked.path, asked.body, at) == ("POST", "/hook", PARCEL.body, "1764000000")
    assert asked.headers["penstock-signature"] == f"sha256={digest}"
    assert (asked.headers["idempotency-key"], asked.headers["penstock-event"]) == (PARCEL.notification_id, "gate_opened")


async def test_an_address_that_refuses_says_when_to_come_again(hook: Hook, web: Server) -> None:
    web.respond = lambda _: answer(503, Retry_After="60")
    with pytest.raises(Trouble) as caught:
        await deliver(evolve(hook, notify=evolve(hook.notify, url=web.url)), "url", PARCEL)
    assert (caught.value.code, caught.value.not_before_ms) == ("http_refused", NOW + 60_000)


async def test_without_its_key_nothing_is_sent(hook: Hook, web: Server, tmp_path: Path) -> None:
    (tmp_path / "key").unlink()
    with pytest.raises(Trouble) as caught:
        await deliver(evolve(hook, notify=evolve(hook.notify, url=web.url)), "url", PARCEL)
    assert (caught.value.code, web.asked) == ("secret_unreadable", [])


async def test_a_way_that_was_taken_out_of_the_settings_is_trouble(hook: Hook) -> None:
    with pytest.raises(Trouble) as caught:
        await deliver(hook, "command", PARCEL)
    assert caught.value.code == "notify_not_configured"


def test_pauses_double_up_to_a_quarter_of_an_hour_and_repeat() -> None:
    pauses = [next_try_ms("n", failed, 0, None) / 1000 for failed in range(1, 12)]
    plain = [min(900, 5 * 2**n) for n in range(11)]
    assert all(low <= pause <= low * 1.1 for low, pause in zip(plain, pauses, strict=True))
    assert pauses == [next_try_ms("n", failed, 0, None) / 1000 for failed in range(1, 12)]
    assert next_try_ms("n", 1, 0, 60_000) == 60_000
