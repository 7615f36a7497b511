"""What language models need: their answers for ever, which run used which, and the blueprints that came of keywords."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_STATEMENTS = (
    """
    create table answer (
      key text primary key,         -- SHA-256 of the request in canonical JSON
      model text not null,
      request blob not null,        -- compressed JSON: model, messages, schema, parameters; no key and no address
      text blob not null,           -- compressed, as it came
      finish text not null,
      prompt_tokens integer not null,
      completion_tokens integer not null,
      cost real,                    -- US dollars; null where no price is known
      seconds real not null
    ) strict
    """,
    # The domain may not be there yet when its first questions are asked, so it is a name only.
    """
    create table model_call (
      seq integer primary key,
      run text not null references run (id) on delete cascade,
      domain text not null,
      role text not null,
      subject text not null,        -- tools, entities or tables, separated by ', '
      task text not null,
      key text not null,            -- of the answer; empty where none came
      model text not null,
      turn integer not null,
      round integer not null,
      cached integer not null,
      outcome text not null,        -- accepted, corrected, refused, failed
      problem text not null,
      prompt_tokens integer not null,
      completion_tokens integer not null,
      cost real,                    -- US dollars, paid by this call; null where no price is known
      seconds real not null,
      retries integer not null,
      at real not null              -- seconds since 1970
    ) strict
    """,
    """
    create table blueprint (
      domain text primary key references domain (name) on delete cascade,
      text blob not null            -- compressed YAML
    ) strict
    """,
    "create index model_call_run on model_call (run, role, subject, task, seq)",
    "create index model_call_domain on model_call (domain, role, seq)",
    "create index model_call_task on model_call (task, seq) where task != ''",
    "create index model_call_sums on model_call (run, cached, prompt_tokens, completion_tokens, cost)",
)


def third(db: Database) -> None:
    """Makes room for answers, calls and blueprints."""
    for statement in _STATEMENTS:
        db.conn.execute(statement)
