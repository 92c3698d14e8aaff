"""The five inputs of a campaign, read once from the workspace and fixed by their digests (optimization spec 4.1 and 4.2)."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from actors.campaign.config import LABELS, Phase1
from actors.campaign.config_rules import check_config
from actors.campaign.config_shape import PARTS, Misshapen, shape
from actors.campaign.declined import Declined
from actors.campaign.events import Frozen
from actors.workflow.problems import Report
from actors.workflow.tree import UNREADABLE
from actors.workflow.yaml_text import read_yaml

__all__ = ["Inputs", "freeze"]

_LARGEST = 256 << 10


@frozen
class Inputs:
    """What the files say, and which they were. `warnings` name keys that nobody knows."""

    phase1: Phase1
    frozen: Mapping[str, Frozen]
    warnings: tuple[Mapping[str, Any], ...]


def freeze(workspace_root: str, refs: Mapping[str, str]) -> Inputs:
    """Read and check all of them; `refs` has a path for each label. Raises Declined with the first thing that is wrong."""
    found = {label: _read(label, workspace_root, refs[label]) for label in LABELS}
    texts = {label: _text(label, found[label][0].artifact_ref, found[label][1]) for label in LABELS}
    objective = texts["objective"].strip()
    if not objective:
        raise Declined("objective_artifact_empty", ref=refs["objective"])
    parts: dict[str, Any] = {}
    warnings: list[Mapping[str, Any]] = []
    for label, part in PARTS.items():
        try:
            parts[label], unknown = shape(part, _tree(texts[label], label, refs[label]))
        except Misshapen as wrong:
            raise Declined("artifact_parse_failed", label=label, ref=refs[label], detail=str(wrong)) from None
        warnings += [{"code": "unknown_config_key", "label": label, "key": key} for key in unknown]
    phase1 = Phase1(objective, **parts)
    check_config(phase1)
    return Inputs(phase1, {label: found[label][0] for label in LABELS}, tuple(warnings))


def _read(label: str, root: str, given: str) -> tuple[Frozen, bytes]:
    ref = given.strip()
    if not ref:
        raise Declined("artifact_ref_required", label=label)
    try:
        base, path = Path(root).resolve(), Path(root, ref).resolve()
    except (ValueError, RuntimeError, OSError) as error:
        raise Declined("artifact_unreadable", label=label, ref=ref, detail=str(error)) from None
    if path != base and base not in path.parents:
        raise Declined("artifact_outside_workspace", label=label, ref=ref, root=str(base))
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Declined("artifact_missing", label=label, ref=ref) from None
    except OSError as error:
        code = "artifact_not_a_file" if error.errno == errno.ENXIO else "artifact_unreadable"
        raise Declined(code, label=label, ref=ref, detail=error.strerror or str(error)) from None
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise Declined("artifact_not_a_file", label=label, ref=ref)
        if found.st_size > _LARGEST:
            raise Declined("artifact_unreadable", label=label, ref=ref, detail=f"it has {found.st_size} bytes, at most {_LARGEST} are read")
        with os.fdopen(fd, "rb", closefd=False) as file:
            data = file.read(_LARGEST)
    finally:
        os.close(fd)
    return Frozen(ref, str(path), hashlib.sha256(data).hexdigest(), len(data)), data


def _text(label: str, ref: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Declined("artifact_not_utf8", label=label, ref=ref) from None


def _tree(text: str, label: str, ref: str) -> Any:
    report = Report(ref)
    tree = read_yaml(text, report)
    if tree is UNREADABLE or report.problems:
        raise Declined("artifact_parse_failed", label=label, ref=ref, detail=report.problems[0].message)
    return tree
