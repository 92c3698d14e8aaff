"""Agents in files: how they are read, and where they, snippets and schemas are looked for (flow spec 8.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.agent.agent_file import read_agent_file
from actors.agent.shelf import LARGEST, Found, NotOnShelf, Shelf
from actors.workflow.problems import WorkflowInvalid
from actors.workflow.projects import roots_of
from actors.workflow.spec_agent import Persona


def read(text: str, name: str = "Plan") -> Persona:
    return read_agent_file(text, source="plan.md", name=name, backend="stage", model="default")


def wrong(text: str) -> list[tuple[str, str]]:
    with pytest.raises(WorkflowInvalid) as caught:
        read(text)
    return [(one.code, one.path) for one in caught.value.problems]


def put(root: Path, path: str, text: str = "text") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_a_text_without_front_matter_is_what_the_agent_is_told() -> None:
    assert read("\ufeffPlan it.\n\n---\n") == Persona("plan", "stage", "default", prompt="Plan it.\n\n---", duty="reviewer")
    assert read("---\n---\nPlan it.") == read("Plan it.")
    assert read("---\n---").prompt == ""


def test_front_matter_makes_a_persona_of_it() -> None:
    text = (
        "---\nname: x\ndescription: y\nrole: actor\ncan_commit: true\nmodel: m\nruntime: other\ntools: [read_file]\n---\r\n\nDo {{it}}.\n"
    )
    assert read(text) == Persona("plan", "other", "m", tools=("read_file",), prompt="Do {{it}}.", duty="actor", can_commit=True)


@pytest.mark.parametrize(
    ("matter", "found"),
    [
        ("can_commit: true", [("can_commit_requires_actor", "can_commit")]),
        ("role: boss", [("agent_role_unknown", "role")]),
        ("backend: a\nruntime: b", [("key_spelled_twice", "runtime")]),
        ("modle: m", [("key_unknown", "modle")]),
        ("- a", [("value_type", "")]),
    ],
    ids=["commit", "role", "twice", "key", "list"],
)
def test_front_matter_that_is_wrong_is_refused_with_its_place(matter: str, found: list[tuple[str, str]]) -> None:
    assert wrong(f"---\n{matter}\n---\nText") == found


def test_front_matter_without_an_end_and_one_that_is_no_yaml_are_refused() -> None:
    assert wrong("---\nrole: actor\nText") == [("front_matter_open", "")]
    assert wrong("---\nrole: [\n---\nText")[0][0].startswith("yaml_")


def test_the_runs_own_folder_comes_before_its_repository_at_each_level(tmp_path: Path) -> None:
    own, repository, more, plugin = (tmp_path / name for name in ("own", "repository", "more", "plugin"))
    shelf = Shelf((str(own), str(repository)), ("Flow", "flow"), (str(more), "team"))
    files = [
        put(plugin, "agents/a.md"), put(repository, "team/a.md"), put(own, "team/a.md"), put(more, "a.md"),
        put(repository, ".penstock/agents/a.md"), put(own, ".penstock/agents/a.md"),
        put(repository, ".penstock/workflows/flow/agents/a.md"), put(own, ".penstock/workflows/Flow/agents/a.md"),
    ]  # fmt: skip
    found = []
    for file in reversed(files):
        found.append(shelf.agent("a", (str(plugin),)).path)
        file.unlink()
    assert found == list(reversed(files))
    with pytest.raises(NotOnShelf) as caught:
        shelf.agent("a", (str(plugin),))
    assert (caught.value.code, len(caught.value.data["searched"]), caught.value.data["name"]) == ("agent_not_found", 10, "a")


def test_snippets_and_schemas_have_folders_of_their_own_and_paths_lead_from_the_root(tmp_path: Path) -> None:
    shelf = Shelf((str(tmp_path),), ("flow",), clean=lambda text: text.replace("secret", "…"))
    style = put(tmp_path, ".penstock/prompts/style.md", "no secret")
    assert shelf.snippet("style") == Found(style, "no …")
    assert shelf.snippet(".penstock\\prompts/style.md").path == style
    assert shelf.agent_at(".penstock/prompts/style.md").path == style
    schema = put(tmp_path, ".penstock/workflows/flow/schemas/s.json", "{}")
    assert shelf.schema("s").path == schema


def test_what_leads_out_or_cannot_be_read_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    shelf = Shelf((str(root),), ("flow",))
    put(tmp_path, "out.md")
    (put(root, ".penstock/prompts/x.md").parent / "link.md").symlink_to(tmp_path / "out.md")
    put(root, ".penstock/prompts/large.md", "x" * (LARGEST + 1))
    (root / ".penstock/prompts/bytes.md").write_bytes(b"\xff")
    cases = {"link": "snippet_outside_repository", "../out.md": "snippet_outside_repository", "large": "snippet_unreadable"}
    for name, expected in {**cases, "bytes": "snippet_unreadable", "gone": "snippet_not_found"}.items():
        with pytest.raises(NotOnShelf) as caught:
            shelf.snippet(name)
        assert caught.value.code == expected
    with pytest.raises(NotOnShelf, match="nowhere") as caught:
        Shelf().schema("s")
    assert caught.value.code == "schema_resolver_missing"


def test_a_project_is_the_nearest_folder_with_files_for_us_or_a_repository(tmp_path: Path) -> None:
    put(tmp_path, "p/.penstock/agents/a.md")
    put(tmp_path, "p/sub/.penstock/runs/r/status.json")
    put(tmp_path, "git/.git/HEAD")
    put(tmp_path, "git/sub/x")
    folders = [tmp_path / "p/sub", tmp_path / "p", tmp_path / "git/sub", None, tmp_path / "gone"]
    assert roots_of(None if one is None else str(one) for one in folders) == (str(tmp_path / "p"), str(tmp_path / "git"))
