"""A gate statement as a node of the model (gates spec 2.1, 2.2, 2.4). What its values may be is asked where all notations meet."""

from __future__ import annotations

from typing import Any, Final

from actors.workflow.problems import Path, Report
from actors.workflow.wf.ast import ListValue, MapValue, Scalar, Statement
from actors.workflow.wf.ids import Ids
from actors.workflow.wf.options import Options

__all__ = ["DEFAULT_EXPIRY_MS", "GATE_WORDS", "QUALITY_KEYS", "gate_node"]

DEFAULT_EXPIRY_MS: Final = 86_400_000
# The keys of a file in the words of the model.
GATE_WORDS: Final = {
    "name": "name", "prompt": "instructions", "decisions": "decisions", "on_reject": "on_reject", "rework": "rework_targets",
    "min_approvals": "min_approvals", "mode": "mode", "options": "options", "as": "as_identity", "approvers": "approvers",
    "separate_from_author": "separate_from_author",
}  # fmt: skip
EXPIRY_WORDS: Final = {
    "timeout": "expires_after_ms", "on_timeout": "on_expiry", "escalate_to": "escalate_to", "remind_every": "remind_every_ms",
}  # fmt: skip
QUALITY_KEYS: Final = ("name", "source", "threshold", "on_fail", "as", "prompt", "check")
# Given to a quality gate they are mistakes that the reader of the model names.
NO_QUALITY: Final = ("options", "decisions", "rework", "on_reject", "timeout", "on_timeout", "escalate_to", "remind_every", "min_approvals",
                     "mode", "approvers", "separate_from_author")  # fmt: skip


def gate_node(report: Report, path: Path, statement: Statement, ids: Ids) -> dict[str, Any]:
    """The node. The places of its options are noted, so that mistakes in them are told where they stand."""
    kind = statement.name.text if statement.name else ""
    options = Options(report, path, f"gate {kind}", statement.place, statement.entries)
    key = options.text("name") or kind
    targets = _targets(options, ids)
    node_id = ids.of_key(key)
    gate: dict[str, Any] = {"type": kind, "name": key}
    if kind in {"quality_gate", "quality"}:
        gate |= _quality(options)
    else:
        gate |= _asking(options, targets)
    for word, model in (GATE_WORDS | EXPIRY_WORDS | {word: word for word in (*QUALITY_KEYS, *NO_QUALITY)}).items():
        if word in options.entries:
            expiry = gate.get("expiry_policy", {})
            inner = ("expiry_policy", model if model in expiry else word) if expiry.keys() & {model, word} else (model,)
            report.places[(*path, "gate", *inner)] = options.entries[word].place
            report.places[(*path, "gate", word)] = options.entries[word].place
    node = {"node_id": node_id, "kind": "gate", "gate": gate}
    return node | ({} if key == node_id else {"result_key": key, "label": key})


def _asking(options: Options, targets: list[str] | None) -> dict[str, Any]:
    found = {model: _plain(options, word) for word, model in GATE_WORDS.items() if word not in {"name", "rework"} and options.has(word)}
    if targets is not None:
        found["rework_targets"] = targets
    expiry: dict[str, Any] = _length(options) | {
        "on_expiry": options.text("on_timeout") or "fail",
        "escalate_to": options.text("escalate_to"),
        "remind_every_ms": options.duration("remind_every"),
    }
    options.close((*GATE_WORDS, *EXPIRY_WORDS))
    return found | {"expiry_policy": {word: value for word, value in expiry.items() if value is not None}}


def _length(options: Options) -> dict[str, Any]:
    if (text := options.filled_in_duration("timeout")) is not None:
        return {"timeout": text}
    length = options.duration("timeout", low_ms=0)
    return {"expires_after_ms": DEFAULT_EXPIRY_MS if length is None else length or 1}


def _quality(options: Options) -> dict[str, Any]:
    words = {"as": "as_identity", "prompt": "instructions"}
    found = {words.get(key, key): _plain(options, key) for key in (*QUALITY_KEYS, *NO_QUALITY) if key != "name" and options.has(key)}
    options.close((*QUALITY_KEYS, *NO_QUALITY))
    return found


def _plain(options: Options, key: str) -> Any:
    """The value as JSON: numbers and flags where the model has them."""
    value = options.entries[key].value
    if isinstance(value, ListValue):
        return [_principal(item.text) if key == "approvers" else item.text for item in value.items]
    if isinstance(value, MapValue):
        return options.map(value)
    if key == "approvers":
        return [_principal(value.text)]
    return _converted(key, value)


def _converted(key: str, value: Scalar) -> Any:
    if key in {"min_approvals", "threshold"}:
        return _number(value.text)
    if key == "separate_from_author" and value.text in {"true", "false"}:
        return value.text == "true"
    return value.text


def _number(text: str) -> Any:
    """The number, or the text itself where it is none."""
    try:
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else float(text)
    except ValueError:
        return text


def _principal(text: str) -> Any:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else text


def _targets(options: Options, ids: Ids) -> list[str] | None:
    """The nodes that rework does anew: for each key the nearest earlier node with it."""
    names = options.texts("rework")
    for name in names or ():
        if name not in ids.nodes and not options.report.problems:
            near = options.report.similar(name, ids.nodes)
            message = f'"{name[:80]}" does not lie before this gate, so its work cannot be asked for again.{near}'
            options.wrong("rework_target_unknown", "rework", message, found=name, allowed=tuple(ids.nodes)[:50])
    return None if names is None else [ids.nodes.get(name, name) for name in names]
