"""The workflow methods over a real memory: checked, put, found, listed, removed; a repeated request gets its first answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from actors.agent.configured import Configured
from actors.agent.consents import Consents
from actors.agent.roster import Roster
from actors.control import params as p
from actors.library import Library
from actors.refusals import Refusal, RequestKey
from actors.runtime.workflows import WorkflowMethods
from actors.services import Services
from tests.actors.run.house import made
from tests.actors.run.table import ANNA, flow

ONE = "penstock: 1\nworkflow: tale\ntitle: A tale\nnodes:\n  - {id: a, shell: x}\n"
TWO = ONE + "  - {id: b, shell: y, needs: [a, a]}\n"
BROKEN = "penstock: 1\nworkflow: tale\nnodes:\n  - {id: a, shell: x, needs: [zz]}\n  - {id: a, shell: y}\n"
KEY = RequestKey("req-1", "ab")


def methods(services: Services) -> WorkflowMethods:
    system: Any = None  # no run is asked for anything here
    servers: Any = None  # nor any server of tools
    learning: Any = None  # nor what was learned
    return WorkflowMethods(
        services,
        system,
        Library(services),
        lambda reason: None,
        {},
        Roster(services.folder / "personas", Configured((), {}), Consents(services.store)),
        servers,
        learning,
    )


def text(definition: str = ONE, **more: Any) -> p.WorkflowText:
    return p.WorkflowText(text=definition, source="tale.yaml", **more)


def data(answer: dict[str, Any] | Refusal) -> dict[str, Any]:
    assert isinstance(answer, dict), answer
    return answer


def code(answer: dict[str, Any] | Refusal) -> str:
    assert isinstance(answer, Refusal)
    return answer.code


async def test_a_check_answers_with_problems_and_stores_nothing(services: Services) -> None:
    runtime = methods(services)
    assert data(await runtime.workflow_check(text(), ANNA)) == {"ok": True, "problems": [], "warnings": []}
    assert [warning["code"] for warning in data(await runtime.workflow_check(text(TWO), ANNA))["warnings"]] == ["need_repeated"]
    broken = data(await runtime.workflow_check(text(BROKEN), ANNA))
    assert (broken["ok"], {problem["code"] for problem in broken["problems"]} >= {"need_unknown"}) == (False, True)
    assert data(await runtime.workflow_list(p.WorkflowList(), ANNA)) == {"workflows": []}


async def test_a_definition_in_wf_is_told_its_mistakes_and_remarks_with_their_places(services: Services) -> None:
    runtime = methods(services)
    wrong = data(await runtime.workflow_check(text("workflow w {\n  call\n}\n", notation="wf"), ANNA))
    assert [(one["code"], one["line"], one["column"], one["stage"]) for one in wrong["problems"]] == [("wf_expected_agent", 3, 1, "parser")]
    remarked = text('workflow w {\n  script s { run = "x" x = 1 }\n}\n', notation="wf")
    assert [one["code"] for one in data(await runtime.workflow_check(remarked, ANNA))["warnings"]] == ["unknown_key"]
    assert data(await runtime.workflow_put(remarked, ANNA, KEY))["workflow_id"] == "w"


async def test_fl24_fl27_scripts_and_targets_that_are_not_there_refuse_the_store(services: Services, tmp_path: Path) -> None:
    runtime = methods(evolve(services, rules=evolve(services.rules, targets=("repo",), env={"PATH": "/usr/bin:/bin"})))
    wrong = ONE.replace("shell: x", "shell: /no/such/a}\n  - {id: b, shell: /no/such/b; ls") + "targets: [invalid_target]\n"
    answer = await runtime.workflow_put(text(wrong), ANNA, KEY)
    assert isinstance(answer, Refusal)
    assert (answer.code, [one["code"] for one in answer.data["problems"]]) == (
        "invalid_workflow", ["unknown_target", "script_not_found", "script_not_found"],
    )  # fmt: skip
    relative = text(ONE.replace("shell: x", "shell: ./later.sh}\n  - {id: b, shell: ls") + "targets: [repo]\n", folder=str(tmp_path))
    stored = data(await runtime.workflow_put(relative, ANNA, KEY))
    assert (stored["created"], len(stored["warnings"]), str(tmp_path) in stored["warnings"][0]) == (True, 1, True)


async def test_an_unknown_notation_is_refused(services: Services) -> None:
    answer = await methods(services).workflow_check(text(notation="toml"), ANNA)
    assert code(answer) == "notation_unknown"


async def test_a_put_makes_a_version_and_the_same_request_gets_the_first_answer(services: Services) -> None:
    runtime = methods(services)
    first = data(await runtime.workflow_put(text(), ANNA, KEY))
    assert (first["workflow_id"], first["version"], first["created"]) == ("tale", 1, True)
    again = data(await runtime.workflow_put(text(), ANNA, KEY))
    assert (again["version"], again["created"]) == (1, True)
    assert data(await runtime.workflow_put(text(TWO), ANNA, RequestKey("req-2", "cd")))["version"] == 2
    assert code(await runtime.workflow_put(text(TWO), ANNA, RequestKey("req-1", "other"))) == "request_conflict"


async def test_a_broken_definition_is_not_put(services: Services) -> None:
    runtime = methods(services)
    answer = await runtime.workflow_put(text(BROKEN), ANNA, KEY)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.message.startswith("tale.yaml:")) == ("invalid_workflow", True)
    assert code(await runtime.workflow_get(p.WorkflowGet("tale"), ANNA)) == "workflow_not_found"


async def test_what_was_put_is_found_and_listed(services: Services) -> None:
    runtime = methods(services)
    await runtime.workflow_put(text(), ANNA, KEY)
    await runtime.workflow_put(text(TWO), ANNA, RequestKey("req-2", "cd"))
    found = data(await runtime.workflow_get(p.WorkflowGet("tale", version=1), ANNA))
    assert (found["version"], found["definition"]["name"]) == (1, "A tale")
    assert code(await runtime.workflow_get(p.WorkflowGet("tale", version=7), ANNA)) == "workflow_version_missing"
    versions = data(await runtime.workflow_versions(p.WorkflowOnly("tale"), ANNA))["versions"]
    assert [version["version"] for version in versions] == [1, 2]
    assert code(await runtime.workflow_versions(p.WorkflowOnly("nobody"), ANNA)) == "workflow_not_found"
    (line,) = data(await runtime.workflow_list(p.WorkflowList(), ANNA))["workflows"]
    assert (line["workflow_id"], line["title"], line["version"], line["status"]) == ("tale", "A tale", 2, "active")


async def test_a_deleted_workflow_is_gone_from_lists_and_its_versions_stay(services: Services) -> None:
    runtime = methods(services)
    await runtime.workflow_put(text(), ANNA, KEY)
    gone = data(await runtime.workflow_delete(p.WorkflowDelete("tale"), ANNA, RequestKey("req-2", "cd")))
    assert gone == {"workflow_id": "tale", "deleted": True, "cancelled": []}
    assert data(await runtime.workflow_delete(p.WorkflowDelete("tale"), ANNA, RequestKey("req-2", "cd"))) == gone
    assert code(await runtime.workflow_delete(p.WorkflowDelete("tale"), ANNA, RequestKey("req-3", "ef"))) == "workflow_not_found"
    assert data(await runtime.workflow_list(p.WorkflowList(), ANNA)) == {"workflows": []}
    assert data(await runtime.workflow_get(p.WorkflowGet("tale", version=1), ANNA))["version"] == 1


async def test_a_workflow_with_runs_that_have_not_ended_is_not_deleted(services: Services) -> None:
    runtime = methods(services)
    await runtime.library.put(flow("a"), ANNA)
    run_id = await made(services, flow("a"))
    answer = await runtime.workflow_delete(p.WorkflowDelete("paper"), ANNA, RequestKey("req-2", "cd"))
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.data) == ("workflow_has_active_runs", {"runs": [run_id]})


@pytest.mark.parametrize("answer", [{"status": "cancelled"}, Refusal("overloaded", "later")])
async def test_with_cancel_runs_they_are_cancelled_first(services: Services, answer: dict[str, Any] | Refusal) -> None:
    runtime: Any = methods(services)
    await runtime.library.put(flow("a"), ANNA)
    run_id = await made(services, flow("a"))
    asked = []

    async def operate(run: str, operation: object, key: RequestKey) -> dict[str, Any] | Refusal:
        asked.append((run, key.request_id))
        return answer

    runtime.operate = operate
    gone = await runtime.workflow_delete(p.WorkflowDelete("paper", cancel_runs=True), ANNA, RequestKey("req-2", "cd"))
    assert asked == [(run_id, f"req-2:{run_id}")]
    assert gone == (answer if isinstance(answer, Refusal) else {"workflow_id": "paper", "deleted": True, "cancelled": [run_id]})
