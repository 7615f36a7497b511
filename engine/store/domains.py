"""Domains: what their seeds said, and how large they have become."""

from __future__ import annotations

from difflib import get_close_matches

from engine import __version__
from engine.errors import UsageError
from engine.models.base import Model
from engine.models.domain import DomainSpec
from engine.models.run import AskedDifficulty, RunOptions
from engine.store.codec import digest_of, pack, read_model, unpack
from engine.store.connection import Connection


class DomainSummary(Model):
    """A domain in one line.

    Attributes:
        engine: Version of the engine that made it.
        seed: The number that decided every random choice.
        difficulty: What was asked of its tasks.
        tools_untested: Tools that no run has judged yet.
        tasks_approved: Audited tasks that a curator approved.
    """

    name: str
    title: str
    seed_kind: str
    seed_digest: str
    engine: str
    seed: int
    difficulty: AskedDifficulty
    tables: int
    tools_admitted: int = 0
    tools_rejected: int = 0
    tools_untested: int = 0
    edges_proven: int = 0
    edges_unproven: int = 0
    tasks_audited: int = 0
    tasks_rejected: int = 0
    tasks_approved: int = 0


_SUMMARY = """
select d.name, title, seed_kind, seed_digest, engine, seed, difficulty, tables,
  (select count(*) from tool where domain = d.name and admitted = 1) as tools_admitted,
  (select count(*) from tool where domain = d.name and admitted = 0) as tools_rejected,
  (select count(*) from tool where domain = d.name and admitted is null) as tools_untested,
  (select count(*) from edge where domain = d.name and proven = 1) as edges_proven,
  (select count(*) from edge where domain = d.name and proven = 0) as edges_unproven,
  (select count(*) from task where domain = d.name and state = 'audited') as tasks_audited,
  (select count(*) from task where domain = d.name and state = 'rejected') as tasks_rejected,
  (select count(*) from task where domain = d.name and state = 'audited' and review = 'approved') as tasks_approved
from domain d
"""


class Domains:
    """The domains of a store."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def names(self) -> list[str]:
        """All names, in alphabetical order."""
        return [row["name"] for row in self._connection.all("select name from domain order by name")]

    def exists(self, name: str) -> bool:
        """Whether there is a domain of that name."""
        return self._connection.one("select 1 from domain where name = ?", (name,)) is not None

    def require(self, name: str) -> str:
        """The name, if there is such a domain.

        Raises:
            UsageError: There is none; the message names the nearest ones.
        """
        if self.exists(name):
            return name
        names = self.names()
        near = get_close_matches(name, names, n=3, cutoff=0.5)
        known = ", ".join(f"`{other}`" for other in near or names[:8])
        hint = f"did you mean {known}?" if near else f"there are {known}." if names else "there are none yet."
        raise UsageError(f"There is no domain `{name}`; {hint}")

    def save(self, spec: DomainSpec, options: RunOptions) -> None:
        """Adds a domain that is not there yet, with the options that decide what it holds."""
        text = spec.model_dump_json()
        self._connection.write(
            "insert into domain (name, title, seed_kind, seed_digest, engine, seed, difficulty, tables, spec, digest) "
            "values (?,?,?,?,?,?,?,?,?,?)",
            (
                *(
                    spec.name,
                    spec.title,
                    spec.seed_kind,
                    spec.seed_digest,
                    __version__,
                    options.seed,
                    options.difficulty,
                ),
                *(len(spec.database.tables), pack(text), digest_of(text)),
            ),
        )

    def get(self, name: str) -> DomainSpec:
        """What the seed said.

        Raises:
            UsageError: There is no such domain.
        """
        self.require(name)
        row = self._connection.one("select spec from domain where name = ?", (name,))
        assert row is not None
        return read_model(DomainSpec, unpack(row["spec"], f"domain `{name}`"), f"domain `{name}`")

    def damaged(self, name: str) -> list[str]:
        """The name, where the domain's stored text is not what was written."""
        row = self._connection.one("select spec, digest from domain where name = ?", (name,))
        assert row is not None
        return [] if digest_of(unpack(row["spec"], f"domain `{name}`")) == row["digest"] else [name]

    def delete(self, name: str) -> None:
        """Removes a domain with its tools, traces, graph and tasks; the review log stays."""
        self._connection.write("delete from domain where name = ?", (name,))

    def summaries(self) -> list[DomainSummary]:
        """All domains with their sizes, by name."""
        return [DomainSummary(**dict(row)) for row in self._connection.all(f"{_SUMMARY} order by d.name")]

    def summary(self, name: str) -> DomainSummary:
        """One domain with its sizes.

        Raises:
            UsageError: There is no such domain.
        """
        self.require(name)
        row = self._connection.one(f"{_SUMMARY} where d.name = ?", (name,))
        assert row is not None
        return DomainSummary(**dict(row))
