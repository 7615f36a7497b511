"""What the studio needs: tasks that are searched and sorted, several curators, edits, attempts by people, frozen datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.store.review_columns import settle

if TYPE_CHECKING:
    from sqlite_utils import Database


def second(db: Database) -> None:
    """Makes room for curation."""
    for part in (_tasks, _search, _tags, _reviews, _edits, _runs, _traces, _trajectories, _datasets):
        part(db)


def _run(db: Database, script: str) -> None:
    """Statement by statement: `executescript` would commit the migration's transaction."""
    for statement in script.split(";;"):
        if statement.strip():
            db.conn.execute(statement)


def _tasks(db: Database) -> None:
    """Tasks get a number that never changes (which full-text search stands on) and what curators' actions add up to."""
    _run(
        db,
        """
        create table task_now (
          number integer primary key,
          domain text not null references domain (name) on delete cascade on update cascade,
          position integer not null,
          id text not null,
          state text not null,          -- audited, rejected
          cause text not null,          -- why it was rejected, in words that can be counted
          reason text not null,         -- the same in full
          difficulty text not null,
          steps integer not null,
          instruction text not null,
          tools text not null,          -- names of the chain's tools, as a JSON array
          review text not null default 'open',
          reviewers integer not null default 0,  -- curators whose decision stands
          agreed integer,               -- whether they decide alike; null below two
          decider text,                 -- the one whose decision stands; null for none or several
          rating real,                  -- mean of the standing ratings
          tags text not null default '[]',
          reviewed_at real,             -- when a curator last acted on it
          edits integer not null default 0,      -- how often its words were changed
          stale text not null default '',        -- why its audits don't count until they are run again
          body blob,                    -- null where no candidate came about at all
          digest text,
          unique (domain, position),
          unique (domain, id)
        ) strict
        ;;
        insert into task_now (domain, position, id, state, cause, reason, difficulty, steps, instruction, tools, review, body, digest)
          select domain, position, id, state, cause, reason, difficulty, steps, instruction, tools, review, body, digest
          from task order by domain, position
        ;;
        drop table task
        ;;
        alter table task_now rename to task
        ;;
        create index task_order on task (state, domain, position)
        ;;
        create index task_review on task (state, review, domain, position)
        ;;
        create index task_columns on task
          (state, domain, position, review, difficulty, steps, rating, reviewed_at, reviewers, agreed, stale, edits)
        ;;
        create index task_same_chain on task (domain, tools, state)
        ;;
        create table task_tool (        -- kept by the triggers below
          tool text not null,
          number integer not null references task (number) on delete cascade,
          primary key (tool, number)
        ) strict, without rowid
        ;;
        create index task_tool_of on task_tool (number)
        ;;
        insert into task_tool select distinct value, number from task, json_each(tools)
        ;;
        create trigger task_tool_insert after insert on task begin
          insert into task_tool select distinct value, new.number from json_each(new.tools);
        end
        ;;
        create trigger task_tool_update after update of tools on task begin
          delete from task_tool where number = old.number;
          insert into task_tool select distinct value, new.number from json_each(new.tools);
        end
        """,
    )


def _search(db: Database) -> None:
    _run(
        db,
        """
        create virtual table task_search using fts5(
          id, instruction, tools, content = 'task', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2')
        ;;
        insert into task_search (task_search) values ('rebuild')
        ;;
        create virtual table task_word using fts5vocab(task_search, row)  -- how many tasks have a word
        ;;
        create trigger task_search_insert after insert on task begin
          insert into task_search (rowid, id, instruction, tools) values (new.number, new.id, new.instruction, new.tools);
        end
        ;;
        create trigger task_search_delete after delete on task begin
          insert into task_search (task_search, rowid, id, instruction, tools)
            values ('delete', old.number, old.id, old.instruction, old.tools);
        end
        ;;
        create trigger task_search_update after update of id, instruction, tools on task begin
          insert into task_search (task_search, rowid, id, instruction, tools)
            values ('delete', old.number, old.id, old.instruction, old.tools);
          insert into task_search (rowid, id, instruction, tools) values (new.number, new.id, new.instruction, new.tools);
        end
        """,
    )


def _tags(db: Database) -> None:
    _run(
        db,
        """
        create table task_tag (
          tag text not null,
          number integer not null references task (number) on delete cascade,
          primary key (tag, number)
        ) strict, without rowid
        ;;
        create index task_tag_of on task_tag (number)
        """,
    )


def _reviews(db: Database) -> None:
    """The queue serves a task to one curator at a time and leaves what somebody skipped for later; a bulk action is a batch."""
    _run(
        db,
        """
        create index task_second on task (state, domain, position, decider, stale) where reviewers = 1
        ;;
        create index task_disputed on task (domain, position) where agreed = 0
        ;;
        create index task_shared on task (number, agreed) where agreed is not null
        ;;
        create table review_standing (
          number integer not null references task (number) on delete cascade,
          curator text not null,
          decision text not null,       -- approved, rejected, needs_edit
          seq integer not null,         -- the entry of the log
          primary key (number, curator)
        ) strict, without rowid
        ;;
        create index review_standing_of on review_standing (curator, decision, number)
        ;;
        create table review_lease (
          domain text not null,
          task_id text not null,
          curator text not null,
          until real not null,          -- seconds since 1970
          primary key (domain, task_id)
        ) strict
        ;;
        create index review_lease_of on review_lease (curator)
        ;;
        create table review_skip (
          domain text not null,
          task_id text not null,
          curator text not null,
          at real not null,
          primary key (curator, domain, task_id)
        ) strict
        ;;
        alter table review add column batch text not null default ''
        ;;
        create index review_batch on review (batch) where batch != ''
        ;;
        create index review_at on review (at, action, curator, batch)
        ;;
        create index review_curator on review (curator, seq)
        ;;
        create index review_undoes on review (undoes) where undoes is not null
        """,
    )
    settle(db.conn)


def _edits(db: Database) -> None:
    """Every change of a task's words or of a tool, with what it was before."""
    _run(
        db,
        """
        create table task_edit (
          seq integer primary key,
          domain text not null,
          task_id text not null,
          curator text not null,
          at real not null,
          note text not null,
          digest_before text not null,
          digest_after text not null,
          before blob not null,         -- instruction and profile, compressed JSON
          after blob not null
        ) strict
        ;;
        create index task_edit_of on task_edit (domain, task_id, seq)
        ;;
        create table tool_edit (
          seq integer primary key,
          domain text not null references domain (name) on delete cascade on update cascade,
          tool text not null,
          curator text not null,
          at real not null,
          note text not null,
          state text not null,          -- waiting, refused, counts, superseded
          before blob not null,         -- the tool as it was, compressed JSON
          after blob not null,          -- the tool as proposed
          report text,                  -- the verdict on the proposal, null until it was tested
          evidence blob,                -- cases and traces of a refused proposal, compressed JSON
          run text                      -- the run that tests it
        ) strict
        ;;
        create index tool_edit_of on tool_edit (domain, tool, seq)
        ;;
        create index tool_edit_run on tool_edit (run)
        ;;
        alter table tool add column stale text not null default ''
        ;;
        alter table edge add column stale text not null default ''
        ;;
        create index edge_stale on edge (domain) where stale != ''
        ;;
        create index task_stale on task (domain) where stale != ''
        """,
    )


def _runs(db: Database) -> None:
    """A run makes a domain from a seed, or brings one up to date after a tool was edited."""
    _run(db, "alter table run add column kind text not null default 'synthesis'")


def _traces(db: Database) -> None:
    """Traces are listed, counted and searched by words without a look at their bodies."""
    _run(db, "create index trace_list on trace (domain, passed, kind, subject, id, title, steps)")


def _trajectories(db: Database) -> None:
    """Attempts at tasks, by people now and by agents later."""
    _run(
        db,
        """
        create table trajectory (
          domain text not null references domain (name) on delete cascade on update cascade,
          id text not null,
          task_id text not null,
          task_digest text not null,
          agent text not null,          -- who acted, as `person:NAME`
          state text not null,          -- open, finished
          steps integer not null,
          reward real,                  -- null while it is open
          started_at real not null,
          ended_at real,
          body blob not null,           -- the trajectory, compressed JSON
          primary key (domain, id)
        ) strict
        ;;
        create index trajectory_of_task on trajectory (domain, task_id, started_at)
        ;;
        create index trajectory_at on trajectory (started_at)
        """,
    )


def _datasets(db: Database) -> None:
    """A frozen version keeps copies of all that it holds, by content: later edits of a task or domain don't reach it.

    Beside it, what splits and balance look at in each task, in a narrow table: its body is a hundred times larger.
    """
    _run(
        db,
        """
        create table task_feature (
          number integer primary key references task (number) on delete cascade,
          structure integer not null,   -- all four are the first 8 bytes of a SHA-256
          wording integer not null,
          entities integer not null,    -- 0 where the task names none
          chain integer not null        -- of `task_chain`
        ) strict
        ;;
        create table task_chain (
          chain integer primary key,
          domain text not null,
          tools text not null           -- names of the chain's tools, as a JSON array
        ) strict
        ;;
        create trigger task_feature_is_outdated after update of digest on task when old.digest is not new.digest
        begin delete from task_feature where number = new.number; end
        ;;
        drop table dataset
        ;;
        create table dataset (
          number integer primary key,
          name text not null,
          version integer not null,
          digest text not null,         -- of the content: same tasks, domains and splits, same digest
          created_at real not null,
          curator text not null,
          note text not null,
          tasks integer not null,
          domains integer not null,
          manifest blob not null,       -- compressed JSON
          seal text not null,           -- digest of the manifest
          unique (name, version)
        ) strict
        ;;
        create table dataset_name (     -- a number is not given twice, even if its version was deleted
          name text primary key,
          last integer not null
        ) strict, without rowid
        ;;
        create table dataset_content (
          number integer primary key,
          digest text not null unique,
          kind text not null,           -- task, domain
          body blob not null            -- compressed JSON
        ) strict
        ;;
        create table dataset_member (
          dataset integer not null references dataset (number) on delete cascade,
          position integer not null,
          domain text not null,
          task_id text not null,
          split text not null,          -- empty for the domains themselves
          difficulty text not null,
          steps integer not null,
          content integer not null references dataset_content (number),
          primary key (dataset, position),
          unique (dataset, domain, task_id)
        ) strict, without rowid
        ;;
        create index dataset_member_of_content on dataset_member (content)
        ;;
        create trigger dataset_is_never_changed before update on dataset
        begin select raise(abort, 'a frozen dataset is never changed'); end
        ;;
        create trigger dataset_member_is_never_changed before update on dataset_member
        begin select raise(abort, 'a frozen dataset is never changed'); end
        ;;
        create trigger dataset_member_goes_with_its_version before delete on dataset_member
        when exists (select 1 from dataset where number = old.dataset)
        begin select raise(abort, 'a frozen dataset is never changed'); end
        ;;
        create trigger dataset_content_is_never_changed before update on dataset_content
        begin select raise(abort, 'a frozen dataset is never changed'); end
        """,
    )
