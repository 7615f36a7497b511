"""Guesses who the user of a SQL schema is, and which rows are theirs."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from engine.models.database import Role
from engine.seeds.blueprint import User
from engine.seeds.sql_entities import Draft
from engine.seeds.sql_names import spoken

_LIKELY = (
    "customer", "user", "member", "client", "student", "patient", "guest", "passenger", "subscriber", "borrower", "reader",
    "buyer", "shopper", "account", "candidate", "applicant", "tenant", "donor", "learner", "traveler", "patron", "player",
    "participant", "attendee", "person", "profile", "adopter", "contact",
)  # fmt: skip
_KNOWN: tuple[Role, ...] = ("person_name", "username", "email", "phone")
_MOST_KNOWN = 4
_LONGEST_PATH = 3


def guess_user(drafts: Mapping[str, Draft], warnings: list[str]) -> User | None:
    """The entity whose rows are the product's own users, if there is one that people could say who they are in.

    An e-mail address or user name that no two rows share becomes unique, since it must tell users apart.
    """
    candidates: list[tuple[int, int, str]] = []
    for name, draft in drafts.items():
        words = [
            name,
            name.rpartition("_")[2],
            name.partition("_")[0] if name.endswith(("_account", "_profile", "_user")) else "",
        ]
        rank = min((_LIKELY.index(word) for word in words if word in _LIKELY), default=None)
        exact = name in _LIKELY
        pointing = sum(name in other.links.values() for other in drafts.values())
        if rank is not None and len(draft.key) == 1 and _identifying(draft) and (pointing or len(drafts) == 1):
            candidates.append((rank if exact else rank + len(_LIKELY), -pointing, name))
    if not candidates:
        return None
    name = min(candidates)[2]
    draft = drafts[name]
    _make_unique(draft, warnings)
    chosen = [
        column
        for role in _KNOWN
        for column, entry in draft.columns.items()
        if entry.role == role and not entry.nullable and entry.type == "text" and column not in draft.links
    ]
    knows = [column for column in draft.columns if column in chosen][:_MOST_KNOWN]
    return User(entity=name, knows=tuple(knows), description=f"You are a {spoken(name)}.")


def _identifying(draft: Draft) -> bool:
    """Whether a row says for sure how its person is called or reached."""
    return any(
        entry.role in _KNOWN and not entry.nullable and entry.type == "text" and name not in draft.links
        for name, entry in draft.columns.items()
    )


def _make_unique(draft: Draft, warnings: list[str]) -> None:
    """Takes the first e-mail address or user name as unique, where none is and no two rows share one."""
    if any(entry.unique and entry.role in _KNOWN for entry in draft.columns.values()):
        return
    for role in ("email", "username"):
        for source, name in draft.names.items():
            entry = draft.columns[name]
            values = draft.table.values(source)
            distinct = len({str(value) for value in values}) == len(values)
            shared = any(name in unique.columns for unique in draft.unique)  # unique with others, so not alone
            if entry.role != role or entry.nullable or shared or (name,) == draft.key:
                continue
            if distinct and not draft.table.cut:
                draft.columns[name] = entry.model_copy(update={"unique": True})
                warnings.append(f"{draft.table.name}.{source} is taken as unique, so that it tells users apart.")
                return


def owner_paths(drafts: Mapping[str, Draft], user: User | None) -> dict[str, str]:
    """Entity -> path of required references to the user's id (`order.customer_id`), shortest first."""
    if user is None:
        return {}
    paths: dict[str, str] = {}
    hops: dict[str, int] = {user.entity: 0}
    pending = deque([user.entity])
    while pending:
        target = pending.popleft()
        if hops[target] == _LONGEST_PATH:
            continue
        for name, draft in drafts.items():
            if name in hops:
                continue
            column = next(
                (
                    column
                    for column, entity in draft.links.items()
                    if entity == target
                    and not draft.columns[column].nullable
                    and _is_key(draft.columns[column].to, drafts[target])
                ),
                None,
            )
            if column is not None:
                hops[name] = hops[target] + 1
                paths[name] = column if target == user.entity else f"{column.removesuffix('_id')}.{paths[target]}"
                pending.append(name)
    return paths


def _is_key(to: str | None, target: Draft) -> bool:
    """Whether a reference points to the primary key, not to another unique column."""
    return to is not None and (to.partition(".")[2],) == target.key
