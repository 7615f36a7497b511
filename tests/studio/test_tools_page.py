"""The page about tools: every side of a tool, what was rejected, and edits from draft to verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.models.run import RunOptions
from engine.models.tool_edit import ToolEdit
from engine.pipeline import SeedText, execute, synthesize
from engine.pipeline.seeds import Composed
from engine.store import Store
from studio import jobs
from tests.fakes.bookings import bookings_spec, bookings_tools
from tests.studio.conftest import open_page, shown
from tests.studio.filled import ATTACK, DOMAIN, fill_with_attacks

TOOL = "cancel_booking"
KEY = f"edit-{DOMAIN}-{TOOL}"
TABS = ("contract", "code", "tests", "edges", "edit", "history")


def drawn(page: AppTest) -> str:
    """All text of the page, our own HTML included."""
    return shown(page) + "\n".join(str(element.proto.body) for element in page.get("html"))


def write(page: AppTest, part: str, old: str, new: str) -> AppTest:
    """Writes into an editor as the browser does: AppTest draws no components of its own."""
    with Store.open(_store()) as store:
        from studio.queries.tools import draft_of

        text = getattr(draft_of(store.tools.get(DOMAIN, TOOL).tool), part)
    assert old in text
    page.session_state[f"{KEY}-{part}-text"] = text.replace(old, new)
    return page.run()


def _store() -> Path:
    from studio.queries.opened import store_path

    return store_path()


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs are worked on at once and in this process."""
    started: list[str] = []

    def work(run: str) -> None:
        started.append(run)
        with Store.open(_store()) as store:
            execute(store, run)

    monkeypatch.setattr(jobs, "_start_process", work)
    return started


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs wait for a process that does not come."""
    started: list[str] = []
    monkeypatch.setattr(jobs, "_start_process", started.append)
    return started


def edits() -> list[ToolEdit]:
    with Store.open(_store()) as store:
        return store.tool_edits.of(DOMAIN, TOOL)


@pytest.mark.parametrize("tab", TABS)
def test_every_side_of_a_tool(tab: str, full_store: Path) -> None:
    page = open_page("tools", domain=DOMAIN, tool=TOOL, tab=tab)
    assert not page.exception
    words = {
        "contract": "booking_not_found",
        "code": "def cancel_booking",
        "tests": "Preconditions, as the tests saw them",
        "edges": "What leads to it",
        "edit": "nothing changed yet",
        "history": "Nobody has edited this tool",
    }
    assert words[tab] in drawn(page)


@pytest.mark.parametrize("tab", TABS)
def test_nothing_that_others_wrote_is_read_as_html_or_markdown(tab: str, empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    page = open_page("tools", domain="hostile", tool=f"write_{ATTACK}", tab=tab)
    assert not page.exception
    for element in page.get("html"):
        assert "<img" not in element.proto.body
        assert "<script" not in element.proto.body
    assert not [text for kind in ("markdown", "caption", "info") for text in page.get(kind) if "hacked" in text.value]


def test_a_domain_without_tools_says_where_to_go(empty_store: Path) -> None:
    with Store.open(empty_store) as store:
        store.domains.save(bookings_spec(), RunOptions())
    page = open_page("tools")
    assert not page.exception
    assert "has no tool yet" in page.info[0].value


def test_the_contract_is_read_as_rules_and_the_schema_can_be_copied(full_store: Path) -> None:
    page = open_page("tools", domain=DOMAIN, tool=TOOL)
    text = drawn(page)
    for words in ("Requires, tried in this order", "ownership", "not_your_booking", "Effects; nothing else may change"):
        assert words in text
    assert '"type": "function"' in page.code[0].value


def test_the_list_is_filtered_by_state_kind_table_and_words(full_store: Path) -> None:
    page = open_page("tools", domain=DOMAIN)
    everything = len(page.dataframe[0].value)
    page.selectbox(key=f"tool-category-{DOMAIN}").select("get").run()
    assert 0 < len(page.dataframe[0].value) < everything
    assert page.query_params["category"] == "get"
    page.text_input(key=f"tool-words-{DOMAIN}").set_value("nothing like it").run()
    assert "No tool fits" in page.info[0].value


def test_what_was_rejected_is_listed_with_each_reason(empty_store: Path) -> None:
    tools = tuple(
        tool.model_copy(update={"source": "import os\n" + tool.source}) if tool.name == TOOL else tool
        for tool in bookings_tools()
    )
    seed = SeedText(
        name=DOMAIN,
        kind="blueprint",
        digest="0" * 64,
        text=Composed(spec=bookings_spec(), tools=tools).model_dump_json(),
    )
    with Store.open(empty_store) as store:
        synthesize(store, seed, RunOptions(tasks=0, seed=7))
    page = open_page("tools", domain=DOMAIN, state="rejected")
    assert page.dataframe[0].value["tool"].tolist() == [TOOL]
    text = drawn(page)
    assert "What was rejected and why" in text
    assert "Rejected, because" in text
    assert "import" in text


def test_mistakes_in_a_draft_are_told_with_their_lines_before_anything_runs(
    full_store: Path, waiting: list[str]
) -> None:
    page = open_page("tools", domain=DOMAIN, tool=TOOL, tab="edit")
    write(page, "contract", "booking is not None", "booking is not Nothing")
    assert page.button(key=f"{KEY}-propose").disabled
    assert "1 to mend" in drawn(page)
    write(page, "source", "def cancel_booking", "def cancel_bookings")
    assert "2 to mend" in drawn(page)
    assert not waiting


def test_a_harmless_edit_counts(full_store: Path, worked: list[str]) -> None:
    page = open_page("tools", domain=DOMAIN, tool=TOOL, tab="edit")
    write(page, "source", "    return {", "    # as agreed\n    return {")
    page.text_input(key=f"{KEY}-note").set_value("A remark.").run()
    assert "ready to test" in drawn(page)
    assert "+    # as agreed" in drawn(page)
    page.button(key=f"{KEY}-propose").click().run()
    assert not page.exception
    assert len(worked) == 1
    assert [(edit.state, edit.note) for edit in edits()] == [("counts", "A remark.")]
    assert "edit 1 counts" in drawn(page)
    assert "nothing changed yet" in drawn(page)  # the draft is what counts now


def test_a_broken_edit_is_refused_with_the_failing_case_and_can_be_mended(full_store: Path, worked: list[str]) -> None:
    page = open_page("tools", domain=DOMAIN, tool=TOOL, tab="edit")
    write(page, "source", '"not_your_booking"', '"no_booking"')
    page.button(key=f"{KEY}-propose").click().run()
    assert [edit.state for edit in edits()] == ["refused"]
    text = drawn(page)
    assert "edit 1 was refused" in text
    assert "+        db.reject(&#34;no_booking&#34;" in text  # the draft is still there
    page = open_page("tools", domain=DOMAIN, tool=TOOL, tab="history")
    text = drawn(page)
    assert "expected the rejection not_your_booking, found no_booking" in text
    assert any("not_your_booking" in str(box.options) for box in page.selectbox)
    page.button(key="redo-1").click().run()
    assert page.query_params["tab"] == "edit"
    assert page.session_state[f"{KEY}-source-text"] == edits()[0].after.source


def test_an_edit_that_is_under_way_is_shown_and_blocks_another(full_store: Path, waiting: list[str]) -> None:
    page = open_page("tools", domain=DOMAIN, tool=TOOL, tab="edit")
    write(page, "source", "    return {", "    # one\n    return {")
    page.button(key=f"{KEY}-propose").click().run()
    assert not page.exception
    assert len(waiting) == 1
    assert "an edit is under way" in drawn(page)
    assert page.button(key=f"{KEY}-propose").disabled
    page.button(key=f"cancel-{waiting[0]}").click().run()
    assert page.button(key=f"resume-{waiting[0]}").label == "Go on"
    page.button(key=f"resume-{waiting[0]}").click().run()
    assert len(waiting) == 2


def test_an_edit_that_was_stopped_keeps_nobody_from_editing_and_can_be_dropped(
    full_store: Path, waiting: list[str]
) -> None:
    page = open_page("tools", domain=DOMAIN, tool=TOOL, tab="edit")
    write(page, "source", "    return {", "    # one\n    return {")
    page.button(key=f"{KEY}-propose").click().run()
    page.button(key=f"cancel-{waiting[0]}").click().run()
    page.run()
    assert not page.button(key=f"{KEY}-propose").disabled
    page.button(key=f"drop-{waiting[0]}").click().run()
    page.run()
    assert [edit.state for edit in edits()] == ["superseded"]
    assert f"resume-{waiting[0]}" not in [button.key for button in page.button]


def test_a_tool_that_somebody_else_changed_meanwhile(full_store: Path, worked: list[str]) -> None:
    page = open_page("tools", domain=DOMAIN, tool=TOOL, tab="edit")
    write(page, "source", "    return {", "    # mine\n    return {")
    other = open_page("tools", domain=DOMAIN, tool=TOOL, tab="edit")
    write(other, "source", "    return {", "    # theirs\n    return {")
    other.button(key=f"{KEY}-propose").click().run()
    page.button(key=f"{KEY}-propose").click().run()
    assert not page.exception
    assert any("Somebody changed" in text.value for text in page.text)
    assert "changed since you began" in page.warning[0].value
    assert len(edits()) == 1
    page.button(key=f"{KEY}-take-over").click().run()
    assert "-    # theirs" in drawn(page)
    page.button(key=f"{KEY}-propose").click().run()
    assert [edit.state for edit in edits()] == ["counts", "superseded"]


def test_without_a_name_nothing_is_proposed(full_store: Path, waiting: list[str]) -> None:
    page = open_page("tools", domain=DOMAIN, tool=TOOL, tab="edit")
    write(page, "source", "    return {", "    # one\n    return {")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.components.tools.editor.curator", lambda: "")
        page.button(key=f"{KEY}-propose").click().run()
    assert any("Enter your name first" in text.value for text in page.text)
    assert not waiting
