"""Resolvers that the settings name: programs under a real guardian, and addresses over real HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from actors.config.sections import Gates
from actors.node.guardian.guardian import Guardian
from actors.outside.trouble import Trouble
from actors.resolver.answers import Said
from actors.resolver.asking import ProgramResolver, WebResolver
from actors.resolver.forge_http import ForgeResolver
from actors.resolver.means import Means
from actors.resolver.registry import Context, registry_of
from tests.actors.outside.served import Server, answer

NOW = 1_764_000_000_000
CONTEXT = Context("run-1", "paper", NOW, {})
PARAMS: dict[str, Any] = {
    "gate_name": "g", "prompt": None, "min_approvals": 1, "approval_mode": "min_approvals", "timeout_secs": 60, "as_identity": None,
    "options": {"repository": "acme/site", "pull": "7", "evil": "--web"}, "node_id": "g", "instance": 1,
}  # fmt: skip


@pytest.fixture
def means(guardian: Guardian, tmp_path: Path) -> Means:
    (tmp_path / "token").write_text("s3cret")
    return Means(guardian, 10.0, {"PATH": os.environ["PATH"]}, {"default": f"file:{tmp_path}/token"})


async def ask(means: Means, *argv: str, gate_type: str = "pr_checks") -> Said:
    return await ProgramResolver(gate_type, argv, means).poll("run-1", PARAMS, CONTEXT)


async def test_a_program_gets_the_parameters_and_answers(means: Means, tmp_path: Path) -> None:
    text = f'cat > {tmp_path}/asked; printf \'{{"state": "approved", "text": "%s %s"}}\' "$PENSTOCK_RUN_ID" "$PENSTOCK_NODE_ID"'
    assert await ask(means, "sh", "-c", text) == Said("approved", "run-1 g")
    assert orjson.loads((tmp_path / "asked").read_bytes()) == {"run_id": "run-1", **PARAMS}


async def test_what_gh_prints_is_understood_as_it_is(means: Means, tmp_path: Path) -> None:
    gh = tmp_path / "gh"
    printed = {
        "reviews": [{"author": {"login": "anna"}, "state": "APPROVED"}],
        "statusCheckRollup": [{"context": "ci", "state": "SUCCESS"}],
    }
    gh.write_text(f"#!/bin/sh\necho \"$@\" >> {tmp_path}/args\necho '{orjson.dumps(printed).decode()}'\n")
    gh.chmod(0o755)
    argv = (str(gh), "pr", "view", "{{ options.pull }}", "--repo", "{{ options.repository }}", "--json", "reviews,statusCheckRollup")
    assert (await ask(means, *argv)).text == "1 checks passed"
    assert (await ask(means, *argv, gate_type="pr_approval")).approvals == 1
    assert (tmp_path / "args").read_text().splitlines()[0] == "pr view 7 --repo acme/site --json reviews,statusCheckRollup"


@pytest.mark.parametrize("word", ["{{ options.evil }}", "{{ options.absent }}", "{{ options.pull", "{{ nothing }}"])
async def test_a_word_that_cannot_be_filled_in_runs_nothing(means: Means, tmp_path: Path, word: str) -> None:
    with pytest.raises(Trouble) as caught:
        await ask(means, "touch", f"{tmp_path}/ran", word)
    assert (caught.value.code, (tmp_path / "ran").exists()) == ("resolver_options_invalid", False)


@pytest.mark.parametrize(
    ("text", "code"), [("exit 1", "program_failed"), ("echo yes", "resolver_answer_invalid"), ("true", "resolver_answer_invalid")]
)
async def test_a_program_without_an_answer(means: Means, text: str, code: str) -> None:
    with pytest.raises(Trouble) as caught:
        await ask(means, "sh", "-c", text)
    assert caught.value.code == code


async def test_an_address_is_posted_the_parameters_with_a_token(means: Means, web: Server) -> None:
    web.respond = lambda _: answer(200, {"state": "pending", "approvals": 1})
    said = await WebResolver("deploy", f"{web.url}/gate", means).poll("run-1", PARAMS, CONTEXT)
    [asked] = web.asked
    assert said == Said("pending", None, 1)
    assert (asked.method, asked.path, asked.headers["authorization"]) == ("POST", "/gate", "Bearer s3cret")
    assert orjson.loads(asked.body) == {"run_id": "run-1", **PARAMS}


async def test_an_address_that_refuses(means: Means, web: Server) -> None:
    web.respond = lambda _: answer(429, None, Retry_After="30")
    with pytest.raises(Trouble) as caught:
        await WebResolver("deploy", web.url, means).poll("run-1", PARAMS, CONTEXT)
    assert (caught.value.code, caught.value.not_before_ms) == ("resolver_rate_limited", NOW + 30_000)


async def test_the_registry_has_what_the_settings_name_and_the_last_registration_wins(guardian: Guardian) -> None:
    resolvers = (("deploy", "https://x.example/"), ("pr_approval", "forge:https://api.forge.example/"), ("pr_checks", ("ask",)))
    registry = registry_of(Gates(resolvers=resolvers), guardian, {})
    assert registry.types() == ("deploy", "pr_approval", "pr_checks")
    assert [type(registry.get(name)) for name in registry.types()] == [WebResolver, ForgeResolver, ProgramResolver]
    forge = registry.get("pr_approval")
    assert isinstance(forge, ForgeResolver)
    assert forge.base == "https://api.forge.example"
    registry.register("deploy", forge)
    assert (registry.get("deploy"), registry.get("other")) == (forge, None)
