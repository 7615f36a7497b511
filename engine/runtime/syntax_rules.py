"""Which syntax and names tool code may use, and the refusals that say where it does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from engine.runtime.language import (
    ATTRIBUTE_REASONS,
    ATTRIBUTES,
    BUILTINS,
    DATABASE_METHODS,
    IMPORTS,
    MATH,
    NAME_REASONS,
    ORDERLESS,
    SETS,
    SYNTAX,
    SYNTAX_REASONS,
    TOOL_FUNCTIONS,
    TYPES,
)
from engine.runtime.parsing import Refusal


def syntax_refusals(tree: ast.Module) -> list[Refusal]:
    """Everything in a module that is not tool code, in line order."""
    reader = _Reader()
    reader.module(tree)
    return sorted(reader.refusals, key=lambda refusal: refusal.line)


class _Reader(ast.NodeVisitor):
    """Walks the code with the names that each scope binds."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []
        self._scopes: list[set[str]] = []
        self._functions: set[str] = set()  # nested functions: to be called, never to be passed on
        self._imported: set[str] = set()

    def refuse(self, node: ast.AST, reason: str, remedy: str = "") -> None:
        """Notes a refusal at the node's line."""
        self.refusals.append(Refusal(line=getattr(node, "lineno", 1), reason=reason, remedy=remedy))

    # The module and its functions.

    def module(self, tree: ast.Module) -> None:
        """Reads a module: a docstring, imports and exactly one function."""
        functions = 0
        for place, node in enumerate(tree.body):
            if isinstance(node, ast.FunctionDef):
                functions += 1
                if functions > 1:
                    self.refuse(node, "a tool is one function", "define what it needs inside it")
                self._tool(node)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self._import(node)
            elif not isinstance(node, SYNTAX):
                self.visit(node)
            elif not (place == 0 and isinstance(node, ast.Expr) and _is_text(node.value)):
                self.refuse(node, "only one function may stand at the top", "move it into the function")
        if not functions:
            self.refuse(tree.body[0] if tree.body else tree, "there is no function", "write the tool as a function")

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name != "math" or alias.asname:
                    self.refuse(node, f"`import {alias.name}` is not allowed", self._import_remedy())
            self._imported.add("math")
            return
        allowed = IMPORTS.get(node.module or "", frozenset[str]())
        for alias in node.names:
            if node.level or alias.name not in allowed or alias.asname:
                what = f"from {'.' * node.level}{node.module or ''} import {alias.name}"
                self.refuse(node, f"`{what}` is not allowed", self._import_remedy())
            self._imported.add(alias.name)

    @staticmethod
    def _import_remedy() -> str:
        return "only `import math` and `from datetime import date, datetime, time, timedelta` are"

    def _tool(self, node: ast.FunctionDef) -> None:
        arguments = node.args
        if not arguments.args or arguments.args[0].arg != "db":
            self.refuse(node, "the first parameter must be `db`", "write `db: Database` first")
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            self.refuse(node, "only plain parameters are allowed", "name each parameter of the schema")
        self._function(node)

    def _function(self, node: ast.FunctionDef) -> None:
        for decorator in node.decorator_list:
            self.refuse(decorator, "decorators are not allowed", "drop it")
        if getattr(node, "type_params", None):
            self.refuse(node, "type parameters are not allowed", "drop them")
        arguments = node.args
        for default in [*arguments.defaults, *[value for value in arguments.kw_defaults if value is not None]]:
            if not _is_constant(default):
                self.refuse(default, "a default must be a plain value", "use None and fill it in")
        everyone = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        everyone += [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
        for annotation in [*[argument.annotation for argument in everyone], node.returns]:
            if annotation is not None:
                self._annotation(annotation)
        for argument in everyone:
            self._bind(argument, argument.arg, parameter=True)
        bound = {argument.arg for argument in everyone} | _stored(node.body)
        self._scopes.append(bound)
        for statement in node.body:
            self.visit(statement)
        self._scopes.pop()

    def _annotation(self, node: ast.expr) -> None:
        for part in ast.walk(node):
            known = isinstance(part, ast.Name) and (part.id in TYPES or part.id == "Database")
            none = isinstance(part, ast.Constant) and part.value is None
            if (
                not known
                and not none
                and not isinstance(part, (ast.Subscript, ast.Tuple, ast.BinOp, ast.BitOr, ast.Load))
            ):
                self.refuse(
                    node, f"`{ast.unparse(node)}` is not a type of tool code", "use str, int, float, bool, list, dict"
                )
                return

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A function within the tool."""
        self._bind(node, node.name)
        self._functions.add(node.name)
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """A lambda (where it may stand is checked at the call)."""
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults or arguments.posonlyargs:
            self.refuse(node, "a lambda takes plain parameters only")
        for argument in arguments.args:
            self._bind(argument, argument.arg)
        self._scopes.append({argument.arg for argument in arguments.args})
        self.visit(node.body)
        self._scopes.pop()

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.visit(node.generators[0].iter)  # evaluated outside
        bound = {name for generator in node.generators for name in _targets(generator.target)}
        self._scopes.append(bound)
        for place, generator in enumerate(node.generators):
            if generator.is_async:
                self.refuse(node, "a tool is a plain function", "drop `async`")
            self.visit(generator.target)
            if place:
                self.visit(generator.iter)
            for condition in generator.ifs:
                self.visit(condition)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(part)
        self._scopes.pop()

    visit_ListComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_SetComp(self, node: ast.SetComp) -> None:
        """A set comprehension that no order-free function takes."""
        self._loose_set(node)
        self._comprehension(node)

    def visit_Set(self, node: ast.Set) -> None:
        """A set display that no order-free function takes."""
        self._loose_set(node)
        self.generic_visit(node)

    # Names and attributes.

    def _bind(self, node: ast.AST, name: str, *, parameter: bool = False) -> None:
        if name.startswith("__") or not name.isascii():
            self.refuse(node, f"`{name}` is not a name for tool code", "use plain names")
        elif name == "db" and not parameter:
            self.refuse(node, "`db` must stay what it is", "use another name")
        elif name in TOOL_FUNCTIONS | self._imported and not parameter:
            self.refuse(node, f"`{name}` hides what tool code can use", "use another name")

    def _is_local(self, name: str) -> bool:
        return any(name in scope for scope in self._scopes)

    def visit_Name(self, node: ast.Name) -> None:
        """A name that is read or bound."""
        name = node.id
        if not isinstance(node.ctx, ast.Load):
            self._bind(node, name)
        elif name == "db":
            self.refuse(node, "`db` may only be used as `db.method(...)`", "call its methods directly")
        elif self._is_local(name):
            if name in self._functions:
                self.refuse(node, f"the function `{name}` must be called, not passed on", "call it")
        elif name in BUILTINS or name in TOOL_FUNCTIONS:
            self.refuse(node, f"`{name}` must be called, not passed on", "call it")
        elif name not in self._imported:
            self._unknown(node, name)

    def _unknown(self, node: ast.AST, name: str) -> None:
        reason, remedy = NAME_REASONS.get(name, ("is not a name that tool code knows", ""))
        self.refuse(node, f"`{name}` {reason}", remedy)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """An attribute of a value; those of `db` are read at the call."""
        name = node.attr
        if isinstance(node.value, ast.Name) and node.value.id == "db":
            if name not in DATABASE_METHODS:
                self.refuse(node, f"`db.{name}` does not exist for tools", f"use {', '.join(DATABASE_METHODS)}")
            else:
                self.refuse(node, f"`db.{name}` must be called, not passed on", f"write db.{name}(...)")
            return
        self._attribute(node)
        self.visit(node.value)

    def _attribute(self, node: ast.Attribute) -> None:
        name = node.attr
        if not isinstance(node.ctx, ast.Load):
            self.refuse(node, f"attributes can't be set: `.{name}`", "use a dict")
        elif name.startswith("_"):
            self.refuse(node, f"`.{name}` looks into the interpreter", "use the values themselves")
        elif name in ATTRIBUTE_REASONS:
            reason, remedy = ATTRIBUTE_REASONS[name]
            self.refuse(node, f"`.{name}` {reason}", remedy)
        elif isinstance(node.value, ast.Name) and node.value.id == "math" and "math" in self._imported:
            if name not in MATH:
                self.refuse(node, f"`math.{name}` is not available", f"use {', '.join(sorted(MATH))}")
        elif name not in ATTRIBUTES:
            self.refuse(node, f"`.{name}` is not available to tool code", 'columns are read as row["column"]')

    # Calls.

    def visit_Call(self, node: ast.Call) -> None:
        """A call: of `db`, of a known function, or of a method of a value."""
        function = node.func
        if isinstance(function, ast.Attribute):
            if isinstance(function.value, ast.Name) and function.value.id == "db":
                self._database_call(node, function)
            else:
                self._attribute(function)
                self.visit(function.value)
        elif isinstance(function, ast.Name):
            self._named_call(node, function)
        else:
            self.refuse(node, "only named functions can be called", "give it a name")
            self.visit(function)
        for argument in node.args:
            self._argument(node, argument)
        for keyword in node.keywords:
            if keyword.arg == "key":
                self._sort_key(keyword.value)
            else:
                self._argument(node, keyword.value)

    def _sort_key(self, node: ast.expr) -> None:
        """What follows `key=`: the only place where a function may stand without being called."""
        if isinstance(node, ast.Lambda):
            self.visit_Lambda(node)
            return
        name = node.id if isinstance(node, ast.Name) else ""
        known = name in self._functions if self._is_local(name) else name in BUILTINS | TOOL_FUNCTIONS
        if not known:
            self.refuse(node, "`key=` takes a lambda or a known function", "write a lambda")

    def _database_call(self, node: ast.Call, function: ast.Attribute) -> None:
        if function.attr not in DATABASE_METHODS:
            self.visit_Attribute(function)
        elif any(isinstance(argument, ast.Starred) for argument in node.args) or any(
            keyword.arg is None for keyword in node.keywords
        ):
            self.refuse(node, f"db.{function.attr} takes its arguments one by one", "write them out")

    def _named_call(self, node: ast.Call, function: ast.Name) -> None:
        name = function.id
        if name == "db":
            self.visit_Name(function)
        elif self._is_local(name):
            if name not in self._functions:
                self.refuse(node, f"`{name}` is a value, not a function", "call a function")
        elif name not in BUILTINS and name not in TOOL_FUNCTIONS and name not in self._imported:
            self._unknown(node, name)
        elif name in SETS:
            self._loose_set(node)
        elif name == "round" and (len(node.args) != 1 or node.keywords):
            self.refuse(node, "interpreters differ on round with digits", "use money(x) for cents")

    def _argument(self, call: ast.Call, argument: ast.expr) -> None:
        """An argument; sets and types may stand here where their order can't be seen."""
        name = call.func.id if isinstance(call.func, ast.Name) and not self._is_local(call.func.id) else ""
        if name == "isinstance" and _only_types(argument):
            return
        keyed = any(keyword.arg == "key" for keyword in call.keywords)
        if name in ORDERLESS and not keyed:
            self._set_free(argument)
        elif name in SETS:
            self._inner(argument)
        else:
            self.visit(argument)

    def _set_free(self, node: ast.expr) -> None:
        """Visits an expression whose order can't be seen, so that it may be a set."""
        if _is_set(node):
            self._inner(node)
        else:
            self.visit(node)

    def _inner(self, node: ast.expr) -> None:
        if isinstance(node, ast.Set):
            self.generic_visit(node)
        elif isinstance(node, ast.SetComp):
            self._comprehension(node)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in SETS
            and not self._is_local(node.func.id)
        ):
            for argument in node.args:
                self._inner(argument)
        else:
            self.visit(node)

    def _loose_set(self, node: ast.AST) -> None:
        self.refuse(node, "the order of a set differs between runs", "use a list or dict, or sorted(...)")

    def visit_Compare(self, node: ast.Compare) -> None:
        """A comparison; on the right of `in` a set is fine."""
        self.visit(node.left)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, (ast.In, ast.NotIn)):
                self._set_free(right)
            else:
                self.visit(right)

    # All other syntax.

    def visit_Import(self, node: ast.Import) -> None:
        """An import within the function."""
        self.refuse(node, "imports stand at the top", "move it there")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """An import within the function."""
        self.refuse(node, "imports stand at the top", "move it there")

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """An annotated assignment: the annotation has its own words."""
        self._annotation(node.annotation)
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A literal."""
        if isinstance(node.value, (bytes, complex)) or node.value is ...:
            self.refuse(node, f"`{node.value!r}` is not a value of tool code", "use text, numbers, True, False, None")

    def visit_For(self, node: ast.For) -> None:
        """A loop."""
        if node.orelse:
            self.refuse(node, "`for ... else` is hard to read", "use a flag")
        self.generic_visit(node)

    def visit(self, node: ast.AST) -> None:
        """Refuses every node that is not on the list, with the reason where there is one; visits the others."""
        if not isinstance(node, SYNTAX):
            known = next((SYNTAX_REASONS[kind] for kind in type(node).__mro__ if kind in SYNTAX_REASONS), None)
            reason, remedy = known or (f"`{type(node).__name__}` is not part of tool code", "")
            self.refuse(node, reason, remedy)
            return
        if isinstance(node, ast.Lambda):
            self.refuse(node, "a lambda may only stand as `key=`", "define a function")
        super().visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        """Visits the parts; operators have no line of their own."""
        if isinstance(node, (ast.BinOp, ast.AugAssign, ast.UnaryOp)) and not isinstance(node.op, SYNTAX):
            reason, remedy = SYNTAX_REASONS.get(
                type(node.op), (f"`{type(node.op).__name__}` is not part of tool code", "")
            )
            self.refuse(node, reason, remedy)
            return
        super().generic_visit(node)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant)


def _is_set(node: ast.expr) -> bool:
    return isinstance(node, (ast.Set, ast.SetComp)) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SETS
    )


def _only_types(node: ast.expr) -> bool:
    names = node.elts if isinstance(node, ast.Tuple) else [node]
    return all(isinstance(name, ast.Name) and name.id in TYPES for name in names)


def _targets(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id


def _stored(body: list[ast.stmt]) -> set[str]:
    """Names that statements bind in their own scope, not in functions and comprehensions within."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            # Only an assignment expression reaches out of a comprehension.
            found.update(part.target.id for part in ast.walk(node) if isinstance(part, ast.NamedExpr))
        elif not isinstance(node, ast.Lambda):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            waiting.extend(ast.iter_child_nodes(node))
    return found
