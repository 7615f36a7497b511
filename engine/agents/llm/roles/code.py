"""The code role, played by a model: tools' Python from their contracts (paper, section 4.1, step 5)."""

from __future__ import annotations

from engine.agents.llm.ask.prompt import fill
from engine.agents.llm.ask.question import Asker, Question, Unusable
from engine.agents.llm.ask.structured import functions_in
from engine.agents.llm.text.contract_words import contract_steps, head_of
from engine.agents.llm.text.functions import tool_source
from engine.agents.llm.text.tables import tables_text
from engine.agents.roles.foundation import CodeAnswer, CodeRequest
from engine.contracts.touched import touched_tables
from engine.models.tool import Tool

TOKENS_A_TOOL = 1_000
"""Length of a tool's code at most, about three times that of a usual one."""
_TOKENS_AROUND = 500


class ModelCode:
    """Asks a model for the code of some tools at once; see `engine.agents.roles.foundation.CodeAgent`."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def write(self, request: CodeRequest) -> CodeAnswer:
        """The code for some tools.

        Of several tools, those whose function can't be read are left out: the caller asks for them one by one, and only then
        is the model told what was wrong. That costs less than to have all of them written again.

        Raises:
            CannotAnswer: Not a single function came out.
        """
        database, tools = request.database, request.tools
        touched = {table for tool in tools for table in touched_tables(tool, database)}
        system, user = fill(
            "code",
            tables=tables_text(database, touched, rules=False),
            tools="\n\n".join(f"{head_of(tool)}\n{contract_steps(tool, database)}" for tool in tools),
            wish=request.hint,
        )
        question = Question(
            role="code",
            system=system,
            user=user,
            parse=lambda text: _sources(text, tools),
            subject=", ".join(tool.name for tool in tools),
            most_tokens=_TOKENS_AROUND + TOKENS_A_TOOL * len(tools),
            schema_name="code",
        )
        return CodeAnswer(sources=await self._asker.ask(question))


def _sources(text: str, tools: tuple[Tool, ...]) -> dict[str, str]:
    written = functions_in(text, [tool.name for tool in tools])
    sources: dict[str, str] = {}
    problems: list[str] = []
    for tool in tools:
        if tool.name not in written:
            continue
        try:
            sources[tool.name] = tool_source(tool, written[tool.name])
        except Unusable as unusable:
            problems.extend(unusable.problems)
    if not sources:
        raise Unusable(problems)
    return sources
