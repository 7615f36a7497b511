"""Tools: what the agent sees, the contract, the code, and why it was admitted or not."""

from __future__ import annotations

import streamlit as st

from engine.models.tool import Tool
from studio import queries
from studio.components.choose import choose, choose_domain


def show_contract(tool: Tool) -> None:
    """The contract as tables of expressions."""
    contract = tool.contract
    if contract.bindings:
        st.caption("Bindings")
        st.dataframe([{"name": item.name, "is": item.expression} for item in contract.bindings], hide_index=True)
    if contract.requires:
        st.caption("Requires, in this order")
        st.dataframe(
            [{"condition": item.condition, "rejection": item.code, "rule": item.rule} for item in contract.requires],
            hide_index=True,
        )
    if contract.effects:
        st.caption("Effects; nothing else may change")
        st.dataframe(
            [
                {
                    "operation": item.operation,
                    "table": item.table,
                    "row": item.key or "new",
                    "each": item.each or "",
                    "when": item.when or "",
                    "values": "\n".join(f"{name} = {value}" for name, value in item.values.items()),
                }
                for item in contract.effects
            ],
            hide_index=True,
        )
    st.caption("Returns")
    st.dataframe(
        [
            {"field": item.name, "is": item.value or (f"rows of {item.query.table}" if item.query else ""), "refers to": item.refers_to or ""}
            for item in contract.returns
        ],
        hide_index=True,
    )


def page() -> None:
    """Draws the page."""
    st.title("Tools")
    domain = choose_domain()
    if domain is None:
        return
    stored = queries.tools(domain)
    st.dataframe(
        [
            {
                "tool": entry.tool.name,
                "admitted": entry.admitted if entry.report else None,
                "category": entry.tool.category,
                "entity": entry.tool.entity,
                "changes state": entry.tool.mutates_state,
                "cases": entry.report.cases if entry.report else 0,
                "reason": "; ".join(entry.report.reasons) if entry.report else "not tested yet",
            }
            for entry in stored
        ],
        hide_index=True,
        height=260,
    )
    name = choose("Tool", [entry.tool.name for entry in stored], "tool")
    if name is None:
        return
    entry = next(entry for entry in stored if entry.tool.name == name)
    st.text(entry.tool.description)
    about, contract, code, tests = st.tabs(["Parameters", "Contract", "Code", "Tests"])
    with about:
        st.dataframe(
            [
                {
                    "name": item.name,
                    "type": f"list of {item.type}" if item.array else item.type,
                    "required": item.required,
                    "refers to": item.refers_to or "",
                    "description": item.description,
                }
                for item in entry.tool.parameters
            ],
            hide_index=True,
        )
    with contract:
        show_contract(entry.tool)
    with code:
        st.code(entry.tool.source, language="python", line_numbers=True)
    with tests:
        if entry.report:
            for reason in entry.report.reasons:
                st.text(f"Refused: {reason}")
            st.dataframe(
                [
                    {"rejection": item.code, "seen satisfied": item.satisfied, "seen violated": item.violated, "not reachable": item.unreachable}
                    for item in entry.report.coverage
                ],
                hide_index=True,
            )
        st.dataframe(
            [
                {
                    "case": case.index,
                    "kind": case.kind,
                    "aims at": case.target,
                    "verdict": case.verdict,
                    "as expected": case.passed,
                    "detail": case.detail,
                    "trace": case.trace or "",
                }
                for case in queries.test_cases(domain, name)
            ],
            hide_index=True,
        )


page()
