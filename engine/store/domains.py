"""Domains: what their seeds said, and how large they have become."""

from __future__ import annotations

from difflib import get_close_matches
from typing import NamedTuple

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
        tools_stale: Tools whose verdict does not count until they are tested again.
        tasks_open: Audited tasks that no curator has decided on; with `tasks_approved`, `tasks_needs_edit` and
            `tasks_declined` they add up to `tasks_audited`.
        tasks_declined: Audited tasks that a curator rejected; `tasks_rejected` are attempts that failed an audit.
        tasks_stale: Audited tasks whose audits don't count until they are run again.
        last_run: Id of its last synthesis; empty where there was none.
        run_status: How that run stands, as it was last written: whether its process still lives is for `Runs` to say.
        made_at: When that run last did something, in seconds since 1970; 0 where there was none.
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
    tools_stale: int = 0
    edges_proven: int = 0
    edges_unproven: int = 0
    tasks_audited: int = 0
    tasks_rejected: int = 0
    tasks_approved: int = 0
    tasks_open: int = 0
    tasks_needs_edit: int = 0
    tasks_declined: int = 0
    tasks_stale: int = 0
    last_run: str = ""
    run_status: str = ""
    made_at: float = 0.0

    @property
    def tools(self) -> int:
        """All candidates, whatever became of them."""
        return self.tools_admitted + self.tools_rejected + self.tools_untested


class Shape(NamedTuple):
    """How a domain's graph is built, for comparing domains.

    Attributes:
        tools: Admitted tools.
        pairs: Ordered pairs of tools that a proven edge joins.
    """

    domain: str
    title: str
    tables: int
    tools: int
    pairs: int

    @property
    def density(self) -> float:
        """Joined pairs over all ordered pairs, in [0, 1]; as `engine.graph.analysis.density`."""
        return self.pairs / (self.tools * (self.tools - 1)) if self.tools > 1 else 0.0


# One pass over an index for each kind of thing, not one for each domain and figure.
_TOOLS = """
select domain, coalesce(sum(admitted = 1), 0) as tools_admitted, coalesce(sum(admitted = 0), 0) as tools_rejected,
  sum(admitted is null) as tools_untested, sum(stale != '') as tools_stale
from tool {where} group by domain
"""
_EDGES = """
select domain, coalesce(sum(proven = 1), 0) as edges_proven, coalesce(sum(proven = 0), 0) as edges_unproven
from edge {where} group by domain
"""
# Over all domains the index on (state, review, domain) answers alone.
_TASKS = "select state, review, domain, count(*) as count from task {where} group by state, review, domain"
_STALE = "select domain, count(*) as count from task where stale != '' and state = 'audited' {also} group by domain"
_RUNS = """
select domain, id, status, updated_at from run r
where kind = 'synthesis' and (:domain is null or domain = :domain)
  and rowid = (select rowid from run where domain = r.domain and kind = 'synthesis' order by created_at desc, rowid desc limit 1)
"""
_REVIEWS = {
    "approved": "tasks_approved",
    "open": "tasks_open",
    "needs_edit": "tasks_needs_edit",
    "rejected": "tasks_declined",
}


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

    def save_blueprint(self, name: str, text: str) -> None:
        """Keeps the blueprint that a keyword became, so that it can be edited and used as a seed."""
        self._connection.write("insert or replace into blueprint (domain, text) values (?, ?)", (name, pack(text)))

    def blueprint(self, name: str) -> str | None:
        """The blueprint that a keyword became, as YAML; `None` for a domain of another seed.

        Raises:
            UsageError: There is no such domain.
        """
        self.require(name)
        row = self._connection.one("select text from blueprint where domain = ?", (name,))
        return None if row is None else unpack(row["text"], f"blueprint of `{name}`")

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
        return self._summaries(None)

    def summary(self, name: str) -> DomainSummary:
        """One domain with its sizes.

        Raises:
            UsageError: There is no such domain.
        """
        return self._summaries(self.require(name))[0]

    def _summaries(self, name: str | None) -> list[DomainSummary]:
        chosen = {"domain": name}
        found = {
            row["name"]: dict(row)
            for row in self._connection.all(
                "select name, title, seed_kind, seed_digest, engine, seed, difficulty, tables from domain "
                "where :domain is null or name = :domain order by name",
                chosen,
            )
        }
        where = "where domain = :domain" if name else ""
        for row in (
            *self._connection.all(_TOOLS.format(where=where), chosen),
            *self._connection.all(_EDGES.format(where=where), chosen),
        ):
            found[row["domain"]] |= {column: row[column] for column in row.keys() if column != "domain"}  # noqa: SIM118
        states: list[str] = [] if name is None else [name]
        for row in self._connection.all(
            _TASKS.format(where="where state in ('audited', 'rejected') and domain = ?" if name else ""), states
        ):
            entry = found[row["domain"]]
            if row["state"] == "audited":
                entry["tasks_audited"] = entry.get("tasks_audited", 0) + row["count"]
                entry[_REVIEWS[row["review"]]] = row["count"]
            else:
                entry["tasks_rejected"] = entry.get("tasks_rejected", 0) + row["count"]
        for row in self._connection.all(_STALE.format(also="and domain = ?" if name else ""), states):
            found[row["domain"]]["tasks_stale"] = row["count"]
        for row in self._connection.all(_RUNS, chosen):
            if row["domain"] in found:
                found[row["domain"]] |= {
                    "last_run": row["id"],
                    "run_status": row["status"],
                    "made_at": row["updated_at"],
                }
        return [DomainSummary(**entry) for entry in found.values()]

    def shapes(self) -> list[Shape]:
        """All domains' graphs in figures, by name."""
        pairs = {
            row["domain"]: row["count"]
            for row in self._connection.all(
                "select domain, count(*) as count from "
                "(select distinct domain, source, target from edge where proven = 1) group by domain"
            )
        }
        return [
            Shape(each.name, each.title, each.tables, each.tools_admitted, pairs.get(each.name, 0))
            for each in self.summaries()
        ]

    def tools_digest(self) -> str:
        """Changes exactly when some domain's admitted tools do; what is worked out from all of them is kept under it."""
        rows = self._connection.all("select domain, name, digest from tool where admitted = 1 order by domain, name")
        return digest_of("\n".join(f"{row['domain']} {row['name']} {row['digest']}" for row in rows))
