"""Finds in a contract what a good tester would look at: boundaries, near misses, empty lists, ties, nulls.

Each probe is an expression in the contract language. A case in which it holds tells a correct tool from one
whose comparison is off by one, whose filter lost a part, whose sort forgot a key.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.contracts.expression import parse, parse_each
from engine.errors import ExpressionError
from engine.models.database import Column, DatabaseSchema
from engine.models.tool import Effect, Query, Tool
from engine.states.draft import Draft
from engine.states.reading import Local, Names, Reading, function_of, loop_of, table_name
from engine.syntax import parse_expression

_ORDERINGS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


class Probe(NamedTuple):
    """Something worth a case.

    Attributes:
        text: What must hold, in the contract language.
        note: What it is about, in words.
        requirement: Index of the requirement that it comes from, where it does.
        start: Optional parameters that are given when the search starts; `None` leaves it to chance.
        both: Worth a case of its own on either side of the requirement, not on one of them.
        near: About a row that just does not count.
    """

    text: str
    note: str
    requirement: int | None = None
    start: tuple[str, ...] | None = None
    both: bool = False
    near: bool = False


class _Level(NamedTuple):
    """One comprehension around a part."""

    variable: str
    items: str
    tests: tuple[str, ...]


class _Place(NamedTuple):
    """Where a part stands: the comprehensions around it, and what must hold for it to be evaluated."""

    levels: tuple[_Level, ...]
    guards: tuple[str, ...]
    local: dict[str, Local]

    def goal(self, *parts: str) -> str:
        """An expression that holds where some item of the comprehensions around satisfies all parts."""
        text = " and ".join(f"({part})" for part in (*self.guards, *parts))
        for level in reversed(self.levels):
            tests = "".join(f" if {test}" for test in level.tests)
            text = f"any({text} for {level.variable} in {level.items}{tests})"
        return text

    def guarded(self, *conditions: str) -> _Place:
        return self._replace(guards=(*self.guards, *conditions))

    def inside(
        self, variable: str, items: str, tests: Sequence[str], table: str | None, argument: str | None
    ) -> _Place:
        if self.guards and self.levels:
            last = self.levels[-1]
            levels = (*self.levels[:-1], last._replace(tests=(*last.tests, *self.guards)))
        else:
            levels = self.levels
        local = {**self.local, variable: Local(None, table, argument)}
        return _Place((*levels, _Level(variable, items, tuple(tests))), (), local)


_TOP = _Place((), (), {})


def probes_of(tool: Tool, database: DatabaseSchema, names: Names) -> list[Probe]:
    """All probes of a tool's contract, each once, those of the requirements first."""
    finder = _Finder(tool, database, names)
    found: dict[str, Probe] = {}
    for probe in finder.find():
        try:
            parse(probe.text)
        except ExpressionError:
            continue  # Putting parts together went beyond the language's limits (nesting, shadowing).
        found.setdefault(probe.text, probe)
    return list(found.values())


def difference_goals(tool: Tool) -> list[str]:
    """Expressions that hold where each written value differs from the one before: a skipped write shows then."""
    found: list[str] = []
    for effect in tool.contract.effects:
        if effect.operation != "update" or effect.key is None:
            continue
        for column, text in effect.values.items():
            if text.strip() == "any":
                continue
            goal = f"get({effect.table!r}, {effect.key}).{column} != ({text})"
            if effect.when is not None:
                goal = f"not ({effect.when}) or {goal}"
            if effect.each is not None:
                each = parse_each(effect.each)
                goal = f"all({goal} for {each.name} in {each.items.text})"
            try:
                if not _bound_names(tool) & parse(goal).names:
                    found.append(goal)
            except ExpressionError:
                continue  # The parts can't be nested into one expression: this difference is left to chance.
    return list(dict.fromkeys(found))


def _bound_names(tool: Tool) -> frozenset[str]:
    return frozenset(effect.bind for effect in tool.contract.effects if effect.bind is not None)


class _Finder:
    def __init__(self, tool: Tool, database: DatabaseSchema, names: Names) -> None:
        self._tool = tool
        self._database = database
        self._reading = Reading(database, Draft(database, "2000-01-01T00:00:00"), names, {})
        self._hidden = _bound_names(tool)

    def find(self) -> Iterator[Probe]:
        contract = self._tool.contract
        for index, requirement in enumerate(contract.requires):
            for probe in self._walk(parse(requirement.condition).tree, _TOP):
                yield probe._replace(requirement=index)
        for binding in contract.bindings:
            yield from self._walk(parse(binding.expression).tree, _TOP)
        for effect in contract.effects:
            yield from self._effect(effect)
        for field in contract.returns:
            if field.query is not None:
                yield from self._query(field.query)
            elif field.value is not None and field.value.strip() != "any":
                yield from self._text(field.value, _TOP)
        for parameter in self._tool.parameters:
            if parameter.array:
                for size in (0, 1, 2, 4):
                    yield Probe(f"len({parameter.name}) == {size}", f"`{parameter.name}` has {size} items")
                continue
            for bound in (parameter.minimum, parameter.maximum):
                if bound is not None:
                    yield Probe(f"{parameter.name} == {_number(bound)}", f"`{parameter.name}` at its bound {bound}")
            if parameter.type == "text" and parameter.enum is None and parameter.refers_to is None:
                yield Probe(f"{parameter.name} == ''", f"`{parameter.name}` empty")
            for member in parameter.enum or ():
                yield Probe(f"{parameter.name} == {member!r}", f"`{parameter.name}` is {member}")
            if parameter.type == "boolean":
                yield Probe(f"{parameter.name} == True", f"`{parameter.name}` set")
                yield Probe(f"{parameter.name} == False", f"`{parameter.name}` not set")

    def _effect(self, effect: Effect) -> Iterator[Probe]:
        place = _TOP
        if effect.each is not None:
            each = parse_each(effect.each)
            if each.items.names & self._hidden:
                return
            items = each.items.text
            for size in (0, 1, 2):
                yield Probe(f"len({items}) == {size}", f"{effect.operation} of {size} `{effect.table}` rows")
            source = self._reading.source(each.items.tree, {})
            place = place.inside(each.name, items, (), source.table, source.argument)
        if effect.when is not None:
            yield from self._text(effect.when, place)
            if not parse(effect.when).names & self._hidden:
                yield Probe(place.goal(effect.when), f"the {effect.operation} of `{effect.table}` happens")
                yield Probe(
                    place.goal(f"not ({effect.when})"), f"the {effect.operation} of `{effect.table}` does not happen"
                )
        for text in effect.values.values():
            if text.strip() != "any":
                yield from self._text(text, place)

    def _text(self, text: str, place: _Place) -> Iterator[Probe]:
        expression = parse(text)
        if not expression.names & self._hidden and "after(" not in text:
            yield from self._walk(expression.tree, place)

    def _query(self, query: Query) -> Iterator[Probe]:
        if query.where is not None and parse(query.where).names & self._hidden:
            return
        table, name, where = query.table, query.name, query.where
        test = f" if {where}" if where is not None else ""
        limited = tuple(sorted(parse(query.limit).names)) if query.limit is not None else ()
        matching = f"[{name} for {name} in rows({table!r}){test}]"
        for size in (0, 1, 3, 5):
            yield Probe(f"len({matching}) == {size}", f"{size} rows match", start=limited)
        place = _TOP.inside(name, f"rows({table!r})", (), table, None)
        if where is not None:
            tree = parse(where).tree
            yield from self._walk(tree, place)
            yield Probe(place.goal(f"not ({where})"), "some row does not match")
        hits = _TOP.inside(name, f"rows({table!r})", () if where is None else (where,), table, None)
        for order in query.order:
            yield from self._nulls(parse(order.expression).tree, hits, "sort key")
        for probe in self._orders(query):
            yield probe._replace(start=limited)
        for text in query.fields.values():
            yield from self._text(text, hits)
        if query.limit is not None:
            for offset in ("", " + 1", " + 2", " - 1"):
                goal = f"len({matching}) == ({query.limit}){offset}"
                yield Probe(goal, f"rows that match: the limit{offset}", start=limited)

    def _orders(self, query: Query) -> Iterator[Probe]:
        """Pairs of rows that each sort key alone decides about, against their order by primary key; and a tie."""
        first, second = f"{query.name}_a", f"{query.name}_b"
        key = self._database.table[query.table].primary_key[
            -1
        ]  # of a composite key, the first part is often filtered on
        ties: list[str] = []
        for order in query.order:
            left, right = (_renamed(order.expression, query.name, name) for name in (first, second))
            sign = ">" if order.descending else "<"
            goal = self._pair(query, [*ties, f"{left} {sign} {right}", f"{first}.{key} > {second}.{key}"])
            yield Probe(goal, f"`{order.expression}` alone decides about two rows")
            row = _TOP.inside(query.name, f"rows({query.table!r})", (), query.table, None)
            for column, other, changed in self._confusable(parse(order.expression).tree, row):
                if any(f".{other} " in tie for tie in ties):
                    continue
                left_other, right_other = (_renamed(changed, query.name, name) for name in (first, second))
                goal = self._pair(query, [*ties, f"{left} < {right}", f"{left_other} > {right_other}"])
                yield Probe(goal, f"rows are sorted by `{column}` and not by `{other}`")
            ties.append(f"{left} == {right}")
        if ties:
            yield Probe(
                self._pair(query, [*ties, f"{first}.{key} != {second}.{key}"]), "two rows tie on every sort key"
            )

    def _pair(self, query: Query, parts: list[str]) -> str:
        first, second = f"{query.name}_a", f"{query.name}_b"
        outer: list[str] = []
        if query.where is not None:
            outer.append(f"({_renamed(query.where, query.name, first)})")
            parts = [f"({_renamed(query.where, query.name, second)})", *parts]
        outer.append(f"any({' and '.join(parts)} for {second} in rows({query.table!r}))")
        return f"any({' and '.join(outer)} for {first} in rows({query.table!r}))"

    # parts

    def _walk(self, node: ast.expr, place: _Place, element: str = "") -> Iterator[Probe]:
        """Probes of a part; `element` is what a comprehension's element must be to count, where it must."""
        loop = loop_of(node)
        if loop is not None:
            yield from self._walk(loop.items, place)
            tests = [ast.unparse(test) for test in loop.tests]
            source = self._reading.source(loop.items, place.local)
            items = ast.unparse(loop.items)
            all_items = place.inside(loop.variable, items, (), source.table, source.argument)
            for index, test in enumerate(tests):
                others = [other for position, other in enumerate(tests) if position != index]
                yield Probe(all_items.goal(*others, f"not ({test})"), f"an item that only fails `{test}`", near=True)
                yield from self._walk(loop.tests[index], all_items.guarded(*tests[:index]))
            yield from self._equalities(loop.items, loop.variable, [*tests, *([element] if element else [])], place)
            passing = place.inside(loop.variable, items, tests, source.table, source.argument)
            yield from self._walk(loop.element, passing)
            listed = f"[{loop.variable} for {loop.variable} in {items}{''.join(f' if {test}' for test in tests)}]"
            for size in (0, 1, 2):
                yield Probe(place.goal(f"len({listed}) == {size}"), f"{size} items pass")
            return
        if isinstance(node, ast.BoolOp):
            yield from self._operands(node, place)
        elif isinstance(node, ast.Compare):
            yield from self._boundaries(node, place)
        elif isinstance(node, ast.IfExp):
            test = ast.unparse(node.test)
            yield Probe(place.goal(test), f"`{test}` holds")
            yield Probe(place.goal(f"not ({test})"), f"`{test}` does not hold")
            yield from self._walk(node.test, place)
            yield from self._walk(node.body, place.guarded(test))
            yield from self._walk(node.orelse, place.guarded(f"not ({test})"))
            return
        elif function_of(node) in ("rows", "count", "exists"):
            yield from self._sizes(node, place)
            yield from self._equalities(node, "near", [], place)
        elif isinstance(node, ast.Attribute):
            yield from self._nulls(node, place, "column")
        elif function_of(node) == "contains":
            yield from self._letters(node, place)
        if isinstance(node, ast.BoolOp):
            return
        quantified = function_of(node) in ("any", "all")
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr) and child is not getattr(node, "func", None):
                inner = loop_of(child) if quantified else None
                counts = "" if inner is None else ast.unparse(inner.element)
                yield from self._walk(
                    child, place, f"not ({counts})" if counts and function_of(node) == "all" else counts
                )
            elif isinstance(child, ast.keyword):
                yield from self._walk(child.value, place)

    def _operands(self, node: ast.BoolOp, place: _Place) -> Iterator[Probe]:
        conjunction = isinstance(node.op, ast.And)
        texts = [ast.unparse(operand) for operand in node.values]
        for index, (operand, text) in enumerate(zip(node.values, texts, strict=True)):
            before = texts[:index] if conjunction else [f"not ({other})" for other in texts[:index]]
            after = [] if _is_null_test(operand) else texts[index + 1 :]
            rest = after if conjunction else [f"not ({other})" for other in after]
            single = f"not ({text})" if conjunction else text
            yield Probe(place.goal(*before, single, *rest), f"only `{text}` {'fails' if conjunction else 'holds'}")
            yield from self._walk(operand, place.guarded(*before, *rest))
        whole = ast.unparse(node)
        yield Probe(
            place.goal(whole if conjunction else f"not ({whole})"), f"`{whole}` {'holds' if conjunction else 'fails'}"
        )

    def _boundaries(self, node: ast.Compare, place: _Place) -> Iterator[Probe]:
        if len(node.ops) != 1:
            return
        members = node.comparators[0]
        if isinstance(node.ops[0], ast.In | ast.NotIn) and isinstance(members, ast.Tuple | ast.List):
            for member in members.elts:
                rest = [ast.unparse(other) for other in members.elts if other is not member]
                goal = place.goal(f"({ast.unparse(node.left)}) == ({ast.unparse(member)})")
                others = place.goal(f"({ast.unparse(node.left)}) in [{', '.join(rest)}]")
                yield Probe(f"{goal} and not {others}", f"the member {ast.unparse(member)}", both=True)
        if not isinstance(node.ops[0], _ORDERINGS):
            return
        left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
        meaning = self._reading.meaning(node.left, place.local) or self._reading.meaning(
            node.comparators[0], place.local
        )
        yield Probe(place.goal(f"({left}) == ({right})"), f"`{left}` equals `{right}`")
        for above in (True, False):
            if right == "0" and not above:
                continue  # sizes, prices and the like are never below zero
            moved = _moved(right, meaning, 1 if above else -1)
            if moved is not None:
                yield Probe(
                    place.goal(f"({left}) == {moved}"), f"`{left}` just {'above' if above else 'below'} `{right}`"
                )

        yield from self._miscounts(node, meaning, place)
        for column, other, changed in self._confusable(node, place):
            goal = place.goal(f"({ast.unparse(node)}) != ({changed})")
            yield Probe(goal, f"`{column}` matters and not `{other}`")

    def _miscounts(self, node: ast.Compare, meaning: Column | None, place: _Place) -> Iterator[Probe]:
        """A count or sum at the edge where one row more would tip it, beside a row that just does not count."""
        if place.levels:
            return
        right = ast.unparse(node.comparators[0])
        strict = isinstance(node.ops[0], ast.Lt | ast.GtE)
        edge = _moved(right, meaning, -1) if strict else right
        nears = [probe for probe in self._walk(node.left, place) if probe.near]
        for near in nears if edge is not None else ():
            yield Probe(
                place.goal(f"({ast.unparse(node.left)}) == ({edge})", near.text), f"at the edge, beside {near.note}"
            )

    def _confusable(self, node: ast.expr, place: _Place) -> Iterator[tuple[str, str, str]]:
        """(column, another of its row, the text with that one instead), where the two are of one kind that is
        neither text nor a flag: such values often go together."""
        for position, part in enumerate(ast.walk(node)):
            meaning = self._reading.meaning(part, place.local) if isinstance(part, ast.Attribute) else None
            if meaning is None or meaning.type in ("text", "boolean") or not isinstance(part, ast.Attribute):
                continue
            table = self._database.table[self._reading.row_table(part.value, place.local) or ""]
            for other in table.columns:
                if other.type == meaning.type and other.name != part.attr:
                    yield part.attr, other.name, _recolumned(node, position, other.name)

    def _sizes(self, node: ast.expr, place: _Place) -> Iterator[Probe]:
        assert isinstance(node, ast.Call)
        counted = ast.unparse(ast.Call(ast.Name("count"), node.args, node.keywords))
        equal = {str(keyword.arg) for keyword in node.keywords}
        whole = set(self._database.table[table_name(node)].primary_key) <= equal
        for size in (0, 1) if whole else (0, 1, 2):
            yield Probe(place.goal(f"{counted} == {size}"), f"`{counted}` is {size}")

    def _equalities(self, node: ast.expr, variable: str, conditions: list[str], place: _Place) -> Iterator[Probe]:
        """A row that fails one of the equalities of `rows(table, column=value)` and nothing else."""
        if not isinstance(node, ast.Call) or function_of(node) not in ("rows", "count", "exists"):
            return
        for index, keyword in enumerate(node.keywords):
            rest = [other for position, other in enumerate(node.keywords) if position != index]
            items = ast.unparse(ast.Call(ast.Name("rows"), node.args, rest))
            differs = f"{variable}.{keyword.arg} != ({ast.unparse(keyword.value)})"
            near = place.inside(variable, items, (), None, None)
            yield Probe(
                near.goal(differs, *conditions), f"a row that only differs in `{keyword.arg}`", both=True, near=True
            )

    def _nulls(self, node: ast.expr, place: _Place, what: str) -> Iterator[Probe]:
        meaning = self._reading.meaning(node, place.local)
        if isinstance(node, ast.Attribute) and meaning is not None and meaning.nullable:
            text = ast.unparse(node)
            yield Probe(place.goal(f"{text} is None"), f"{what} `{text}` null")
            yield Probe(place.goal(f"{text} is not None"), f"{what} `{text}` not null")

    def _letters(self, node: ast.expr, place: _Place) -> Iterator[Probe]:
        assert isinstance(node, ast.Call)
        text = ast.unparse(node)
        plain = f"{ast.unparse(node.args[1])} in {ast.unparse(node.args[0])}"
        yield Probe(place.goal(text, f"not ({plain})"), f"`{text}` holds by letter case only")
        yield Probe(place.goal(f"not ({text})"), f"`{text}` fails")


def _moved(text: str, meaning: Column | None, sign: int) -> str | None:
    """The expression of a value one unit away."""
    kind = meaning.type if meaning is not None else "integer"
    if kind == "datetime":
        return f"add_minutes({text}, {sign})"
    if kind == "date":
        return f"add_days({text}, {sign})"
    if kind == "real":
        return f"money(({text}) + {sign * 0.01})"
    return f"({text}) + {sign}" if kind == "integer" else None


def _number(bound: float | str) -> str:
    if isinstance(bound, str):
        return repr(bound)
    return repr(int(bound)) if float(bound).is_integer() else repr(bound)


def _is_null_test(node: ast.expr) -> bool:
    return isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot)


class _Renamer(ast.NodeTransformer):
    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = old, new

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._new if node.id == self._old else node.id)


def _recolumned(node: ast.expr, position: int, column: str) -> str:
    """The expression's text with another column at one place (counted as `ast.walk` goes)."""
    twin = copy.deepcopy(node)
    part = list(ast.walk(twin))[position]
    assert isinstance(part, ast.Attribute)
    part.attr = column
    return ast.unparse(twin)


def _renamed(text: str, old: str, new: str) -> str:
    return ast.unparse(_Renamer(old, new).visit(parse_expression(text)))
