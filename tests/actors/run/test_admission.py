"""Making a run: everything that can be wrong is said before anything exists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from actors.config.identities import Identity
from actors.refusals import Refusal
from actors.run.admission import LARGEST_INPUTS, prepare
from actors.run.defaults import Defaults
from actors.run.plan import compile_plan
from actors.services import Services
from actors.workflow.canonical import digest
from actors.workflow.spec import Workflow
from tests.actors.run.house import admit, made
from tests.actors.run.table import flow

TOP = "inputs: {where: {type: string}}\nworkspace: '{{ inputs.where }}'"


def refused(services: Services, workflow: Workflow, **more: Any) -> str:
    found = prepare(services, admit(workflow, **more), compile_plan(workflow, digest(workflow)))
    assert isinstance(found, Refusal)
    return found.code


def workspace(services: Services, workflow: Workflow, **more: Any) -> str | None:
    found = prepare(services, admit(workflow, **more), compile_plan(workflow, digest(workflow)))
    assert not isinstance(found, Refusal), found
    return found[2].workspace


async def test_run_and_receipt_are_one_commit(services: Services) -> None:
    run_id = await made(services, flow("a", top="title: Tale\ninputs: {n: {type: integer, default: 3}}"), priority=4)
    (created,) = services.store.journal.read(run_id)
    assert created.kind == "run_created"
    receipt, line = services.store.receipts.get("req-1"), services.store.catalog.get(run_id)
    assert receipt is not None
    assert line is not None
    assert run_id in receipt.reply.decode()
    assert (line.status, line.title, line.priority, line.group) == ("queued", "Tale", 4, "paper")
    assert b'"n":3' in created.data


async def test_inputs_are_checked(services: Services) -> None:
    needs = flow("a", top="inputs: {n: {type: integer, required: true}}")
    assert refused(services, needs) == "missing_required_input"
    large = flow("a", top="inputs: {t: {type: string}}")
    assert refused(services, large, inputs={"t": "x" * LARGEST_INPUTS}) == "inputs_too_large"


async def test_a_workspace_is_absolute_with_links_resolved(services: Services, tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    shop = flow("a", top=TOP)
    assert workspace(services, shop, inputs={"where": str(link)}) == str(real)
    assert workspace(services, shop, inputs={"where": "real"}, cwd=str(tmp_path)) == str(real)
    assert workspace(services, shop, inputs={"where": "  "}) is None
    assert workspace(services, flow("a")) is None


@pytest.mark.parametrize(("where", "code"), [("gone", "workspace_missing"), ("file", "workspace_not_a_directory")])
async def test_a_workspace_that_is_no_folder_is_refused(services: Services, tmp_path: Path, where: str, code: str) -> None:
    (tmp_path / "file").touch()
    assert refused(services, flow("a", top=TOP), inputs={"where": str(tmp_path / where)}) == code


async def test_a_relative_workspace_needs_a_place_to_begin(services: Services) -> None:
    assert refused(services, flow("a", top=TOP), inputs={"where": "here"}) == "workspace_not_absolute"


async def test_a_workspace_that_cannot_be_rendered_is_refused(services: Services) -> None:
    from attrs import evolve

    broken = evolve(flow("a"), workspace_root="{{ inputs.nobody }}")
    found = prepare(services, admit(broken), compile_plan(broken, "d"))
    assert isinstance(found, Refusal)
    assert found.data == {"path": "workspace"}


@pytest.mark.parametrize(
    ("defaults", "cwd", "code"),
    [
        (Defaults("release-bott"), None, "identity_unknown"),
        (Defaults(plugin_dirs=("plugin",)), None, "plugin_dir_not_absolute"),
        (Defaults(plugin_dirs=("gone",)), "{tmp}", "plugin_dir_missing"),
        (Defaults(plugin_dirs=("{tmp}/file",)), None, "plugin_dir_missing"),
        (Defaults(plugin_dirs=("x" * 4_000,)), "{tmp}", "plugin_dir_missing"),
    ],
    ids=["identity", "relative", "missing", "file", "long"],
)
async def test_what_cannot_hold_for_all_nodes_is_refused(
    services: Services, tmp_path: Path, defaults: Defaults, cwd: str | None, code: str
) -> None:
    (tmp_path / "file").touch()
    placed = evolve(defaults, plugin_dirs=tuple(one.format(tmp=tmp_path) for one in defaults.plugin_dirs))
    assert refused(services, flow("a"), defaults=placed, cwd=None if cwd is None else str(tmp_path)) == code


@pytest.mark.parametrize("identity", ["default", "bot", "merger"])
async def test_what_holds_for_all_nodes_is_in_the_first_fact_with_whole_folders(services: Services, tmp_path: Path, identity: str) -> None:
    (tmp_path / "plugin").mkdir()
    (tmp_path / "link").symlink_to("plugin")
    known = evolve(services, rules=evolve(services.rules, identities={"bot": Identity("bot")}, gate_identities=frozenset({"merger"})))
    wanted = admit(plain := flow("a"), cwd=str(tmp_path), defaults=Defaults(identity, ("plugin", "link", "./plugin/")))
    found = prepare(known, wanted, compile_plan(plain, digest(plain)))
    assert not isinstance(found, Refusal)
    assert found[1].defaults == Defaults(identity, (str(tmp_path / "plugin"),))
