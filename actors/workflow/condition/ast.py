"""What a condition is after parsing: closed records with the offset of each part in the text. Holds no values of a run."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

__all__ = [
    "Ast", "Call", "Chain", "Choose", "Compare", "Every", "ListOf", "Literal", "MapOf", "Name", "Negate", "Not", "Select", "Some",
    "children", "static_path",
]  # fmt: skip


# No part is ever compared or printed, and leaving those methods out makes the import nearly twice as fast.
@frozen(eq=False, repr=False)
class Literal:
    """A constant."""

    at: int
    value: str | int | float | bool | None


@frozen(eq=False, repr=False)
class Name:
    """A word that stands alone: the root of a path."""

    at: int
    name: str


@frozen(eq=False, repr=False)
class Select:
    """`base` followed by `.name` (text) and `[expression]` (an Ast) in turn."""

    at: int
    base: Ast
    steps: tuple[str | Ast, ...]


@frozen(eq=False, repr=False)
class Call:
    """A function; `x.f(y)` is the call of `f` with x and y, `method` set."""

    at: int
    name: str
    args: tuple[Ast, ...]
    method: bool = False


@frozen(eq=False, repr=False)
class Not:
    """`!operand`."""

    at: int
    operand: Ast


@frozen(eq=False, repr=False)
class Negate:
    """`-operand`."""

    at: int
    operand: Ast


@frozen(eq=False, repr=False)
class Every:
    """All parts joined by `&&`."""

    at: int
    parts: tuple[Ast, ...]


@frozen(eq=False, repr=False)
class Some:
    """All parts joined by `||`."""

    at: int
    parts: tuple[Ast, ...]


@frozen(eq=False, repr=False)
class Chain:
    """Sums and products of one rank, applied from left to right."""

    at: int
    first: Ast
    rest: tuple[tuple[str, Ast], ...]


@frozen(eq=False, repr=False)
class Compare:
    """`== != < <= > >= in`."""

    at: int
    op: str
    left: Ast
    right: Ast


@frozen(eq=False, repr=False)
class Choose:
    """`test ? then : other`."""

    at: int
    test: Ast
    then: Ast
    other: Ast


@frozen(eq=False, repr=False)
class ListOf:
    """`[a, b]`."""

    at: int
    items: tuple[Ast, ...]


@frozen(eq=False, repr=False)
class MapOf:
    """`{"a": b}`."""

    at: int
    entries: tuple[tuple[Ast, Ast], ...]


Ast = Literal | Name | Select | Call | Not | Negate | Every | Some | Chain | Compare | Choose | ListOf | MapOf


def children(ast: Ast) -> Iterator[Ast]:
    """The direct parts."""
    match ast:
        case Literal() | Name():
            return
        case Select():
            yield ast.base
            yield from (step for step in ast.steps if not isinstance(step, str))
        case Call():
            yield from ast.args
        case Not() | Negate():
            yield ast.operand
        case Every() | Some():
            yield from ast.parts
        case Chain():
            yield ast.first
            yield from (part for _, part in ast.rest)
        case Compare():
            yield from (ast.left, ast.right)
        case Choose():
            yield from (ast.test, ast.then, ast.other)
        case ListOf(items=items):
            yield from items
        case _:
            yield from (part for entry in ast.entries for part in entry)


def static_path(ast: Ast) -> tuple[str | int, ...]:
    """The longest beginning of a path that is known before it is evaluated; empty for what is no path."""
    if isinstance(ast, Name):
        return (ast.name,)
    if not isinstance(ast, Select) or not isinstance(ast.base, Name):
        return ()
    path: list[str | int] = [ast.base.name]
    for step in ast.steps:
        if isinstance(step, str):
            path.append(step)
        elif isinstance(step, Literal) and type(step.value) in {str, int}:
            path.append(step.value)  # type: ignore[arg-type]  # the line above leaves text and whole numbers only
        else:
            break
    return tuple(path)
