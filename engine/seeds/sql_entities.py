"""From SQL tables to entities: names, roles, enumerations, lifecycles, labels and bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.contracts.expression import parse
from engine.errors import ExpressionError
from engine.models.database import ColumnType, Role
from engine.seeds.blueprint import CompositeReference, Entity, EntityColumn, Lifecycle, RowCheck, UniqueKey
from engine.seeds.sql_checks import CheckRules, translate
from engine.seeds.sql_columns import ColumnNames, ColumnTypes, column_names, column_types, commented_values
from engine.seeds.sql_keys import Weakening, cyclic_references, is_counted, with_keys
from engine.seeds.sql_lifecycles import StateMachine, state_machine
from engine.seeds.sql_links import with_inferred_links
from engine.seeds.sql_names import entity_names, plural_name, spoken, words_of
from engine.seeds.sql_reader import SqlColumn, SqlForeignKey, SqlTable, SqlValue, listing
from engine.seeds.sql_roles import STATUS, column_role, is_person, sampled_enum
from engine.seeds.sql_types import declared_type, default_value
from engine.seeds.sql_vocabulary import guessed_states, value_list

_PLACES = frozenset({"city", "country", "zip", "postal", "postcode", "street", "zipcode", "province"})
_LABEL_ROLES: tuple[Role, ...] = (
    "title",
    "person_name",
    "username",
    "code",
    "label",
    "email",
    "country",
    "city",
    "phone",
)
_NEVER_NEGATIVE = frozenset(
    {"price", "cost", "salary", "fee", "fare", "wage", "rent", "quantity", "qty", "stock", "capacity"}
)
_ENUM_LIMIT = 40


@dataclass
class Draft:
    """An entity in the making.

    Attributes:
        name: The entity's name.
        names: SQL column -> identifier, of the columns that are kept.
        key: Identifiers of the primary key.
        counted: The key is made up by the database.
        rowless: The key is a column that the table does not have.
        columns: Identifier -> column.
        links: Identifier of a reference column -> entity, for references over one column.
        cascades: Reference columns whose rows go with the row they point to.
        machine: The lifecycle, with
        state: the column that holds it.
    """

    table: SqlTable
    name: str
    names: dict[str, str]
    key: tuple[str, ...] = ()
    counted: bool = False
    rowless: bool = False
    columns: dict[str, EntityColumn] = field(default_factory=dict[str, EntityColumn])
    links: dict[str, str] = field(default_factory=dict[str, str])
    cascades: set[str] = field(default_factory=set[str])
    composite: list[CompositeReference] = field(default_factory=list[CompositeReference])
    unique: list[UniqueKey] = field(default_factory=list[UniqueKey])
    checks: list[RowCheck] = field(default_factory=list[RowCheck])
    label: str | None = None
    machine: StateMachine | None = None
    state: str | None = None

    @property
    def plural(self) -> str:
        """The entity's plural, as tool names have it."""
        return plural_name(self.name)

    def entity(self, **more: object) -> Entity:
        """The finished entity."""
        lifecycle = None
        if self.machine is not None and self.state is not None:
            lifecycle = Lifecycle(column=self.state, states=self.machine.states, initial=self.machine.initial)
        return Entity(
            singular=spoken(self.name),
            plural=spoken(self.plural),
            key=self.key,
            columns=self.columns,
            references=tuple(self.composite),
            unique=tuple(self.unique),
            checks=tuple(self.checks),
            label=self.label,
            lifecycle=lifecycle,
            source_name=self.table.name if self.table.name != self.name else None,
            **more,  # pyright: ignore[reportArgumentType]
        )


def draft_entities(tables: Sequence[SqlTable], warnings: list[str]) -> dict[str, Draft]:
    """All entities of a schema by name, in its order; what had to be changed or left out is added to `warnings`."""
    entities = entity_names([table.name for table in tables])
    keyed = with_keys(tables, entities, warnings)
    linked = with_inferred_links(keyed, entities, warnings)
    names = column_names(linked, entities)
    types = column_types(linked, warnings)
    weakened = cyclic_references(linked, warnings)
    maker = _Maker(entities, names, types, weakened, {table.name: table for table in linked}, warnings)
    drafts = [maker.draft(table) for table in linked]
    return {draft.name: draft for draft in drafts}


class _Maker:
    """Makes one draft after the other; knows what all of them share."""

    def __init__(
        self,
        entities: Mapping[str, str],
        names: ColumnNames,
        types: ColumnTypes,
        weakened: Sequence[Weakening],
        tables: Mapping[str, SqlTable],
        warnings: list[str],
    ) -> None:
        self.entities = entities
        self.names = names
        self.types = types
        self.weakened = weakened
        self.tables = tables
        self.warnings = warnings

    def draft(self, table: SqlTable) -> Draft:
        """The entity of one table."""
        kept = {column: name for column, name in self.names[table.name].items() if column in self.types[table.name]}
        draft = Draft(table, self.entities[table.name], kept)
        types: dict[str, ColumnType] = {name: self.types[table.name][column] for column, name in kept.items()}
        known: dict[str, tuple[str, ColumnType]] = {
            column.lower(): (name, types[name]) for column, name in kept.items()
        }
        left_out = {column.name.lower() for column in table.columns} - known.keys()
        rules = translate(table.checks, known, left_out)
        if rules.dropped:
            self.warnings.append(
                f"CHECKs of {table.name!r} that can't be stated are dropped: {'; '.join(rules.dropped[:5])}."
            )
        dropped = [one.key for one in self.weakened if one.table == table.name and one.drop]
        keys = [
            key for key in table.foreign_keys if key not in dropped and all(column in kept for column in key.columns)
        ]
        self._references(draft, keys)
        self._key(draft, types)
        said = commented_values(table.sql)
        unstated: list[str] = []
        for column in table.columns:
            if column.name in kept:
                name = kept[column.name]
                entry = self._column(draft, column, types[name], rules, said.get(column.name.lower(), ()), unstated)
                draft.columns[name] = entry
        if unstated:
            self.warnings.append(
                f"Defaults of {table.name!r} that are no constants are left empty: {listing(unstated)}."
            )
        self._constraints(draft, rules)
        draft.label = _label(draft)
        self._tighten_label(draft)
        return draft

    def _references(self, draft: Draft, keys: Sequence[SqlForeignKey]) -> None:
        """Sorts the references into plain columns and composite ones."""
        for key in keys:
            columns = tuple(draft.names[column] for column in key.columns)
            target = self.entities[key.table]
            if len(columns) == 1 and columns[0] not in draft.links:
                draft.links[columns[0]] = target
                if key.on_delete == "CASCADE":
                    draft.cascades.add(columns[0])
            elif len(columns) > 1:
                references = tuple(self.names[key.table][column] for column in key.references)
                draft.composite.append(CompositeReference(columns=columns, to=target, references=references))

    def _key(self, draft: Draft, types: Mapping[str, ColumnType]) -> None:
        """The primary key; a numbered one where the table has none."""
        table = draft.table
        draft.key = tuple(draft.names[column] for column in table.primary_key)
        if not draft.key:
            name, number = f"{draft.name}_row_id", 2
            while name in draft.names.values():
                name, number = f"{draft.name}_row_id_{number}", number + 1
            draft.key, draft.counted, draft.rowless = (name,), True, True
            draft.columns[name] = EntityColumn(role="id", type="integer", generated=True)
        elif len(draft.key) == 1 and draft.key[0] not in draft.links:
            kind = types[draft.key[0]]
            draft.counted = kind in ("integer", "text") and is_counted(table, kind)

    def _column(
        self,
        draft: Draft,
        column: SqlColumn,
        kind: ColumnType,
        rules: CheckRules,
        said: tuple[str, ...],
        unstated: list[str],
    ) -> EntityColumn:
        """One column with everything known about it."""
        table, name = draft.table, draft.names[column.name]
        source = column.name if column.name != name else None
        values = table.values(column.name)
        in_key = name in draft.key
        required = column.not_null or in_key or name in rules.required
        if any(not one.drop and one.table == table.name and column.name in one.key.columns for one in self.weakened):
            required = False
        if in_key and draft.counted:
            return EntityColumn(role="id", type=kind, generated=True, source_name=source)
        if name in draft.links:
            key = next(one for one in table.foreign_keys if one.columns == (column.name,))
            to = f"{self.entities[key.table]}.{self.names[key.table][key.references[0]]}"
            return EntityColumn(
                role="reference", type=kind, nullable=not required, to=to, generated=False, source_name=source
            )
        if name in rules.flags and kind == "integer":
            kind = "boolean"
        words = words_of(column.name)
        enum = self._enum(draft, column, kind, rules, said, values)
        default, what = default_value(column.default, kind)
        if what == "clock" and kind == "text" and not values and not enum:
            kind = "datetime"
        role = self._role(draft, words, kind, enum, values, clock=what == "clock")
        if enum and default not in enum:
            default = None
        if what == "expression" or (what == "clock" and role not in ("created_at", "updated_at")):
            unstated.append(column.name)
            required = required and in_key
        low, high = rules.minimums.get(name), rules.maximums.get(name)
        if isinstance(default, int | float) and not isinstance(default, bool):
            inside = (not isinstance(low, int | float) or default >= low) and (
                not isinstance(high, int | float) or default <= high
            )
            default = default if inside else None
        if (
            low is None
            and kind in ("integer", "real")
            and set(words) & _NEVER_NEGATIVE
            and role in ("money", "quantity")
        ):
            low = 0 if all(isinstance(value, int | float) and value >= 0 for value in [*values, default or 0]) else None
        return EntityColumn(
            role=role,
            type=kind,
            nullable=not required,
            default=None if in_key or (column.name,) in table.unique else default,
            unique=(column.name,) in table.unique,
            enum=enum or None,
            minimum=low,
            maximum=high,
            generated=False,
            values=value_list(words) if role == "label" and not enum and kind == "text" else None,
            source_name=source,
        )

    def _enum(
        self,
        draft: Draft,
        column: SqlColumn,
        kind: ColumnType,
        rules: CheckRules,
        said: tuple[str, ...],
        values: list[SqlValue],
    ) -> tuple[str, ...]:
        """The allowed texts: as a CHECK says, else a comment, else the values seen."""
        if kind != "text" or declared_type(column.declared) == "blob":
            return ()
        name = draft.names[column.name]
        checked = tuple(value for value in rules.enums.get(name, ()) if value)
        if checked:
            return checked if len(checked) <= _ENUM_LIMIT else ()
        if said and set(map(str, values)) <= set(said):
            return said
        words = words_of(column.name)
        identifying = name in draft.key or (column.name,) in draft.table.unique
        if identifying or _is_place(draft, words):
            return ()
        found = sampled_enum(words, values, cut=draft.table.cut)
        default, _ = default_value(column.default, "text")
        if not found and words[-1:] and words[-1] in STATUS:
            guessed = guessed_states(draft.name, default)
            if guessed and set(map(str, values)) <= set(guessed):
                self.warnings.append(f"The values of {draft.table.name}.{column.name} are guessed: {listing(guessed)}.")
                return guessed
        return tuple(sorted({*found, default})) if found and isinstance(default, str) and default else found

    def _role(
        self,
        draft: Draft,
        words: Sequence[str],
        kind: ColumnType,
        enum: tuple[str, ...],
        values: list[SqlValue],
        *,
        clock: bool,
    ) -> Role:
        if enum:
            return "enum"
        role = column_role(words, kind, draft.name, values)
        if role == "status":
            return "label"
        if clock and kind == "datetime" and role == "datetime":
            return "created_at"
        if role in ("created_at", "updated_at") and kind != "datetime":
            return "date"
        return role

    def _constraints(self, draft: Draft, rules: CheckRules) -> None:
        """Lifecycle, unique sets and row checks."""
        for name, column in draft.columns.items():
            words = words_of(name)
            fitting = words and (words[-1] in STATUS or name == draft.name) and not _is_place(draft, words)
            free = name not in draft.key and not any(
                draft.names.get(source) == name for columns in draft.table.unique for source in columns
            )
            if column.enum and fitting and free and draft.machine is None:
                draft.machine = state_machine(column.enum, column.default)
                draft.state = name if draft.machine else None
        if draft.machine is not None and draft.state is not None:
            column = draft.columns[draft.state]
            update = {
                "role": "status",
                "enum": draft.machine.states,
                "default": draft.machine.initial,
                "nullable": False,
            }
            draft.columns[draft.state] = column.model_copy(update=update)
        for columns in draft.table.unique:
            if len(columns) > 1 and all(column in draft.names for column in columns):
                own = tuple(draft.names[column] for column in columns)
                words = " and ".join(spoken(name.removesuffix("_id")) for name in own)
                message = f"There is a {spoken(draft.name)} with this {words} already."
                draft.unique.append(UniqueKey(columns=own, code=f"{'_and_'.join(own)[:70]}_taken", message=message))
        for expression in rules.expressions:
            try:
                parse(expression)
                draft.checks.append(RowCheck(that=expression))
            except ExpressionError:
                self.warnings.append(f"A CHECK of {draft.table.name!r} is dropped: {expression}.")

    def _tighten_label(self, draft: Draft) -> None:
        """Makes the column by which people call rows a required one, where no row seen has it empty."""
        if draft.label is None or not draft.columns[draft.label].nullable:
            return
        column = next(column for column, name in draft.names.items() if name == draft.label)
        seen = draft.table.values(column)
        if len(seen) == len(draft.table.rows) and all(str(value).strip() for value in seen):
            draft.columns[draft.label] = draft.columns[draft.label].model_copy(update={"nullable": False})


def _is_place(draft: Draft, words: Sequence[str]) -> bool:
    """Whether a column called `state` means a part of a country."""
    if not words or words[-1] != "state":
        return False
    others = {word for column in draft.names for word in words_of(column)}
    return bool(others & _PLACES) or draft.name in ("city", "address", "country", "state")


def _label(draft: Draft) -> str | None:
    """The column by which people call a row."""
    own = {
        draft.name,
        f"{draft.name}_name",
        f"{draft.name}_title",
        "name",
        "title",
        "full_name",
        f"{draft.name}_full_name",
    }
    linked = {name for reference in draft.composite for name in reference.columns}
    usable = {
        name: column
        for name, column in draft.columns.items()
        if column.type == "text"
        and column.role not in ("id", "reference", "text", "url", "enum", "status")
        and name not in linked
    }
    if is_person(draft.name):
        own -= {"title", f"{draft.name}_title"}
    for name in usable:
        if name in own:
            return name
    roles: list[Role] = (
        ["person_name", "username", "title"] if is_person(draft.name) else ["title", "person_name", "username"]
    )
    for role in (*roles, "code", "email"):
        chosen = [name for name, column in usable.items() if column.role == role and not _is_minor(name)]
        last_names = [name for name in chosen if "last" in name or name == "surname"]
        if role == "person_name" and last_names and is_person(draft.name):
            return last_names[0]
        if chosen:
            return chosen[0]
    early = [
        name for name in list(draft.columns)[:4] if name in usable and usable[name].role in ("label", "city", "country")
    ]
    return next((name for name in early if not usable[name].nullable or usable[name].unique), None)


def _is_minor(name: str) -> bool:
    """Whether a column holds a code of something beside the row itself."""
    return bool({"postal", "zip", "postcode", "zipcode", "token", "hash", "country", "currency"} & set(name.split("_")))
