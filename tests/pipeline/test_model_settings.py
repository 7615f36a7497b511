"""Settings of language models: three places, one order, and words for every mistake that quote no value."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.agents.llm.ask.endpoint import Endpoint
from engine.errors import UsageError
from engine.models.role import COMPOSER, ROLES, RoleName
from engine.models.run import Budget, RunOptions
from engine.pipeline.addresses import checked_address, is_local
from engine.pipeline.model_settings import (
    Choice,
    ModelSettings,
    find_settings,
    make_choice,
    parse_roles,
    read_settings,
    role_variable,
)

SECRET = "sk-very-secret-000111222333"
NAMES = st.sampled_from(["openai/one", "openai/two", COMPOSER])
BOUNDS = st.none() | st.integers(0, 9)
CHOICES = st.builds(
    Choice,
    default=st.just("") | NAMES,
    roles=st.dictionaries(st.sampled_from(ROLES), NAMES, max_size=4),
    base_url=st.sampled_from(["", "http://one/v1", "http://two/v1"]),
    budget=st.builds(Budget, cost=BOUNDS, tokens=BOUNDS, calls=BOUNDS),
)


def written(text: str, folder: Path) -> Path:
    file = folder / "studio.toml"
    file.write_text(text, "utf-8")
    return file


def as_toml(choice: Choice) -> str:
    lines = ["[models]", *([f'default = "{choice.default}"'] if choice.default else []), "[models.roles]"]
    lines += [f'{role} = "{name}"' for role, name in choice.roles.items()]
    limits = {name: value for name, value in choice.budget.model_dump().items() if value is not None}
    return "\n".join([*lines, "[budget]", *(f"{name} = {value:g}" for name, value in limits.items())])


def as_variables(choice: Choice) -> dict[str, str]:
    found = {"SCALEENV_MODEL": choice.default, "SCALEENV_BASE_URL": choice.base_url}
    found |= {role_variable(role): name for role, name in choice.roles.items()}
    limits = {name: value for name, value in choice.budget.model_dump().items() if value is not None}
    return found | {f"SCALEENV_MAX_{name.upper()}": f"{value:g}" for name, value in limits.items()}


def player(role: RoleName, places: list[Choice]) -> str:
    """Who plays a role, said once more in other words: the last place that says anything of it."""
    for choice in reversed(places):
        if said := choice.roles.get(role) or choice.default:
            return said
    return COMPOSER


@given(file=CHOICES, environment=CHOICES, flags=CHOICES)
def test_flags_win_over_the_environment_and_that_over_the_file(
    tmp_path_factory: pytest.TempPathFactory, file: Choice, environment: Choice, flags: Choice
) -> None:
    path = written(as_toml(file), tmp_path_factory.mktemp("settings"))
    settings = read_settings(path, environment=as_variables(environment)).under(flags)
    places = [file, environment, flags]
    assert {role: settings.models.get(role, COMPOSER) for role in ROLES} == {
        role: player(role, places) for role in ROLES
    }
    assert settings.base_url == (flags.base_url or environment.base_url)
    for bound in Budget.model_fields:
        said = [getattr(choice.budget, bound) for choice in reversed(places)]
        assert getattr(settings.budget, bound) == next((value for value in said if value is not None), None)


def test_a_whole_file(tmp_path: Path) -> None:
    path = written(
        """
        [models]
        default = "openai/gpt-5.1"
        [models.roles]
        code = "openai/coder"
        gate = "composer"
        [models.endpoints."openai/coder"]
        base_url = "http://127.0.0.1:8000/v1/"
        key_variable = "CODER_KEY"
        structured = "json_object"
        concurrency = 2
        timeout = 300
        retries = 1
        input_price = 0
        output_price = 0.5
        context = 8192
        tools_per_call = 1
        [budget]
        cost = 5
        calls = 900
        """,
        tmp_path,
    )
    settings = read_settings(path, environment={})
    assert settings.models == {role: "openai/gpt-5.1" for role in ROLES if role not in ("code", "gate")} | {
        "code": "openai/coder"
    }
    assert settings.endpoints("code") == Endpoint(
        model="openai/coder",
        base_url="http://127.0.0.1:8000/v1",
        key_variable="CODER_KEY",
        structured="json_object",
        concurrency=2,
        timeout=300,
        retries=1,
        input_price=0,
        output_price=0.5,
        context=8192,
        tools_per_call=1,
    )
    assert settings.endpoints("domain") == Endpoint(model="openai/gpt-5.1")
    assert settings.budget == Budget(cost=5, calls=900)
    assert settings.file == str(path)
    with pytest.raises(UsageError, match="No language model plays the role `gate`"):
        settings.endpoints("gate")


@pytest.mark.parametrize(
    "text, says",
    [
        pytest.param("[modles]\n", "no key `modles`; did you mean `models`", id="table"),
        pytest.param("[models]\ndefalt = 'x'\n", "`models.defalt`; did you mean `default`", id="key"),
        pytest.param("[models.roles]\ncoder = 'x'\n", "no role `coder`; did you mean `code`", id="role"),
        pytest.param("[models.roles]\ncode = 3\n", "`models.roles.code`: input should be a valid string", id="type"),
        pytest.param("[models.roles]\ncode = 'a b'\n", "role `code`: that is no model's name", id="name"),
        pytest.param(
            '[models.endpoints."a/b"]\ntimout = 3\n', 'models.endpoints."a/b".timout`; did you mean', id="endpoint"
        ),
        pytest.param('[models.endpoints."a/b"]\ntimeout = "3"\n', 'endpoints."a/b".timeout`: input', id="strict"),
        pytest.param('[models.endpoints."a/b"]\ntimeout = -3\n', "greater than 0", id="bounds"),
        pytest.param('[models.endpoints]\n"a/b" = "http://x"\n', "is a table, as in", id="no table"),
        pytest.param("[models.default]\nx = 1\n", "is a value, not a table", id="too much of a table"),
        pytest.param("models = 1\n", "`models` is a table", id="value"),
        pytest.param("[budget]\ncost = nan\n", "is a number, not nan", id="nan"),
        pytest.param("[budget]\ncost = -1\n", "greater than or equal to 0", id="negative"),
        pytest.param("[budget]\nspend = 1\n", "`budget.spend`; there are `cost`, `tokens`, `calls`", id="budget"),
        pytest.param("[models\n", r"this is no TOML \(at line 1", id="syntax"),
        pytest.param('[models.endpoints."a/b"]\ninput_price = 1\n', "come together", id="half a price"),
        pytest.param('[models.endpoints."a/b"]\nbase_url = "x"\n', "that is no base URL", id="address"),
    ],
)
def test_mistakes_are_told_with_file_key_and_remedy(text: str, says: str, tmp_path: Path) -> None:
    path = written(text, tmp_path)
    with pytest.raises(UsageError, match=says) as refused:
        read_settings(path, environment={})
    assert str(refused.value).startswith(str(path))


@pytest.mark.parametrize(
    "text",
    [
        f'[models.endpoints."a/b"]\napi_key = "{SECRET}"\n',
        f'[models.endpoints."a/b"]\nkey_variable = "{SECRET}"\n',
        f'[models.endpoints."a/b"]\nbase_url = "http://me:{SECRET}@host/v1"\n',
        f'[models.endpoints."a/b"]\nbase_url = "http://host/v1?key={SECRET}"\n',
        f'[models.endpoints."a/b"]\nstructured = "{SECRET}"\n',
        f'[models.endpoints."a/b"]\ntimeout = "{SECRET}"\n',
        f'[models]\nkey = "{SECRET}"\n',
        f'[budget]\ncost = "{SECRET}"\n',
        f'api_key = "{SECRET}"\n',
        f"api_key = {SECRET}\n",
    ],
)
def test_no_message_quotes_what_could_be_a_key(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        read_settings(written(text, tmp_path), environment={})
    assert SECRET not in str(refused.value)


LINES = st.sampled_from(
    ["", "[models]", "[budget]", "[models.roles]", '[models.endpoints."a/b"]', "[models.endpoints]", "[other]", "[models.default]", "cost = 1",
     "cost = -1", "cost = nan", "calls = 1.5", "tokens = true", "default = 'a/b'", "default = 'two words'", "default = 1", "code = 'a/b'",
     "cobe = 'a/b'", "base_url = 'x'", "base_url = 'http://h/v1'", "api_key = 'k'", "input_price = 1", "output_price = 2", "timeout = 0",
     "concurrency = 'many'", "key_variable = 'no name'", "structured = 'json_schema'", "endpoints = []", '"a\\nb" = 1', "x = " + "[" * 5_000]
)  # fmt: skip
TEXTS = st.text(max_size=200) | st.lists(LINES, max_size=8).map("\n".join)
WHAT_AND_REMEDY = re.compile(
    r"this is no UTF-8 text \(byte \d+\); save it as UTF-8\."
    r"|this is no TOML \(at [^)]+\); texts stand in quotes, tables in brackets\."
    r"|this is nested deeper than settings need\."
    r"|there is no (key|role) `.+`; (did you mean .+\?|there are .+)"
    r"|`.+`: keys don't belong into this file\. Put the key into an environment variable or .+\."
    r"|`.+` is a table, as in `\[.+\]`\."
    r"|`.+` is a value, not a table: `.+ = \.\.\.`\."
    r"|`.+` is a number, not (nan|inf); leave it out for no bound\."
    r"|`.+`: (input should be|extra inputs|value error) .+\."
    r"|\[models\.endpoints\..+\]: `(key_variable|base_url)`.+\."
    r"|\[models\.endpoints\..+\]: `input_price` and `output_price` come together, .+\."
    r"|(role `.+`: )?that is no model's name; write it as litellm does, .+\."
)


@given(TEXTS)
@example(text='"\\n" = 1')
@example('[budget]\ncost = 1\n[models]\ndefault = "a/b"')
@example("[models")
def test_no_text_of_a_file_breaks_its_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """It is read, or refused in one line that says where, what, and what to do."""
    path = tmp_path_factory.mktemp("any") / "studio.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    said, read = "", None
    try:
        read = read_settings(path, environment={})
    except UsageError as error:
        said = str(error)
    if read is None:
        where, _, told = said.partition(": ")
        assert where == str(path)
        assert WHAT_AND_REMEDY.fullmatch(told), told
    else:
        assert read.file == str(path)
        tomllib.loads(text)  # what was read is TOML indeed


def test_where_the_file_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, beside, named = (tmp_path / name for name in ("here", "beside", "named"))
    for folder in (here, beside, named):
        folder.mkdir()
    monkeypatch.chdir(here)
    store = beside / "studio.db"
    assert find_settings(store=store, environment={}) is None
    written("", beside)
    assert find_settings(store=store, environment={}) == beside.resolve() / "studio.toml"
    written("", here)
    assert find_settings(store=store, environment={}) == Path("studio.toml")
    variable = {"SCALEENV_CONFIG": str(written("", named))}
    assert find_settings(store=store, environment=variable) == named / "studio.toml"
    assert find_settings(here / "studio.toml", store=store, environment=variable) == here / "studio.toml"
    for arguments, origin in (((Path("none.toml"),), "--config"), ((), "SCALEENV_CONFIG")):
        with pytest.raises(UsageError, match=f"there is no such file; {origin}"):
            find_settings(*arguments, environment={"SCALEENV_CONFIG": "none.toml"})


@pytest.mark.parametrize(
    "variables, says",
    [
        ({"SCALEENV_MODEL": "two words"}, "no model's name"),
        ({"SCALEENV_MAX_COST": "much"}, "SCALEENV_MAX_COST: that is no number"),
        ({"SCALEENV_MAX_CALLS": "1.5"}, "SCALEENV_MAX_CALLS: that is no number"),
        ({"SCALEENV_MAX_COST": "nan"}, "bound of `cost`"),
        ({"SCALEENV_MAX_COST": "inf"}, "bound of `cost`"),
        ({"SCALEENV_BASE_URL": "127.0.0.1:8000"}, "no base URL"),
    ],
)
def test_mistakes_in_variables(variables: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_settings(environment=variables)


def test_roles_on_the_command_line() -> None:
    assert parse_roles(["code=openai/a=b", " user = composer"]) == {"code": "openai/a=b", "user": " composer"}
    for wrong, says in ((["code"], "write ROLE=MODEL"), (["=x"], "write ROLE=MODEL"), (["a=b", "a=c"], "given twice")):
        with pytest.raises(UsageError, match=says):
            parse_roles(wrong)
    with pytest.raises(UsageError, match="no role `coder`; did you mean `code`"):
        make_choice("here", roles={"coder": "x"})


def test_a_base_url_for_all_takes_no_key_elsewhere() -> None:
    known = {
        "a": Endpoint(model="a", base_url="http://one/v1", key_variable="ONE_KEY", tools_per_call=2),
        "b": Endpoint(model="b", key_variable="ANY_KEY"),
    }
    settings = ModelSettings(known=known, base_url="http://two/v1")
    assert settings.endpoint("a") == Endpoint(model="a", base_url="http://two/v1", tools_per_call=2)
    assert settings.endpoint("b").key_variable == "ANY_KEY"
    assert settings.model_copy(update={"base_url": "http://one/v1"}).endpoint("a") == known["a"]


def test_a_run_has_its_own_players_address_and_budget() -> None:
    settings = ModelSettings(models={"code": "a", "user": "a"}, base_url="http://one", budget=Budget(calls=1))
    own = settings.of_run(RunOptions(models={"chain": "b"}, budget=Budget(cost=2)))
    assert (own.models, own.base_url, own.budget) == ({"chain": "b"}, "", Budget(cost=2))


@pytest.mark.parametrize(
    "address, local",
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost/", True),
        ("http://[::1]:80", True),
        ("http://gpu-box:8000/v1", True),
        ("http://192.168.1.7/v1", True),
        ("https://api.openai.com/v1", False),
        ("https://8.8.8.8", False),
    ],
)
def test_addresses(address: str, local: bool) -> None:
    assert checked_address(f" {address}/ ", "here") == address.rstrip("/")
    assert is_local(address) is local


@pytest.mark.parametrize(
    "address",
    ["ftp://x", "//x", "http://", "http://x y", "http://x:99999", "http://[::1", "x", "http://a\\b", "http://x/\n"],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(UsageError, match="no base URL"):
        checked_address(f"{address}z" if address.endswith("\n") else address, "here")


def test_an_address_ends_before_what_every_request_adds() -> None:
    with pytest.raises(UsageError, match="ends before `/chat/completions`"):
        checked_address("http://127.0.0.1:8000/v1/chat/completions/", "here")
