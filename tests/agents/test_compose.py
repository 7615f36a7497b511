import ast
from typing import Any

import pytest

from engine.agents.composer.compose import compose, compose_seed, compose_what_holds
from engine.agents.composer.describe import describe
from engine.contracts.check import check_contract
from engine.contracts.evaluate import evaluate, matches
from engine.contracts.state import PlainState
from engine.errors import SeedError
from engine.models.base import canonical_json
from engine.models.domain import Domain
from engine.models.trace import Call
from engine.runtime.admission import admit, admit_all
from engine.runtime.inprocess import InProcessRuntime
from engine.runtime.records import Experiment, to_changes
from engine.seeds import built_in, read_seed
from engine.seeds.blueprint import Blueprint
from engine.seeds.blueprint_file import parse_blueprint
from tests.agents.gym import GYM, club_rows, composed, gym, tool_of

BUILT_IN = built_in()


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_domain_is_rich(name: str) -> None:
    found = describe(read_seed(name).blueprint)
    assert 25 <= found.tools <= 50
    assert 5 <= found.tables <= 12
    assert len(found.rules) >= 8
    assert found.any_values[0] <= 0.05 * found.any_values[1]


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_domain_composes_cleanly_and_always_the_same(name: str) -> None:
    first, second = compose_seed(read_seed(name)), compose_seed(read_seed(name))
    dumped = first.model_dump(mode="json", warnings="error")  # every value is of the type that is declared
    assert canonical_json(dumped) == canonical_json(second.model_dump(mode="json"))
    assert first.spec.seed_kind == "blueprint"
    assert first.spec.actor is not None
    assert not any(admit_all(first.tools, first.spec.database).values())
    for tool in first.tools:
        assert check_contract(tool, first.spec.database) == []
        (function,) = ast.parse(tool.source).body
        assert isinstance(function, ast.FunctionDef)
        assert function.name == tool.name
        assert [argument.arg for argument in function.args.args[1:]] == [
            parameter.name for parameter in tool.parameters
        ]
        assert tool.summary
        assert "_" not in tool.summary


@pytest.mark.parametrize("name", BUILT_IN)
def test_parameters_of_a_built_in_domain_say_what_they_carry(name: str) -> None:
    composition = compose_seed(read_seed(name))
    for tool in composition.tools:
        for parameter in tool.parameters:
            assert parameter.description, f"{tool.name}.{parameter.name}"
            if parameter.name.endswith("_id"):
                assert parameter.refers_to is not None, f"{tool.name}.{parameter.name}"
        if tool.category in ("create", "transition"):
            assert any(field.refers_to is not None for field in tool.contract.returns), tool.name


CALLS: list[tuple[str, dict[str, Any], str | None]] = [
    ("find_member", {"email": "ana@x.org"}, None),
    ("find_member", {"email": "nobody@x.org"}, "member_not_found"),
    ("drop_coach", {"member_id": "MEM-0001"}, None),
    ("drop_coach", {"member_id": "MEM-0002"}, "no_coach"),
    ("give_credit", {"from_member_id": "MEM-0001", "to_member_id": "MEM-0002", "amount": 7.5}, None),
    ("give_credit", {"from_member_id": "MEM-0002", "to_member_id": "MEM-0001", "amount": 7.5}, "insufficient_credit"),
    ("give_credit", {"from_member_id": "MEM-0001", "to_member_id": "MEM-0001", "amount": 1}, "same_member"),
    ("give_credit", {"from_member_id": "MEM-0001", "to_member_id": "MEM-0002", "amount": 0}, "invalid_amount"),
    ("give_credit", {"from_member_id": "MEM-0001", "to_member_id": "MEM-0009", "amount": 1}, "to_member_not_found"),
    ("list_all_coaches", {"name": "li"}, None),
    ("list_all_coaches", {"phone": "1", "limit": 1}, None),
    ("delete_coach", {"coach_id": "COA-0002"}, None),
    ("delete_coach", {"coach_id": "COA-0001"}, "coach_has_members"),
    ("create_course", {"title": "Yoga", "coach_id": "COA-0002", "day": "2026-03-06", "starts_at": "2026-03-06T10:00:00",
                       "ends_at": "2026-03-06T11:00:00", "places": 4, "fee": 5.0, "level": "hard"}, None),
    ("create_course", {"title": "Yoga", "coach_id": "COA-0002", "day": "2026-03-06", "starts_at": "2026-03-06T10:00:00",
                       "ends_at": "2026-03-06T10:00:00", "places": 4, "fee": 5.0, "level": "hard"}, "wrong_times"),
    ("move_course", {"course_id": "COU-0001", "ends_at": "2026-03-05T11:30:00"}, None),
    ("move_course", {"course_id": "COU-0001", "ends_at": "2026-03-05T08:30:00"}, "wrong_times"),
    ("move_course", {"course_id": "COU-0001"}, "nothing_to_update"),
    ("set_course_coach", {"course_id": "COU-0001", "coach_id": "COA-0002"}, None),
    ("set_course_coach", {"course_id": "COU-0001", "coach_id": "COA-0001"}, "same_coach"),
    ("list_courses", {"coach_id": "COA-0001", "level": "easy"}, None),
    ("list_courses", {"coach_id": "COA-0009"}, "coach_not_found"),
    ("start_courses", {"course_ids": ["COU-0003", "COU-0002"]}, None),
    ("start_courses", {"course_ids": ["COU-0003", "COU-0001"]}, "too_small"),
    ("start_courses", {"course_ids": ["COU-0003", "COU-0003"]}, "given_twice"),
    ("start_courses", {"course_ids": ["COU-0003", "COU-0007"]}, "course_not_found"),
    ("start_courses", {"course_ids": []}, "nothing_given"),
    ("book_course", {"member_id": "MEM-0001", "course_id": "COU-0002", "note": "first row"}, None),
    ("book_course", {"member_id": "MEM-0001", "course_id": "COU-0001"}, "booked_already"),
    ("update_booking", {"member_id": "MEM-0001", "booking_id": "BOO-0001", "note": "second row"}, None),
    ("update_booking", {"member_id": "MEM-0002", "booking_id": "BOO-0001", "note": "x"}, "not_your_booking"),
    ("cancel_booking", {"member_id": "MEM-0001", "booking_id": "BOO-0001"}, None),
    ("cancel_booking", {"member_id": "MEM-0002", "booking_id": "BOO-0002"}, "booking_closed"),
    ("delete_booking", {"member_id": "MEM-0002", "booking_id": "BOO-0002"}, None),
    ("delete_booking", {"member_id": "MEM-0001", "booking_id": "BOO-0001"}, "booking_not_cancelled"),
    ("count_bookings", {"course_id": "COU-0001"}, None),
    ("get_booking", {"booking_id": "BOO-0001"}, None),
]  # fmt: skip


@pytest.mark.parametrize("name, arguments, code", CALLS, ids=[f"{name}:{code}" for name, _, code in CALLS])
def test_the_code_of_every_kind_of_tool_does_what_its_contract_says(
    name: str, arguments: dict[str, Any], code: str | None
) -> None:
    composition = composed()
    domain = Domain(spec=composition.spec, tools=composition.tools)
    tool = domain.tool[name]
    rows = club_rows()
    assert admit(tool, domain.database) == []
    expected = evaluate(tool, domain.database, PlainState(domain.database, rows, composition.spec.now), arguments)
    runtime = InProcessRuntime(domain)
    (done,) = runtime.experiments([Experiment(rows, composition.spec.now, (Call(name=name, arguments=arguments),))])
    record = done.records[0]
    assert expected.defect is None
    assert expected.code == code
    if code is None:
        assert record.outcome == "success", record.problem
        assert matches(expected.result, record.result) == []
    else:
        assert record.problem is not None
        assert record.problem["code"] == code
    assert to_changes(done.diff) == expected.changes


def test_a_write_of_the_acting_user_takes_their_id_first() -> None:
    tool = tool_of(composed(), "book_course")
    assert [(parameter.name, parameter.refers_to) for parameter in tool.parameters] == [
        ("member_id", "member.member_id"), ("course_id", "course.course_id"), ("note", None),
    ]  # fmt: skip
    assert tool.parameter["note"].source == "booking.note"


def test_roles_decide_type_and_match_policy() -> None:
    table = composed().spec.database.table["booking"]
    policies = {column.name: (column.type, column.policy) for column in table.columns}
    assert policies == {
        "booking_id": ("text", "exempt"), "member_id": ("text", "hard"), "course_id": ("text", "hard"), "note": ("text", "semantic"),
        "changed": ("datetime", "exempt"), "state": ("text", "hard"),
    }  # fmt: skip
    assert (table.id_prefix, table.label) == ("BOO", None)
    assert table.column["state"].default == "asked"


def test_descriptions_name_what_a_call_is_refused_with() -> None:
    tool = tool_of(composed(), "cancel_booking")
    assert tool.description.endswith(
        "Refused with `member_not_found`, `booking_not_found`, `not_your_booking`, `booking_closed`."
    )
    assert tool.summary == "cancel my booking"


def test_followed_references_become_bindings_in_the_order_of_need() -> None:
    tool = tool_of(composed(), "get_booking")
    assert [binding.name for binding in tool.contract.bindings] == ["booking", "course", "coach"]
    assert tool.contract.returns[-1].value == "coach.name"


def test_names_with_a_meaning_in_expressions_are_avoided() -> None:
    text = GYM.replace("phone: phone?", "count: quantity, rows: text?").replace(
        "filters: [name, phone]", "filters: [name, count]"
    )
    composition = compose(
        parse_blueprint(text.replace("coach:\n    columns", "coach:\n    singular: trainer\n    columns", 1)).blueprint
    )
    assert [parameter.name for parameter in tool_of(composition, "list_all_coaches").parameters] == [
        "name",
        "trainer_count",
        "limit",
    ]


@pytest.mark.parametrize(
    "right, wrong, says",
    [
        ("column: credit}", "column: email}", "no number column `email`"),
        ("{kind: unassign, column: coach_id}", "{kind: unassign, column: joined}", "`joined` is not a reference"),
        ("cascade: course", "cascade: courses", "no entity `courses`"),
        ("kind: assign, column: coach_id", "kind: unassign, column: coach_id", "can't be empty"),
        ("from: cancelled}", "from: canceled}", "did you mean `cancelled`"),
        ("parameters: {course_id: course.course_id}", "parameters: {now: course.course_id}", "`now` can't be a parameter"),
        ("parameters: {course_id: course.course_id}", "parameters: {course_id: {optional: true}}", "has no type"),
        ("{course_id: course.course_id}, returns", "{course_id: course.course_id}, bind: {course: now}, returns", "`course` is in use already"),
        ("kind: create, acting: false", "kind: create, acting: true", "nobody owns the row"),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_tools_that_contradict_their_entity_are_refused(right: str, wrong: str, says: str) -> None:
    assert right in GYM
    with pytest.raises(SeedError, match=says):
        compose(parse_blueprint(GYM.replace(right, wrong, 1)).blueprint)


def test_a_mistake_that_only_composing_finds_is_located_in_the_file(tmp_path: Any) -> None:
    path = tmp_path / "club.yaml"
    path.write_text(GYM.replace("rules: []", "rules: [{rule: balance, has: member.money, needs: 1}]"))
    with pytest.raises(
        SeedError, match=r"club\.yaml:\d+: booking\.book_course\.rules\.0\.has: `member` has no column `money`"
    ):
        compose_seed(read_seed(str(path)))


def test_an_inferred_blueprint_loses_only_the_tools_that_contradict_it() -> None:
    blueprint = gym()
    coach = blueprint.entities["coach"]
    (name, entry), *_ = ((name, entry) for name, entry in coach.tools.items() if entry.kind == "delete")
    broken = coach.model_copy(
        update={"tools": {**coach.tools, name: entry.model_copy(update={"cascade": ("nowhere",)})}}
    )
    fields = {field: getattr(blueprint, field) for field in Blueprint.model_fields}
    changed = Blueprint.model_validate({**fields, "entities": {**blueprint.entities, "coach": broken}})
    with pytest.raises(SeedError, match="nowhere"):
        compose(changed)
    kept = compose_what_holds(changed)
    assert [tool.name for tool in kept.tools] == [tool.name for tool in compose(blueprint).tools if tool.name != name]
    assert [warning for warning in kept.spec.warnings if f"`{name}` is left out" in warning and "nowhere" in warning]


def test_an_inferred_blueprint_without_any_tool_is_refused_once() -> None:
    blueprint = gym()
    fields = {field: getattr(blueprint, field) for field in Blueprint.model_fields}
    bare = {name: entity.model_copy(update={"tools": {}}) for name, entity in blueprint.entities.items()}
    with pytest.raises(SeedError, match="no tool could be made"):
        compose_what_holds(Blueprint.model_validate({**fields, "entities": bare}))


def test_a_mistake_in_an_inferred_blueprint_that_is_no_tool_is_refused() -> None:
    blueprint = gym()
    fields = {field: getattr(blueprint, field) for field in Blueprint.model_fields}
    coach = blueprint.entities["coach"].model_copy(update={"label": "nickname"})
    with pytest.raises(SeedError, match="nickname"):
        compose_what_holds(Blueprint.model_validate({**fields, "entities": {**blueprint.entities, "coach": coach}}))
