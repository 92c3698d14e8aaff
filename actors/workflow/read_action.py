"""Reads what a node does: its kind, and the keys of command, shell and python."""

from __future__ import annotations

import keyword
import re
from pathlib import PurePosixPath
from typing import Any, Final, get_args

from actors.workflow.drafts import Draft
from actors.workflow.form import ABSENT, Form
from actors.workflow.handles import handle_of
from actors.workflow.names import slug
from actors.workflow.problems import Path
from actors.workflow.read_agent import read_agent
from actors.workflow.read_flow import FORMS, read_sub_workflow
from actors.workflow.read_gate import read_gate
from actors.workflow.read_http import read_http
from actors.workflow.read_wait import read_wait
from actors.workflow.spec import Action, Agent, Command, Foreach, Gate, Http, NodeKind, Python, Shell, SubWorkflow

__all__ = ["KINDS", "action_of", "key_of", "kind_of", "read_command", "slug_source"]

KINDS: Final[tuple[str, ...]] = get_args(NodeKind)
WORDS: Final = (*(kind for kind in KINDS if kind != "group"), *FORMS)
"""What a file may say instead of `kind`: the kinds themselves, and the forms of groups."""
FUNCTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*")
ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
REFUSED_ENV: Final = frozenset(
    ("BASH_ENV", "ENV", "PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "PYTHONPATH",
     "PYTHONHOME", "PYTHONSTARTUP", "RUBYLIB", "NODE_PATH", "GH_TOKEN")
)  # fmt: skip


def kind_of(form: Form) -> str | None:
    """The node's kind: the one kind key, or the word under `kind`. Reports none and several."""
    words = list(dict.fromkeys("group" if word in FORMS else word for word in WORDS if word in form.data))
    named = form.take("kind")
    if named is not ABSENT and named not in KINDS:
        _kind_problem(form, "node_kind_unknown", ("kind",), f'"kind" is one of {", ".join(KINDS)}.', named)
        return None
    if named is not ABSENT:
        words = list(dict.fromkeys([str(named), *words]))
    if words == ["gate", "wait"]:
        text = "A node asks a person or waits, not both. Keep one of gate and wait, or make it two nodes."
        form.report.add("wait_gate_conflict", form.at("wait"), text, found=words)
        return None
    forms = [word for word in FORMS if word in form.data]
    if words == ["group"] and len(forms) > 1:
        text = f"A group has one form, and {' and '.join(forms)} stand here. Keep one, or put a group into the other."
        form.report.add("group_form_conflict", form.at(forms[1]), text, found=forms, allowed=FORMS)
        return None
    if len(words) > 1:
        _kind_problem(form, "node_kind_ambiguous", (words[1],), f"The node is {' and '.join(words)} at once. Keep one of them.", words)
        return None
    if not words:
        close = next((hint for key in form.data if (hint := form.report.similar(key, WORDS))), "")
        _kind_problem(form, "node_kind_missing", (), f"The node does nothing. Give it one of {', '.join(WORDS)}.{close}", ...)
        return None
    return words[0]


def _kind_problem(form: Form, code: str, names: tuple[str, ...], message: str, found: Any) -> None:
    form.report.add(code, form.at(*names), message, found=found, allowed=KINDS)


def action_of(kind: str | None, form: Form, draft: Draft) -> Action:
    """The action of a node of this kind."""
    match kind:
        case "command":
            form.require("command", "argv")
            return read_command(form, draft.templates, word="command")
        case "shell":
            return _read_shell(form, draft)
        case "python":
            return _read_python(form)
        case "http":
            return read_http(form, draft)
        case "agent":
            return read_agent(form, draft.templates)
        case "gate":
            return read_gate(form, draft)
        case "wait":
            return read_wait(form, draft)
        case "workflow":
            return read_sub_workflow(form, draft)
    return Command(())


def slug_source(action: Action) -> str:
    """The id of a node whose file gives none, before it is made unique."""
    match action:
        case Command(argv=(program, *_)) if "{{" not in program and program.rsplit("/", 1)[-1]:
            return slug(program.rsplit("/", 1)[-1])
        case Command():
            return "command"
        case Shell():
            return "shell"
        case Http():
            return "http"
        case Python():
            return slug(action.function.rsplit(":", 1)[-1])
    key = key_of(action)
    return "wait" if key is None else slug(key)


def key_of(action: Action) -> str | None:
    """What names the result of a node by itself: its agent, its gate, its workflow, its provider of items; None for other kinds."""
    match action:
        case Agent(path=None, role=role):
            return role
        case Agent(path=path):
            return PurePosixPath(path or "").stem
        case Gate():
            return action.name or action.type
        case SubWorkflow():
            return action.workflow
        case Foreach():
            return f"foreach:{action.over}"
    return None


def read_command(form: Form, templates: list[tuple[Path, Any]], *, word: str) -> Command:
    """An argv list with its environment and standard input."""
    argv = form.texts(word, "argv")
    if argv is not None and (not argv or not argv[0].strip()):
        message = f'"{word}" is a list of words, the program first, such as [git, status].'
        form.report.add("command_empty", form.at(word, "argv"), message, found=argv)
    env = _read_env(form)
    command = Command(tuple(argv or ()), env, _read_stdin(form))
    templates += [(form.at(word, "argv"), argv or []), (form.at("env"), env), (form.at("stdin"), command.stdin)]
    return command


def _read_stdin(form: Form) -> str | None:
    value = form.take("stdin")
    if type(value) is str:
        return value
    if value is not ABSENT:
        form.wrong(("stdin",), value, "text; quote it")
    return None


def _read_env(form: Form) -> dict[str, str]:
    env: dict[str, str] = {}
    for name, value in form.table("env").items():
        path = (*form.at("env"), name)
        if type(value) is not str:
            form.report.add("value_type", path, f"The value of {name[:80]} must be text. Quote it.", found=value, allowed=["text"])
        elif not ENV_NAME.fullmatch(name) or name in REFUSED_ENV:
            message = f"{name[:80]!r} cannot be set: use letters, digits and underscore, and no name that changes what is executed."
            form.report.add("env_name_refused", path, message, found=name, allowed=["[A-Za-z_][A-Za-z0-9_]*"])
        else:
            handle = handle_of(value)
            env[name] = value if handle is None else f"secrets.{handle}"
    return env


def _read_shell(form: Form, draft: Draft) -> Shell:
    form.require("shell", "run")
    run = form.text("shell", "run", default="") or ""
    path = form.at("shell", "run")
    env = _read_env(form)
    draft.templates += [(path, run), (form.at("env"), env)]
    return Shell(run, env)


def _read_python(form: Form) -> Python:
    form.require("python", "function")
    function = form.text("python", "function", default="") or ""
    words = re.split(r"[.:]", function)
    if function and (not FUNCTION.fullmatch(function) or any(keyword.iskeyword(w) or w.startswith("__") for w in words)):
        message = f"{function[:80]!r} names no function. Write module:function, such as notes:statistics for notes.py beside the workflow."
        form.report.add("python_function_invalid", form.at("python", "function"), message, found=function, allowed=["module:function"])
    return Python(function, _isolated(form))


def _isolated(form: Form) -> bool:
    """`process`, or a boolean as in the canonical form."""
    value = form.take("isolate")
    if type(value) is not bool and value not in (ABSENT, "process"):
        form.wrong(("isolate",), value, "process, true or false")
    return value is True or value == "process"
