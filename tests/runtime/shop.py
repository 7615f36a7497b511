"""A domain with every kind of rule that a database enforces, and tools over it, for the runtime's tests."""

from __future__ import annotations

from engine.models.base import Rows
from engine.models.database import Check, Column, ColumnType, DatabaseSchema, ForeignKey, Table
from engine.models.domain import Domain, DomainSpec
from engine.models.tool import Contract, Parameter, Tool
from engine.models.trace import Call

NOW = "2026-03-02T09:00:00"


def column(name: str, kind: ColumnType = "text", **more: object) -> Column:
    return Column.model_validate({"name": name, "type": kind, "role": "text", **more})


def link(columns: str, table: str, references: str) -> ForeignKey:
    return ForeignKey(columns=tuple(columns.split()), table=table, references=tuple(references.split()))


DATABASE = DatabaseSchema(
    tables=(
        Table(
            name="person",
            primary_key=("person_id",),
            id_prefix="PER",
            unique=(("email",),),
            columns=(
                column("person_id", generated=True),
                column("name"),
                column("email", nullable=True),
                column("born", "date", nullable=True, minimum="1900-01-01"),
                column("boss_id", nullable=True),
            ),
            foreign_keys=(link("boss_id", "person", "person_id"),),
        ),
        Table(
            name="room",
            primary_key=("building", "number"),
            columns=(
                column("building"),
                column("number", "integer"),
                column("seats", "integer", minimum=1, maximum=500),
            ),
        ),
        Table(
            name="booking",
            primary_key=("booking_id",),
            unique=(("building", "number", "starts_at"),),
            columns=(
                column("booking_id", "integer", generated=True),
                column("person_id"),
                column("building", nullable=True),
                column("number", "integer", nullable=True),
                column("starts_at", "datetime"),
                column("status", enum=("open", "paid", "void"), default="open"),
                column("price", "real", nullable=True),
                column("paid", "real", default=0.0),
                column("confirmed", "boolean", default=False),
                column("at", "time", nullable=True),
            ),
            foreign_keys=(link("person_id", "person", "person_id"), link("building number", "room", "building number")),
            checks=(Check(expression="paid <= price", message="nobody pays too much"), Check(expression="paid >= 0")),
        ),
        Table(
            name="badge",
            primary_key=("person_email",),
            columns=(column("person_email"), column("label", nullable=True)),
            foreign_keys=(link("person_email", "person", "email"),),
        ),
        Table(
            name="team",
            primary_key=("team_id",),
            id_prefix="TEAM",
            columns=(column("team_id", generated=True), column("lead_id", nullable=True)),
            foreign_keys=(link("lead_id", "member", "member_id"),),
        ),
        Table(
            name="member",
            primary_key=("member_id",),
            id_prefix="MEM",
            columns=(column("member_id", generated=True), column("team_id")),
            foreign_keys=(link("team_id", "team", "team_id"),),
        ),
    )
)

ROWS: Rows = {
    "person": [
        {"person_id": "PER-0002", "name": "Ben", "email": "ben@x.org", "born": "1990-05-01", "boss_id": "PER-0001"},
        {"person_id": "PER-0001", "name": "Ada", "email": "ada@x.org", "born": None, "boss_id": None},
        {"person_id": "PER-0010", "name": "Cy", "email": None, "born": "2000-02-29", "boss_id": "PER-0001"},
    ],
    "room": [
        {"building": "B", "number": 1, "seats": 4},
        {"building": "A", "number": 2, "seats": 10},
        {"building": "A", "number": 1, "seats": 2},
    ],
    "booking": [
        {
            "booking_id": 7,
            "person_id": "PER-0002",
            "building": "A",
            "number": 1,
            "starts_at": "2026-03-03T10:00:00",
            "status": "open",
            "price": 20.0,
            "paid": 5.0,
            "confirmed": False,
            "at": "10:00",
        }
    ],
    "badge": [{"person_email": "ben@x.org", "label": "guest"}],
    "team": [{"team_id": "TEAM-0001", "lead_id": "MEM-0001"}],
    "member": [{"member_id": "MEM-0001", "team_id": "TEAM-0001"}],
}

SOURCES = {
    "get_person": """
def get_person(db: Database, person_id: str) -> dict:
    person = db.get("person", person_id)
    if person is None:
        db.reject("person_not_found", f"No person {person_id!r}.")
    return {"person": person}
""",
    "book": """
def book(db: Database, person_id: str, building: str, number: int, starts_at: str, price: float | None = None) -> dict:
    if db.get("person", person_id) is None:
        db.reject("person_not_found", f"No person {person_id!r}.")
    if db.get("room", (building, number)) is None:
        db.reject("room_not_found", f"No room {building} {number}.")
    if db.count("booking", {"building": building, "number": number, "starts_at": starts_at}) > 0:
        db.reject("room_taken", "The room is taken.")
    booking = db.insert(
        "booking",
        {"person_id": person_id, "building": building, "number": number, "starts_at": starts_at, "price": price},
    )
    return {"booking_id": booking["booking_id"], "ends_at": add_minutes(starts_at, 45), "today": date_of(db.now())}
""",
    "pay": """
def pay(db: Database, booking_id: int, amount: float) -> dict:
    booking = db.get("booking", booking_id)
    if booking is None:
        db.reject("booking_not_found", f"No booking {booking_id}.")
    paid = money(booking["paid"] + amount)
    changed = db.update("booking", booking_id, {"paid": paid, "status": "paid"})
    if booking["price"] is None or paid > booking["price"]:
        db.reject("too_much", "That is too much.")
    return {"booking": changed}
""",
    "cancel": """
def cancel(db: Database, booking_id: int) -> dict:
    if db.get("booking", booking_id) is None:
        db.reject("booking_not_found", f"No booking {booking_id}.")
    db.delete("booking", booking_id)
    return {"cancelled": booking_id}
""",
    "hire": """
def hire(db: Database, names: list[str], boss_id: str | None = None) -> dict:
    made = []
    for name in names:
        person_id = db.new_id("person")
        db.insert("person", {"person_id": person_id, "name": name, "boss_id": boss_id})
        made.append(person_id)
    return {"person_ids": made}
""",
    "search": """
def search(db: Database, text: str, seats: int = 1) -> dict:
    people = db.find("person", {"name": {"contains": text}})
    rooms = db.find("room", {"seats": {">=": seats}})
    return {"people": [row["name"] for row in people], "rooms": [[row["building"], row["number"]] for row in rooms]}
""",
    "break_rules": """
def break_rules(db: Database) -> dict:
    db.insert("person", {"name": "Dee"})
    db.update("person", "PER-0001", {"name": "changed"})
    db.delete("booking", 7)
    db.insert("booking", {"person_id": "PER-9999", "starts_at": "2026-03-03T10:00:00"})
    return {}
""",
}

PARAMETERS: dict[str, tuple[Parameter, ...]] = {
    "get_person": (Parameter(name="person_id", type="text"),),
    "book": (
        Parameter(name="person_id", type="text"),
        Parameter(name="building", type="text"),
        Parameter(name="number", type="integer"),
        Parameter(name="starts_at", type="datetime"),
        Parameter(name="price", type="real", required=False, minimum=0),
    ),
    "pay": (Parameter(name="booking_id", type="integer"), Parameter(name="amount", type="real", minimum=0.01)),
    "cancel": (Parameter(name="booking_id", type="integer"),),
    "hire": (
        Parameter(name="names", type="text", array=True),
        Parameter(name="boss_id", type="text", required=False),
    ),
    "search": (
        Parameter(name="text", type="text"),
        Parameter(name="seats", type="integer", required=False, default=1, minimum=1),
    ),
    "break_rules": (),
}


def tool(name: str, source: str, parameters: tuple[Parameter, ...] = ()) -> Tool:
    return Tool(
        name=name,
        description=f"Does {name}.",
        category="get",
        entity="person",
        parameters=parameters,
        contract=Contract(),
        source=source,
    )


def shop(extra: dict[str, str] | None = None) -> Domain:
    """The domain, with further tools without parameters by their source."""
    tools = [tool(name, source, PARAMETERS[name]) for name, source in SOURCES.items()]
    tools.extend(tool(name, source) for name, source in (extra or {}).items())
    spec = DomainSpec(
        name="shop", title="Shop", description="", seed_kind="keyword", seed_digest="", database=DATABASE, now=NOW
    )
    return Domain(spec=spec, tools=tuple(tools))


def call(name: str, **arguments: object) -> Call:
    return Call(name=name, arguments=arguments)


CALLS = [
    call("get_person", person_id="PER-0001"),
    call("get_person", person_id="nobody"),
    call("book", person_id="PER-0001", building="A", number=2, starts_at="2026-03-04T10:00:00", price=30),
    call("book", person_id="PER-0001", building="A", number=1, starts_at="2026-03-03T10:00:00"),
    call("book", person_id="PER-0001", building="Z", number=1, starts_at="2026-03-03T10:00:00"),
    call("pay", booking_id=8, amount=12.345),
    call("pay", booking_id=8, amount=1000.0),
    call("hire", names=["Eve", "Ümit 😀"], boss_id="PER-0010"),
    call("hire", names=["Fay"], boss_id="PER-4711"),
    call("search", text="E"),
    call("search", text="a", seats=4),
    call("break_rules"),
    call("cancel", booking_id=7),
    call("cancel", booking_id=7),
    call("no_such_tool"),
    call("cancel", booking_id="7"),
    call("book", person_id="PER-0011", building="A", number=1, starts_at="2026-03-03T10:00:00"),
]
