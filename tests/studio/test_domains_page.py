"""The page of domains: its parts, one domain in full, what a seed would become, and deleting."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import SeedError, UsageError
from engine.graph.tool_map import map_tools
from engine.models.domain import ToolReport
from engine.models.run import RunOptions
from engine.pipeline import read_seed_text, synthesize
from engine.store import Store
from engine.store.lease import new_owner
from studio.components.domains.charts import bubbles, days, looks, scatter
from studio.components.domains.new import DRAFT
from studio.components.domains.table import health
from studio.components.times import ago, size
from studio.queries import domains as queries
from tests.studio.conftest import open_page, shown
from tests.studio.filled import ATTACK, DOMAIN, TASKS, fill_with_attacks
from tests.studio.test_jobs import SCHEMA

PARTS = ("all", "new", "compare", "map")


def html(page: object) -> str:
    return "\n".join(str(element.proto.body) for element in page.get("html"))  # type: ignore[attr-defined]


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_a_full_page_is_drawn_without_a_complaint(part: str, full_store: Path) -> None:
    page = open_page("domains", view=part)
    assert not page.exception
    for kind in ("error", "warning", "info"):
        assert not page.get(kind)


@pytest.mark.parametrize("part", [part for part in PARTS if part != "new"])
def test_every_part_of_an_empty_page_says_what_to_do(part: str, empty_store: Path) -> None:
    page = open_page("domains", view=part)
    assert not page.exception
    assert "New domain" in page.info[0].value


@pytest.mark.parametrize("part", PARTS)
def test_no_part_reads_foreign_text_as_markdown(part: str, empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    page = open_page("domains", view=part)
    assert not page.exception
    for kind in ("markdown", "caption", "title", "subheader", "info", "error", "warning", "success"):
        assert not [element for element in page.get(kind) if "hacked" in str(element.value)]


def test_a_domain_in_full_shows_its_tables_rules_and_origin(full_store: Path) -> None:
    page = open_page("domains", domain=DOMAIN)
    assert not page.exception
    drawn = html(page)
    view = queries.view(DOMAIN)
    for table in view.spec.database.tables:
        assert f"<code>{table.name}</code>" in drawn
        for column in table.columns:
            assert f"<code>{column.name}</code>" in drawn
    assert view.rules
    assert all(f"<code>{rule.kind}</code>" in drawn for rule in view.rules)
    assert view.summary.seed_digest in drawn
    assert any(label.startswith("Rules") for label in [tab.label for tab in page.tabs])


def test_what_a_keyword_became_is_the_beginning_of_another_domain(full_store: Path) -> None:
    with Store.open(full_store) as store:
        store.domains.save_blueprint(DOMAIN, queries.MINIMAL)
    page = open_page("domains", domain=DOMAIN)
    assert [tab.label for tab in page.tabs if tab.label == "Blueprint"]
    assert queries.MINIMAL.strip() in [code.value for code in page.code]
    page.button(key=f"blueprint-edit-{DOMAIN}").click().run()
    assert not page.exception
    text = page.session_state[f"{DRAFT}-text"]
    assert text == queries.MINIMAL.replace("domain: lending_library", f"domain: {DOMAIN}_2")
    assert "no mistakes" in html(page)
    assert not page.button(key="start-draft").disabled


def test_a_domain_of_another_seed_has_no_blueprint_to_show(full_store: Path) -> None:
    page = open_page("domains", domain=DOMAIN)
    assert "Blueprint" not in [tab.label for tab in page.tabs]


def test_a_hostile_domain_is_shown_as_text(empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    page = open_page("domains", domain="hostile")
    assert not page.exception
    assert "<img" not in html(page)
    assert "&lt;img" in html(page)
    assert ATTACK in [text.value for text in page.text]


def test_a_link_to_a_domain_that_is_not_there_says_so(full_store: Path) -> None:
    page = open_page("domains", domain=ATTACK)
    assert not page.exception
    assert "not here" in page.warning[0].value
    assert ATTACK in [text.value for text in page.text]


def test_a_domain_is_deleted_only_after_its_name_was_typed(full_store: Path) -> None:
    page = open_page("domains", domain=DOMAIN)
    assert page.button(key=f"delete-{DOMAIN}").disabled
    page.text_input(key=f"delete-name-{DOMAIN}").set_value(DOMAIN[:-1]).run()
    assert page.button(key=f"delete-{DOMAIN}").disabled
    page.text_input(key=f"delete-name-{DOMAIN}").set_value(DOMAIN).run()
    page.button(key=f"delete-{DOMAIN}").click().run()
    assert not page.exception
    assert page.success[0].value == "Deleted."
    assert queries.names() == []
    with Store.open(full_store) as store:
        assert store.runs.all() == []


def test_a_domain_that_is_being_made_is_not_deleted(full_store: Path) -> None:
    with Store.open(full_store) as store:
        run = store.runs.all()[0]
        store.runs.retarget(run.id, run.options)
        store.runs.claim(run.id, new_owner())
    page = open_page("domains", domain=DOMAIN)
    page.text_input(key=f"delete-name-{DOMAIN}").set_value(DOMAIN).run()
    page.button(key=f"delete-{DOMAIN}").click().run()
    assert not page.exception
    assert "is working on the run" in shown(page)
    assert queries.names() == [DOMAIN]


def test_a_run_whose_process_is_gone_is_told_as_interrupted(full_store: Path) -> None:
    assert queries.domains()[0].run_status == "done"
    with Store.open(full_store) as store:
        run = store.runs.all()[0]
        store.runs.retarget(run.id, run.options)
        store.runs.claim(run.id, f"{socket.gethostname()}:4194305:1:a")  # more than the greatest process number
    assert queries.domains()[0].run_status == "interrupted"
    assert health(queries.view(DOMAIN).summary) == (False, "▲ run interrupted")


# A new domain


@pytest.mark.parametrize("source", ["built-in", "file", "blueprint", "keyword"])
def test_every_way_to_a_new_domain_has_a_link_of_its_own(source: str, empty_store: Path) -> None:
    page = open_page("domains", view="new", **{"from": source})
    assert not page.exception
    assert page.query_params["from"] in (source, [source])
    told = [info.value for info in page.info]
    assert "Press Start" in told[0]
    assert any("language model" in info for info in told) == (source == "keyword")


def test_built_in_cards_tell_the_size_that_a_run_will_compose(empty_store: Path) -> None:
    page = open_page("domains", view="new")
    for each in queries.built_ins():
        assert page.button(key=f"start-{each.name}").label == "Start"
        assert f"{each.tools} tools" in html(page)


def test_a_built_in_is_opened_in_the_editor_and_a_draft_comes_back(empty_store: Path) -> None:
    page = open_page("domains", view="new", **{"from": "blueprint"})
    page.session_state[f"{DRAFT}-text"] = "domain: mine"
    page.run()
    assert "3 mistakes" in html(page) or "2 mistakes" in html(page)
    assert page.button(key="start-draft").disabled
    page.selectbox(key="new-template").set_value("job_seeking").run()
    page.button(key="new-put").click().run()
    assert page.session_state[f"{DRAFT}-text"] == queries.template("job_seeking")
    assert "no mistakes" in html(page)
    assert not page.button(key="start-draft").disabled
    page.button(key="new-back").click().run()
    assert page.session_state[f"{DRAFT}-text"] == "domain: mine"


def test_a_keyword_leads_to_the_nearest_built_ins() -> None:
    assert queries.near_built_ins("doctors and patients")[0].name == "healthcare_telemedicine"
    assert queries.near_built_ins("used things for sale")[0].name == "second_hand_marketplace"
    assert queries.near_built_ins("zzz") == []
    assert queries.near_built_ins(" ") == list(queries.built_ins())


def test_every_template_is_a_blueprint_without_mistakes() -> None:
    for name in queries.templates():
        draft = queries.check_draft(queries.template(name))
        assert draft.preview is not None, (name, draft.mistakes)
        assert draft.preview.tools
        assert draft.preview.rules


def test_the_smallest_template_gives_every_task_that_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "minimal.yaml"
    file.write_text(queries.MINIMAL, "utf-8")
    with Store.open(tmp_path / "studio.db") as store:
        run, _ = synthesize(store, read_seed_text(str(file)), RunOptions(tasks=4, trusted=True))
    assert (run.status, run.counts.tasks_audited, run.counts.tools_rejected) == ("done", 4, 0)


def test_the_language_is_described_beside_the_editor() -> None:
    text = queries.language_reference()
    assert "##### Tools" in text
    assert "](" not in text, "a link would lead out of the studio"


def test_an_upload_is_previewed_before_anything_is_started(empty_store: Path) -> None:
    preview = queries.preview_upload("../book club.sql", SCHEMA, with_rows=False)
    assert preview.entities
    assert preview.tools
    assert not queries.names()
    with pytest.raises(SeedError, match=r"^empty.sql"):
        queries.preview_upload("empty.sql", b"", with_rows=False)
    with pytest.raises(SeedError) as caught:
        queries.preview_upload("bad.yaml", b"domain: x\nentities: [", with_rows=False)
    assert str(caught.value).startswith("bad.yaml:2:")
    with pytest.raises(UsageError):
        queries.view("book_club")


# Charts


def test_charts_hold_what_others_wrote_as_data_only(empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    shape, tools = queries.shapes(), queries.tool_map()
    assert shape
    assert {tool.name for tool in tools} == {"read_note", f"write_{ATTACK}"}
    for spec in (bubbles(shape), scatter(tools)):
        layer = spec["layer"][0]
        assert "hacked" in json.dumps(layer.pop("data"))
        layer["encoding"]["color"]["scale"].pop("domain")
        layer["encoding"]["shape"]["scale"].pop("domain")
        assert "hacked" not in json.dumps(spec)
        assert not {"href", "url", "image"} & set(layer["encoding"])
        assert not {"image", "title"} & {each["field"] for each in layer["encoding"]["tooltip"]} - {"title"}


def test_domains_of_one_size_are_drawn_beside_each_other(full_store: Path) -> None:
    shape = queries.shapes()[0]
    values = bubbles([shape, shape._replace(domain="other"), shape._replace(domain="third")])["layer"][0]["data"][
        "values"
    ]
    assert len({(value["x"], value["y"]) for value in values}) == 3
    assert {(value["tables"], value["tools"]) for value in values} == {(shape.tables, shape.tools)}
    assert len(set(looks([value["domain"] for value in values]).values())) == 3


def test_the_map_is_kept_until_a_tool_changes(full_store: Path) -> None:
    first = queries.tool_map()
    assert queries.tool_map() is first
    with Store.open(full_store) as store:
        tools = [each.tool for each in store.tools.all(DOMAIN) if each.admitted]
        assert [(each.x, each.y) for each in first] == [tuple(place) for place in map_tools(tools)]
        store.tools.judge(DOMAIN, tools[0], ToolReport(tool=tools[0].name, admitted=False, reasons=("broken",)), [])
    assert len(queries.tool_map()) == len(first) - 1


def test_days_without_decisions_keep_their_place() -> None:
    spec = days([("2026-01-01", {"approved": 2}), ("2026-01-02", {})], ["approved"], ["#009E73"])
    layer = spec["layer"][0]
    assert layer["encoding"]["x"]["scale"]["domain"] == ["2026-01-01", "2026-01-02"]
    assert [value["count"] for value in layer["data"]["values"]] == [2]


def test_pages_import_nothing_heavy_before_it_is_needed() -> None:
    heavy = ("altair", "pandas", "litellm", "networkx", "engine.agents.composer.compose", "engine.graph.tool_map")
    code = (
        "import sys, studio.queries.domains, studio.queries.overview, studio.components.domains.charts; "
        f"print(*[name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.split() == []


# Words


def test_health_names_what_is_wrong(full_store: Path) -> None:
    summary = queries.view(DOMAIN).summary
    assert health(summary)[0]
    assert health(summary.model_copy(update={"tools_rejected": 2})) == (False, "▲ 2 tools rejected")
    assert "interrupted" in health(summary.model_copy(update={"run_status": "interrupted"}))[1]
    assert health(summary.model_copy(update={"edges_unproven": 0})) == (True, "✓ all proven")
    assert summary.tasks_audited == TASKS


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0, "just now"),
        (59.6, "59 s ago"),
        (61, "1 min ago"),
        (7200, "2 h ago"),
        (86_400 * 3, "3 d ago"),
        (86_400 * 730, "2.0 years ago"),
    ],
)
def test_moments_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert ago(1e9 - seconds, now=1e9).replace("\u00a0", " ") == words
    assert ago(0, now=1e9) == "never"


@pytest.mark.parametrize(
    "count, words", [(0, "0 B"), (999, "999 B"), (1500, "2 kB"), (3_200_000, "3 MB"), (6.2e9, "6.2 GB")]
)
def test_sizes_have_few_digits(count: float, words: str) -> None:
    assert size(count) == words
