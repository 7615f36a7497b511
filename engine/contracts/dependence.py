"""What an expression needs in order to have a value: names that are certainly read, and values that must not be null.

The evaluator works bindings out lazily; written code works them out in a line of their own. The two agree as long
as a binding that is read only behind a guard gets a guard of its own, which is what this module finds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.contracts.expression import CLOCK_NAMES, STATE_FUNCTIONS, Expression
from engine.contracts.shapes import Shape, ShapeReader
from engine.models.database import DatabaseSchema

_RISKY = frozenset({"min", "max", "int", "float"})  # may be undefined for reasons that no null test rules out
_ANY_MOMENT = frozenset({"date", "datetime"})
_MOMENTS = {
    "add_days": _ANY_MOMENT,
    "days_between": _ANY_MOMENT,
    "weekday": _ANY_MOMENT,
    "add_minutes": _ANY_MOMENT,
    "minutes_between": _ANY_MOMENT,
    "time_of": frozenset({"datetime"}),
}  # what they need: other texts may not be moments at all


def names_in(node: ast.AST) -> frozenset[str]:
    """Every name that occurs, functions and comprehension variables aside; `now` and `today` included."""
    called: set[int] = set()
    variables: set[str] = set()
    names: list[ast.Name] = []
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            names.append(each)
        elif isinstance(each, ast.Call):
            called.add(id(each.func))
        elif isinstance(each, ast.comprehension) and isinstance(each.target, ast.Name):
            variables.add(each.target.id)
    return frozenset(name.id for name in names if id(name) not in called and name.id not in variables)


def certain_names(node: ast.expr) -> Iterator[str]:
    """The names that are read however the evaluation goes."""
    match node:
        case ast.Name():
            yield node.id
        case ast.BoolOp():
            yield from certain_names(node.values[0])
        case ast.IfExp():
            yield from certain_names(node.test)
        case ast.Compare():
            yield from certain_names(node.left)
            yield from certain_names(node.comparators[0])
        case ast.ListComp() | ast.GeneratorExp():
            yield from certain_names(node.generators[0].iter)
        case ast.Call():
            for argument in (*node.args, *[keyword.value for keyword in node.keywords]):
                yield from certain_names(argument)
        case _:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    yield from certain_names(child)


def known_by(condition: ast.expr, holds: bool = True) -> Iterator[str]:
    """What a condition that holds (or does not) says: texts of expressions that are then not null or not empty."""
    match condition:
        case ast.BoolOp() if isinstance(condition.op, ast.And) is holds:
            for value in condition.values:
                yield from known_by(value, holds)
        case ast.UnaryOp(op=ast.Not()):
            yield from known_by(condition.operand, not holds)
        case ast.Compare(left=left, ops=[ast.IsNot()]) if holds:
            yield ast.unparse(left)
        case ast.Compare(left=left, ops=[ast.Is()]) if not holds:
            yield ast.unparse(left)
        case ast.Name() | ast.Attribute() if holds:
            yield ast.unparse(condition)
        case _:
            return


@dataclass(slots=True)
class Needs:
    """What must hold for an expression to have a value.

    Attributes:
        present: Text -> expression that must not be null, in order of evaluation.
        filled: Text -> expression that must be a list with items.
        risky: Whether it may be undefined for other reasons.
    """

    present: dict[str, ast.expr] = field(default_factory=dict)
    filled: dict[str, ast.expr] = field(default_factory=dict)
    risky: bool = False


def needs_of(expression: Expression, shapes: Mapping[str, Shape], database: DatabaseSchema) -> Needs:
    """What an expression needs, apart from what it guards itself."""
    finder = _Finder(shapes, database)
    finder.visit(expression.tree)
    return finder.needs


class _Finder:
    def __init__(self, shapes: Mapping[str, Shape], database: DatabaseSchema) -> None:
        self.needs = Needs()
        self._shapes = shapes
        self._database = database
        self._local: set[str] = set()

    def visit(self, node: ast.expr) -> None:
        match node:
            case ast.BoolOp():
                self.visit(node.values[0])
                known: set[str] = set()
                for value, following in zip(node.values, node.values[1:], strict=False):
                    known |= set(known_by(value, isinstance(node.op, ast.And)))
                    self._branch(following, known)
            case ast.IfExp():
                self.visit(node.test)
                self._branch(node.body, set(known_by(node.test)))
                self._branch(node.orelse, set(known_by(node.test, holds=False)))
            case ast.Attribute():
                self.visit(node.value)
                self._present(node.value)
            case ast.Subscript():
                self.visit(node.value)
                self._filled(node)
            case ast.BinOp():
                self._strict([node.left, node.right])
                divides = isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Mod))
                self.needs.risky |= divides and not (isinstance(node.right, ast.Constant) and bool(node.right.value))
            case ast.UnaryOp():
                self.visit(node.operand)
                if isinstance(node.op, ast.USub):
                    self._present(node.operand)
            case ast.Compare():
                self._comparison(node)
            case ast.ListComp() | ast.GeneratorExp():
                self._loop(node)
            case ast.Call():
                self._call(node)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.visit(child)

    def _branch(self, node: ast.expr, known: set[str]) -> None:
        """What is evaluated only sometimes must have what it needs by its own condition."""
        finder = _Finder(self._shapes, self._database)
        finder._local = self._local
        finder.visit(node)
        needs = finder.needs
        self.needs.risky |= needs.risky or bool((set(needs.present) | set(needs.filled)) - known)

    def _strict(self, nodes: list[ast.expr]) -> None:
        for node in nodes:
            self.visit(node)
            self._present(node)

    def _comparison(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for operand in operands:
            self.visit(operand)
        for left, op, right in zip(operands, node.ops, operands[1:], strict=False):
            if isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
                self._present(left)
                self._present(right)
            elif isinstance(op, (ast.In, ast.NotIn)):
                self._present(right)

    def _call(self, node: ast.Call) -> None:
        assert isinstance(node.func, ast.Name)
        arguments = [*node.args, *[keyword.value for keyword in node.keywords]]
        if node.func.id in STATE_FUNCTIONS or node.func.id == "str":
            for argument in arguments:
                self.visit(argument)
            return
        self._strict(arguments)
        self.needs.risky |= node.func.id in _RISKY
        if node.func.id in ("sum", "sorted"):
            item = ShapeReader(self._database, self._shapes).read(node.args[0]).item
            self.needs.risky |= item is not None and item.nullable
        wanted = _MOMENTS.get(node.func.id)
        if wanted is not None:
            moments = node.args[:1] if node.func.id.startswith("add_") else node.args
            self.needs.risky |= any(self._type(argument) not in wanted for argument in moments)

    def _type(self, node: ast.expr) -> str | None:
        return None if names_in(node) & self._local else ShapeReader(self._database, self._shapes).read(node).type

    def _loop(self, node: ast.ListComp | ast.GeneratorExp) -> None:
        clause = node.generators[0]
        assert isinstance(clause.target, ast.Name)
        self._strict([clause.iter])
        self._local.add(clause.target.id)
        guarded: set[str] = set()
        for test in clause.ifs:
            self.visit(test)
            guarded |= set(known_by(test))
        before = dict(self.needs.present)
        self.visit(node.elt)
        for text in guarded - set(before):
            self.needs.present.pop(text, None)
        self._local.discard(clause.target.id)

    def _present(self, node: ast.expr) -> None:
        if names_in(node) & self._local:
            return
        reader = ShapeReader(self._database, self._shapes)
        if not reader.read(node).nullable:
            return
        if isinstance(node, (ast.Name, ast.Attribute)):
            self.needs.present[ast.unparse(node)] = node
        else:
            self.needs.risky = True

    def _filled(self, node: ast.Subscript) -> None:
        first_or_last = ast.unparse(node.slice) in ("0", "-1")
        if isinstance(node.value, ast.Name) and first_or_last and node.value.id not in self._local:
            self.needs.filled[node.value.id] = node.value
        else:
            self.needs.risky = True


def clock_names_in(node: ast.AST) -> frozenset[str]:
    """Which of `now` and `today` occur."""
    return names_in(node) & CLOCK_NAMES
