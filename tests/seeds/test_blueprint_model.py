import pytest
from pydantic import ValidationError

from engine.seeds.blueprint import Blueprint, Entity, EntityColumn, Lifecycle, UniqueKey
from engine.seeds.tool_entry import EffectEntry, FilterEntry, OrderEntry, ParameterEntry, ReturnEntry, ToolEntry


@pytest.mark.parametrize(
    "short, long",
    [
        ("title", EntityColumn(role="title")),
        ("text?", EntityColumn(role="text", nullable=True)),
        ("-> job", EntityColumn(role="reference", to="job")),
        ("-> job?", EntityColumn(role="reference", to="job", nullable=True)),
        ({"to": "job", "unique": True}, EntityColumn(role="reference", to="job", unique=True)),
        (["a", "b"], EntityColumn(role="enum", enum=("a", "b"))),
        ({"enum": ["a"], "default": "a"}, EntityColumn(role="enum", enum=("a",), default="a")),
    ],
    ids=str,
)
def test_columns_have_short_forms(short: object, long: EntityColumn) -> None:
    assert EntityColumn.model_validate(short) == long


@pytest.mark.parametrize(
    "model, short, long",
    [
        (ParameterEntry, "loan.note?", {"like": "loan.note", "optional": True}),
        (FilterEntry, "title", {"column": "title", "name": "title"}),
        (FilterEntry, "price <= most", {"column": "price", "op": "<=", "name": "most"}),
        (ReturnEntry, "len(found)", {"value": "len(found)"}),
        (ReturnEntry, 3, {"value": "3"}),
        (OrderEntry, "-price", {"by": "price", "descending": True}),
        (ToolEntry, "get", {"kind": "get"}),
        (UniqueKey, ["a", "b"], {"columns": ["a", "b"]}),
        (Lifecycle, ["open", "closed"], {"states": ["open", "closed"], "initial": None}),
    ],
    ids=str,
)
def test_entries_have_short_forms(model: type[ToolEntry], short: object, long: dict[str, object]) -> None:
    assert model.model_validate(short).model_dump() == model.model_validate(long).model_dump()


def test_values_of_yaml_stand_for_expressions() -> None:
    effect = EffectEntry.model_validate(
        {"update": "book", "key": "book_id", "set": {"copies": 3, "lent": True, "note": None}}
    )
    assert effect.set == {"copies": "3", "lent": "True", "note": None}


@pytest.mark.parametrize(
    "entry, says",
    [
        ({"kind": "get", "filters": ["a"]}, "does not belong to a `get` tool"),
        ({"kind": "lookup"}, "needs `by`"),
        ({"kind": "transition", "from": ["open"]}, "needs `to`"),
        ({"kind": "batch"}, "needs `to`, `set` or `effects`"),
        ({"kind": "action", "effects": [{"insert": "a", "update": "b"}]}, "exactly one of"),
        ({"kind": "action", "effects": [{"update": "b"}]}, "give the `key`"),
        ({"kind": "get", "rules": [{"rule": "deadline", "before": "a.b", "after": "a.c"}]}, "exactly one of `before` and `after`"),
        ({"kind": "get", "rules": [{"rule": "quota", "rows": "a", "limit": 1, "days": 3}]}, "needs both `column` and `days`"),
        ({"kind": "get", "rules": [{"rule": "no_overlap", "rows": "a", "starts": "b", "start": "c", "end": "d"}]}, "exactly one of `ends`"),
        ({"kind": "get", "rules": [{"rule": "limits", "value": "a"}]}, "give `minimum`, `maximum` or both"),
        ({"kind": "get", "rules": [{"rule": "state", "column": "a.b"}]}, "exactly one of `in` and `not_in`"),
        ({"kind": "get", "rules": [{"rule": "condition", "that": "a"}]}, "give a `code`"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_entries_that_say_too_much_or_too_little_are_refused(entry: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says.replace("`", ".").replace("(", ".")):
        ToolEntry.model_validate(entry)


def test_a_blueprint_is_built_from_python_as_well() -> None:
    blueprint = Blueprint(
        name="shop",
        title="Shop",
        entities={
            "product": Entity(
                columns={"name": EntityColumn(role="title")}, tools={"get_product": ToolEntry(kind="get")}
            )
        },
    )
    assert blueprint.tools == {"get_product": ("product", ToolEntry(kind="get"))}
    assert Blueprint.model_validate(blueprint.model_dump()) == blueprint
