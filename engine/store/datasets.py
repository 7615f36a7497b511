"""Frozen datasets: copies by content, so that what is done to a task or domain later never reaches them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import NamedTuple

from engine.errors import StoreError, UsageError
from engine.models.base import canonical_json
from engine.models.dataset import NAME, DatasetManifest, DatasetSummary, DatasetVersion, Member, Split, VersionDiff
from engine.models.domain import Domain
from engine.models.task import Task
from engine.store.codec import digest_of, pack, read_model, unpack
from engine.store.connection import Connection
from engine.store.dataset_diff import Compared, compare

CHUNK = 500
"""Tasks that are copied in one transaction: others write in between."""


class NewMember(NamedTuple):
    """A task to be frozen; `number` is the one it has in the store."""

    number: int
    domain: str
    task_id: str
    task_digest: str
    split: Split
    difficulty: str
    steps: int


class NewDomain(NamedTuple):
    """A domain to be frozen: its admitted tools included, as JSON text."""

    name: str
    digest: str
    text: str


def member_lines(domains: Iterable[tuple[str, str]], members: Iterable[tuple[str, str, str, str]]) -> Iterator[str]:
    """What a version consists of, a line each; the SHA-256 of these lines is the version's digest.

    Args:
        domains: Name and digest of each, in alphabetical order.
        members: Domain, id, digest and split of each task, in order.
    """
    for name, digest in domains:
        yield canonical_json({"domain": name, "digest": digest}) + "\n"
    for domain, id, digest, split in members:
        yield canonical_json({"domain": domain, "task_id": id, "digest": digest, "split": split}) + "\n"


def lines_digest(lines: Iterable[str]) -> str:
    """The SHA-256 of text that is never held as a whole."""
    found = sha256()
    for line in lines:
        found.update(line.encode())
    return found.hexdigest()


class Datasets:
    """The frozen versions of a store."""

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._clock = clock

    def freeze(
        self,
        manifest: DatasetManifest,
        domains: Sequence[NewDomain],
        members: Sequence[NewMember],
        curator: str,
        progress: Callable[[int], None] = lambda done: None,
    ) -> DatasetVersion:
        """Copies the tasks and adds the version; its number is given here.

        Contents are copied in transactions of their own, so that others can write meanwhile; the version itself
        appears at once or not at all.

        Args:
            manifest: Of the version; its number is ignored.
            domains: In alphabetical order.
            members: In order.
            curator: Who freezes.
            progress: Told how many tasks are copied.

        Raises:
            UsageError: The name can't be used, or there are no tasks.
            StoreError: A task or domain was changed meanwhile.
        """
        if not re.fullmatch(NAME, manifest.name):
            raise UsageError(
                f"A dataset can't be called `{manifest.name}`; use letters, digits, dots, dashes and underscores, "
                "at most 80, and begin with a letter or digit."
            )
        if not members:
            raise UsageError("The choice holds no task; a dataset needs at least one.")
        for domain in domains:
            self._connection.write(
                "insert or ignore into dataset_content (digest, kind, body) values (?,'domain',?)",
                (domain.digest, pack(domain.text)),
            )
        rest = iter(members)
        done = 0
        while chunk := list(islice(rest, CHUNK)):
            self._connection.write_many(
                "insert or ignore into dataset_content (digest, kind, body) "
                "select digest, 'task', body from task where number = ? and digest = ?",
                [(member.number, member.task_digest) for member in chunk],
            )
            done += len(chunk)
            progress(done)
        with self._connection.transaction():
            last = self._connection.value("select last from dataset_name where name = ?", (manifest.name,)) or 0
            manifest = manifest.model_copy(update={"version": last + 1})
            self._connection.write("insert or replace into dataset_name values (?,?)", (manifest.name, last + 1))
            self._insert(manifest, domains, members, curator)
            return self.get(manifest.name, manifest.version)

    def _insert(
        self, manifest: DatasetManifest, domains: Sequence[NewDomain], members: Sequence[NewMember], curator: str
    ) -> None:
        text = manifest.model_dump_json()
        self._connection.write(
            "insert into dataset (name, version, digest, created_at, curator, note, tasks, domains, manifest, seal) "
            "values (?,?,?,?,?,?,?,?,?,?)",
            (
                *(manifest.name, manifest.version, manifest.digest, self._clock(), curator, manifest.note),
                *(len(members), len(domains), pack(text), digest_of(text)),
            ),
        )
        number = self._connection.value(
            "select number from dataset where name = ? and version = ?", (manifest.name, manifest.version)
        )
        content = {row[0]: row[1] for row in self._connection.all("select digest, number from dataset_content")}
        lost = [member.task_id for member in members if member.task_digest not in content]
        lost += [domain.name for domain in domains if domain.digest not in content]
        if lost:
            raise StoreError(f"`{lost[0]}` was changed or deleted while it was frozen; freeze again.")
        first = -len(domains)
        self._connection.write_many(
            "insert into dataset_member values (?,?,?,'','','',0,?)",
            [(number, first + at, domain.name, content[domain.digest]) for at, domain in enumerate(domains)],
        )
        self._connection.write_many(
            "insert into dataset_member values (?,?,?,?,?,?,?,?)",
            (
                (
                    *(number, at, member.domain, member.task_id, member.split, member.difficulty, member.steps),
                    content[member.task_digest],
                )
                for at, member in enumerate(members)
            ),
        )

    def summaries(self) -> list[DatasetSummary]:
        """All versions, the newest first."""
        rows = self._connection.all(
            "select name, version, digest, tasks, domains, note, curator, created_at from dataset "
            "order by created_at desc, number desc"
        )
        return [DatasetSummary(**dict(row)) for row in rows]

    def names(self) -> list[str]:
        """The datasets' names, in alphabetical order."""
        return [row[0] for row in self._connection.all("select distinct name from dataset order by name")]

    def same(self, name: str, digest: str) -> int | None:
        """The number of a version of that name with that content, or `None`."""
        return self._connection.value("select max(version) from dataset where name = ? and digest = ?", (name, digest))

    def get(self, name: str, version: int | None = None) -> DatasetVersion:
        """One version, the latest where no number is given.

        Raises:
            UsageError: There is no such version.
            StoreError: It is damaged.
        """
        row = self._connection.one(
            "select * from dataset where name = ?1 and (?2 is null or version = ?2) order by version desc limit 1",
            (name, version),
        )
        if row is None:
            raise self._unknown(name, version)
        what = f"manifest of `{name}@{row['version']}`"
        manifest = read_model(DatasetManifest, unpack(row["manifest"], what), what)
        return DatasetVersion(manifest=manifest, curator=row["curator"], created_at=row["created_at"])

    def delete(self, name: str, version: int) -> None:
        """Removes a version, and the contents that no other version holds; its number is not given again.

        Raises:
            UsageError: There is no such version.
        """
        number = self.number(name, version)
        with self._connection.transaction():
            contents = self._connection.all("select content from dataset_member where dataset = ?", (number,))
            self._connection.write("delete from dataset where number = ?", (number,))
            self._connection.write_many(
                "delete from dataset_content where number = ?1 "
                "and not exists (select 1 from dataset_member where content = ?1)",
                {row[0]: (row[0],) for row in contents}.values(),
            )

    def number(self, name: str, version: int) -> int:
        """The number under which a version's members are kept.

        Raises:
            UsageError: There is no such version.
        """
        found = self._connection.value("select number from dataset where name = ? and version = ?", (name, version))
        if found is None:
            raise self._unknown(name, version)
        return int(found)

    def _unknown(self, name: str, version: int | None) -> UsageError:
        listed = [f"`{each.name}@{each.version}`" for each in self.summaries()[:8]]
        known = f"there are {', '.join(listed)}" if listed else "freeze one with `scaleenv dataset freeze`"
        which = name if version is None else f"{name}@{version}"
        return UsageError(f"There is no dataset `{which}`; {known}.")

    def members(
        self,
        name: str,
        version: int,
        *,
        domain: str | None = None,
        split: Split | None = None,
        start: int = 0,
        limit: int = 50,
    ) -> list[Member]:
        """Up to `limit` tasks of a version in order, those before `start` left out.

        Raises:
            UsageError: There is no such version.
            StoreError: A task is damaged.
        """
        rows = self._connection.all(
            "select m.domain, m.task_id, c.digest as task_digest, m.split, m.difficulty, m.steps, c.body from "
            "(select * from dataset_member where dataset = ?1 and position >= 0 and (?2 is null or domain = ?2) "
            "and (?3 is null or split = ?3) order by position limit ?5 offset ?4) m "
            "join dataset_content c on c.number = m.content order by m.position",
            (self.number(name, version), domain, split, start, limit),
        )
        return [
            Member(
                **{name: row[name] for name in row.keys() if name != "body"},  # noqa: SIM118
                instruction=_task(row["task_id"], row["body"]).instruction,
            )
            for row in rows
        ]

    def domain(self, name: str, version: int, domain: str) -> Domain:
        """A domain with its admitted tools as it was when the version was frozen.

        Raises:
            UsageError: There is no such version, or it holds no such domain.
            StoreError: It is damaged.
        """
        body = self._connection.value(
            "select c.body from dataset_member m join dataset_content c on c.number = m.content "
            "where m.dataset = ? and m.position < 0 and m.domain = ?",
            (self.number(name, version), domain),
        )
        if body is None:
            raise UsageError(f"The dataset `{name}@{version}` holds no domain `{domain}`.")
        what = f"domain `{domain}` of `{name}@{version}`"
        return read_model(Domain, unpack(body, what), what)

    def task(self, name: str, version: int, domain: str, task_id: str) -> Task:
        """A task as it was when the version was frozen.

        Raises:
            UsageError: The version holds no such task.
            StoreError: It is damaged.
        """
        body = self._connection.value(
            "select c.body from dataset_member m join dataset_content c on c.number = m.content "
            "where m.dataset = ? and m.position >= 0 and m.domain = ? and m.task_id = ?",
            (self.number(name, version), domain, task_id),
        )
        if body is None:
            raise UsageError(f"The dataset `{name}@{version}` holds no task `{task_id}` of `{domain}`.")
        return _task(task_id, body)

    def tasks(self, name: str, version: int, domain: str | None = None) -> Iterator[tuple[Split, Task]]:
        """The tasks of a version in order with their splits, read in chunks.

        Raises:
            UsageError: There is no such version.
            StoreError: A task is damaged.
        """
        number, after = self.number(name, version), -1
        while True:
            rows = self._connection.all(
                "select m.position, m.task_id, m.split, c.body from dataset_member m "
                "join dataset_content c on c.number = m.content where m.dataset = ?1 and m.position > ?2 "
                "and (?3 is null or m.domain = ?3) order by m.position limit ?4",
                (number, after, domain, CHUNK),
            )
            if not rows:
                return
            for row in rows:
                yield row["split"], _task(row["task_id"], row["body"])
            after = rows[-1]["position"]

    def compare(self, one: tuple[str, int], other: tuple[str, int]) -> VersionDiff:
        """How the version `other` differs from `one`, each given by name and number.

        Raises:
            UsageError: There is no such version.
        """
        first, second = (Compared(self.number(*each), self.get(*each).manifest) for each in (one, other))
        return compare(self._connection, first, second)

    def lines(self, name: str, version: int) -> Iterator[str]:
        """What the version consists of, a line for each domain and task; see `member_lines`.

        Raises:
            UsageError: There is no such version.
        """
        rows = self._connection.each(
            "select m.position, m.domain, m.task_id, c.digest, m.split from dataset_member m "
            "join dataset_content c on c.number = m.content where m.dataset = ? order by m.position",
            (self.number(name, version),),
        )
        for row in rows:
            domains = [(row[1], row[3])] if row[0] < 0 else []
            members = [] if row[0] < 0 else [(row[1], row[2], row[3], row[4])]
            yield from member_lines(domains, members)

    def damaged(self, name: str, version: int) -> list[str]:
        """What of a version is not what was frozen, in words; empty where all is well.

        Every copy is hashed again, then the list of members, then the manifest. Nothing is run.

        Raises:
            UsageError: There is no such version.
        """
        number = self.number(name, version)
        found: list[str] = []
        row = self._connection.one("select * from dataset where number = ?", (number,))
        assert row is not None
        members = self._connection.each(
            "select m.domain, m.task_id, m.position, c.digest, c.body from dataset_member m "
            "left join dataset_content c on c.number = m.content where m.dataset = ? order by m.position",
            (number,),
        )
        count = 0
        for member in members:
            count += member["position"] >= 0
            what = f"domain `{member['domain']}`" if member["position"] < 0 else f"task `{member['task_id']}`"
            if member["body"] is None:
                found.append(f"{what}: its copy is gone")
            elif not _is_intact(member["body"], member["digest"]):
                found.append(f"{what}: its copy is not what was frozen")
        try:
            intact = (
                _is_intact(row["manifest"], row["seal"]) and self.get(name, version).manifest.digest == row["digest"]
            )
        except StoreError:
            intact = False
        if not intact:
            found.append("the manifest is not what was frozen")
        if count != row["tasks"]:
            found.append(f"there are {count} tasks, not the {row['tasks']} that were frozen")
        if lines_digest(self.lines(name, version)) != row["digest"]:
            found.append("the list of tasks and splits is not what was frozen")
        return found


def _is_intact(body: bytes, digest: str) -> bool:
    try:
        return digest_of(unpack(body, "copy")) == digest
    except StoreError:
        return False


def _task(id: str, body: bytes) -> Task:
    what = f"task `{id}`"
    return read_model(Task, unpack(body, what), what)
