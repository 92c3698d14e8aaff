from __future__ import annotations

import trio

from tests.actors.control.fakes import FakeRuntime, request, served


async def test_a_ping_is_answered_and_the_first_reply_names_version_and_protocol() -> None:
    async with served() as here:
        wire = await here.wire()
        first, second = await wire.ask("system.ping"), await wire.ask("system.ping")
    assert first["result"]["pong"] is True
    assert first["penstock"] == {"protocol": 1, "version": "1.2.3"}
    assert "penstock" not in second
