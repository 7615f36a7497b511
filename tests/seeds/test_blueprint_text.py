"""Blueprints as YAML: what is written reads back as the same."""

from __future__ import annotations

import pytest

from engine.seeds import built_in, read_seed
from engine.seeds.blueprint_file import parse_blueprint
from engine.seeds.blueprint_text import write_blueprint


@pytest.mark.parametrize("name", built_in())
def test_a_blueprint_reads_back_as_it_was(name: str) -> None:
    blueprint = read_seed(name).blueprint
    text = write_blueprint(blueprint)

    assert parse_blueprint(text).blueprint == blueprint
    assert write_blueprint(parse_blueprint(text).blueprint) == text


def test_short_forms_are_used_where_they_say_as_much() -> None:
    text = write_blueprint(read_seed("job_seeking").blueprint)
    assert "candidate_id: -> candidate\n" in text
    assert "cover_letter: text?\n" in text
    assert "rule: quota\n" in text
    assert "from:\n" in text
