"""The composer as the tool schema agent: the tools that every product over such entities has."""

from __future__ import annotations

from collections.abc import Iterable

from engine.agents.checks.sketches import sift
from engine.agents.composer.blueprint_sketches import sketches_of
from engine.agents.composer.naming import with_article
from engine.agents.composer.sketch_entry import ASKED_FOR
from engine.agents.roles import CannotAnswer
from engine.agents.roles.foundation import ToolSchemaAnswer, ToolSchemaRequest
from engine.models.database import Role
from engine.seeds.blueprint import Blueprint
from engine.seeds.idea import DomainIdea, EntityIdea, ToolSketch
from engine.seeds.sql_lifecycles import state_machine, verb_for
from engine.seeds.sql_names import plural_name

_MOST_CRITERIA = 5
_NATURAL: tuple[Role, ...] = ("email", "username", "code")


class ComposerToolSchema:
    """Answers from a blueprint, or works tools out of entities, states and what belongs to what.

    Args:
        blueprint: The domain; `None` where there is only an idea.
    """

    def __init__(self, blueprint: Blueprint | None = None) -> None:
        self._blueprint = blueprint

    async def design(self, request: ToolSchemaRequest) -> ToolSchemaAnswer:
        """Tools for some entities, the most useful first, about as many as wanted.

        Raises:
            CannotAnswer: Nothing is left that is not known already.
        """
        if self._blueprint is not None:
            names = {sketch.name for sketch in request.known}
            found = tuple(
                sketch
                for sketch in sketches_of(self._blueprint)
                if sketch.entity in request.entities and sketch.name not in names
            )
        else:
            derived = [sketch for entity in request.idea.entities if entity.name in request.entities
                       for sketch in _tools(entity, request.idea)]  # fmt: skip
            kept, _ = sift((sketch for _, sketch in derived), request.idea, request.known)
            level = {sketch.name: level for level, sketch in derived}
            chosen = {one.name for one in sorted(kept, key=lambda sketch: level[sketch.name])[: request.wanted]}
            found = tuple(sketch for sketch in kept if sketch.name in chosen)
        if not found:
            raise CannotAnswer(f"There is no further tool to make of {', '.join(request.entities)}.")
        return ToolSchemaAnswer(tools=found)


def _tools(entity: EntityIdea, idea: DomainIdea) -> Iterable[tuple[int, ToolSketch]]:
    """Tools of one entity with how much they are worth having; a smaller number is more."""
    one, many = entity.name, plural_name(entity.name)
    said, several, a = one.replace("_", " "), many.replace("_", " "), with_article(one.replace("_", " "))
    is_user = one == idea.user

    def tool(level: int, name: str, description: str, **fields: object) -> tuple[int, ToolSketch]:
        summary = description[:1].lower() + description[1:].rstrip(".")
        return level, ToolSketch.model_validate(
            {"name": name, "entity": one, "description": description, "summary": summary, **fields}
        )

    yield tool(1, f"get_{one}", f"Look up {a} with all its details.", kind="get")
    natural = next((item.name for role in _NATURAL for item in entity.attributes if item.role == role), None)
    if is_user:
        natural = natural or "email"
    if natural is not None:
        yield tool(0 if is_user else 2, f"find_{one}_by_{natural}", f"Find {a} by {natural.replace('_', ' ')}.",
                   kind="lookup", parameters=(natural,))  # fmt: skip
    ranked = sorted(
        (item for item in entity.attributes if item.role in ASKED_FOR), key=lambda item: ASKED_FOR.index(item.role)
    )
    criteria = [item.name for item in ranked][:_MOST_CRITERIA]
    if criteria and not is_user:
        yield tool(1, f"search_{many}", f"Search {several}.", kind="search", parameters=tuple(criteria))
    for number, parent in enumerate(parent for parent in entity.belongs_to if parent != one):
        yield tool(1 + number, f"list_{many}_of_{parent}", f"List the {several} of {with_article(parent.replace('_', ' '))}.",
                   kind="list", parameters=(f"{parent}_id",))  # fmt: skip
    if entity.belongs_to and not is_user:
        yield tool(1, f"create_{one}", f"Create {a}.", kind="create")
    changeable = tuple(item.name for item in entity.attributes if item.role not in ("created_at", "updated_at"))
    moves = _moves(entity.states)
    left = {state for _, sources in moves for state in sources}
    open_states = tuple(state for state in entity.states if state in left) if moves else ()
    if changeable and (entity.belongs_to or is_user):
        yield tool(2, f"update_{one}", f"Change the details of {a}.", kind="update", parameters=changeable,
                   from_states=open_states)  # fmt: skip
    for state, sources in moves:
        name, words = _moving(one, state, a)
        yield tool(2, name, words, kind="transition", from_states=sources, to_state=state)
    if moves and entity.belongs_to:
        state, sources = moves[0]
        name, words = _moving(many, state, f"several {several} at once")
        yield tool(5, name, words, kind="batch", from_states=sources, to_state=state)
    if entity.belongs_to and not is_user:
        yield tool(3, f"delete_{one}", f"Delete {a}.", kind="delete", from_states=entity.states[:1])
    for parent in entity.belongs_to[1:2]:
        if parent != idea.user:
            other = parent.replace("_", " ")
            yield tool(4, f"change_{parent}_of_{one}", f"Choose another {other} for {a}.", kind="assign",
                       parameters=(f"{parent}_id",), from_states=open_states)  # fmt: skip
    if any(one in other.belongs_to for other in idea.entities if other.name != one):
        yield tool(3, f"get_{one}_figures", f"See the figures of {a}.", kind="compute",
                   answers=f"How much belongs to the {said}, and what it comes to.")  # fmt: skip


def _moves(states: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """The states that a row can be brought into, each with those from which: as people know them, else in their order."""
    if not states:
        return []
    known = state_machine(states, states[0])
    if known is not None:
        return [(move.to, move.sources) for move in known.transitions if move.to != states[0]]
    return [(state, states[number : number + 1]) for number, state in enumerate(states[1:])]


def _moving(name: str, state: str, what: str) -> tuple[str, str]:
    """Name and description of a tool that brings something into a state."""
    verb = verb_for(state)
    words = state.replace("_", " ")
    if verb:
        return f"{verb}_{name}", f"{verb.replace('_', ' ').capitalize()} {what}."
    return f"mark_{name}_{state}", f"Mark {what} as {words}."
