"""Opens a SQLite file or a file of SQL statements as a private database that nothing in it can leave.

A SQLite file is opened read-only and immutable. SQL statements run in memory, under an authorizer that lets them
build tables and rows and nothing else; both have limits on work and size that do not depend on the machine's speed.
"""

from __future__ import annotations

import codecs
import re
import sqlite3
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import SeedError
from engine.seeds.sql_tokens import Statement, near_line, split_statements, tokenize, without_hash_comments

SQLITE_MAGIC = b"SQLite format 3\x00"
MAX_TEXT = 32 * 1024 * 1024
"""Largest file of SQL statements, in bytes."""
_MAX_PAGES = 65_536
_MAX_WORK = 4_000
_WORK_STEP = 100_000
_MOST_STAND_INS = 20

_ALLOWED = frozenset(
    {
        sqlite3.SQLITE_ALTER_TABLE,
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_INDEX,
        sqlite3.SQLITE_CREATE_TEMP_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_VIEW,
        sqlite3.SQLITE_CREATE_VIEW,
        sqlite3.SQLITE_DELETE,
        sqlite3.SQLITE_DROP_INDEX,
        sqlite3.SQLITE_DROP_TABLE,
        sqlite3.SQLITE_DROP_TEMP_INDEX,
        sqlite3.SQLITE_DROP_TEMP_TABLE,
        sqlite3.SQLITE_DROP_TEMP_VIEW,
        sqlite3.SQLITE_DROP_VIEW,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_INSERT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_REINDEX,
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_UPDATE,
    }
)
_BARRED_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"})

_SILENT = frozenset(
    {"PRAGMA", "BEGIN", "COMMIT", "END", "START", "ROLLBACK", "SAVEPOINT", "RELEASE", "ANALYZE", "VACUUM"}
)
_SKIPPED = frozenset(
    {"ATTACH", "DETACH", "COMMENT", "EXPLAIN", "GRANT", "LOCK", "REINDEX", "REVOKE", "SELECT", "SET", "UNLOCK", "USE"}
    | {"VALUES"}
)
_SKIPPED_OBJECTS = frozenset({"DATABASE", "SCHEMA", "EXTENSION"})
_ROW_WORDS = frozenset({"INSERT", "REPLACE", "UPDATE", "DELETE", "WITH"})

_DIALECTS = (
    (
        "PostgreSQL",
        r"::|\bnextval\b|ALTER TABLE ONLY|CREATE TYPE|CREATE SEQUENCE|^COPY\b|^\\|TIME ZONE|\bSERIAL\b|\$\$|\[\]|\bpublic\.|\bTIMESTAMPTZ\b"
        r"|\bJSONB\b|\bUUID\b|\bPLPGSQL\b",
    ),
    (
        "MySQL",
        r"AUTO_INCREMENT|ENGINE\s*=|\bENUM\s*\(|\bUNSIGNED\b|CHARACTER SET|COLLATE\s*=|\bDELIMITER\b|,\s*(?:UNIQUE )?KEY\b",
    ),
    ("SQL Server", r"^GO\b|\bIDENTITY\s*\(|\bdbo\b|\(MAX\)|\bCLUSTERED\b"),
    ("Oracle", r"\bVARCHAR2\b|\bNUMBER\s*\("),
)


@dataclass
class Source:
    """An open database and what was left out on the way to it.

    Attributes:
        where: How messages name the file.
        kind: What the file was.
        warnings: What was ignored, in words.
        triggers: Names of triggers that were not made.
        virtual: Names of virtual tables that were not made.
    """

    where: str
    kind: str
    connection: sqlite3.Connection
    warnings: list[str] = field(default_factory=list[str])
    triggers: list[str] = field(default_factory=list[str])
    virtual: list[str] = field(default_factory=list[str])


@contextmanager
def open_source(path: Path) -> Generator[Source]:
    """Opens the file; the connection is closed at the end of the `with` block.

    Raises:
        SeedError: The file is missing, empty, too large, damaged, or neither SQLite nor SQL; also where a statement
            can't be read by SQLite. The message names the file, and the line where there is one.
    """
    where = str(path)
    try:
        if not path.is_file():
            raise SeedError(f"{where}: {'not a regular file' if path.exists() else 'no such file'}.")
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(len(SQLITE_MAGIC))
    except (OSError, ValueError) as error:
        raise SeedError(f"{where}: can't be read: {error}.") from error
    if size == 0:
        raise SeedError(f"{where}: the file is empty; expected a SQLite database or SQL statements.")
    source = _open_database(path, where) if head == SQLITE_MAGIC else _run_script(path, where, size)
    try:
        yield source
    except (sqlite3.Error, UnicodeDecodeError) as error:  # a damaged name makes even SQLite's messages unreadable
        raise SeedError(f"{where}: can't be read as a database: {error}. Is the file damaged?") from error
    finally:
        source.connection.close()


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _open_database(path: Path, where: str) -> Source:
    """A SQLite file, opened so that not even its journal is touched."""
    warnings: list[str] = []
    journal = path.with_name(path.name + "-wal")
    if journal.is_file() and journal.stat().st_size:
        warnings.append(f"Changes in {journal.name} that were not checkpointed are not seen.")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise SeedError(f"{where}: can't be opened: {error}.") from error
    connection.text_factory = _decoded
    _limit(connection)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA schema_version")
    except (sqlite3.Error, UnicodeDecodeError) as error:
        connection.close()
        raise SeedError(f"{where}: begins like a SQLite database but can't be read: {error}.") from error
    return Source(where, "sqlite", connection, warnings)


def _limit(connection: sqlite3.Connection) -> None:
    """Bounds the memory of one value and the work of one statement, counted in virtual machine steps."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_TEXT)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    done = 0

    def step() -> int:
        nonlocal done
        done += 1
        return int(done > _MAX_WORK)

    connection.set_progress_handler(step, _WORK_STEP)


def _run_script(path: Path, where: str, size: int) -> Source:
    """The database that the statements of a file build, in memory."""
    if size > MAX_TEXT:
        raise SeedError(
            f"{where}: {size:,} bytes of SQL are more than the {MAX_TEXT:,} that are read; "
            "load it with the sqlite3 shell and give the database file."
        )
    warnings: list[str] = []
    text = _decode(path.read_bytes(), where, warnings)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.execute(f"PRAGMA max_page_count = {_MAX_PAGES}")
        connection.execute("PRAGMA legacy_alter_table = ON")  # a view we keep must not stop a later ALTER TABLE
        _limit(connection)
        connection.set_authorizer(_authorize)
        script = _Script(where, text, connection, warnings)
        for statement in split_statements(without_hash_comments(text)):
            script.run(statement)
        script.finish()
        connection.set_authorizer(None)
    except BaseException:
        connection.close()
        raise
    return Source(where, "sql", connection, warnings, script.triggers, script.virtual)


def _authorize(action: int, first: str | None, second: str | None, *_: object) -> int:
    """SQLite's question whether a statement may do something: yes for tables, rows and plain functions only."""
    if action not in _ALLOWED:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _BARRED_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _decode(raw: bytes, where: str, warnings: list[str]) -> str:
    """The text of a file of statements."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            text = raw.decode("utf-16")
        except UnicodeDecodeError as error:
            raise SeedError(f"{where}: neither a SQLite database nor text.") from error
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
            warnings.append("The file is not UTF-8; it was read as Latin-1.")
    sample = text[:4096]
    control = sum(character < " " and character not in "\t\n\r\f\v" for character in sample)
    if "\x00" in text or control * 20 > len(sample):
        raise SeedError(f"{where}: neither a SQLite database nor text with SQL statements.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Script:
    """Runs statements one by one and decides which failures matter."""

    def __init__(self, where: str, text: str, connection: sqlite3.Connection, warnings: list[str]) -> None:
        self.where = where
        self.text = text
        self.connection = connection
        self.warnings = warnings
        self.skipped: Counter[str] = Counter()
        self.lost_rows: list[str] = []
        self.triggers: list[str] = []
        self.virtual: list[str] = []
        self.statements = 0

    def run(self, statement: Statement) -> None:
        """Runs, skips or refuses one statement.

        Raises:
            SeedError: The statement would define tables but SQLite can't read it.
        """
        self.statements += 1
        words = [token.text.upper() for token in tokenize(statement.text[:400])[:6]]
        first = words[0] if words else ""
        kept = [word for word in words[1:] if word not in ("TEMP", "TEMPORARY", "UNIQUE", "OR", "REPLACE")]
        what = kept[0] if kept else ""
        if statement.text.startswith("."):
            self.skipped["shell commands"] += 1
        elif first in _SILENT:
            pass
        elif first in _SKIPPED or (first in ("CREATE", "DROP") and what in _SKIPPED_OBJECTS):
            self.skipped[f"{first} {what}" if first in ("CREATE", "DROP") else first] += 1
        elif first == "CREATE" and what == "TRIGGER":
            self.triggers.append(_name_in(statement))
        elif first == "CREATE" and what == "VIRTUAL":
            self.virtual.append(_name_in(statement))
        elif first == "CREATE" and what == "VIEW":
            self._try(statement)
        elif first in _ROW_WORDS:
            problem = self._try(statement)
            if problem:
                self.lost_rows.append(f"line {statement.line}: {problem}")
        elif (first == "CREATE" and what == "INDEX") or first == "DROP":
            problem = self._try(statement)
            if problem and first == "CREATE":
                self.warnings.append(f"The index of line {statement.line} is ignored: {problem}.")
        else:
            self._must(statement, first)

    def finish(self) -> None:
        """Adds the warnings that sum up."""
        if not self.statements:
            raise SeedError(f"{self.where}: there is no SQL statement in it, only comments or spaces.")
        if self.skipped:
            listed = ", ".join(f"{count} x {name}" for name, count in sorted(self.skipped.items()))
            self.warnings.append(f"Statements that define no table were skipped: {listed}.")
        if self.lost_rows:
            self.warnings.append(
                f"{len(self.lost_rows)} statements that change rows failed and were skipped, the first at {self.lost_rows[0]}."
            )

    def _try(self, statement: Statement) -> str:
        """Runs a statement that may fail; says why it did."""
        try:
            self._execute(statement)
        except sqlite3.Error as error:
            self._give_up(statement, error)
            return str(error)
        return ""

    def _execute(self, statement: Statement) -> None:
        """Runs a statement; functions and collations that only some builds of SQLite have are stood in for."""
        for _ in range(_MOST_STAND_INS):
            try:
                self.connection.execute(statement.text)
            except sqlite3.OperationalError as error:
                missing = re.fullmatch(r"(?:no such|unknown) (function|collation sequence): (.+?)(?:\(\))?", str(error))
                if missing is None:
                    raise
                if missing[1] == "function":
                    self.connection.create_function(missing[2], -1, _stand_in, deterministic=True)
                else:
                    self.connection.create_collation(missing[2], _compare)
            else:
                return
        self.connection.execute(statement.text)

    def _must(self, statement: Statement, first: str) -> None:
        """Runs a statement without which the schema is not what the file says."""
        try:
            self._execute(statement)
        except sqlite3.Error as error:
            self._give_up(statement, error)
            if "reserved for internal use" in str(error):
                return  # a dump of a whole schema has SQLite's own tables in it
            if first == "CREATE" and "already exists" in str(error):
                self.warnings.append(f"Line {statement.line}: {error}; the first definition counts.")
                return
            near = re.match(r'near "(.*)": syntax error', str(error), re.DOTALL)
            line = near_line(statement, near.group(1)) if near else statement.line
            begin = " ".join(statement.text.split())
            begin = begin if len(begin) <= 60 else begin[:57] + "..."
            raise SeedError(
                f"{self.where}: line {line}: SQLite can't read this statement: {error}. It begins `{begin}`.{self._hint(statement)}"
            ) from error

    def _give_up(self, statement: Statement, error: sqlite3.Error) -> None:
        """Turns the limits being reached into the one refusal."""
        code = getattr(error, "sqlite_errorcode", None)
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_NOMEM):
            raise SeedError(
                f"{self.where}: line {statement.line}: the statements build more than is read from one file "
                f"({error}); load it with the sqlite3 shell and give the database file."
            ) from error

    def _hint(self, statement: Statement) -> str:
        """Which other database the file seems to be for."""
        for text in (statement.text, self.text[:200_000]):
            found = {name: len(re.findall(signs, text, re.IGNORECASE | re.MULTILINE)) for name, signs in _DIALECTS}
            name = max(found, key=lambda name: found[name])
            if found[name]:
                return f" This looks like {name}: convert the schema to SQLite's SQL first."
        return ""


def _stand_in(*_: object) -> int:
    """For a function that this SQLite lacks: conditions hold."""
    return 1


def _compare(first: str, second: str) -> int:
    """For a collation that this SQLite lacks: the order of code points."""
    return (first > second) - (first < second)


def _name_in(statement: Statement) -> str:
    """The object that a CREATE statement makes."""
    skip = ("CREATE", "TEMP", "TEMPORARY", "TRIGGER", "VIRTUAL", "TABLE", "IF", "NOT", "EXISTS")
    names = (token.text for token in tokenize(statement.text[:400]) if not token.is_word(*skip))
    return next(names, "?")
