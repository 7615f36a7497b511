"""What all data models share."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from engine.models.base import canonical_json
from engine.models.database import Column, DatabaseSchema, Table

ID = Column(name="id", type="text", role="id")
TABLE = Table(name="pet", primary_key=("id",), columns=(ID,))


def test_a_copy_does_not_take_along_what_was_looked_up_before() -> None:
    database = DatabaseSchema(tables=(TABLE,))
    assert list(database.table) == ["pet"]
    assert list(TABLE.column) == ["id"]
    renamed = TABLE.model_copy(update={"name": "animal", "columns": (ID.model_copy(update={"name": "tag"}),)})
    assert list(renamed.column) == ["tag"]
    assert list(database.model_copy(update={"tables": (renamed,)}).table) == ["animal"]
    assert list(TABLE.column) == ["id"]


def test_models_are_immutable_and_closed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ID.name = "other"
    with pytest.raises(ValidationError, match="Extra inputs"):
        Column.model_validate({**ID.model_dump(), "colour": "red"})


def test_canonical_json_refuses_what_json_has_no_word_for() -> None:
    assert canonical_json({"b": 1, "a": ["ü", None, -0.0]}) == '{"a":["ü",null,-0.0],"b":1}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))
