"""Filter, search, sort and page of tasks: the same as a plain Python reference on random tasks."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine.store import Store
from engine.store.task_filter import TaskFilter, order_by, search_words
from engine.store.tasks import TaskSummary
from tests.store import samples

DOMAINS = ("alpha", "beta", "gamma")
TOOLS = ("add_note", "edit_note", "add_note_to_list")
TAGS = ("odd", "nice", "<b>")
WORDS = ("Book", "booking", "café", "Zürich", "the", "3", "book-end", '"quoted"', "NEAR", "O'Neil")
REVIEWS = ("open", "approved", "rejected", "needs_edit")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("filter") / "studio.db") as opened:
        for name in DOMAINS:
            opened.domains.save(samples.spec(name), samples.OPTIONS)
        yield opened


tasks = some.lists(
    some.fixed_dictionaries(
        {
            "domain": some.sampled_from(DOMAINS),
            "state": some.sampled_from(("audited", "audited", "rejected")),
            "difficulty": some.sampled_from(("easy", "medium", "hard")),
            "steps": some.integers(1, 4),
            "instruction": some.lists(some.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join),
            "tools": some.lists(some.sampled_from(TOOLS), min_size=1, max_size=3),
            "review": some.sampled_from(REVIEWS),
            "reviewers": some.integers(0, 2),
            "agreed": some.sampled_from((None, 0, 1)),
            "rating": some.sampled_from((None, 1.0, 2.5, 5.0)),
            "reviewed_at": some.sampled_from((None, 10.0, 20.0)),
            "edits": some.integers(0, 2),
            "stale": some.sampled_from(("", "a tool changed")),
            "tags": some.lists(some.sampled_from(TAGS), unique=True, max_size=2),
        }
    ),
    max_size=14,
)
maybe = {
    "domains": some.lists(some.sampled_from((*DOMAINS, "nowhere")), max_size=2, unique=True).map(tuple),
    "domain": some.sampled_from((None, *DOMAINS)),
    "state": some.sampled_from((None, "audited", "rejected")),
    "review": some.sampled_from((None, *REVIEWS)),
    "difficulty": some.sampled_from((None, "easy", "medium", "hard")),
    "text": some.sampled_from(
        (None, "", "book", "BOOK the", "Zurich", "cafe", "boo", "3", "-", "note", "book-end", "add edi")
    ),
    "tool": some.sampled_from((None, *TOOLS, "gone")),
    "tag": some.sampled_from((None, *TAGS)),
    "least_steps": some.sampled_from((None, 2, 3)),
    "most_steps": some.sampled_from((None, 2, 3)),
    "disagreed": some.sampled_from((None, True, False)),
    "stale": some.sampled_from((None, True, False)),
    "edited": some.sampled_from((None, True, False)),
    "least_rating": some.sampled_from((None, 2.0)),
}


def spoken(text: str) -> list[str]:
    plain = "".join(each for each in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(each))
    return re.findall(r"[^\W_]+", plain)


def found(task: dict[str, Any], text: str) -> bool:
    """Whether each word stands in one of the searched columns, the last one as a beginning."""
    columns = [spoken(task["id"]), spoken(task["instruction"]), spoken(json.dumps(task["tools"]))]
    wanted = [spoken(word) for word in text.split()]
    wanted = [word for word in wanted if word]

    def stands(phrase: list[str], words: list[str], last: bool) -> bool:
        for start in range(len(words) - len(phrase) + 1):
            here = words[start : start + len(phrase)]
            if here == phrase or (last and here[:-1] == phrase[:-1] and here[-1].startswith(phrase[-1])):
                return True
        return False

    return bool(wanted) and all(
        any(stands(phrase, words, index == len(wanted) - 1) for words in columns) for index, phrase in enumerate(wanted)
    )


def passes(task: dict[str, Any], wanted: dict[str, Any]) -> bool:
    simple = all(wanted[name] in (None, task[name]) for name in ("domain", "state", "review", "difficulty"))
    return (
        simple
        and (not wanted["domains"] or task["domain"] in wanted["domains"])
        and (not wanted["text"] or found(task, wanted["text"]))
        and wanted["tool"] in (None, *task["tools"])
        and wanted["tag"] in (None, *task["tags"])
        and (wanted["least_steps"] is None or task["steps"] >= wanted["least_steps"])
        and (wanted["most_steps"] is None or task["steps"] <= wanted["most_steps"])
        and wanted["disagreed"] in (None, task["agreed"] == 0)
        and wanted["stale"] in (None, task["stale"] != "")
        and wanted["edited"] in (None, task["edits"] > 0)
        and (wanted["least_rating"] is None or (task["rating"] or 0) >= wanted["least_rating"])
    )


def ordered(found: list[dict[str, Any]], sort: str, descending: bool) -> list[str]:
    ranks: dict[str, Any] = {
        "difficulty": ("easy", "medium", "hard").index,
        "review": ("open", "needs_edit", "rejected", "approved").index,
    }
    found = sorted(found, key=lambda task: (task["domain"], task["position"]))
    if sort == "position":
        return [task["id"] for task in (reversed(found) if descending else found)]
    rank = ranks.get(sort, lambda value: value)
    present = [task for task in found if task[sort] is not None]
    present.sort(key=lambda task: -rank(task[sort]) if descending else rank(task[sort]))
    return [task["id"] for task in present] + [task["id"] for task in found if task[sort] is None]


def put(store: Store, made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    raw = store._connection  # pyright: ignore[reportPrivateUsage]
    with store.transaction():
        raw.write("delete from task")
        for position, task in enumerate(made):
            task |= {"position": position, "id": f"{task['domain']}-{position:04d}"}
            columns = {name: value for name, value in task.items() if name not in ("tags", "tools")}
            columns |= {"tools": json.dumps(task["tools"]), "tags": json.dumps(task["tags"]), "cause": "", "reason": ""}
            raw.write(
                f"insert into task ({', '.join(columns)}) values ({', '.join('?' * len(columns))})",
                list(columns.values()),
            )
            number = raw.value("select number from task where id = ?", (task["id"],))
            raw.write_many("insert into task_tag values (?, ?)", [(tag, number) for tag in task["tags"]])
    return made


@settings(deadline=None, max_examples=150)
@given(
    tasks,
    some.fixed_dictionaries(maybe),
    some.sampled_from(("position", "difficulty", "steps", "review", "rating", "reviewed_at", "reviewers")),
    some.booleans(),
    some.integers(0, 6),
    some.integers(1, 5),
)
def test_a_page_is_what_a_plain_reference_gives(
    store: Store,
    made: list[dict[str, Any]],
    wanted: dict[str, Any],
    sort: Any,
    descending: bool,
    offset: int,
    limit: int,
) -> None:
    made = put(store, made)
    chosen = TaskFilter.model_validate(wanted)
    expected = ordered([task for task in made if passes(task, wanted)], sort, descending)
    assert store.tasks.count(chosen) == len(expected)
    page = store.tasks.page(chosen, sort=sort, descending=descending, offset=offset, limit=limit)
    assert [task.id for task in page] == expected[offset : offset + limit]
    assert page == store.tasks.page(
        chosen, sort=sort, descending=descending, offset=offset, limit=limit, total=len(expected)
    )
    for task in page:
        assert task == TaskSummary.model_validate(
            next(one for one in made if one["id"] == task.id) | {"number": task.number, "cause": "", "reason": ""}
        )
    used = sorted({tool for task in made for tool in task["tools"]})
    assert store.tasks.tools_used() == used
    if expected:
        number = store.tasks.numbers(chosen, sort=sort, descending=descending)[len(expected) // 2]
        assert store.tasks.place(chosen, number, sort=sort, descending=descending) == len(expected) // 2


@settings(deadline=None, max_examples=200)
@given(
    some.text(max_size=30)
    | some.lists(some.sampled_from('"*()^:-+{}ANDORNOT NEAR\\\0\ud800é'), max_size=12).map("".join)
)
def test_no_text_breaks_the_search(store: Store, text: str) -> None:
    put(store, [])
    assert store.tasks.count(TaskFilter(text=text)) == 0


def test_a_word_that_is_an_operator_is_looked_for_as_a_word() -> None:
    assert search_words('book NOT "the* end') == '"book" "NOT" """the*" "end"*'
    assert search_words(' -- "" ') == ""


def test_the_scan_and_the_default_order_use_the_covering_index(store: Store) -> None:
    raw = store._connection  # pyright: ignore[reportPrivateUsage]
    for chosen in (TaskFilter(state="audited"), TaskFilter(state="audited", text="book", tool="add_note", tag="odd")):
        from engine.store.tasks import _scan  # pyright: ignore[reportPrivateUsage]

        where, parameters = _scan(chosen)
        plan = [
            row["detail"]
            for row in raw.all(
                f"explain query plan select number from {where} order by {order_by('position')}", parameters
            )
        ]
        assert any("USING COVERING INDEX task_columns (state=?)" in line for line in plan), plan
        assert not any("TEMP B-TREE" in line for line in plan), plan


def test_a_task_is_found_by_its_id_in_the_domains_named_first(store: Store) -> None:
    made = put(
        store,
        [
            {
                "domain": domain, "state": "audited", "difficulty": "easy", "steps": 1, "instruction": "x", "tools": ["t"],
                "review": "open", "reviewers": 0, "agreed": None, "rating": None, "reviewed_at": None, "edits": 0,
                "stale": "", "tags": ["odd"],
            }
            for domain in DOMAINS
        ],
    )  # fmt: skip
    last = store.tasks.find(made[2]["id"])
    assert last is not None
    assert last.domain == "gamma"
    assert store.tasks.find(made[2]["id"], ("alpha", "beta")) is None
    assert store.tasks.tags() == {"odd": 3}
