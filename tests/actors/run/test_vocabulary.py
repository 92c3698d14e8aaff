"""Every event that can be written can be read, and what is not exactly an event is refused."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import orjson
import pytest
from attrs import NOTHING, fields

from actors.agent.binding import Bound, PinnedText
from actors.entity import Fact
from actors.fan_out.items import NewItem
from actors.gate.record import GateRecord
from actors.learning.record import Metrics
from actors.learning.run_events import Judged
from actors.library import workflow_codec
from actors.node.messages import ArtifactFact, Said, Usage
from actors.run.defaults import Defaults
from actors.run.evolve import FOLDS
from actors.run.vocabulary import run_codec
from actors.settings import CRASH_ATTEMPTS, RunRules
from actors.sub_run.row import Pinned
from actors.workflow import events as workflow
from actors.worktree.site import Place
from storage.codec import BadRecord, Codec, UnknownKind
from storage.records import Recorded

KNOWN: tuple[type[Fact], ...] = (
    *FOLDS, workflow.WorkflowStored, workflow.WorkflowDeleted, workflow.WorkflowPaused, workflow.WorkflowActivated,
    workflow.WorkflowRunsSettled,
)  # fmt: skip
CLASSES = sorted(KNOWN, key=lambda cls: cls.kind)
SAMPLES: dict[Any, Any] = {str: "text", int: 7, bool: True, float: 1.5}


def codec_of(cls: type[Fact]) -> Codec[Fact]:
    return run_codec() if cls in FOLDS else workflow_codec()


BY_WORD: dict[str, Any] = {
    "Metrics": Metrics(5, 0.5, 0.25, 1.5, 0.0, 9, 1, 7),
    "Judged": (Judged("wflearn-1", "block", "structural_change_requires_human"),),
    "ArtifactFact": ArtifactFact("a.txt", "ab" * 32, 5, "schema"),
    "Usage": Usage(1, 2, 0.5, 3, unpriced=True, turns=4, cached_tokens=1, duration_ms=5, stored_tokens=2, model="m"),
    "GateRecord": GateRecord("g", "g", 1, "approve", 7, "uid:1", "ab" * 32, "good"),
    "Place": Place("/srv/repo", "/data/worktrees/r", "penstock/r", "main", "penstock/q"),
    "Bound": (Bound("writer", "anna", 2, "ab" * 32, "stage", "model", "pool"),),
    "NewItem": (NewItem("type", "1", "T-1", {"title": "ü"}),),
    "PinnedText": (PinnedText("snippet", "style", "ab" * 32, "/p/.penstock/prompts/style.md"),),
    "Said": Said(("done",), "so far"),
    "Defaults": Defaults("bot", ("/opt/plugin",), "m"),
    "Pinned": (Pinned("child", 2, "ab" * 32),),
    "tuple[tuple": (("a", "b"),),
    "tuple[int": (7, 8),
}
"""Values of types by a word that stands in their names; the first that fits counts."""


def sample(hint: Any) -> Any:
    """A value of the type that is no default anywhere."""
    text = str(hint)
    if (word := next((word for word in BY_WORD if word in text), None)) is not None:
        return BY_WORD[word]
    if "Literal" in text:
        words = get_args(hint)
        return get_args(words[0])[-1] if type(None) in words else words[-1]
    if "tuple" in text and "Mapping" in text:
        return ({"path": "$", "message": "ü"},)
    if "Mapping" in text:
        return {"k": 7} if "int]" in text else {"k": [1, None, {"x": "ü"}]}
    if "tuple" in text:
        return ("one", "two")
    return next((value for kind, value in SAMPLES.items() if hint == kind or hint == kind | None), {"free": [1]})


def full(cls: type[Fact]) -> Fact:
    hints = get_type_hints(cls)
    return cls(**{field.name: sample(hints[field.name]) for field in fields(cls)})


def bare(cls: type[Fact]) -> Fact:
    """Only what has no default."""
    hints = get_type_hints(cls)
    return cls(**{field.name: sample(hints[field.name]) for field in fields(cls) if field.default is NOTHING})


def read(cls: type[Fact], kind: str, data: dict[str, Any]) -> Fact:
    return codec_of(cls).decode(Recorded(1, 0, kind, orjson.dumps(data)))


@pytest.mark.parametrize("make", [full, bare])
@pytest.mark.parametrize("cls", CLASSES)
def test_every_event_reads_back_equal(cls: type[Fact], make: Any) -> None:
    event = make(cls)
    written = codec_of(cls).encode(event)
    assert written.kind == cls.kind
    assert codec_of(cls).decode(Recorded(1, 0, written.kind, written.data)) == event


@pytest.mark.parametrize("cls", CLASSES)
def test_a_field_that_has_its_default_is_not_written(cls: type[Fact]) -> None:
    needed = {field.name for field in fields(cls) if field.default is NOTHING}
    assert set(orjson.loads(codec_of(cls).encode(bare(cls)).data)) == needed


@pytest.mark.parametrize("cls", CLASSES)
def test_an_unknown_field_is_refused(cls: type[Fact]) -> None:
    known = orjson.loads(codec_of(cls).encode(full(cls)).data)
    with pytest.raises(BadRecord, match="surprise"):
        read(cls, cls.kind, known | {"surprise": 1})


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if any(field.default is NOTHING for field in fields(cls))])
def test_a_missing_field_is_refused(cls: type[Fact]) -> None:
    known = orjson.loads(codec_of(cls).encode(full(cls)).data)
    first = next(field.name for field in fields(cls) if field.default is NOTHING)
    del known[first]
    with pytest.raises(BadRecord, match=first):
        read(cls, cls.kind, known)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UnknownKind):
        read(workflow.WorkflowStored, "workflow_painted", {})


def test_kinds_are_unique_and_the_private_body_names_fields_that_exist() -> None:
    assert len({cls.kind for cls in CLASSES}) == len(CLASSES)
    for cls in CLASSES:
        assert {field.name for field in fields(cls)} >= cls.PRIVATE, cls


def test_the_defaults_of_rules() -> None:
    rules = RunRules()
    assert (CRASH_ATTEMPTS, rules.cleanup_grace_ms, rules.gate_expires_after_ms, rules.gate_on_expiry) == (3, 60_000, 604_800_000, "cancel")
