"""What two frozen versions have in common and what not."""

from __future__ import annotations

from typing import NamedTuple

from engine.models.dataset import DatasetManifest, MemberChange, VersionDiff
from engine.store.connection import Connection

SHOWN = 1000
"""Changes that are listed; all are counted."""

_JOINED = """
with both as (
  select a.domain, a.task_id, a.split as before, b.split as after, a.content is not b.content as changed
    from dataset_member a left join dataset_member b on b.dataset = :other and b.domain = a.domain and b.task_id = a.task_id
    where a.dataset = :one and a.position >= 0
  union all
  select b.domain, b.task_id, null, b.split, 0
    from dataset_member b left join dataset_member a on a.dataset = :one and a.domain = b.domain and a.task_id = b.task_id
    where b.dataset = :other and b.position >= 0 and a.dataset is null)
"""
"""All tasks of both versions; every look-up of a partner is one step in the index by domain and id."""


class Compared(NamedTuple):
    """A version: its manifest, and the number under which its members are kept."""

    number: int
    manifest: DatasetManifest


def compare(connection: Connection, one: Compared, other: Compared) -> VersionDiff:
    """How the version `other` differs from `one`; the first `SHOWN` changes are listed."""
    parameters = {"one": one.number, "other": other.number, "limit": SHOWN}
    counts = connection.one(
        f"{_JOINED} select count(*) filter (where before is null) as added, "
        "count(*) filter (where after is null) as removed, "
        "count(*) filter (where before is not null and after is not null and changed) as changed, "
        "count(*) filter (where before is not null and after is not null and before != after) as moved from both",
        parameters,
    )
    assert counts is not None
    listed = connection.all(
        f"{_JOINED} select domain, task_id, before, after, changed and before is not null and after is not null as changed "
        "from both where changed or before is not after order by domain, task_id limit :limit",
        parameters,
    )
    old = {domain.name: domain.digest for domain in one.manifest.domains}
    new = {domain.name: domain.digest for domain in other.manifest.domains}
    return VersionDiff(
        before=one.manifest,
        after=other.manifest,
        **dict(counts),
        domains_added=tuple(name for name in new if name not in old),
        domains_removed=tuple(name for name in old if name not in new),
        domains_changed=tuple(name for name in new if name in old and new[name] != old[name]),
        changes=tuple(MemberChange.model_validate(dict(row)) for row in listed),
    )
