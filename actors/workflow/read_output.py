"""Reads what a node must hand over: the file it leaves, and the contract that its output is under."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final, get_args

from actors.workflow.form import ABSENT, Form
from actors.workflow.problems import Path
from actors.workflow.spec import Artifact, Contract, Validator

__all__ = ["check_inner_path", "read_artifact", "read_contract"]

VALIDATORS: Final[tuple[Validator, ...]] = get_args(Validator)


def read_contract(form: Form) -> Contract | None:
    """The contract under `contract`, or None where there is none."""
    inner = form.sub("contract", "output_contract")
    if inner is None:
        return None
    kind = inner.text("kind", default="generic_artifact") or "generic_artifact"
    word = inner.choice("validator", choices=VALIDATORS, code="contract_validator_unknown")
    schema, guidance = inner.text("schema"), inner.text("guidance", "summary_guidance")
    inner.close("contract")
    return Contract(kind, next((one for one in VALIDATORS if one == word), None), schema, guidance)


def read_artifact(form: Form) -> Artifact | None:
    """The file that must be there afterwards, or None where none is asked for."""
    value = form.take("artifact")
    if value is ABSENT:
        return None
    if type(value) is str:
        return _artifact(form, form.at("artifact"), value, None)
    inner = form.sub("artifact")
    if inner is None:
        return None
    inner.require("path")
    path, schema = inner.text("path"), inner.text("schema")
    inner.close("artifact")
    return _artifact(form, inner.at("path"), path, schema) if path else None


def _artifact(form: Form, at: Path, path: str, schema: str | None) -> Artifact:
    check_inner_path(form, at, path)
    return Artifact(path, schema)


def check_inner_path(form: Form, at: Path, path: str) -> None:
    """Report a path that leads out of the working folder, or names no file."""
    if path.startswith("/") or ".." in PurePosixPath(path).parts:
        message = f"{path[:80]!r} leads out of the node's working folder. Write a path inside it, without a leading / and without .. parts."
        form.report.add("artifact_path_escapes", at, message, found=path)
    elif path.endswith("/") or str(PurePosixPath(path)) == "." or not path.isprintable():
        message = f"{path[:80]!r} names no file. Write a relative path such as out/notes.json."
        form.report.add("artifact_path_invalid", at, message, found=path)
