"""The page about language models: setup without a key in sight, spending, comparison; and a domain from a keyword."""

from __future__ import annotations

import json
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import SeedError, UsageError
from engine.models.role import ROLES
from engine.models.run import Budget
from engine.pipeline.settings_file import read_settings_file
from engine.store import Store
from studio import jobs, trials
from studio.components.models.setup import SERVERS
from studio.queries import comparison
from studio.queries import models as queries
from tests.studio.called import MODEL, SMALL, fill_with_calls
from tests.studio.conftest import open_page, shown
from tests.studio.filled import ATTACK, DOMAIN, fill_with_attacks

KEY = "sk-a-key-that-nobody-may-see"
SETTINGS = """
[models]
default = "openai/gpt-5.1"

[models.roles]
code = "openai/qwen"
gate = "composer"

[models.endpoints."openai/qwen"]
base_url = "http://127.0.0.1:8000/v1"
input_price = 1.0
output_price = 2.0

[budget]
cost = 5.0
"""


def html(page: Any) -> str:
    return "\n".join(str(element.proto.body) for element in page.get("html"))


@pytest.fixture
def configured(empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store beside which a `studio.toml` lies, and a key in the environment."""
    (empty_store.parent / "studio.toml").write_text(SETTINGS, "utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return empty_store


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings and no keys of the machine that runs the tests."""
    monkeypatch.setenv("SCALEENV_SECRETS", str(tmp_path / "none.toml"))
    for name in ("SCALEENV_MODEL", "SCALEENV_CONFIG", "SCALEENV_BASE_URL", "OPENAI_API_KEY", "SCALEENV_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(trials, "_TRIALS", {})


def test_without_a_model_the_page_says_how_to_configure_one(empty_store: Path) -> None:
    page = open_page("models")
    assert not page.exception
    assert "No language model is configured" in page.info[0].value
    assert "studio.toml" in shown(page)
    assert "OPENAI_API_KEY" in shown(page)


def test_the_example_is_a_file_that_is_read(tmp_path: Path) -> None:
    path = tmp_path / "studio.toml"
    path.write_text(SERVERS, "utf-8")
    read = read_settings_file(path)
    assert read.models.default == "openai/gpt-5.1"
    assert read.budget == Budget(cost=5.0)


def test_the_setup_shows_models_roles_prices_and_no_key(configured: Path) -> None:
    page = open_page("models")
    assert not page.exception
    drawn = html(page)
    assert "key in OPENAI_API_KEY: present" in drawn
    assert "key placeholder" in drawn
    assert "http://127.0.0.1:8000/v1" in drawn
    assert "$1 read, $2 written" in drawn
    assert KEY not in drawn + shown(page)
    setup = queries.setup()
    assert KEY not in repr(setup)
    assert {line.endpoint.model: line.roles for line in setup.models}["openai/qwen"] == ("code",)
    assert (setup.players["gate"], setup.default) == ("composer", "openai/gpt-5.1")


def test_a_key_that_is_missing_is_told(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert "key in OPENAI_API_KEY: absent" in html(open_page("models"))
    page = open_page("domains", view="new", **{"from": "keyword"})
    assert "needs a key in OPENAI_API_KEY" in html(page)


@pytest.mark.parametrize("page", ["models", "domains"])
def test_settings_that_cannot_be_read_are_one_clear_message(page: str, configured: Path) -> None:
    (configured.parent / "studio.toml").write_text(f'[models]\ndefalt = "{KEY}"\n', "utf-8")
    opened = open_page(page, view="new", **{"from": "keyword"}) if page == "domains" else open_page(page)
    assert not opened.exception
    assert [error.value for error in opened.error] == ["That did not work."]
    assert "defalt" in shown(opened)
    assert KEY not in shown(opened)


@pytest.mark.parametrize("default", ["openai/x", 'a"b', "ü/\\x"])
def test_a_settings_text_says_what_was_chosen(default: str) -> None:
    read = tomllib.loads(queries.settings_text(default, {"code": "x/y", "gate": "composer"}))
    assert read == {"models": {"default": default, "roles": {"code": "x/y", "gate": "composer"}}}


def test_a_choice_of_ones_own_becomes_a_settings_text(configured: Path) -> None:
    page = open_page("models")
    page.selectbox(key="wish-test").select("composer").run()
    assert not page.exception
    assert '[models.roles]\ntest = "composer"' in shown(page)


def until(done: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_trial_runs_beside_the_page_and_is_told_when_it_is_over(
    configured: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    script = f"import pathlib, time\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(0.01)\nprint('<b>It answers</b>')"
    monkeypatch.setattr(trials, "_command", lambda model: [sys.executable, "-c", script])
    page = open_page("models")
    page.button(key="try-0").click().run()
    assert not page.exception
    assert "… asking" in html(page)
    assert not trials.start("openai/gpt-5.1")  # one at a time
    go.touch()
    until(lambda: not trials.outcome("openai/gpt-5.1").running)  # type: ignore[union-attr]
    page = open_page("models")
    assert "✓ it answers" in html(page)
    assert "<b>It answers</b>" in [code.value for code in page.code]


def test_a_trial_that_fails_says_what_it_said(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_command", lambda model: [sys.executable, "-c", "raise SystemExit('No key.')"])
    assert trials.start("m")
    until(lambda: not trials.outcome("m").running)  # type: ignore[union-attr]
    assert trials.outcome("m")[:3] == (False, False, "No key.")  # type: ignore[index]


def test_a_trial_that_never_ends_is_given_up(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "LONGEST", 0.2)
    monkeypatch.setattr(trials, "_command", lambda model: [sys.executable, "-c", "import time; time.sleep(60)"])
    assert trials.start("m")
    until(lambda: not trials.outcome("m").running)  # type: ignore[union-attr]
    assert "given up" in trials.outcome("m").words  # type: ignore[union-attr]


def test_trials_are_few_at_once(monkeypatch: pytest.MonkeyPatch, empty_store: Path, tmp_path: Path) -> None:
    go = tmp_path / "go"
    script = f"import pathlib, time\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(0.01)"
    monkeypatch.setattr(trials, "_command", lambda model: [sys.executable, "-c", script])
    assert [trials.start(f"m{number}") for number in range(6)] == [True] * trials.MOST_AT_ONCE + [False, False]
    go.touch()
    until(lambda: not any(trials.outcome(f"m{number}").running for number in range(trials.MOST_AT_ONCE)))  # type: ignore[union-attr]


def test_spending_is_added_up_over_all_runs(empty_store: Path) -> None:
    assert "was asked anything yet" in open_page("models", view="spending").info[0].value
    fill_with_calls(empty_store)
    page = open_page("models", view="spending")
    assert not page.exception
    for words in (MODEL, SMALL, "instruction", DOMAIN, "$0.750 + price unknown"):
        assert f">{words}<" in html(page)


def test_two_domains_are_compared(empty_store: Path) -> None:
    assert "Two domains are needed" in open_page("models", view="compare").info[0].value
    fill_with_calls(empty_store)
    fill_with_attacks(empty_store)
    page = open_page("models", compare=f"{DOMAIN},hostile")
    assert not page.exception
    assert page.query_params["view"] == "compare"
    assert [box.value for box in page.selectbox[:2]] == [DOMAIN, "hostile"]
    drawn = html(page)
    for words in ("at the first try", "after repair", "tokens read + written", "tasks audited", "attempts that failed"):
        assert words in drawn
    assert "<img" not in drawn
    left, right = comparison.work(DOMAIN), comparison.work("hostile")
    assert left.first_try == len(left.tools)
    assert not left.rejected
    assert left.spent.calls == 6
    assert left.by_role["debug"].repairs == 2
    assert right.models == ATTACK
    pairs = comparison.side_by_side(left, right)
    assert [pair.name for pair in pairs] == [*left.tools, *right.tools]
    page.selectbox(key="compare-Right").select(DOMAIN).run()
    assert "two different domains" in page.info[0].value


def test_a_comparison_needs_only_one_name(empty_store: Path) -> None:
    fill_with_calls(empty_store)
    fill_with_attacks(empty_store)
    page = open_page("models", compare="hostile")
    assert not page.exception
    assert page.query_params["compare"] == f"hostile,{DOMAIN}"
    gone = open_page("models", compare=f"{ATTACK},hostile")
    assert not gone.exception
    assert "not here" in gone.warning[0].value


def test_repairs_count_against_the_first_try(empty_store: Path) -> None:
    fill_with_calls(empty_store)
    with Store.open(empty_store) as store:
        stored = store.tools.all(DOMAIN)
        for number, each in enumerate(stored[:3]):
            report = each.report.model_copy(  # type: ignore[union-attr]
                update={"repairs": number, "admitted": number < 2, "reasons": () if number < 2 else ("It loops.",)}
            )
            store.tools.judge(DOMAIN, each.tool, report, store.tools.cases(DOMAIN, each.tool.name))
    work = comparison.work(DOMAIN)
    assert (work.first_try, work.repaired, work.rejected, work.repairs) == (len(stored) - 2, 1, 1, 3)


@pytest.mark.parametrize("view", ["setup", "spending", "compare"])
def test_nothing_foreign_is_read_as_markdown(view: str, empty_store: Path) -> None:
    fill_with_attacks(empty_store)
    page = open_page("models", view=view)
    assert not page.exception
    assert "<img" not in html(page)
    for kind in ("markdown", "caption", "title", "subheader", "info", "error", "warning", "success"):
        assert not [element for element in page.get(kind) if "hacked" in str(element.value)]


# A domain from a keyword


def keyword_page() -> Any:
    return open_page("domains", view="new", **{"from": "keyword"})


def test_without_a_model_a_keyword_finds_built_ins_and_says_what_to_configure(empty_store: Path) -> None:
    page = keyword_page()
    assert "needs a language model, and none is configured" in page.info[1].value
    assert "[models]" in shown(page)
    page.text_input(key="new-keyword").set_value("hospital").run()
    assert not page.exception
    assert "near-healthcare_telemedicine" in [button.key for button in page.button]
    assert "start-keyword" not in [button.key for button in page.button]


def test_the_estimate_follows_what_is_typed(configured: Path) -> None:
    page = keyword_page()
    assert not page.exception
    assert page.button(key="start-keyword").disabled
    before = queries.estimate_of(40, 20, queries.setup().settings.models, queries.setup())
    assert f"{before.tokens_in:,}" in html(page)
    page.number_input(key="new-tools").set_value(10).run()
    after = queries.estimate_of(10, 20, queries.setup().settings.models, queries.setup())
    assert after.tokens < before.tokens
    assert f"{after.tokens_in:,}" in html(page)
    page.text_input(key="new-keyword").set_value("bicycle workshop").run()
    assert not page.button(key="start-keyword").disabled


def test_a_price_that_nobody_knows_is_told(configured: Path) -> None:
    (configured.parent / "studio.toml").write_text(
        '[models]\ndefault = "nobody/knows"\n[budget]\ncost = 1.0\n', "utf-8"
    )
    page = keyword_page()
    assert not page.exception
    assert "price unknown" in html(page)
    assert "a bound in dollars needs prices" in html(page)


def test_a_keyword_becomes_a_run_like_others(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(jobs, "_start_process", started.append)
    page = keyword_page()
    page.text_input(key="new-keyword").set_value("  Bicycle   workshop ")
    page.text_area(key="new-hint").set_value("two mechanics")
    page.number_input(key="new-tools").set_value(12)
    page.number_input(key="new-tasks").set_value(3)
    page.number_input(key="new-budget-calls").set_value(50)
    page.selectbox(key="new-role-test").select("composer").run()
    page.button(key="start-keyword").click().run()
    assert not page.exception
    assert started == ["bicycle_workshop-1"]
    with Store.open(configured) as store:
        run, seed = store.runs.get(started[0]), json.loads(store.runs.seed(started[0]))
    assert seed == {"keyword": "Bicycle workshop", "hint": "two mechanics", "tools": 12}
    assert (run.seed_kind, run.options.tasks, run.options.tools, run.options.hint) == (
        "keyword",
        3,
        12,
        "two mechanics",
    )
    assert run.options.budget == Budget(cost=5.0, calls=50)
    assert run.options.players["code"] == "openai/qwen"
    assert {role for role in ROLES if run.options.player(role) == "composer"} == {"gate", "test", "user"}
    assert KEY not in run.model_dump_json()


WISH: dict[str, Any] = {"tools": 5, "hint": "", "budget": Budget(), "tasks": 1, "seed": 0}


def test_what_is_no_keyword_and_no_model_is_refused_in_words(empty_store: Path) -> None:
    with pytest.raises(SeedError, match="holds no word"):
        jobs.start_keyword("123", models={"domain": "openai/x"}, **WISH)
    with pytest.raises(SeedError, match="has to play the role `domain`"):
        jobs.start_keyword("shop", models={"code": "openai/x"}, **WISH)
    with pytest.raises(UsageError, match="no model's name"):
        jobs.start_keyword("shop", models={"domain": ATTACK}, **WISH)


def test_the_form_has_the_last_word_over_the_settings(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A role without a model is the composer's and an emptied bound is none; the address is that of the settings."""
    monkeypatch.setattr(jobs, "_start_process", lambda _: None)
    monkeypatch.setenv("SCALEENV_BASE_URL", "http://there/v1")
    options = jobs.start_keyword("shop", models={"domain": "openai/x"}, **WISH).run.options
    assert (options.models, options.base_url, options.budget) == ({"domain": "openai/x"}, "http://there/v1", Budget())
    plain = jobs.start("job_seeking", tasks=0, seed=0).run.options
    assert (plain.models, plain.base_url, plain.budget) == ({}, "", Budget())


def test_a_keyword_never_opens_a_file(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_start_process", lambda _: None)
    for keyword, name in ((str(configured), "a_store"), ("job_seeking", "job_seeking")):
        run = jobs.start_keyword(keyword, models={"domain": "openai/x"}, rename=name, **WISH).run
        assert (run.domain, run.seed_kind) == (name, "keyword")


def test_a_keyword_needs_a_model_that_thinks_of_the_domain(configured: Path) -> None:
    page = keyword_page()
    page.text_input(key="new-keyword").set_value("bicycle workshop").run()
    assert not page.button(key="start-keyword").disabled
    page.selectbox(key="new-role-domain").select("composer").run()
    assert not page.exception
    assert page.button(key="start-keyword").disabled
    assert "Name a model for the domain agent" in html(page)


def test_models_play_roles_over_a_built_in_domain_only_where_that_is_asked(
    configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(jobs, "_start_process", started.append)
    page = open_page("domains", view="new")
    page.button(key="start-job_seeking").click().run()
    assert not page.exception
    page = open_page("domains", view="new")
    page.text_input(key="new-name").set_value("jobs_with_models").run()
    page.selectbox(key="mixed-role-instruction").select("openai/qwen").run()
    page.number_input(key="mixed-budget-calls").set_value(9).run()
    page.button(key="start-job_seeking").click().run()
    assert not page.exception
    with Store.open(configured) as store:
        plain, mixed = (store.runs.get(id).options for id in started)
    assert (plain.models, plain.budget) == ({}, Budget())
    assert (mixed.models, mixed.budget) == ({"instruction": "openai/qwen"}, Budget(cost=5.0, calls=9))


def test_pages_never_load_the_client(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_with_calls(configured)
    monkeypatch.setitem(sys.modules, "litellm", None)  # whoever imports it fails
    pages: dict[str, dict[str, str]] = {
        "models": {},
        "domains": {"view": "new", "from": "keyword"},
        "runs": {"part": "calls"},
        "tools": {"tab": "models"},
    }
    for name, query in pages.items():
        page = open_page(name, **query)
        assert not page.exception
        assert not page.error
