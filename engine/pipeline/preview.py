"""What a seed would become, told before anything is run: for those who write one and those who bring one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from engine.agents.composer.compose import Composition, compose_seed
from engine.errors import SeedError
from engine.models.base import Model
from engine.seeds import Seed, read_seed
from engine.seeds.blueprint_file import MistakesError, parse_blueprint


class EntityPreview(Model):
    """A table that would be made.

    Attributes:
        columns: Names, in order.
        refers_to: Tables that its foreign keys point to.
        tools: How many tools are about it.
        rows: Rows that the seed brings along.
    """

    name: str
    columns: tuple[str, ...]
    refers_to: tuple[str, ...] = ()
    tools: int = 0
    rows: int = 0


class ToolPreview(Model):
    """A tool that would be tested."""

    name: str
    category: str
    entity: str
    mutates: bool
    description: str


class Preview(Model):
    """What a seed would become.

    Attributes:
        entities: Its tables.
        tools: The tools composed for them; empty where the seed has mistakes.
        rules: Kind of rule -> how many preconditions are of that kind.
        actor: The table whose row stands for the user, where there is one.
        warnings: What of the seed is ignored or changed, in words.
    """

    name: str
    title: str
    description: str
    kind: str
    entities: tuple[EntityPreview, ...]
    tools: tuple[ToolPreview, ...]
    rules: dict[str, int]
    actor: str | None
    warnings: tuple[str, ...] = ()


class Draft(Model):
    """A blueprint as it stands in an editor.

    Attributes:
        mistakes: Line (from 1) and message of each mistake, by line; a run can be started exactly if there is none.
        name: What the domain would be called; empty where the text does not get that far.
        preview: What it would become; only without mistakes.
    """

    mistakes: tuple[tuple[int, str], ...] = ()
    name: str = ""
    preview: Preview | None = None


def preview_draft(text: str) -> Draft:
    """Checks the text of a blueprint as a run would, and says what it would become."""
    name = ""
    try:
        file = parse_blueprint(text)
        name = file.blueprint.name
        composition = compose_seed(Seed(file.blueprint, "blueprint", "", file=file))
    except MistakesError as error:
        return Draft(mistakes=tuple(sorted(set(error.mistakes))), name=name)
    except SeedError as error:
        return Draft(mistakes=((1, str(error)),), name=name)
    return Draft(name=name, preview=_preview(composition))


def preview_file(path: Path, *, with_rows: bool = False) -> Preview:
    """Reads a seed's file and says what it would become.

    Raises:
        SeedError: It can't be read, or contradicts itself; the message names each mistake.
    """
    return _preview(compose_seed(read_seed(str(path), with_rows=with_rows)))


def _preview(composition: Composition) -> Preview:
    spec, tools = composition.spec, composition.tools
    about = Counter(tool.entity for tool in tools)
    rules = Counter(each.rule for tool in tools for each in tool.contract.requires if each.rule)
    return Preview(
        name=spec.name,
        title=spec.title,
        description=spec.description,
        kind=spec.seed_kind,
        entities=tuple(
            EntityPreview(
                name=table.name,
                columns=tuple(column.name for column in table.columns),
                refers_to=tuple(dict.fromkeys(key.table for key in table.foreign_keys)),
                tools=about[table.name],
                rows=len(spec.base_rows.get(table.name, ())),
            )
            for table in spec.database.tables
        ),
        tools=tuple(
            ToolPreview(
                name=tool.name,
                category=tool.category,
                entity=tool.entity,
                mutates=tool.mutates_state,
                description=tool.description,
            )
            for tool in tools
        ),
        rules=dict(sorted(rules.items(), key=lambda item: (-item[1], item[0]))),
        actor=spec.actor.table if spec.actor else None,
        warnings=spec.warnings,
    )
