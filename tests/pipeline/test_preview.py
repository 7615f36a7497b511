"""What a seed would become, before anything is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.datafiles import data_path
from engine.errors import SeedError
from engine.pipeline.preview import preview_draft, preview_file
from engine.pipeline.seeds import composed_of, read_seed_text
from engine.seeds import built_in


@pytest.fixture(scope="module")
def text() -> str:
    return data_path("blueprints", "job_seeking.yaml").read_text("utf-8")


@pytest.mark.parametrize("name", built_in())
def test_a_preview_says_what_a_run_will_compose(name: str) -> None:
    preview = preview_draft(data_path("blueprints", f"{name}.yaml").read_text("utf-8")).preview
    composed = composed_of(read_seed_text(name).text)
    assert preview is not None
    assert [tool.name for tool in preview.tools] == [tool.name for tool in composed.tools]
    assert [entity.name for entity in preview.entities] == [table.name for table in composed.spec.database.tables]
    assert sum(entity.tools for entity in preview.entities) == len(preview.tools)
    assert preview.rules


@pytest.mark.parametrize(
    "right, wrong, message",
    [
        ("skill: {role: label,", "skill: {role: lable,", "did you mean `label`?"),
        (
            "candidate_id: -> candidate\n",
            "candidate_id: -> candidat\n",
            "no entity `candidat`; did you mean `candidate`",
        ),
        (
            "count('application', candidate_id=candidate_id)\"",
            "count('aplication', candidate_id=candidate_id)\"",
            "`application`?",
        ),
        ("title: Job Seeking", "title: [Job", "quote texts"),
    ],
    ids=["models", "names", "composer", "yaml"],
)
def test_a_mistake_is_told_with_its_line_whoever_finds_it(right: str, wrong: str, message: str, text: str) -> None:
    line = text[: text.index(right)].count("\n") + 1
    draft = preview_draft(text.replace(right, wrong, 1))
    assert draft.preview is None
    assert any(message in said and abs(at - line) <= 1 for at, said in draft.mistakes), draft.mistakes


@pytest.mark.parametrize("text", ["", "- a", "a: b", "x: &a [*a]", "\0", "domain: [" * 3000], ids=range(6))
def test_nonsense_gives_messages_and_never_breaks(text: str) -> None:
    draft = preview_draft(text)
    assert draft.mistakes
    assert all(line >= 1 and said for line, said in draft.mistakes)


def test_a_file_is_previewed_with_what_was_changed_and_its_rows(tmp_path: Path) -> None:
    file = tmp_path / "shop.sql"
    file.write_text(
        "create table shop (id integer primary key, name text not null);"
        "create table item (id integer primary key, shop_id integer references shop (id), price real);"
        "insert into shop values (1, 'Corner');"
    )
    preview = preview_file(file, with_rows=True)
    shop, item = preview.entities
    assert (shop.name, shop.rows, item.refers_to) == ("shop", 1, ("shop",))
    assert preview.kind == "sql"
    assert preview.tools
    with pytest.raises(SeedError, match="no such file"):
        preview_file(tmp_path / "other.sql")
