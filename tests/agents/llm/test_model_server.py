"""The scripted server behaves as providers do, and its faults are as said: else tests against it would prove nothing."""

from __future__ import annotations

import ast
import http.client
import json
from typing import Any

import pytest

from engine.agents.llm.ask.prompt import fill
from tests.fakes.faults import CODE, FORMS, KINDS, SHAPES, Faults, Kind
from tests.fakes.material import load
from tests.fakes.model_server import ModelServer, tokens_of
from tests.fakes.script import Script, blocks_of

CODE_REQUEST = '<data name="tools">\ndef get_invoice(db: Database, invoice_id: str) -> dict:\n1. ...\n</data>'


def _asked(role: str, request: str) -> dict[str, Any]:
    return {
        "model": "scripted",
        "messages": [{"role": "system", "content": f"Role: {role}\n..."}, {"role": "user", "content": request}],
    }


def _post(server: ModelServer, body: dict[str, Any]) -> tuple[int, dict[str, str], dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request(
            "POST",
            "/v1/chat/completions",
            json.dumps(body),
            {"Content-Type": "application/json", "Authorization": "Bearer secret"},
        )
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), json.loads(answer.read())
    finally:
        connection.close()


def _always(kind: Kind) -> Faults:
    return Faults(rate=1.0, kinds=(kind,))


def test_answers_with_usage_and_lists_its_model() -> None:
    with ModelServer(load()) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/v1/models")
        assert json.loads(connection.getresponse().read())["data"][0]["id"] == "scripted"
        connection.close()
        status, _, answer = _post(server, _asked("code", CODE_REQUEST))
    text = answer["choices"][0]["message"]["content"]
    assert status == 200
    assert text.startswith("```python\ndef get_invoice(")
    assert answer["usage"]["completion_tokens"] == tokens_of(text)
    (logged,) = server.log
    assert (logged.role, logged.turn, logged.fault, logged.key) == ("code", 1, None, "secret")


def test_knows_the_role_by_the_schema_too() -> None:
    body = _asked("code", CODE_REQUEST)
    body["messages"][0]["content"] = "You answer."
    body["response_format"] = {"json_schema": {"name": "code"}}
    with ModelServer(load()) as server:
        assert _post(server, body)[0] == 200
        body.pop("response_format")
        assert _post(server, body)[0] == 400


def test_refuses_as_providers_do() -> None:
    for kind, status in (("rate_limit", 429), ("server_error", 500), ("overflow", 400)):
        with ModelServer(load(), faults=_always(kind)) as server:
            found, headers, answer = _post(server, _asked("code", CODE_REQUEST))
        assert found == status
        assert answer["error"]["message"]
        assert ("Retry-After" in headers) == (kind == "rate_limit")


def test_a_connection_ends_in_the_middle() -> None:
    with ModelServer(load(), faults=_always("drop")) as server, pytest.raises(http.client.IncompleteRead):
        _post(server, _asked("code", CODE_REQUEST))


def test_a_request_hangs_until_the_client_is_gone() -> None:
    with ModelServer(load(), faults=_always("timeout")) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=0.2)
        connection.request("POST", "/v1/chat/completions", json.dumps(_asked("code", CODE_REQUEST)))
        with pytest.raises(TimeoutError):
            connection.getresponse()
        connection.close()


@pytest.mark.parametrize("kind", SHAPES)
def test_shapes_of_answers(kind: Kind) -> None:
    with ModelServer(load(), faults=_always(kind)) as server:
        _, _, answer = _post(server, _asked("code", CODE_REQUEST))
    (choice,) = answer["choices"]
    content = choice["message"]["content"]
    if kind in ("null_content", "tool_calls"):
        assert content is None
    elif kind == "prose":
        assert "def get_invoice" in content
    else:
        assert "def get_invoice" not in content or choice["finish_reason"] == "length"


@pytest.mark.parametrize("kind", FORMS)
def test_json_is_spoilt(kind: Kind) -> None:
    right = Script(load()).answer("database", '<data name="entities">\nquote: ...\nrental: ...\n</data>')
    spoilt = _always(kind).spoilt(kind, right)
    if kind == "invalid_json":
        with pytest.raises(json.JSONDecodeError):
            json.loads(spoilt)
    else:
        assert json.loads(spoilt) != json.loads(right)


@pytest.mark.parametrize("kind", CODE)
def test_code_is_spoilt(kind: Kind) -> None:
    right = Script(load()).answer("code", CODE_REQUEST)
    faults = Faults(1.0, kinds=(kind,), mutants=lambda tool: [f"def {tool}(db, invoice_id):\n    return {{}}"])
    spoilt = faults.spoilt(kind, right)
    assert spoilt != right
    code = spoilt.removeprefix("```python\n").removesuffix("```")
    if kind == "syntax":
        with pytest.raises(SyntaxError):
            ast.parse(code)
    else:
        assert isinstance(ast.parse(code).body[0], ast.FunctionDef)


def test_faults_follow_from_the_seed_and_come_at_their_rate() -> None:
    def struck(seed: int, time: int = 0) -> list[Kind | None]:
        faults = Faults(0.3, seed)
        return [faults.strike("code", f"request {number}", time, code=True) for number in range(2_000)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert struck(1, 0) != struck(1, 1)
    hit = [kind for kind in struck(1) if kind]
    assert 0.27 < len(hit) / 2_000 < 0.33
    assert set(hit) == set(KINDS) - set(FORMS)


def test_answers_only_what_was_asked_for() -> None:
    script = Script(load())
    tools = json.loads(
        script.answer(
            "tool_schema",
            '<data name="entities">\nquote: what it costs\n</data>\n<data name="known">\ndecline_quote (x)\n</data>',
        )
    )["tools"]
    assert [tool["name"] for tool in tools] == ["request_quote", "accept_quote", "list_quotes"]
    chains = json.loads(
        script.answer(
            "chain",
            '<data name="wishes">\n1. 1 step, must have accept_quote\n2. 2 to 3 steps, must have accept_quote\n</data>',
        )
    )["chains"]
    assert [[step["tool"] for step in chain["steps"]] for chain in chains] == [
        ["accept_quote"],
        ["accept_quote", "start_repair"],
    ]


def test_reads_the_blocks_of_real_prompts() -> None:
    _, user = fill("gate", unused="12", complexity="0.4", feasibility="0.75")
    assert blocks_of(user) == {"unused": "12", "complexity": "0.4", "feasibility": "0.75"}
    assert json.loads(Script(load()).answer("gate", user)) == {"probability": 0.27}
