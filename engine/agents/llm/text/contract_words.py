"""A tool's contract as numbered steps in the dialect of tool code, in the order in which they must be tried.

Expressions are written as code has to write them (`row["status"]`, `db.get(...)`), so that nothing is lost in
translation; what is left to whoever writes the code is the code: control flow, order, queries, answers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from engine.contracts.dependence import certain_names, known_by, names_in
from engine.contracts.draft import Draft
from engine.contracts.evaluate import STATED_ANY
from engine.contracts.expression import CLOCK_NAMES, Expression, parse, parse_each, parse_message, state_calls
from engine.contracts.layout import flat
from engine.contracts.rendering import quoted
from engine.contracts.shapes import ShapeReader, row_of
from engine.models.database import DatabaseSchema
from engine.models.tool import Effect, Query, ReturnField, Tool
from engine.runtime.admission import signature

_REFUSED = re.compile(r"\s*Refused with (?:`\w+`(?:, )?)+\.?\s*$")
_CLOCK = {"now": "db.now()", "today": "db.now()[:10]"}


def head_of(tool: Tool) -> str:
    """The line with which the tool's function begins."""
    return f"def {tool.name}({signature(tool)}) -> dict:"


def purpose_of(tool: Tool) -> str:
    """The description without the list of codes at its end, which the steps say better."""
    return _REFUSED.sub("", tool.description)


def contract_steps(tool: Tool, database: DatabaseSchema) -> str:
    """The contract as numbered lines.

    Raises:
        ContractError: The contract is unsound; `check_contract` says where.
        ExpressionError: As above.
    """
    return "\n".join(f"{number}. {step}" for number, step in enumerate(_Steps(tool, database).lines(), 1))


class _Steps:
    def __init__(self, tool: Tool, database: DatabaseSchema) -> None:
        self._tool = tool
        self._database = database
        self._draft = Draft(tool, database)
        self._render = self._draft.render
        self._render.names.update(_CLOCK)
        self._render.replaced.clear()
        self._told: set[str] = set()
        self._found: dict[str, str] = {}
        self._lists: dict[str, str] = {}
        self._read_after = {
            (table, ast.unparse(node.args[1]))
            for field in tool.contract.returns
            if field.value is not None and field.value.strip() != STATED_ANY
            for function, table, node in state_calls(parse(field.value))
            if function == "after"
        }

    def lines(self) -> Iterator[str]:
        """The steps, each name in front of the first one that needs it."""
        contract = self._tool.contract
        for requirement in contract.requires:
            condition = parse(requirement.condition)
            yield from self._names([condition])
            refusal = f"db.reject({quoted(requirement.code)}, {self._message(requirement.message)})"
            yield f"if {flat(self._render.negated(condition.tree))}: {refusal}"
            self._draft.known |= set(known_by(condition.tree))
        for effect in contract.effects:
            yield from self._names_of(effect)
        for field in contract.returns:
            yield from self._names(self._of_field(field))
        for field in contract.returns:
            if field.query is not None:
                yield from self._queried(field.name, field.query)
            elif field.value is not None and self._changes_under(field.value):
                name = self._found[field.name] = self._draft.fresh(field.name, f"{field.name}_before")
                yield f"{name} = {self._text(parse(field.value))}"
        yield from self._listed()
        for effect in contract.effects:
            yield self._effect(effect)
        yield f"return {{{', '.join(self._field(field) for field in contract.returns)}}}"

    def _changes_under(self, value: str) -> bool:
        """Whether a value of the answer, which is that of before the call, would be another one after the changes."""
        if value.strip() == STATED_ANY:
            return False
        expression = parse(value)
        if any(function == "after" for function, _, _ in state_calls(expression)):
            return False
        return not self._draft.reads(expression).isdisjoint(self._tool.tables_written)

    def _message(self, message: str) -> str:
        """The message's literal; what only it reads is written into it, because nobody else needs it."""
        parts = parse_message(message)
        names = dict(self._render.names)
        places = [part.expression for part in parts if not isinstance(part, str)]
        for name in self._draft.reached(places) - self._told:
            self._render.names[name] = self._draft.bindings[name]
        text = flat(self._render.message(parts))
        self._render.names = names
        return text

    def _text(self, expression: Expression) -> str:
        return flat(self._render.text(expression.tree))

    def _names(self, certain: Iterable[Expression], others: Iterable[Expression] = ()) -> Iterator[str]:
        sure = {name for expression in certain for name in certain_names(expression.tree)}
        wanted = {name for expression in (*certain, *others) for name in names_in(expression.tree)}
        yield from self._bind(wanted, sure)

    def _bind(self, wanted: Iterable[str], sure: set[str]) -> Iterator[str]:
        names = set(wanted)
        for name, expression in self._draft.bindings.items():
            if name not in names or name in self._told:
                continue
            certain = name in sure
            inner = set(certain_names(expression.tree)) if certain else set[str]()
            yield from self._bind(names_in(expression.tree) - CLOCK_NAMES, inner)
            self._told.add(name)
            text = self._draft.value_of(name, certain)
            if text is not None:
                yield f"{name} = {flat(text)}"

    def _names_of(self, effect: Effect) -> Iterator[str]:
        """The names that a change needs: in front of all changes, since all of them see the rows as they were before."""
        parts = [parse_each(effect.each).items] if effect.each is not None else []
        parts += [parse(effect.when)] if effect.when is not None else []
        inner = [parse(text) for text in (effect.key, *effect.values.values()) if text and text.strip() != STATED_ANY]
        if not parts:
            parts, inner = inner, []
        yield from self._names(parts, inner)

    def _listed(self) -> Iterator[str]:
        """The rows that changes go through one by one, where an earlier change would make them others."""
        written: set[str] = set()
        for effect in self._tool.contract.effects:
            if effect.each is not None:
                each = parse_each(effect.each)
                items = self._text(each.items)
                if items not in self._lists and not self._draft.reads(each.items).isdisjoint(written):
                    name = self._lists[items] = self._draft.fresh(f"{each.name}_rows")
                    yield f"{name} = {items}"
            written.add(effect.table)

    def _effect(self, effect: Effect) -> str:
        head = ""
        if effect.each is not None:
            each = parse_each(effect.each)
            items = self._text(each.items)
            head = f"for {each.name} in {self._lists.get(items, items)}: "
        key = parse(effect.key) if effect.key is not None else None
        values = {column: None if text.strip() == STATED_ANY else parse(text) for column, text in effect.values.items()}
        if effect.when is not None:
            head += f"if {self._text(parse(effect.when))}: "
        arguments = [quoted(effect.table)]
        if key is not None:
            arguments.append(self._text(key))
        if effect.operation != "delete":
            arguments.append("{" + ", ".join(self._written(column, value) for column, value in values.items()) + "}")
        bound = effect.bind
        if bound is None and effect.operation == "update" and not head and key is not None:
            bound = self._row_after(effect.table, ast.unparse(key.tree))
        return f"{head}{f'{bound} = ' if bound else ''}db.{effect.operation}({', '.join(arguments)})"

    def _row_after(self, table: str, key: str) -> str | None:
        """A name for the row that an update gives back, where the answer reads it."""
        place = (table, key)
        if place not in self._read_after or place in self._draft.updated:
            return None
        name = self._draft.updated[place] = self._draft.fresh(f"{table}_after")
        return name

    def _written(self, column: str, value: Expression | None) -> str:
        return f"{quoted(column)}: {'(your choice)' if value is None else self._text(value)}"

    def _of_field(self, field: ReturnField) -> list[Expression]:
        if field.value is not None:
            return [] if field.value.strip() == STATED_ANY else [parse(field.value)]
        query = field.query
        if query is None:
            return []
        texts = [query.where, query.limit, *(order.expression for order in query.order), *query.fields.values()]
        return [parse(text) for text in texts if text is not None]

    def _field(self, field: ReturnField) -> str:
        if field.name in self._found:
            return f"{quoted(field.name)}: {self._found[field.name]}"
        if field.value is None or field.value.strip() == STATED_ANY:
            return f"{quoted(field.name)}: (your choice)"
        return f"{quoted(field.name)}: {self._text(parse(field.value))}"

    def _queried(self, field: str, query: Query) -> Iterator[str]:
        """The rows in order, then the answer that they make: who writes both in one go forgets a part."""
        found = self._draft.fresh("found", f"{field}_found")
        text = f"{found} = [{query.name} for {query.name} in db.find({quoted(query.table)})"
        text += f" if {self._text(parse(query.where))}]" if query.where is not None else "]"
        yield text
        if query.order:
            keys = ", ".join(
                self._text(parse(order.expression)) + (" descending" if order.descending else "")
                for order in query.order
            )
            text = f"sort {found} by {keys}"
            reader = ShapeReader(self._database, {**self._draft.shapes, query.name: row_of(query.table)})
            if any(reader.read(parse(order.expression).tree).nullable for order in query.order):
                text += " (which may be None)"
            yield text
        fields = ", ".join(self._shown(query, name, value) for name, value in query.fields.items())
        cut = "" if query.limit is None else f"[:{self._text(parse(query.limit))}]"
        name = self._found[field] = self._draft.fresh(field, f"{field}_shown")
        yield f"{name} = dicts {{{fields}}} of {found}{cut}"

    def _shown(self, query: Query, name: str, value: str) -> str:
        tree = parse(value).tree
        match tree:
            case ast.Attribute(value=ast.Name(id=query.name), attr=attribute) if attribute == name:
                return name
            case _:
                pass
        return f"{name}: {self._text(parse(value))}"
