"""Reads what makes runs without a person: the schedule, what is watched for, where handoffs lie, and which paths they may name."""

from __future__ import annotations

from typing import Any, Final

from actors.workflow.form import Form, kind_word
from actors.workflow.names import ID_FORM, is_id
from actors.workflow.problems import Path
from actors.workflow.read_schedule import read_schedule
from actors.workflow.template import MARK
from actors.workflow.triggers import HandoffAvailable, Handoffs, Scope, Triggers

__all__ = ["read_triggers"]

FORM: Final = "{handoff_available: {from: WORKFLOW, artifact_type: TYPE}}"
MOST: Final = 32
LONGEST: Final = 512


def read_triggers(form: Form) -> Triggers:
    """The keys `schedule`, `watch`, `handoffs` and `scope` of a workflow."""
    return Triggers(read_schedule(form), _watches(form), _handoffs(form), _scope(form))


def _watches(form: Form) -> tuple[HandoffAvailable, ...]:
    """The list under `watch`, each a mapping of one kind; in the model's spelling it names its kind itself."""
    names = ("watch", "watch_conditions")
    found = [_watch(form, path, item) for path, item in form.items(*names)]
    if len(found) > MOST:
        message = f"There are {len(found)} watches, and at most {MOST} are taken. One without from or artifact_type stands for many."
        form.report.add("too_many_watches", form.at(*names), message, found=len(found), allowed=[f"≤ {MOST}"])
    return tuple(watch for watch in found if watch is not None)


def _watch(form: Form, path: Path, item: Any) -> HandoffAvailable | None:
    if type(item) is not dict:
        form.report.add(
            "value_type", path, f"A watch is a mapping, and this is {kind_word(item)}. Write {FORM}.", found=item, allowed=[FORM]
        )
        return None
    outer = Form(form.report, path, item)
    inner: Form | None = outer
    if "kind" in item:
        outer.choice("kind", choices=("handoff_available",), code="watch_kind_unknown")
    elif "handoff_available" in item and item["handoff_available"] is None:
        outer.take("handoff_available")
        outer.close("a watch")
        return HandoffAvailable()
    else:
        inner = outer.sub("handoff_available")
        if "handoff_available" not in item:
            near = next((hint for key in item if (hint := form.report.similar(key, ("handoff_available",)))), "")
            message = f"A watch says what it waits for.{near} Write {FORM}."
            form.report.add("watch_kind_unknown", path, message, found=next(iter(item), ""), allowed=[FORM])
            return None
        outer.close("a watch")
    if inner is None:
        return None
    source = inner.text("from", "source_workflow_id")
    if source is not None and not is_id(source):
        message = f"{source[:140]!r} is no id of a workflow: {ID_FORM}."
        form.report.add("id_invalid", inner.at("from", "source_workflow_id"), message, found=source, allowed=[ID_FORM])
    watch = HandoffAvailable(source, inner.text("artifact_type"))
    inner.close("a watch for handoffs")
    return watch


def _handoffs(form: Form) -> Handoffs:
    """The three folders, and whether a person has to let handoffs in."""
    inner = form.sub("handoffs", "handoff_config")
    if inner is None:
        return Handoffs()
    plain = Handoffs()
    found = Handoffs(
        inbox=_folder(inner, "inbox", plain.inbox),
        approved=_folder(inner, "approved", plain.approved),
        archived=_folder(inner, "archived", plain.archived),
        auto_approve=inner.flag("auto_approve", default=True),
    )
    inner.close("handoffs")
    folders = [found.inbox, found.approved, found.archived]
    if any(one != other and _below(one, other) for one in folders for other in folders) or len(set(folders)) < 3:
        message = f"The folders of handoffs are three, and none lies in another; these are {', '.join(folders)}."
        form.report.add("handoff_folder_invalid", form.at("handoffs", "handoff_config"), message, found=folders[0])
    return found


def _folder(form: Form, name: str, default: str) -> str:
    text = form.text(name, f"{name}_dir", default=default) or default
    if not _is_path(text):
        _wrong_path(form, (name, f"{name}_dir"), text, "handoff_folder_invalid")
    return text.rstrip("/")


def _scope(form: Form) -> Scope:
    """The paths that handoffs may name."""
    inner = form.sub("scope", "scope_policy")
    if inner is None:
        return Scope()
    lists = {name: tuple(inner.texts(name) or ()) for name in ("allow", "deny")}
    inner.close("scope")
    for name, paths in lists.items():
        for text in paths:
            if not _is_path(text):
                _wrong_path(inner, (name,), text, "scope_path_invalid")
    return Scope(**{name: tuple(text.rstrip("/") for text in paths) for name, paths in lists.items()})


def _is_path(text: str) -> bool:
    """Whether it is a path inside the workspace, written in the one way there is."""
    steps = text.rstrip("/").split("/")
    return 0 < len(text) <= LONGEST and "\0" not in text and MARK not in text and not {"", ".", ".."} & set(steps)


def _wrong_path(form: Form, names: tuple[str, ...], text: str, code: str) -> None:
    message = f"{text[:140]!r} is no path inside the workspace: write it relative to that, without . and .. and placeholders."
    form.report.add(code, form.at(*names), message, found=text, allowed=["shared/handoffs/inbox"])


def _below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")
