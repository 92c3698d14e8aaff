"""The resolver for a forge, against a forge on the loopback over real HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from actors.node.guardian.guardian import Guardian
from actors.outside.trouble import Trouble
from actors.resolver.answers import Said
from actors.resolver.forge_http import ForgeResolver
from actors.resolver.means import Means
from actors.resolver.registry import Context
from tests.actors.outside.served import Server, answer
from tests.actors.resolver.forged import Forge

NOW = 1_764_000_000_000
PULL = {"repository": "acme/site", "pull": "7"}


@define
class Asker:
    """Asks again and again, and brings the memo along."""

    url: str
    tokens: dict[str, str]
    memo: Mapping[str, Any] = {}

    async def ask(self, gate_type: str, options: Mapping[str, str] = PULL, **params: Any) -> Said:
        resolver = ForgeResolver(gate_type, self.url, Means(Guardian("none"), 5.0, {}, self.tokens))
        asked = {"options": options, "node_id": "g", "instance": 1, **params}
        said = await resolver.poll("run-1", asked, Context("run-1", "paper", NOW, self.memo))
        self.memo = said.memo
        return said

    async def trouble(self, gate_type: str, options: Mapping[str, str] = PULL, **params: Any) -> Trouble:
        with pytest.raises(Trouble) as caught:
            await self.ask(gate_type, options, **params)
        return caught.value


@pytest.fixture
def forge(web: Server) -> Forge:
    forge = Forge()
    forge.join(web)
    return forge


@pytest.fixture
def asker(web: Server) -> Asker:
    return Asker(web.url, {})


async def test_reviews(forge: Forge, asker: Asker) -> None:
    assert (await asker.ask("pr_approval")).state == "pending"
    forge.reviews += [("anna", "COMMENTED"), ("anna", "APPROVED"), ("bert", "APPROVED")]
    said = await asker.ask("pr_approval")
    assert (said.state, said.text, said.approvals) == ("approved", "approved by anna, bert", 2)
    forge.reviews.append(("bert", "CHANGES_REQUESTED"))
    said = await asker.ask("pr_approval")
    assert (said.state, said.text, said.approvals) == ("rejected", "changes requested by bert", 1)


async def test_checks_and_statuses_of_the_newest_commit(forge: Forge, asker: Asker) -> None:
    assert (await asker.ask("pr_checks")).state == "pending"
    forge.checks += [("lint", "completed", "success"), ("tests", "in_progress", None)]
    assert (await asker.ask("pr_checks")).text == "under way: tests"
    forge.checks[1] = ("tests", "completed", "success")
    forge.statuses.append(("deploy", "pending"))
    assert (await asker.ask("pr_checks")).text == "under way: deploy"
    forge.statuses[0] = ("deploy", "success")
    assert (await asker.ask("pr_checks")).state == "approved"
    forge.sha = "beef"
    forge.checks[0] = ("lint", "completed", "failure")
    assert (await asker.ask("pr_checks")).text == "failed: lint"


async def test_checks_of_a_branch_need_no_pull_request(web: Server, forge: Forge, asker: Asker) -> None:
    forge.checks.append(("lint", "completed", "skipped"))
    assert (await asker.ask("pr_checks", {"repository": "acme/site", "ref": "main"})).state == "approved"
    assert [asked.path.split("?")[0].rsplit("/", 1)[1] for asked in web.asked] == ["check-runs", "status"]


async def test_what_has_not_changed_is_not_sent_again(forge: Forge, asker: Asker) -> None:
    forge.reviews += [("anna", "APPROVED")]
    first = await asker.ask("pr_approval")
    assert (forge.full, forge.unchanged) == (2, 0)
    assert await asker.ask("pr_approval") == first
    assert (forge.full, forge.unchanged) == (2, 2)
    forge.reviews += [("bert", "APPROVED")]
    assert (await asker.ask("pr_approval")).approvals == 2
    assert (forge.full, forge.unchanged) == (3, 3)
    assert "private" not in str(asker.memo)


async def test_without_etags_nothing_is_remembered(forge: Forge, asker: Asker) -> None:
    forge.etags = False
    await asker.ask("pr_approval")
    assert asker.memo == {}


async def test_a_304_that_nobody_can_have_meant_is_no_answer(forge: Forge, asker: Asker) -> None:
    forge.trouble.append(answer(304))
    assert (await asker.trouble("pr_approval")).code == "resolver_refused"


async def test_long_lists_come_in_pages(web: Server, forge: Forge, asker: Asker) -> None:
    forge.reviews += [(f"user{n}", "APPROVED") for n in range(250)]
    assert (await asker.ask("pr_approval")).approvals == 250
    assert len(web.asked) == 4
    forge.reviews += [(f"more{n}", "APPROVED") for n in range(800)]
    assert (await asker.trouble("pr_approval")).code == "resolver_answer_invalid"


async def test_a_pull_request_that_was_closed_is_a_no_and_one_that_was_merged_is_not(forge: Forge, asker: Asker) -> None:
    forge.state = "closed"
    said = await asker.ask("pr_approval")
    assert (said.state, said.text) == ("rejected", "pull request 7 was closed without being merged")
    forge.merged = True
    assert (await asker.ask("pr_approval")).state == "pending"


async def test_a_rate_limit_says_when_to_come_again(forge: Forge, asker: Asker) -> None:
    reset = str(NOW // 1000 + 600)
    forge.trouble.append(answer(403, {"message": "rate limit"}, X_RateLimit_Remaining="0", X_RateLimit_Reset=reset))
    found = await asker.trouble("pr_approval")
    assert (found.code, found.not_before_ms) == ("resolver_rate_limited", NOW + 600_000)
    forge.trouble.append(answer(429, None, Retry_After="90"))
    found = await asker.trouble("pr_approval")
    assert (found.code, found.not_before_ms) == ("resolver_rate_limited", NOW + 90_000)


async def test_the_last_request_that_is_allowed_says_so(forge: Forge, asker: Asker) -> None:
    forge.headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW // 1000 + 600)}
    assert (await asker.ask("pr_approval")).not_before_ms == NOW + 600_000


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (answer(403, {"message": "no"}), "resolver_refused"), (answer(401), "resolver_refused"), (answer(500), "resolver_unavailable"),
        (answer(503, None, Retry_After="5"), "resolver_unavailable"), (answer(200, b"<html>"), "resolver_answer_invalid"),
        (answer(200, b'{"state": "open", "head": {"sha": "c0'), "resolver_answer_invalid"), (answer(200, {}), "resolver_answer_invalid"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{", "http_broken"),
        (answer(301, None, Location="http://elsewhere.example/"), "http_redirected"),
    ],
    ids=["forbidden", "unknown", "error", "unavailable", "html", "half-json", "empty", "half-answer", "elsewhere"],
)  # fmt: skip
async def test_what_is_no_answer_is_said(forge: Forge, asker: Asker, sent: bytes, code: str) -> None:
    forge.trouble.append(sent)
    assert (await asker.trouble("pr_approval")).code == code


async def test_what_does_not_exist_is_refused(forge: Forge, asker: Asker) -> None:
    assert (await asker.trouble("pr_approval", {"repository": "acme/other", "pull": "7"})).code == "resolver_refused"


async def test_the_token_is_that_of_the_identity_else_of_the_type_else_the_default_one(
    web: Server, forge: Forge, asker: Asker, tmp_path: Path
) -> None:
    for name in ("default", "pr_checks", "bot"):
        (tmp_path / name).write_text(f"{name}-s3cret")
    asker.tokens = {name: f"file:{tmp_path}/{name}" for name in ("default", "pr_checks", "bot")}
    for gate_type, identity, token in (("pr_approval", None, "default"), ("pr_checks", None, "pr_checks"), ("pr_checks", "bot", "bot")):
        web.asked.clear()
        said = await asker.ask(gate_type, as_identity=identity)
        assert {asked.headers["authorization"] for asked in web.asked} == {f"Bearer {token}-s3cret"}
        assert "s3cret" not in str(said)
    found = await asker.trouble("pr_checks", as_identity="nobody")
    assert (found.code, "s3cret" in str(found)) == ("resolver_identity_unknown", False)


async def test_without_a_token_none_is_sent(web: Server, forge: Forge, asker: Asker) -> None:
    await asker.ask("pr_approval")
    assert all("authorization" not in asked.headers for asked in web.asked)
