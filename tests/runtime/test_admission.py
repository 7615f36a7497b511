"""What admission refuses, with line and reason, and that good code passes."""

from __future__ import annotations

import ast
import inspect

import pytest

from engine.contracts.source import write_source
from engine.models.tool import Contract, Parameter, Tool
from engine.runtime import functions, prelude
from engine.runtime.admission import admit, admit_all, signature
from engine.runtime.language import DATABASE_METHODS, TOOL_FUNCTIONS
from engine.runtime.typecheck import stub
from tests.contracts.shop import SHOP, TOOLS
from tests.runtime.matching_cases import DATABASE

PARAMETERS = (
    Parameter(name="job_id", type="text"),
    Parameter(name="count", type="integer", required=False, default=3),
    Parameter(name="names", type="text", array=True, required=False),
)
HEAD = "def book(db: Database, job_id: str, count: int = 3, names: list[str] | None = None) -> dict:\n"


def tool(source: str, name: str = "book") -> Tool:
    return Tool(
        name=name,
        description="Books.",
        category="create",
        entity="job",
        parameters=PARAMETERS,
        contract=Contract(),
        source=source,
    )


def refused(source: str) -> list[tuple[int, str]]:
    return [(refusal.line, refusal.reason) for refusal in admit(tool(source), DATABASE)]


def body(*lines: str) -> str:
    return HEAD + "".join(f"    {line}\n" for line in lines)


GOOD = body(
    '"""Books a seat."""',
    'job = db.get("job", job_id)',
    "if job is None:",
    '    db.reject("job_not_found", f"No job {job_id!r}.")',
    'people = db.find("person", {"email": {"in": names or []}, "best_job_id": job_id})',
    "def first(rows: list) -> str:",
    '    return rows[0]["email"] if rows else ""',
    "total = 0.0",
    "for place, person in enumerate(people):",
    '    total += job["salary"] * place',
    '    if person["email"] in {"a", "b"} or place > count:',
    "        break",
    'emails = sorted(set(row["email"] for row in people))',
    'people.sort(key=lambda row: (row["email"], row["person_id"]))',
    'seat = db.insert("seat", {"job_id": job_id, "number": count, "note": None})',
    'db.update("job", job_id, {"salary": money(total), "views": job["views"] + 1})',
    'longest = max(emails, key=len, default="")',
    'day = add_days(db.now(), 3)[:10] if (left := len(emails)) else ""',
    'return {"emails": emails, "first": first(people), "longest": longest, "day": day, "left": left, **seat}',
)


def test_good_code_passes() -> None:
    assert refused(GOOD) == []


def test_imports_of_the_short_list_pass() -> None:
    imports = "import math\nfrom datetime import date, timedelta\n\n\n"
    lines = body(
        "day = date.fromisoformat(db.now()[:10]) + timedelta(days=count)",
        'return {"day": day.isoformat(), "n": math.floor(count / 2)}',
    )
    assert refused(imports + lines) == []


def test_what_the_composer_writes_passes() -> None:
    written = [tool.model_copy(update={"source": write_source(tool, SHOP)}) for tool in TOOLS]
    assert {name: found for name, found in admit_all(written, SHOP).items() if found} == {}


ATTACKS = {
    "import os": ("import os\n" + body("return {}"), 1, "`import os` is not allowed"),
    "import as": ("import math as os\n" + body("return {}"), 1, "not allowed"),
    "from os": ("from os import system\n" + body("return {}"), 1, "`from os import system` is not allowed"),
    "star import": ("from datetime import *\n" + body("return {}"), 1, "`from datetime import *` is not allowed"),
    "relative import": ("from .prelude import Database\n" + body("return {}"), 1, "not allowed"),
    "import inside": (body("import math", "return {}"), 2, "imports stand at the top"),
    "__import__": (body('return {"x": __import__("os")}'), 2, "`__import__` runs text as code"),
    "eval": (body('return {"x": eval("1")}'), 2, "`eval` runs text as code"),
    "exec": (body('exec("x = 1")', "return {}"), 2, "`exec` runs text as code"),
    "open": (body('return {"x": open("/etc/passwd").read()}'), 2, "`open` reaches outside the database"),
    "print": (body("print(job_id)", "return {}"), 2, "`print` reaches outside the database"),
    "getattr": (body('return {"x": getattr(db, "rows")}'), 2, "`getattr` looks into the interpreter"),
    "globals": (body('return {"x": globals()}'), 2, "`globals` looks into the interpreter"),
    "type": (body('return {"x": type(job_id)}'), 2, "`type` looks into the interpreter"),
    "hash": (body('return {"x": hash(job_id)}'), 2, "`hash` differs between runs"),
    "id": (body('return {"x": id(job_id)}'), 2, "`id` differs between runs"),
    "dunder attribute": (body('return {"x": ().__class__.__bases__}'), 2, "`.__bases__` looks into the interpreter"),
    "dunder name": (body('return {"x": __builtins__}'), 2, "`__builtins__` is not a name"),
    "dunder local": (body("__builtins__ = {}", "return {}"), 2, "`__builtins__` is not a name"),
    "private of db": (body("db._base = None", "return {}"), 2, "`db._base` does not exist for tools"),
    "undo of db": (body("db.undo()", "return {}"), 2, "`db.undo` does not exist for tools"),
    "db passed on": (body('return {"x": str(db)}'), 2, "`db` may only be used as `db.method(...)`"),
    "db renamed": (body("x = db", "return {}"), 2, "`db` may only be used as `db.method(...)`"),
    "db replaced": (body("db = {}", "return {}"), 2, "`db` must stay what it is"),
    "method passed on": (body("x = db.get", "return {}"), 2, "`db.get` must be called, not passed on"),
    "format reaches in": (body('return {"x": "{0.__class__}".format(job_id)}'), 2, "`.format` can reach into objects"),
    "gi_frame": (body('return {"x": (x for x in [1]).gi_frame}'), 2, "`.gi_frame` is not available"),
    "datetime.now": (
        "from datetime import datetime\n" + body('return {"x": datetime.now().isoformat()}'),
        3,
        "`.now` reads the machine's clock",
    ),
    "date.today": ("from datetime import date\n" + body('return {"x": date.today().day}'), 3, "`.today` reads the"),
    "class": (body("class A:", "    pass", "return {}"), 2, "classes are not part of tool code"),
    "top class": ("class A:\n    pass\n" + body("return {}"), 1, "classes are not part of tool code"),
    "try": (body("try:", '    db.reject("a", "b")', "except ValueError:", "    pass", "return {}"), 2, "catch errors"),
    "raise": (body('raise ValueError("x")'), 2, "a tool does not raise"),
    "assert": (body("assert count", "return {}"), 2, "a tool does not assert"),
    "with": (body("with job_id:", "    pass", "return {}"), 2, "`with` is not part of tool code"),
    "while": (body("while True:", "    pass"), 2, "`while` may never end"),
    "global": (body("global cache", "cache = 1", "return {}"), 2, "keeps nothing between calls"),
    "nonlocal": (body("def f() -> int:", "    nonlocal count", "    return 1", "return {}"), 3, "`nonlocal`"),
    "del": (body("del count", "return {}"), 2, "`del` is not part of tool code"),
    "yield": (body("yield 1"), 2, "a tool is not a generator"),
    "await": (body("await job_id", "return {}"), 2, "a tool is a plain function"),
    "async def": ("async " + GOOD, 1, "a tool is a plain function"),
    "match": (body("match count:", "    case 1:", "        pass", "return {}"), 2, "`match` is not part"),
    "decorator": ("@staticmethod\n" + body("return {}"), 1, "decorators are not allowed"),
    "mutable default": (GOOD.replace("names: list[str] | None = None", "names: list[str] = []"), 1, "plain value"),
    "running default": (
        GOOD.replace("count: int = 3", "count: int = len('abc')"),
        1,
        "a default must be a plain value",
    ),
    "running annotation": (GOOD.replace("job_id: str", 'job_id: print("x")'), 1, "is not a type of tool code"),
    "text annotation": (GOOD.replace("job_id: str", 'job_id: "str"'), 1, "is not a type of tool code"),
    "top statement": ("CACHE = {}\n" + body("return {}"), 1, "only one function may stand at the top"),
    "second function": (body("return {}") + "def other() -> dict:\n    return {}\n", 3, "a tool is one function"),
    "nothing": ("", 1, "there is no function"),
    "power": (body('return {"x": 9 ** 9 ** 9}'), 2, "`**` can take for ever"),
    "shift": (body('return {"x": 1 << 10000000}'), 2, "bit operations"),
    "round digits": (body('return {"x": round(2.675, 2)}'), 2, "interpreters differ on round"),
    "round keyword": (body('return {"x": round(2.675, ndigits=2)}'), 2, "interpreters differ on round"),
    "set loop": (body("for x in {job_id, str(count)}:", "    return {'x': x}", "return {}"), 2, "the order of a set"),
    "set listed": (body('return {"x": list(set(names or []))}'), 2, "the order of a set differs"),
    "set joined": (body('return {"x": ",".join({x for x in names or []})}'), 2, "the order of a set differs"),
    "set kept": (body('seen = {"a"}', "return {}"), 2, "the order of a set differs"),
    "set sorted by key": (body('return {"x": sorted({"a", "b"}, key=len)}'), 2, "the order of a set differs"),
    "set in a set function": (body('return {"x": max({"a", "b"}, key=len)}'), 2, "the order of a set differs"),
    "function passed on": (body("f = sorted", 'return {"x": f([1])}'), 2, "`sorted` must be called, not passed on"),
    "shadowed in a comprehension": (
        body("x = [eval for eval in [1]]", 'return {"x": eval("1")}'),
        3,
        "`eval` runs text",
    ),
    "shadowed in a lambda": (
        body('x = [sorted(y, key=lambda z: (eval := 1)) for y in ["a"]]', 'return {"x": sorted(["1"], key=eval)}'),
        3,
        "`key=` takes a lambda",
    ),
    "shadowed source": (body('return {"x": [eval for eval in eval("[1]")]}'), 2, "`eval` runs text as code"),
    "lambda kept": (body("f = lambda x: x", "return {}"), 2, "a lambda may only stand as `key=`"),
    "lambda called": (body('return {"x": (lambda: 1)()}'), 2, "only named functions can be called"),
    "value called": (body('return {"x": job_id("a")}'), 2, "`job_id` is a value, not a function"),
    "prelude hidden": (body("money = 3", "return {}"), 2, "`money` hides what tool code can use"),
    "bytes": (body('return {"x": b"a"}'), 2, "is not a value of tool code"),
    "attribute set": (body("job_id.x = 1", "return {}"), 2, "attributes can't be set"),
    "look-alike name": (body("dеf_ = 1", "return {}"), 2, "is not a name for tool code"),
    "arguments unpacked": (body('db.insert(*["job", {}])', "return {}"), 2, "takes its arguments one by one"),
    "bracket bomb": (body('return {"x": ' + "(" * 5000 + ")" * 5000 + "}"), 2, "brackets are nested too deeply"),
    "unary bomb": (body('return {"x": ' + "not " * 5000 + "1}"), 1, "can't be parsed"),
    "sum bomb": (body('return {"x": ' + "1+" * 500 + "1}"), 2, "too deep"),
    "long source": (body("return {}") + "#" * 50_000, 1, "more than"),
    "null byte": (body("return {}") + "\0", 1, ""),
    "surrogate": (body('return {"x": "\ud800"}'), 1, ""),
    "not Python": ("def book(db:\n", 1, "not Python"),
    "bad indent": (HEAD + "return {}\n", 2, "not Python"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_with_line_and_reason(name: str) -> None:
    source, line, reason = ATTACKS[name]
    found = refused(source)
    assert any(reason in text for _, text in found), found
    assert line in {place for place, _ in found}


WRONG = {
    "name": (GOOD.replace("def book(", "def look("), 1, "the function is called `look`, the schema says `book`"),
    "missing parameter": (GOOD.replace("job_id: str, ", "", 1).replace("job_id", "names"), 1, "the schema says"),
    "order": (
        GOOD.replace(
            "count: int = 3, names: list[str] | None = None", "names: list[str] | None = None, count: int = 3"
        ),
        1,
        "the schema says",
    ),
    "annotation": (GOOD.replace("job_id: str", "job_id: int"), 1, "the parameters are"),
    "default": (GOOD.replace("count: int = 3", "count: int = 4"), 1, "the parameters are"),
    "extra": (GOOD.replace("job_id: str", "job_id: str, other: str"), 1, "the parameters are"),
    "star": (GOOD.replace("names: list[str] | None = None", "**names"), 1, "only plain parameters"),
    "no db": (GOOD.replace("db: Database, ", "", 1), 1, "the first parameter must be `db`"),
    "answer": (GOOD.replace("-> dict", "-> list"), 1, "a tool answers with a dict"),
    "no answer": (GOOD.replace(" -> dict:", ":", 1), 1, "a tool answers with a dict"),
    "unknown table": (GOOD.replace('get("job"', 'get("jop"'), 3, "there is no table `jop`"),
    "unknown column": (GOOD.replace('"best_job_id": job_id', '"job": job_id'), 6, "`person` has no column `job`"),
    "unknown written": (GOOD.replace('"views": job', '"view": job'), 17, "`job` has no column `view`"),
    "unknown read": (GOOD.replace('job["salary"]', 'job["pay"]'), 11, "`job` has no column `pay`"),
    "unknown in rows": (
        body('people = db.find("person")', 'return {"x": [p["mail"] for p in people]}'),
        3,
        "`person` has no column `mail`",
    ),
    "unknown comparison": (GOOD.replace('{"in": names', '{"like": names'), 6, "there is no comparison `like`"),
    "too many": (GOOD.replace('db.get("job", job_id)', 'db.get("job", job_id, 1)'), 3, "at most 2 arguments"),
    "row may be missing": (body('return {"x": db.get("job", job_id)["title"]}'), 2, "type error"),
    "wrong argument type": (body('return {"x": add_days(count, 3)}'), 2, "type error: Argument to function `add_days`"),
    "maybe no answer": (body("if count:", "    return {}"), 1, "type error"),
    "wrong method": (body('return {"x": job_id.append("a")}'), 2, "type error"),
    "unknown name": (body('return {"x": jobs}'), 2, "`jobs` is not a name that tool code knows"),
}


@pytest.mark.parametrize("name", WRONG)
def test_code_that_does_not_fit_its_schema_is_refused(name: str) -> None:
    source, line, reason = WRONG[name]
    found = refused(source)
    assert (line, True) in [(place, reason in text) for place, text in found], found


def test_type_errors_go_to_the_tool_that_has_them() -> None:
    tools = [
        tool(GOOD.replace("def book(", f"def book_{number}("), f"book_{number}").model_copy(
            update={"source": GOOD.replace("def book(", f"def book_{number}(").replace("len(emails)", wrong)}
        )
        for number, wrong in enumerate(("len(emails)", "len(3)", "len(emails)", "abs(emails)"))
    ]
    found = admit_all(tools, DATABASE)
    assert [[refusal.line for refusal in found[tool.name]] for tool in tools] == [[], [19], [], [19]]


def test_every_refusal_reads_as_one_line() -> None:
    refusals = admit(tool(body("while True:", "    pass")), DATABASE)
    assert [str(refusal) for refusal in refusals] == ["line 2: `while` may never end; loop over rows or a range"]


def test_the_signature_is_written_with_required_parameters_first() -> None:
    swapped = tool(GOOD).model_copy(update={"parameters": PARAMETERS[::-1]})
    assert signature(swapped) == "db: Database, job_id: str, names: list[str] | None = None, count: int = 3"


def test_the_stub_is_the_prelude() -> None:
    """Same functions with the same parameters; the stub says no more than the prelude does."""
    tree = ast.parse(stub())
    declared = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert set(declared) == set(functions.TOOL_FUNCTIONS) == TOOL_FUNCTIONS
    database = next(node for node in tree.body if isinstance(node, ast.ClassDef))
    methods = {node.name: node for node in database.body if isinstance(node, ast.FunctionDef)}
    assert set(methods) == set(DATABASE_METHODS)
    for name, node in [*declared.items(), *methods.items()]:
        real = getattr(prelude.Database, name) if name in methods else functions.TOOL_FUNCTIONS[name]
        parameters = inspect.signature(real).parameters
        assert [argument.arg for argument in node.args.args] == list(parameters)
        assert len(node.args.defaults) == sum(value.default is not value.empty for value in parameters.values())


@pytest.mark.parametrize("name", ["money", "len", "Database", "timedelta", "db"])
def test_a_tool_may_not_take_the_name_of_what_others_use(name: str) -> None:
    """All tools of a domain are one module: a tool called `money` would be what the others round with."""
    source = f"def {name}(db: Database) -> dict:\n    return {{}}\n"
    found = [str(refusal) for refusal in admit(tool(source, name).model_copy(update={"parameters": ()}), DATABASE)]
    assert found[0].startswith(f"line 1: `{name}` is what tool code calls something else")
