"""What models of a story say: each call takes the next answer that the test wrote for it. No network, virtual time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

import trio
from attrs import define, evolve, field, frozen

from actors.agent.backends import Desk, Traits
from actors.agent.provider.again import Patience
from actors.agent.provider.messages import (
    Answer,
    ModelRequest,
    OnPart,
    Provider,
    ProviderFailure,
    TextDelta,
    TokenUsage,
    ToolCall,
    ToolResult,
    UserText,
)
from tests.scenarios.canary import CANARY
from tests.scenarios.puppets import Puppet

if TYPE_CHECKING:
    from tests.scenarios.harness import House

__all__ = [
    "BAD", "FLOW", "GOOD", "PAYER", "POOL", "UNDERSTUDY", "Backstage", "Held", "Model", "Reply", "actor", "agent", "ask", "crew", "fails",
    "listener", "persona",
    "says", "takes", "told", "writes",
]  # fmt: skip

Reply = Callable[[ModelRequest, OnPart], Awaitable[Answer]]
_ids = count(1)
USAGE = TokenUsage(100, 20)


def says(text: str = "done", *calls: tuple[str, dict[str, Any]], usage: TokenUsage = USAGE, stop: Any = None) -> Reply:
    """Answer with a text, and ask for these tools."""

    async def reply(request: ModelRequest, on_part: OnPart) -> Answer:
        on_part(TextDelta(text))
        asked = tuple(ToolCall(f"call-{next(_ids)}", name, arguments) for name, arguments in calls)
        return Answer(text, asked, usage, stop or ("tools" if asked else "end"), "req-model", request.model)

    return reply


def writes(path: str, content: str, *, usage: TokenUsage = USAGE) -> Reply:
    """Write a file."""
    return says("", ("write_file", {"path": path, "content": content}), usage=usage)


def ask(tool: str, *, usage: TokenUsage = USAGE, **arguments: Any) -> Reply:
    """Use one tool."""
    return says("", (tool, arguments), usage=usage)


def by_heart(request: ModelRequest) -> Reply:
    """What one says who knows his part: looks around first, writes what does not fit, and what does when he is told."""
    last = request.turns[-1]
    if isinstance(last, ToolResult):
        return writes("notes.json", BAD)
    return writes("notes.json", GOOD) if "REPAIR" in str(last) else ask("list_dir", path=".")


async def actor(request: ModelRequest, on_part: OnPart) -> Answer:
    """The same as an answer: it hangs on what was said alone, whoever asks and however often."""
    return await by_heart(request)(request, on_part)


async def listener(request: ModelRequest, on_part: OnPart) -> Answer:
    """Of one who works until a person has said something to him; then he writes how often he has heard it."""
    heard = sum("BEGIN PENSTOCK MESSAGE 1 " in turn.text for turn in request.turns if isinstance(turn, UserText))
    reply = writes("notes.json", f'{{"n": {heard}}}') if heard else takes(1, ask("list_dir", path="."))
    return await reply(request, on_part)


def fails(code: str = "provider_overloaded") -> Reply:
    """The call comes to nothing."""

    async def reply(request: ModelRequest, on_part: OnPart) -> Answer:
        raise ProviderFailure(code, f"scripted {code}", request_id="req-model")

    return reply


def takes(seconds: float, then: Reply) -> Reply:
    """Take some (virtual) time first."""

    async def reply(request: ModelRequest, on_part: OnPart) -> Answer:
        await trio.sleep(seconds)
        return await then(request, on_part)

    return reply


@frozen(eq=False)
class Model:
    """A provider that answers from the script. `requests` are all calls that reached it."""

    name: str
    script: list[Reply]
    requests: list[ModelRequest]
    otherwise: Reply

    async def stream(self, request: ModelRequest, on_part: OnPart) -> Answer:
        """The next answer; its name at the service holds a secret."""
        self.requests.append(request)
        reply = self.script.pop(0) if self.script else self.otherwise
        answer = await reply(request, on_part)
        return evolve(answer, request_id=f"{answer.request_id} {CANARY}")


@define(eq=False)
class Backstage:
    """The backends of a story, `stage` and `understudy`: each model is asked once unless `patience` is longer.

    Those in `puppets` are agents with a command line, without the processes of such.
    `down` says why one of them cannot be used, and `broken` with which code one fails; `always` answers when nothing is left of the script.
    """

    script: list[Reply] = field(factory=list)
    requests: list[ModelRequest] = field(factory=list)
    down: dict[str, str] = field(factory=dict)
    broken: dict[str, str] = field(factory=dict)
    puppets: tuple[str, ...] = ()
    always: Reply | None = None
    patience: Patience = field(factory=lambda: Patience(calls=1))

    def available(self) -> Mapping[str, str]:
        return {"stage": "", "understudy": "", **self.down}

    def traits(self) -> Mapping[str, Traits]:
        return {
            name: Traits(name in self.puppets, name in self.puppets, self.patience, name not in self.puppets) for name in self.available()
        }

    def provider(self, name: str, model: str, desk: Desk) -> Provider:
        if name in self.down:
            raise ProviderFailure("provider_unknown", f"{name} {self.down[name]}")
        if name in self.puppets:
            return Puppet(name, desk)
        if name in self.broken:
            return Model(name, [], self.requests, fails(self.broken[name]))
        return Model(name, self.script, self.requests, self.always or says())


FLOW = """penstock: 1
workflow: {name}
{top}
schemas:
  notes: {{type: object, required: [n], properties: {{n: {{type: integer}}}}, additionalProperties: false}}
  words: {{type: object, additionalProperties: {{type: string}}}}
personas:
{personas}
nodes:
{nodes}"""
GOOD, BAD = '{"n": 1}', '{"n": "one", "m": 2}'
POOL = "backend: stage\nmodel: gpt-5-mini\nsystem: From the pool.\n"
PAYER = "  writer: {backend: stage, model: gpt-5-mini, tools: [run_command], sandbox: none}\n"
UNDERSTUDY = "  writer: {backend: stage, model: gpt-5-mini, fallback: [{backend: understudy, model: gpt-5}]}\n"
WRITER = "  writer: {backend: stage, model: gpt-5-mini, system: You write notes.}\n"


def agent(node_id: str = "draft", more: str = "artifact: {path: notes.json, schema: notes}", role: str = "writer") -> str:
    """An agent node in YAML's flow form."""
    return f"{{id: {node_id}, agent: {role}, instructions: Write the notes., retry: {{max_attempts: 2}}{', ' + more if more else ''}}}"


def crew(*nodes: str, personas: str = WRITER, top: str = "", name: str = "story") -> str:
    """A workflow of these nodes with personas and a schema."""
    return FLOW.format(name=name, top=top, personas=personas, nodes="".join(f"  - {node}\n" for node in nodes))


class Held:
    """An answer that comes when the test says so; `asked` is set when it is asked for."""

    def __init__(self, then: Reply) -> None:
        self._then, self.asked, self._open = then, trio.Event(), trio.Event()

    async def __call__(self, request: ModelRequest, on_part: OnPart) -> Answer:
        self.asked.set()
        await self._open.wait()
        return await self._then(request, on_part)

    def open(self) -> None:
        """Let it answer."""
        self._open.set()


def persona(d: House, text: str = POOL, name: str = "writer") -> None:
    """A file in the folder of personas."""
    folder = d.folder / "personas"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(text)


async def told(d: House, *replies: Reply, flow: str | None = None, **params: Any) -> dict[str, Any]:
    """The run of an agent that says these things, when it has ended."""
    d.models.script[:] = replies
    run_id = await d.begin(flow or crew(agent()), **params)
    return await d.run_until(run_id)
