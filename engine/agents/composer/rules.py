"""Business rules become requirements: each kind has one way down to the contract language."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from engine.agents.composer.draft import Draft
from engine.agents.composer.names import Resolved, grouped
from engine.agents.composer.naming import snake
from engine.contracts.expression import parse
from engine.models.database import ColumnType, Table
from engine.seeds.problems import Path, nearest
from engine.seeds.rules import (
    Balance,
    Capacity,
    Condition,
    Deadline,
    Limits,
    NoOverlap,
    Ownership,
    Quota,
    RequiresEarlier,
    RowsRule,
    Rule,
    State,
    Uniqueness,
)


@dataclass(frozen=True, slots=True)
class Lowered:
    """A rule as a requirement: its condition, and the code and message it has when the author gives none."""

    condition: str
    code: str
    message: str


class RuleLowering:
    """Lowers the rules of one tool.

    Attributes:
        local: Row names of the place where the rules stand -> table; the item of a batch.
    """

    def __init__(self, draft: Draft, local: Mapping[str, str | None] | None = None) -> None:
        self.draft = draft
        self.names = draft.names
        self.local = dict(local or {})

    def lower(self, rule: Rule, at: Path) -> Lowered:
        """The rule's condition with the author's code and message, or those of its kind.

        Raises:
            BlueprintError: The rule names what does not exist.
        """
        lowered = self._lower(rule, at)
        condition = lowered.condition
        if rule.when is not None:
            condition = _unless(self._resolve(rule.when, (*at, "when")).as_condition(without=False), condition)
        message = lowered.message if rule.message is None else rule.message
        if rule.message is not None:
            message = self.draft.message(rule.message, (*at, "message"))
        return Lowered(condition, rule.code or lowered.code, message)

    def _lower(self, rule: Rule, at: Path) -> Lowered:
        match rule:
            case Ownership():
                return self._ownership(rule, at)
            case Deadline():
                return self._deadline(rule, at)
            case Capacity() | Quota():
                return self._count(rule, at)
            case Balance():
                return self._balance(rule, at)
            case Uniqueness():
                words = self.draft.words_of(self._table(rule, at).name)
                return Lowered(
                    _not(self._some(rule, at)), f"{snake(words)}_exists", f"There is such a {words} already."
                )
            case RequiresEarlier():
                words = self.draft.words_of(self._table(rule, at).name)
                return Lowered(self._some(rule, at), f"no_{snake(words)}_yet", f"That needs a {words} first.")
            case NoOverlap():
                return self._no_overlap(rule, at)
            case Limits():
                return self._limits(rule, at)
            case State():
                return self._state(rule, at)
            case Condition():
                condition = self._resolve(rule.that, (*at, "that"))
                return Lowered(condition.as_condition(without=True), rule.code or "refused", "That is not possible.")

    def _resolve(self, text: str, at: Path, **rows: str) -> Resolved:
        return self.names.resolve(text, at, self.local | rows, anchored=True)

    def _value(self, text: str, at: Path, **rows: str) -> str:
        return self._resolve(text, at, **rows).text

    def _ownership(self, rule: Ownership, at: Path) -> Lowered:
        user = rule.user or self.draft.user
        if user is None:
            raise self.names.problem(at, "no parameter carries the acting user", "give `user: PARAMETER`")
        path = self._resolve(rule.path, (*at, "path"))
        owner = Resolved(f"{path.text} == {self._value(user, (*at, 'user'))}", path.guards)
        called = rule.path.split(".")[0]
        words = called.replace("_", " ")
        return Lowered(owner.as_condition(without=False), f"not_your_{called}", f"The {words} is not yours.")

    def _deadline(self, rule: Deadline, at: Path) -> Lowered:
        side = "before" if rule.before is not None else "after"
        moment = self._resolve(rule.before or rule.after or "", (*at, side))
        kind = self._type(moment.text)
        if kind not in ("date", "datetime"):
            if rule.value is None:
                fix = "name a date or datetime column, or say what is compared with `value: now` or `value: today`"
                raise self.names.problem((*at, side), f"`{moment.text}` is not known to be a moment", fix)
            kind = self._type(self._value(rule.value, (*at, "value"))) or "datetime"
        if kind == "date" and (rule.hours or rule.minutes):
            raise self.names.problem(at, f"`{moment.text}` is a date", "give the lead time in `days`")
        value = "today" if kind == "date" else "now"
        if rule.value is not None:
            value = self._value(rule.value, (*at, "value"))
        minutes = 60 * rule.hours + rule.minutes
        sign = "-" if side == "before" else ""
        limit = moment.text
        if rule.days:
            limit = f"add_days({limit}, {sign}{rule.days})"
        if minutes:
            limit = f"add_minutes({limit}, {sign}{minutes})"
        strict = kind == "datetime" and not rule.days and not minutes
        operator = ">=" if side == "after" else "<" if strict else "<="
        condition = f"{value} {operator} {limit}"
        column = self.names.column_of(moment.text)
        guards = moment.guards
        if column is not None and column.nullable:
            guards = (*guards, moment.text)
        code, message = (
            ("deadline_passed", "It is too late for that.")
            if side == "before"
            else ("too_early", "It is too early for that.")
        )
        return Lowered(Resolved(condition, guards).as_condition(without=True), code, message)

    def _count(self, rule: Capacity | Quota, at: Path) -> Lowered:
        table = self._table(rule, at)
        tests: list[str] = []
        if isinstance(rule, Quota) and rule.column is not None:
            column = self._column(table, rule.column, (*at, "column"))
            clock = "today" if table.column[column].type == "date" else "now"
            tests.append(f"row.{column} > add_days({clock}, -{rule.days})")
        equal, conditions = self._filter(rule, table, at)
        conditions += tests
        if conditions:
            found = f"len([row for row in rows({_arguments(table, equal)}) if {' and '.join(conditions)}])"
        else:
            found = f"count({_arguments(table, equal)})"
        limit = self._resolve(rule.limit, (*at, "limit"))
        adding = self._value(rule.adding, (*at, "adding"))
        bound = f"({limit.text})" if isinstance(parse(limit.text).tree, ast.IfExp) else limit.text
        condition = f"{found} < {bound}" if adding == "1" else f"{found} + {adding} <= {bound}"
        guards = limit.guards
        column = self.names.column_of(limit.text)
        if column is not None and column.nullable:
            guards = (*guards, limit.text)
        words = table.name
        code = f"too_many_{words}s" if rule.rule == "quota" else f"no_room_for_{words}"
        return Lowered(
            Resolved(condition, guards).as_condition(without=True),
            code,
            f"The limit of {limit.text} is reached." if limit.text.isdigit() else "The limit is reached.",
        )

    def _balance(self, rule: Balance, at: Path) -> Lowered:
        has, needs = self._resolve(rule.has, (*at, "has")), self._resolve(rule.needs, (*at, "needs"))
        condition = Resolved(f"{_operand(has.text)} >= {_operand(needs.text)}", (*has.guards, *needs.guards))
        name = rule.has.rpartition(".")[2]
        called = name if name.isidentifier() else "balance"
        return Lowered(
            condition.as_condition(without=False),
            f"insufficient_{called}",
            f"There is not enough {called.replace('_', ' ')}.",
        )

    def _no_overlap(self, rule: NoOverlap, at: Path) -> Lowered:
        table = self._table(rule, at)
        starts = self._column(table, rule.starts, (*at, "starts"))
        if rule.ends is not None:
            end = f"row.{self._column(table, rule.ends, (*at, 'ends'))}"
        else:
            end = f"add_minutes(row.{starts}, row.{self._column(table, rule.lasts or '', (*at, 'lasts'))})"
        wanted_start = self._resolve(rule.start, (*at, "start"))
        wanted_end = self._resolve(rule.end, (*at, "end"))
        equal, conditions = self._filter(rule, table, at)
        for column in (rule.starts, rule.ends or rule.lasts):
            if column is not None and table.column[column].nullable:
                conditions.append(f"row.{column} is not None")
        conditions += [f"row.{starts} < {_operand(wanted_end.text)}", f"{end} > {_operand(wanted_start.text)}"]
        some = f"any({' and '.join(conditions)} for row in rows({_arguments(table, equal)}))"
        condition = Resolved(f"not {some}", (*wanted_start.guards, *wanted_end.guards)).as_condition(without=True)
        return Lowered(
            condition, f"{table.name}_overlaps", f"Another {self.draft.words_of(table.name)} is at that time."
        )

    def _limits(self, rule: Limits, at: Path) -> Lowered:
        value = self._resolve(rule.value, (*at, "value"))
        low = None if rule.minimum is None else self._resolve(rule.minimum, (*at, "minimum"))
        high = None if rule.maximum is None else self._resolve(rule.maximum, (*at, "maximum"))
        text = _operand(value.text)
        if low is not None:
            text = f"{_operand(low.text)} <= {text}"
        if high is not None:
            text = f"{text} <= {_operand(high.text)}"
        guards = tuple(guard for part in (value, low, high) if part is not None for guard in part.guards)
        called = snake(rule.value.rpartition(".")[2])
        condition = Resolved(text, guards).as_condition(without=True)
        return Lowered(condition, f"{called}_out_of_range", f"The {called.replace('_', ' ')} is out of range.")

    def _state(self, rule: State, at: Path) -> Lowered:
        column = self._resolve(rule.column, (*at, "column"))
        values = rule.is_in or rule.not_in
        known = self.names.column_of(column.text)
        if known is None and "." in column.text:
            owner = self.local.get(column.text.split(".")[0])
            known = self.draft.database.table[owner].column.get(column.text.split(".")[1]) if owner else None
        if known is not None and known.enum is not None:
            for value in values:
                if value not in known.enum:
                    key = "in" if rule.is_in else "not_in"
                    raise self.names.problem(
                        (*at, key), f"`{known.name}` has no value `{value}`", nearest(value, known.enum)
                    )
        condition = Resolved(_among(column.text, values, negated=bool(rule.not_in)), column.guards)
        row, _, name = rule.column.rpartition(".")
        words = f"{row.replace('.', ' ').replace('_', ' ')}"
        code = (
            f"{snake(row.split('.')[-1])}_not_{values[0]}"
            if rule.is_in
            else f"{snake(row.split('.')[-1])}_is_{values[0]}"
        )
        return Lowered(
            condition.as_condition(without=True), code, f"The {words} has the wrong {name.replace('_', ' ')}."
        )

    # Rules over rows

    def _table(self, rule: RowsRule, at: Path) -> Table:
        tables = self.draft.database.table
        if rule.rows not in tables:
            raise self.names.problem((*at, "rows"), f"no entity `{rule.rows}`", nearest(rule.rows, tables))
        return tables[rule.rows]

    def _column(self, table: Table, column: str, at: Path) -> str:
        if column not in table.column:
            raise self.names.problem(at, f"`{table.name}` has no column `{column}`", nearest(column, table.column))
        return column

    def _filter(self, rule: RowsRule, table: Table, at: Path) -> tuple[dict[str, str], list[str]]:
        """Equalities for the lookup, and the other conditions over `row`."""
        equal: dict[str, str] = {}
        conditions: list[str] = []
        for column, text in rule.match.items():
            self._column(table, column, (*at, "match", column))
            equal[column] = self._value(text, (*at, "match", column))
        for column, values in rule.among.items():
            self._column(table, column, (*at, "among", column))
            enum = table.column[column].enum
            for value in values:
                if enum is not None and value not in enum:
                    raise self.names.problem(
                        (*at, "among", column), f"`{column}` has no value `{value}`", nearest(value, enum)
                    )
            if len(values) == 1:
                equal[column] = repr(values[0])
            else:
                conditions.append(_among(f"row.{column}", values))
        if rule.where is not None:
            where = self._resolve(rule.where, (*at, "where"), row=table.name)
            text = where.as_condition(without=False)
            conditions.append(
                f"({text})" if isinstance(parse(text).tree, ast.BoolOp | ast.IfExp) and not _is_and(text) else text
            )
        return equal, conditions

    def _some(self, rule: RowsRule, at: Path) -> str:
        table = self._table(rule, at)
        equal, conditions = self._filter(rule, table, at)
        if not conditions:
            return f"exists({_arguments(table, equal)})"
        return f"any({' and '.join(conditions)} for row in rows({_arguments(table, equal)}))"

    def _type(self, text: str) -> ColumnType | None:
        """The type of a simple expression, where it can be told."""
        if text in ("now", "today"):
            return "datetime" if text == "now" else "date"
        column = self.names.column_of(text)
        if column is not None:
            return column.type
        tree = parse(text).tree
        if isinstance(tree, ast.Name) and tree.id in self.names.parameters:
            return self.names.parameters[tree.id].type
        if isinstance(tree, ast.Attribute):
            for name, table in self.local.items():
                if isinstance(tree.value, ast.Name) and tree.value.id == name and table is not None:
                    found = self.draft.database.table[table].column.get(tree.attr)
                    return found.type if found is not None else None
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
            if tree.func.id == "add_days" and tree.args:
                return self._type(ast.unparse(tree.args[0]))
            kinds: dict[str, ColumnType] = {"add_minutes": "datetime", "date_of": "date"}
            return kinds.get(tree.func.id)
        return None


def _arguments(table: Table, equal: Mapping[str, str]) -> str:
    return ", ".join([repr(table.name), *(f"{column}={value}" for column, value in equal.items())])


def _among(subject: str, values: tuple[str, ...], *, negated: bool = False) -> str:
    if len(values) == 1:
        return f"{subject} {'!=' if negated else '=='} {values[0]!r}"
    return f"{subject} {'not in' if negated else 'in'} ({', '.join(map(repr, values))})"


def _is_and(text: str) -> bool:
    tree = parse(text).tree
    return isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And)


_OPPOSITE: dict[type[ast.cmpop], str] = {ast.IsNot: "is", ast.Is: "is not", ast.Eq: "!=", ast.NotEq: "=="}


def _not(text: str) -> str:
    return f"not {text}"


def _operand(text: str) -> str:
    """The expression in brackets where it needs them beside a comparison."""
    tree = parse(text).tree
    return (
        f"({text})"
        if isinstance(tree, ast.BoolOp | ast.IfExp | ast.Compare | ast.UnaryOp) and not text.startswith("-")
        else text
    )


def _unless(when: str, condition: str) -> str:
    """`condition` wherever `when` holds."""
    tree = parse(when).tree
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1:
        opposite = _OPPOSITE.get(type(tree.ops[0]))
        if opposite is not None:
            left, right = ast.unparse(tree.left), ast.unparse(tree.comparators[0])
            return f"{left} {opposite} {right} or {grouped(condition)}"
    return f"not ({when}) or {grouped(condition)}"
