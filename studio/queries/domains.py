"""What the pages about domains read, and what is done about a whole domain there."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from hashlib import sha256
from itertools import count
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from engine.datafiles import data_path
from engine.errors import SeedError
from engine.models.database import Table
from engine.models.domain import DomainSpec
from engine.models.run import Run
from engine.seeds import built_in
from engine.store.call_log import CallFilter, CallSums
from engine.store.domains import DomainSummary, Shape
from engine.store.tools import StoredTool
from studio.jobs import check_upload
from studio.queries.opened import opened, store_path
from studio.queries.unchanged import until_written

if TYPE_CHECKING:  # composer and numpy are loaded when they are first needed: every page asks this module for names
    from engine.pipeline.preview import Draft, Preview

KEPT = 64
"""Drafts whose check is remembered: going back and forth between two versions costs nothing."""


def domains() -> list[DomainSummary]:
    """All domains with their sizes."""
    found = _summaries()
    with opened() as store:
        # Whether a run's process still lives is not written anywhere: it is looked at each time.
        told = {run.id: run.status for run in store.runs.all()}
    return [each.model_copy(update={"run_status": told.get(each.last_run, each.run_status)}) for each in found]


@until_written
def _summaries() -> list[DomainSummary]:
    with opened() as store:
        return store.domains.summaries()


def names() -> list[str]:
    """All domains' names, in alphabetical order."""
    with opened() as store:
        return store.domains.names()


class Rule(NamedTuple):
    """A kind of rule with the places where it holds: tool and rejection code."""

    kind: str
    places: tuple[tuple[str, str], ...]


class DomainView(NamedTuple):
    """A domain on a page of its own.

    Attributes:
        run: Its last synthesis, where there was one.
        rules: The kinds of rules that its tools keep, the most frequent first.
        tools: How many of its tools are about each table.
        writers: Who wrote its tools' code -> how many of them, the most first.
        spent: Role -> what language models cost in it, over all its runs; roles that asked none are missing.
        blueprint: What its keyword became, as YAML; empty for a domain of another seed.
    """

    summary: DomainSummary
    spec: DomainSpec
    run: Run | None
    rules: tuple[Rule, ...]
    tools: dict[str, int]
    writers: dict[str, int]
    spent: dict[str, CallSums]
    blueprint: str


def view(name: str) -> DomainView:
    """One domain.

    Raises:
        UsageError: There is no such domain.
    """
    with opened() as store, store.snapshot():
        summary = store.domains.summary(name)
        spec = store.domains.get(name)
        tools = store.tools.all(name)
        run = store.runs.latest(name)
        spent = {each.of: each for each in store.call_log.sums_by("role", CallFilter(domain=name))}
        blueprint = store.domains.blueprint(name) or ""
    if run is not None and run.id == summary.last_run:
        summary = summary.model_copy(update={"run_status": run.status})
    return DomainView(
        summary=summary,
        spec=spec,
        run=run,
        rules=_rules(tools),
        tools=dict(Counter(each.tool.entity for each in tools)),
        writers=dict(Counter(each.tool.made_by for each in tools).most_common()),
        spent=spent,
        blueprint=blueprint,
    )


def for_another(blueprint: str, name: str) -> str:
    """A domain's blueprint as the beginning of another: the same text under a name that is free.

    Args:
        blueprint: As YAML.
        name: The domain that it is of.
    """
    there = set(names())
    free = next(wanted for number in count(2) if (wanted := f"{name}_{number}") not in there)
    return re.sub(r"(?m)^domain:.*$", f"domain: {free}", blueprint, count=1)


def _rules(tools: list[StoredTool]) -> tuple[Rule, ...]:
    places: dict[str, dict[tuple[str, str], None]] = {}
    for each in tools:
        if each.admitted:
            for requirement in each.tool.contract.requires:
                if requirement.rule:
                    places.setdefault(requirement.rule, {})[each.tool.name, requirement.code] = None
    found = [Rule(kind, tuple(listed)) for kind, listed in places.items()]
    return tuple(sorted(found, key=lambda rule: (-len(rule.places), rule.kind)))


def keys_of(table: Table) -> dict[str, str]:
    """What each column of a table points to, as `table.column`; columns that point nowhere are left out."""
    return {
        column: f"{key.table}.{reference}"
        for key in table.foreign_keys
        for column, reference in zip(key.columns, key.references, strict=True)
    }


def delete(name: str) -> None:
    """Removes a domain with all that was made for it, and its runs; the review log stays.

    Raises:
        UsageError: There is no such domain.
        StoreError: A process works on it.
    """
    with opened() as store, store.transaction():
        store.domains.require(name)
        store.runs.discard(name)
        store.domains.delete(name)


# Seeds


class BuiltIn(NamedTuple):
    """A domain that ships with the engine."""

    name: str
    title: str
    description: str
    entities: int
    tools: int


@lru_cache(maxsize=1)
def built_ins() -> tuple[BuiltIn, ...]:
    """The domains that ship with the engine, read once a process."""
    from engine.seeds.blueprint_file import read_blueprint

    read = ((name, read_blueprint(data_path("blueprints", f"{name}.yaml"))) for name in built_in())
    return tuple(
        BuiltIn(name, blueprint.title, blueprint.description.strip(), len(blueprint.entities), len(blueprint.tools))
        for name, blueprint in read
    )


def near_built_ins(keyword: str) -> list[BuiltIn]:
    """The built-in domains that have to do with a keyword, the nearest first; all of them where there is no word yet."""
    from engine.seeds.near import near_built_ins as near

    if not keyword.strip():
        return list(built_ins())
    known = {each.name: each for each in built_ins()}
    return [known[name] for name in near(keyword, most=len(known))]


MINIMAL = """\
domain: lending_library
title: Lending Library
description: Members borrow books and bring them back.
user:
  entity: member
  knows: [full_name, email]
  description: You are a member of the library.
entities:
  member:
    columns:
      full_name: person_name
      email: {role: email, unique: true}
    tools:
      find_member_by_email: {kind: lookup, by: email, summary: find my account}
  book:
    columns:
      name: title
      copies: {role: quantity, minimum: 0, maximum: 9}
    tools:
      search_books: {kind: search, filters: [name], summary: look for a book}
      get_book: {kind: get, summary: look at a book}
  loan:
    columns:
      member_id: -> member
      book_id: -> book
      borrowed_at: created_at
    owner: member_id
    lifecycle: [open, returned]
    tools:
      list_loans: {kind: list, by: member_id, summary: see my loans}
      borrow_book:
        kind: create
        summary: borrow a book
        rules:
          - {rule: quota, rows: loan, match: [member_id], among: {status: open}, limit: 3, code: too_many_loans, message: Three books at a time.}
          - {rule: limits, value: book.copies, minimum: 1, code: no_copy_left, message: Every copy is out.}
        effects:
          - {update: book, key: book_id, set: {copies: book.copies - 1}}
      return_book:
        kind: transition
        from: open
        to: returned
        code: already_returned
        summary: bring a book back
        effects:
          - {update: book, key: loan.book_id, set: {copies: loan.book.copies + 1}}
"""
"""The smallest blueprint that gives audited tasks: three entities, a rule or two, six tools."""

MINIMAL_NAME = "minimal"


def templates() -> list[str]:
    """What a blueprint of one's own can begin with."""
    return [MINIMAL_NAME, *built_in()]


def template(name: str) -> str:
    """The text of one of `templates`."""
    return MINIMAL if name == MINIMAL_NAME else data_path("blueprints", f"{name}.yaml").read_text("utf-8")


@lru_cache(maxsize=1)
def language_reference() -> str:
    """The description of the blueprint language, as Markdown of our own; its links lead to files, so their words alone are left."""
    text = data_path("blueprints", "README.md").read_text("utf-8")
    plain = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)
    return re.sub(r"(?m)^(#+ )", r"###\1", plain)  # it stands in a narrow column, under the page's own headings


@lru_cache(maxsize=KEPT)
def check_draft(text: str) -> Draft:
    """Checks a blueprint as it is being written."""
    from engine.pipeline.preview import preview_draft

    return preview_draft(text)


def preview_upload(filename: str, content: bytes, *, with_rows: bool) -> Preview:
    """Says what an uploaded file would become.

    Args:
        filename: As the browser says it; only its last part is used.
        content: The file.
        with_rows: Take the file's rows along.

    Raises:
        SeedError: The file is empty, too large, of another kind than its name says, or no usable seed.
    """
    name = PurePath(filename.replace("\\", "/")).name
    check_upload(name, content)
    return _previewed(_Upload(name, content, sha256(content).hexdigest()), with_rows)


class _Upload:
    """A file by its name and digest, so that the cache compares no megabytes."""

    def __init__(self, name: str, content: bytes, digest: str) -> None:
        self.name, self.content, self.digest = name, content, digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Upload) and (self.name, self.digest) == (other.name, other.digest)

    def __hash__(self) -> int:
        return hash((self.name, self.digest))


@lru_cache(maxsize=2)
def _previewed(upload: _Upload, with_rows: bool) -> Preview:
    from engine.pipeline.preview import preview_file

    with TemporaryDirectory(prefix="scaleenv-preview-") as folder:
        path = Path(folder) / upload.name
        try:
            path.write_bytes(upload.content)
        except (OSError, ValueError) as error:
            raise SeedError(f"{upload.name!r} can't be used as a file's name; rename the file.") from error
        try:
            return preview_file(path, with_rows=with_rows)
        except SeedError as error:
            raise SeedError(str(error).replace(f"{folder}/", "").replace(f"{folder}\\", "")) from error


# Charts


@until_written
def shapes() -> list[Shape]:
    """All domains' graphs in figures."""
    with opened() as store:
        return store.domains.shapes()


class MappedTool(NamedTuple):
    """A tool on the map; `x` and `y` are in [0, 1]."""

    domain: str
    name: str
    description: str
    x: float
    y: float


def tool_map() -> tuple[MappedTool, ...]:
    """All admitted tools, laid out by the likeness of their words; worked out anew only after a tool changed."""
    with opened() as store:
        return _tool_map(store_path(), store.domains.tools_digest())


@lru_cache(maxsize=2)
def _tool_map(path: Path, digest: str) -> tuple[MappedTool, ...]:
    from engine.graph.tool_map import map_tools

    del path, digest  # they decide only whether the kept map is still good
    with opened() as store, store.snapshot():
        tools = [(name, each.tool) for name in store.domains.names() for each in store.tools.all(name) if each.admitted]
    places = map_tools([tool for _, tool in tools])
    return tuple(
        MappedTool(domain, tool.name, tool.description, place.x, place.y)
        for (domain, tool), place in zip(tools, places, strict=True)
    )
