"""Sound workflows of every shape, for properties."""

from __future__ import annotations

from typing import Any, Literal

from attrs import evolve
from hypothesis import strategies as st

from actors.workflow.exhaustion import ManualOverride, TerminalBehavior
from actors.workflow.spec import (
    Agent,
    Artifact,
    Backoff,
    Command,
    Condition,
    Contract,
    Execution,
    Foreach,
    Gate,
    Group,
    Http,
    Input,
    Need,
    Node,
    OnFail,
    Option,
    OptionsRef,
    Parallel,
    Persona,
    Python,
    Repeat,
    RetryPolicy,
    Shell,
    SubWorkflow,
    Timer,
    Wait,
    Webhook,
    Workflow,
    WorkflowBudget,
)  # fmt: skip
from actors.workflow.spec_agent import Fallback, ToolApproval
from actors.workflow.spec_worktree import Worktree

PLAIN = st.characters(exclude_categories=["Cs"], exclude_characters="\0{}")
TEXT = st.text(PLAIN, min_size=1, max_size=8).filter(lambda text: bool(text.strip()))
LOOSE = st.text(PLAIN, max_size=8)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True)

MS = st.integers(1, 10**9)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | LOOSE,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(LOOSE, inner, max_size=2),
    max_leaves=4,
)
TABLES = st.dictionaries(TEXT, JSON, max_size=2)
ENV = st.dictionaries(st.from_regex(r"X[A-Z_]{0,3}", fullmatch=True), LOOSE, max_size=2)
COMMANDS = st.builds(
    Command, st.builds(lambda first, rest: (first, *rest), TEXT, st.lists(LOOSE, max_size=2)), ENV, st.none() | LOOSE
)  # fmt: skip
SHELLS = st.builds(Shell, TEXT, ENV)
HTTPS = st.builds(
    Http, st.sampled_from(["https://a.example", "http://b.example:81/c?d"]), st.just("POST"),
    st.dictionaries(st.just("X-A"), LOOSE, max_size=1),
    st.none() | JSON, st.sampled_from([(), (200, 404)]),
)  # fmt: skip
PYTHONS = st.builds(Python, st.just("mod:func"), st.booleans())
TOOLS = st.lists(st.sampled_from(["read_file", "write_file", "finish"]), unique=True).map(tuple)
POLICIES = st.dictionaries(
    st.sampled_from(["*", "read_file", "write_*", "mcp.git.*", "mcp.git.push"]), st.sampled_from(["allow", "ask", "deny"]), max_size=3
).map(lambda table: tuple(sorted(table.items())))
APPROVALS = st.builds(
    ToolApproval, st.none() | MS, st.sampled_from(["reject", "cancel"]), st.sampled_from([(), ("1000",), ("@staff", "0")]),
    st.sampled_from([None, True, False]),
)  # fmt: skip
SNIPPETS = st.lists(TEXT, max_size=2).map(tuple)
EXTRAS: dict[str, Any] = {
    "snippets": SNIPPETS, "output_schema": st.none() | TEXT, "plugin_dirs": st.sampled_from([(), ("/opt/a", "b")]),
    "max_turns": st.none() | st.integers(1, 99),
}  # fmt: skip
AGENTS = st.builds(Agent, NAMES | st.just("My_Agent"), st.just("") | TEXT, TOOLS, st.integers(1, 99), POLICIES, APPROVALS, **EXTRAS)
FILED = st.builds(Agent, st.just(""), st.just("") | TEXT, path=st.sampled_from(["a.md", "agents/Plan.md"]), **EXTRAS)
TEXTS = st.dictionaries(TEXT, LOOSE, max_size=2)
SUB_WORKFLOWS = st.builds(SubWorkflow, NAMES, TEXTS)
FOREACHES = st.builds(
    Foreach, TEXT, NAMES, st.integers(0, 9), st.none() | TEXTS, st.none() | TEXTS, TEXTS, st.booleans(), st.sampled_from(["fail", "warn"]),
    st.sampled_from(["continue", "halt", "skip_dependents"]),
)  # fmt: skip
LOOPS = st.builds(
    Repeat, st.sampled_from(["1 == 1", "run.attempt > 1"]), st.integers(0, 9), st.sampled_from(["while", "do_while"]),
    on_max_iter=st.sampled_from(["fail", "continue"]),
)  # fmt: skip
FALLBACKS = st.builds(Fallback, NAMES, NAMES)
PERSONAS = st.builds(
    Persona, NAMES, NAMES, TEXT, st.just("") | TEXT, st.none() | TOOLS, st.lists(NAMES, unique=True, max_size=2).map(tuple), st.booleans(),
    st.integers(1, 9), st.none() | st.floats(0, 2), st.integers(1, 9_000), st.lists(FALLBACKS, max_size=2).map(tuple),
    st.sampled_from(["bwrap", "none"]), st.none() | st.sampled_from([(), ("example.org", "*.example.org:8443")]), POLICIES,
)  # fmt: skip
DECISIONS = st.lists(st.sampled_from(["approve", "reject", "rework", "cancel"]), min_size=1, unique=True).map(tuple)
OPTIONS = st.lists(st.builds(Option, TEXT, TEXT), max_size=2, unique_by=lambda option: option.value).map(tuple)
GATES = st.builds(
    Gate, prompt=st.none() | TEXT, decisions=DECISIONS, on_reject=st.sampled_from(["fail", "continue"]), options=OPTIONS,
    expires_after_ms=st.none() | MS, on_expiry=st.sampled_from([None, "fail", "continue", "cancel", "escalate", "remind", "resume"]),
    escalate_to=st.none() | TEXT, remind_every_ms=st.none() | MS, name=st.none() | TEXT.filter(str.isprintable),
    type=st.sampled_from(["human_approval", "human_review", "pr_checks", "slack_reaction"]), as_identity=st.none() | TEXT,
    min_approvals=st.integers(1, 9), approvers=st.sampled_from([(), ("1000",), ("@staff", "0")]),
    separate_from_author=st.sampled_from([None, True, False]),
) | st.builds(
    Gate, mode=st.just("review_decision"), prompt=st.none() | TEXT, type=st.sampled_from(["human_review", "pr_approval"])
)  # fmt: skip
"""Gates that name no node before them; `_sourced` are those that do."""
TIMERS = st.builds(Timer, MS) | st.builds(Timer, st.none(), st.sampled_from(["2026-12-01T09:00:00Z", "1764579600000", "{{ run.id }}"]))
CONDITIONS = st.builds(Condition, TEXT, st.sampled_from([None, "some"]))
WEBHOOKS = st.builds(Webhook, TEXT) | st.builds(
    Webhook, TEXT, st.sampled_from(["provider_event_id", "idempotency_key", "body_digest"]), TEXT, st.none() | TEXT, st.none() | TEXT
)
WAITS = st.builds(Wait, TIMERS | CONDITIONS | WEBHOOKS) | st.builds(
    Wait, TIMERS | CONDITIONS | WEBHOOKS, MS, st.sampled_from(["fail", "cancel", "escalate", "remind", "resume"]), TEXT, st.none() | MS
)
DELAYS = st.tuples(st.integers(1, 1000), st.integers(1000, 9000) | st.just(0))
BACKOFFS = st.just(Backoff()) | st.builds(
    lambda strategy, delays, multiplier, jitter: Backoff(strategy, delays[0], delays[1], multiplier, jitter),
    st.sampled_from(["none", "fixed", "exponential"]), DELAYS, st.floats(1, 100), st.integers(0, 500),
)  # fmt: skip
CLASSES = st.none() | st.lists(st.sampled_from(["*", "timeout", "own"]), unique=True, min_size=1, max_size=2).map(tuple)
TERMINALS = st.builds(TerminalBehavior, st.sampled_from(["fail_run", "pause_for_review", "dead_letter"]), st.booleans())
RETRIES = st.builds(
    RetryPolicy, st.none() | st.integers(1, 10), CLASSES, BACKOFFS, st.integers(1, 3), st.booleans(), st.none() | MS, TERMINALS,
    st.builds(ManualOverride, st.booleans(), st.booleans()),
)  # fmt: skip
CONTRACTS = st.none() | st.builds(
    Contract, TEXT, st.sampled_from([None, "code_patch", "standup_update"]), st.sampled_from([None, "some"]), st.none() | TEXT
)
TAIL_RETRIES = RETRIES.map(lambda policy: evolve(policy, terminal_behavior=TerminalBehavior()))
ON_FAILS = st.sampled_from([OnFail(), OnFail("continue")]) | st.builds(OnFail, st.just("handler"), COMMANDS | AGENTS | FILED)
KEYS = TEXT.filter(str.isprintable).map("Key {}".format)
WHENS = st.sampled_from([None, "1 == 1", "run.attempt > 1"])


@st.composite
def _sourced(draw: st.DrawFn, before: str) -> Gate:
    """A gate with options of an earlier node, or about its quality."""
    if draw(st.booleans()):
        return Gate(options=OptionsRef(before, draw(TEXT.map(str.strip))), rework_targets=(before,))
    criteria: dict[str, Any] = draw(
        st.sampled_from([{"threshold": 80}, {"threshold": 0.5, "schema": "some"}, {"check": "output.a > 1", "schema": True}])
    )
    return Gate(type="quality_gate", source=before, on_fail=draw(st.sampled_from(["fail", "continue"])), **criteria)


@st.composite
def _grouped(draw: st.DrawFn, made: tuple[Node, ...], retries: st.SearchStrategy[RetryPolicy]) -> tuple[Node, ...]:
    """The nodes, those behind some place in a group whose id follows from that of its first, which may again be in one."""
    cut = draw(st.integers(0, len(made)))
    before, inside = made[:cut], made[cut:]
    if not inside:
        return made
    names = {node.node_id for node in inside}
    outer = {need.node: need for node in inside for need in node.needs if need.node not in names}
    kept = tuple(evolve(node, needs=tuple(need for need in node.needs if need.node in names)) for node in inside)
    kept = draw(_grouped(kept, retries)) if draw(st.booleans()) else kept
    form = draw(st.none() | LOOPS | st.builds(Parallel, st.booleans(), st.none() | st.just(1)))
    action = Group(kept, form, draw(st.none() | TEXT), draw(SNIPPETS))
    return *before, Node(f"{kept[0].node_id}.g", action, needs=tuple(outer.values()), **draw(_keys(action, retries)))


@st.composite
def nodes(
    draw: st.DrawFn, ids: list[str], actions: st.SearchStrategy[Any], retries: st.SearchStrategy[RetryPolicy] = RETRIES
) -> tuple[Node, ...]:
    """Nodes of these ids, each needing some of those before it."""
    made: list[Node] = []
    for i, node_id in enumerate(ids):
        needs = draw(st.lists(st.sampled_from(ids[:i]), unique=True, max_size=2)) if i else []
        edges = tuple(Need(need, draw(st.sampled_from(["completed", "settled"]))) for need in needs)
        action = draw(actions)
        if isinstance(action, Gate) and needs and draw(st.booleans()):
            action = draw(_sourced(needs[0]))
        made.append(Node(node_id, action, needs=edges, **draw(_keys(action, retries))))
    return draw(_grouped(tuple(made), retries)) if draw(st.booleans()) else tuple(made)


@st.composite
def _keys(draw: st.DrawFn, action: Any, retries: st.SearchStrategy[RetryPolicy]) -> dict[str, Any]:
    keys: dict[str, Any] = {
        "title": draw(st.none() | TEXT), "when": draw(WHENS), "priority": draw(st.integers(-5, 5)), "metadata": draw(TABLES),
        "result_key": draw(st.none() | KEYS), "label": draw(st.none() | KEYS),
    }  # fmt: skip
    if isinstance(action, Group | Foreach):
        return keys | {"on_fail": draw(ON_FAILS)}
    if isinstance(action, Gate | Wait):
        return keys
    keys |= {
        "retry": draw(retries),
        "on_fail": draw(ON_FAILS),
        "absolute_timeout_ms": draw(st.none() | MS),
        "as_identity": draw(st.none() | TEXT),
    }
    if isinstance(action, SubWorkflow):
        return keys
    keys |= {"effect": draw(st.sampled_from(["repeatable", "once"])), "output": draw(st.sampled_from(["text", "json", "lines"]))}
    if isinstance(action, Http):
        return keys
    keys |= {
        "with_": draw(TABLES), "contract": draw(CONTRACTS),
        "artifact": draw(st.sampled_from([None, Artifact("out/a.json"), Artifact("b.json", "some")])),
    }  # fmt: skip
    if not isinstance(action, Python) or action.isolate:
        keys["timeout_ms"] = draw(st.none() | MS)
    return keys


@st.composite
def _inputs(draw: st.DrawFn) -> tuple[Input, ...]:
    values = {"string": LOOSE, "boolean": st.booleans(), "integer": st.integers(-9, 9), "number": st.floats(-1, 1)}
    kinds: list[Literal["string", "boolean", "integer", "number"]] = ["string", "boolean", "integer", "number"]
    made = []
    for name in draw(st.lists(NAMES, unique=True, max_size=3)):
        kind = draw(st.sampled_from(kinds))
        required = draw(st.booleans()) and kind != "boolean"
        made.append(Input(name, kind, required, draw(st.none() | values[kind]), draw(LOOSE)))
    return tuple(made)


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    """A workflow that loads."""
    ids = draw(st.lists(NAMES, unique=True, max_size=5))
    cut = draw(st.integers(0, len(ids)))
    work = COMMANDS | SHELLS | PYTHONS | HTTPS | AGENTS | FILED | SUB_WORKFLOWS | FOREACHES
    body, tail = draw(nodes(ids[:cut], work | GATES | WAITS)), draw(nodes(ids[cut:], work, TAIL_RETRIES))
    counts = st.none() | st.integers(1, 2**53)
    limits = Execution(
        draw(st.integers(1, 16)), draw(st.none() | MS), draw(counts), draw(st.none() | st.floats(0, 1e6)), draw(counts),
        draw(st.sampled_from([None, True, False])), draw(st.integers(1, 100)), draw(st.sampled_from([None, "strict", "yolo"])),
    )  # fmt: skip
    budgets = st.builds(
        WorkflowBudget, st.sampled_from(["hour", "day", "week", "month"]), st.integers(1, 2**53), st.none() | st.floats(0, 1e6)
    )
    workspace = draw(st.none() | TEXT)
    return Workflow(
        draw(NAMES), body, draw(st.none() | TEXT), draw(LOOSE), draw(_inputs()), tail, limits, workspace,
        {"some": draw(st.sampled_from([True, {"type": "object"}]))}, draw(TABLES), draw(st.sampled_from([(), ("out.md", "a/b.json")])),
        draw(st.none() | st.just("/srv")), draw(TABLES), tuple(draw(st.lists(NAMES, unique=True, max_size=3))),
        personas=tuple(sorted(draw(st.lists(PERSONAS, unique_by=lambda one: one.name, max_size=2)), key=lambda one: one.name)),
        budget=draw(st.none() | budgets),
        label=draw(st.none() | KEYS), group=draw(st.none() | TEXT), targets=draw(st.sampled_from([(), ("repo", "pr")])),
        trigger=draw(st.sampled_from(["manual", "pr", "scheduled"])), templating=draw(st.sampled_from(["path", "flat"])),
        worktree=None if workspace is None else draw(st.none() | st.builds(Worktree, TEXT, st.just("a/{{ run.id }}"))),
    )  # fmt: skip
