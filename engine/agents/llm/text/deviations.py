"""Where code says something else than its contract's steps: computed, since a small model finds no fault by comparing.

Steps and code are compared as syntax. What reads otherwise may still mean the same, so this is what to look at first,
never a verdict: that is the tests'.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.agents.llm.text.same_form import SameForm, alike, form, negated
from engine.runtime.language import BUILTINS, TOOL_FUNCTIONS
from engine.runtime.parsing import Refusal, parse_tool
from engine.syntax import parse_expression, parse_module

MOST_DEVIATIONS = 8
"""Deviations that are told: code that differs in more places is best written anew from the steps."""

_WRITE = re.compile(r"(?:\w+ = )?db\.(?:insert|update|delete)\(.*\)$", re.DOTALL)
_SORT = re.compile(r"sort (\w+) by (.+)$", re.DOTALL)
_DICTS = re.compile(r"(\w+) = dicts \{(.*)\} of (\w+)(\[.*\])?$", re.DOTALL)
_ITEM = re.compile(r"(?:^|, )(\w+)(?=,|:|$)")
_WRITES = frozenset({"insert", "update", "delete"})
_LONGEST = 240


def deviations(source: str, steps: Sequence[str]) -> list[str]:
    """What of the steps the code lacks or says otherwise, and what it does that is in no step.

    Args:
        source: The tool's function.
        steps: The lines of `contract_steps`, without their numbers.

    Returns:
        One line each, what is missing first; none where there is no function.
    """
    readable, unreadable = _without_unreadable(source)
    parsed = parse_tool(readable)
    if isinstance(parsed, Refusal) or not parsed.body or not isinstance(parsed.body[0], ast.FunctionDef):
        return []
    found = [f"`{_short(line)}` is no Python: write what its step says" for line in unreadable]
    return list(dict.fromkeys([*found, *_Comparison(parsed.body[0], steps).lines()]))[:MOST_DEVIATIONS]


def _without_unreadable(source: str) -> tuple[str, list[str]]:
    """The source without the lines at which Python stops reading, and these lines."""
    lines, found = source.split("\n"), list[str]()
    while len(found) < MOST_DEVIATIONS:
        try:
            parse_module("\n".join(lines))
        except SyntaxError as error:
            number = (error.lineno or 0) - 1
            if not 0 <= number < len(lines) or lines[number].strip() in ("", "pass"):
                break
            found.append(lines[number].strip())
            lines[number] = f"{lines[number][: len(lines[number]) - len(lines[number].lstrip())]}pass"
        except (ValueError, RecursionError, MemoryError):
            break
        else:
            break
    return "\n".join(lines), found


class _Comparison:
    def __init__(self, function: ast.FunctionDef, steps: Sequence[str]) -> None:
        self._steps = [(number, step, _statement(step)) for number, step in enumerate(steps, 1)]
        self._code = SameForm(function.body)
        self._contract = SameForm(statement for _, _, statement in self._steps if statement is not None)
        self._lists = {match[1] for _, step, _ in self._steps if (match := _DICTS.match(step))}
        self._rejections = list(_rejections(function.body))
        self._missing: list[str] = []
        self._writes = [node for node in self._code.nodes if isinstance(node, ast.Call) and _written_table(node)]

    def lines(self) -> Iterator[str]:
        """What is missing and what is too much, then what differs; a name that is only found in another way comes last."""
        codes: set[str] = set()
        tables: set[tuple[str, str] | None] = set()
        differing: list[str] = []
        bindings: list[str] = []
        for number, step, statement in self._steps:
            call = _change(statement)
            if isinstance(statement, ast.If) and (refusal := _refusal(statement)) is not None:
                codes.add(_code_of(refusal))
                differing += self._rejection(number, step, statement.test, refusal)
            elif call is not None:
                tables.add(_written_table(call))
                differing += self._write(number, step, call, statement)
            elif isinstance(statement, ast.Return) and isinstance(statement.value, ast.Dict):
                differing += self._answer(number, statement.value)
            elif isinstance(statement, ast.Assign):
                bindings += self._binding(number, statement)
            else:
                differing += self._query(number, step)
        yield from self._missing
        yield from self._surplus(codes, tables)
        yield from differing
        yield from bindings

    def _surplus(self, codes: set[str], tables: set[tuple[str, str] | None]) -> Iterator[str]:
        for node in self._code.nodes:
            match node:
                case ast.Call(func=ast.Name(id=name)) if name not in BUILTINS | TOOL_FUNCTIONS:
                    yield f"there is no function `{name}`: write what its step says"
                case _:
                    pass
        for _, call in self._rejections:
            if (code := _code_of(call)) not in codes:
                yield f"`db.reject({code!r}, ...)` is in no step: take it out"
        for node in self._writes:
            if (place := _written_table(node)) is not None and place not in tables:
                yield f"`db.{place[0]}({place[1]!r}, ...)` is in no step: take it out"

    def _alike(self, wanted: ast.expr, found: ast.expr) -> bool:
        return alike(self._contract, wanted, self._code, found)

    def _rejection(self, number: int, step: str, test: ast.expr, call: ast.Call) -> Iterator[str]:
        code = _code_of(call)
        mine = [(guard, made) for guard, made in self._rejections if _code_of(made) == code]
        if not mine:
            self._missing.append(f"step {number} is missing in the code: `{_short(step)}`")
            return
        if not any(guard is not None and self._alike(test, guard) for guard, _ in mine):
            said = "no condition" if mine[0][0] is None else f"`if {_text(mine[0][0])}:`"
            yield f"step {number} for {code!r} is `if {_text(test)}:`, the code has {said}"
        messages = [made.args[1] for _, made in mine if len(made.args) > 1]
        if len(call.args) > 1 and not any(self._alike(call.args[1], message) for message in messages):
            said = f"`{_text(messages[0])}`" if messages else "none"
            yield f"step {number} has the message `{_text(call.args[1])}`, the code has {said}"

    def _write(self, number: int, step: str, call: ast.Call, statement: ast.stmt | None) -> Iterator[str]:
        place = _written_table(call)
        mine = [node for node in self._writes if _written_table(node) == place]
        if not mine:
            self._missing.append(f"step {number} is missing in the code: `{_short(step)}`")
            return
        wanted = _columns(call)
        closest = min(mine, key=lambda node: len(self._unlike(wanted, _columns(node))))
        if place is not None and place[0] != "insert" and not self._same_key(call, closest):
            key = closest.args[1] if len(closest.args) > 1 else None
            yield f"step {number} changes the row `{_text(call.args[1])}`, the code the row `{_text(key)}`"
        for column in self._unlike(wanted, _columns(closest)):
            yield _differs(f"step {number} writes", column, wanted, _columns(closest))
        if isinstance(statement, ast.If):
            tests = [node.test for node in self._code.nodes if isinstance(node, ast.If)]
            if not any(self._alike(statement.test, test) for test in tests):
                yield f"step {number} is done only `if {_text(statement.test)}:`, the code has no such condition"

    def _same_key(self, call: ast.Call, other: ast.Call) -> bool:
        return len(call.args) > 1 and len(other.args) > 1 and self._alike(call.args[1], other.args[1])

    def _answer(self, number: int, answer: ast.Dict) -> Iterator[str]:
        given = [node.value for node in self._code.nodes if isinstance(node, ast.Return) and node.value is not None]
        given = [self._code.bound.get(node.id, node) if isinstance(node, ast.Name) else node for node in given]
        dicts = [node for node in given if isinstance(node, ast.Dict)]
        if not dicts:
            self._missing.append(f"step {number} is missing in the code: `return {_text(answer)}`")
            return
        wanted, found = _items(answer), _items(dicts[-1])
        for name in self._unlike(wanted, found):
            value = wanted.get(name)
            if name in found and isinstance(value, ast.Name) and value.id in self._lists:
                continue  # its making is a step of its own
            yield _differs(f"step {number} answers", name, wanted, found)

    def _unlike(self, wanted: Mapping[str, ast.expr], found: Mapping[str, ast.expr]) -> list[str]:
        lacking = [name for name in wanted if name not in found or not self._alike(wanted[name], found[name])]
        return [*lacking, *(name for name in found if name not in wanted)]

    def _binding(self, number: int, statement: ast.Assign) -> Iterator[str]:
        match statement:
            case ast.Assign(value=ast.ListComp(generators=[ast.comprehension(ifs=conditions)])):
                yield from self._kept(number, conditions)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in self._code.bound:
                if not self._alike(value, self._code.bound[name]):
                    said = f"the code `{name} = {_text(self._code.bound[name])}`"
                    yield f"step {number} is `{name} = {_text(value)}`, {said}"
            case _:
                pass

    def _kept(self, number: int, conditions: Sequence[ast.expr]) -> Iterator[str]:
        """Of the rows of a search, the conditions that the code states nowhere, neither as such nor the other way round."""
        said = {text for node in self._code.nodes if isinstance(node, ast.expr) for text in (form(node), negated(node))}
        said |= set(self._looked_up())
        for condition in conditions:
            for part in _parts(condition, ast.And):
                if form(part) not in said and not all(form(each) in said for each in _parts(part, ast.Or)):
                    yield f"step {number} keeps only rows with `{_text(part)}`, the code does not say so"

    def _looked_up(self) -> Iterator[str]:
        """What `db.find(table, {column: value})` says of its rows."""
        for node in self._code.nodes:
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="db"), attr="find"), args=[_, ast.Dict() as criteria]
                ):
                    for column, value in _items(criteria).items():
                        yield form(parse_expression(f"row[{column!r}] == {ast.unparse(value)}"))
                case _:
                    pass

    def _query(self, number: int, step: str) -> Iterator[str]:
        """Order and answer of a search."""
        if sorting := _SORT.match(step):
            sorts = [node for node in self._code.nodes if _is_sort(node)]
            falls = " descending" in sorting[2]
            if not sorts:
                self._missing.append(f"step {number} is missing in the code: `{_short(step)}`")
            elif "," not in sorting[2] and falls != any(map(_is_reversed, sorts)):
                yield f"step {number} sorts {'descending' if falls else 'ascending'}, the code the other way round"
        elif shown := _DICTS.match(step):
            yield from self._shown(number, shown)

    def _shown(self, number: int, step: re.Match[str]) -> Iterator[str]:
        if step[4]:
            cuts = [
                _bare(f"[{ast.unparse(node.slice)}]") for node in self._code.nodes if isinstance(node, ast.Subscript)
            ]
            if _bare(step[4]) not in cuts:
                yield f"step {number} takes `{step[3]}{step[4]}`, the code takes all rows or others"
        made = [node for node in self._code.nodes if isinstance(node, ast.Dict) and _is_of_rows(node)]
        wanted = _dict_items(step[2])
        if made and wanted:
            found = min((_items(node) for node in made), key=lambda items: len(self._unlike(wanted, items)))
            for name in self._unlike(wanted, found):
                yield _differs(f"step {number} has in each dict", name, wanted, found)


def _differs(head: str, name: str, wanted: Mapping[str, ast.expr], found: Mapping[str, ast.expr]) -> str:
    if name not in found:
        return f"{head} `{name!r}: {_text(wanted[name])}`, the code does not"
    if name not in wanted:
        return f"{' '.join(head.split()[:2])} has no {name!r}: take it out of the code"
    return f"{head} `{name!r}: {_text(wanted[name])}`, the code `{name!r}: {_text(found[name])}`"


def _statement(step: str) -> ast.stmt | None:
    """A step as the statement that it is; of a change under several conditions, the change."""
    for text in (step, *(match[0] for match in [_WRITE.search(step)] if match is not None)):
        try:
            body = parse_module(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if len(body) == 1:
            return body[0]
    return None


def _change(statement: ast.stmt | None) -> ast.Call | None:
    """The change of rows that a step is, under conditions or not."""
    match statement:
        case ast.If(body=[inner]) | ast.For(body=[inner]):
            return _change(inner)
        case ast.Expr(value=ast.Call() as call) | ast.Assign(value=ast.Call() as call) if _written_table(call):
            return call
        case _:
            return None


def _refusal(statement: ast.If) -> ast.Call | None:
    match statement.body:
        case [ast.Expr(value=ast.Call() as call)] if _code_of(call):
            return call
        case _:
            return None


def _rejections(body: Iterable[ast.stmt], guard: ast.expr | None = None) -> Iterator[tuple[ast.expr | None, ast.Call]]:
    """Every `db.reject(...)` with the condition that it stands under; with all of them where there are several."""
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Call() as call) if _code_of(call):
                yield guard, call
            case ast.If(test=test, body=inner, orelse=other):
                yield from _rejections(inner, test if guard is None else _both(guard, test))
                yield from _rejections(other, guard if len(other) == 1 and isinstance(other[0], ast.If) else None)
            case ast.For(body=inner):
                yield from _rejections(inner, guard)
            case _:
                pass


def _both(first: ast.expr, second: ast.expr) -> ast.expr:
    return ast.BoolOp(op=ast.And(), values=[first, second])


def _code_of(call: ast.Call) -> str:
    """The code of a rejection; empty where the call is none."""
    match call:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="db"), attr="reject"), args=[ast.Constant(value=str(code)), *_]
        ):
            return code
        case _:
            return ""


def _written_table(node: ast.Call) -> tuple[str, str] | None:
    """The operation and table of a change of rows."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="db"), attr=operation), args=[ast.Constant(value=str(table)), *_]
        ) if operation in _WRITES:
            return operation, table
        case _:
            return None


def _columns(call: ast.Call) -> dict[str, ast.expr]:
    return _items(call.args[-1])


def _items(node: ast.expr) -> dict[str, ast.expr]:
    if not isinstance(node, ast.Dict):
        return {}
    pairs = zip(node.keys, node.values, strict=True)
    return {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}


def _dict_items(text: str) -> dict[str, ast.expr]:
    """`a, b: E` as a dict's items, where `a` alone is the row's column."""
    starts = [(match[1], match.end()) for match in _ITEM.finditer(text)]
    found: dict[str, ast.expr] = {}
    for name, end in starts:
        if text[end : end + 1] != ":":
            found[name] = parse_expression(f"row[{name!r}]")
            continue
        for stop in [match.start() for match in re.finditer(r", |$", text) if match.start() > end]:
            try:
                found[name] = parse_expression(text[end + 1 : stop].strip())
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            break
    return found


def _parts(node: ast.expr, operator: type[ast.boolop]) -> list[ast.expr]:
    """The conditions that are joined by an operator; a single one is its own only part."""
    return node.values if isinstance(node, ast.BoolOp) and isinstance(node.op, operator) else [node]


def _is_of_rows(node: ast.Dict) -> bool:
    return any(isinstance(part, ast.Name) and part.id == "row" for value in node.values for part in ast.walk(value))


def _is_sort(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="sorted") | ast.Attribute(attr="sort")):
            return True
        case _:
            return False


def _is_reversed(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and any(word.arg == "reverse" for word in node.keywords)


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def _text(node: ast.expr | None) -> str:
    return "" if node is None else _short(ast.unparse(node))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
