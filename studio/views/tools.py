"""Tools: what the agent sees, the contract, the code, and why it was admitted or not."""

from __future__ import annotations

import streamlit as st

from engine.models.tool import Tool
from engine.store.tools import StoredTool
from studio.components.choose import choose, choose_domain
from studio.components.trace import show_trace
from studio.queries import tools as queries
from studio.queries import traces


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
                    "column": column,
                    "value": value,
                }
                for item in contract.effects
                for column, value in (item.values or {"": ""}).items()
            ],
            hide_index=True,
        )
    st.caption("Returns")
    st.dataframe(
        [
            {
                "field": item.name,
                "is": item.value or (f"rows of {item.query.table}" if item.query else ""),
                "refers to": item.refers_to or "",
            }
            for item in contract.returns
        ],
        hide_index=True,
    )


def show_parameters(tool: Tool) -> None:
    """What the agent gives."""
    if not tool.parameters:
        st.caption("None.")
        return
    st.dataframe(
        [
            {
                "name": item.name,
                "type": f"list of {item.type}" if item.array else item.type,
                "required": item.required,
                "one of": ", ".join(item.enum or ()),
                "refers to": item.refers_to or "",
                "description": item.description,
            }
            for item in tool.parameters
        ],
        hide_index=True,
    )


def show_tests(entry: StoredTool, domain: str) -> None:
    """Why the tool was admitted or not, and every case that was run."""
    if entry.report is None:
        st.caption("Not tested yet.")
        return
    if entry.report.reasons:
        st.caption("Refused, because")
        for reason in entry.report.reasons:
            st.text(reason)
    if entry.report.coverage:
        st.caption("Preconditions, as procedural tests saw them")
        st.dataframe(
            [
                {
                    "rejection": item.code,
                    "seen satisfied": item.satisfied,
                    "seen violated": item.violated,
                    "not reachable": item.unreachable,
                }
                for item in entry.report.coverage
            ],
            hide_index=True,
        )
    cases = queries.test_cases(domain, entry.tool.name)
    st.caption(f"{len(cases)} cases")
    st.dataframe(
        [
            {
                "case": case.index,
                "kind": case.kind,
                "aims at": case.target,
                "verdict": case.verdict,
                "as expected": case.passed,
                "detail": case.detail,
            }
            for case in cases
        ],
        hide_index=True,
        height=240,
    )
    recorded = {f"{case.index}: {case.kind} {case.target}".strip(): case.trace for case in cases if case.trace}
    if recorded:
        case = st.selectbox("Execution of case", list(recorded), index=None, key=f"case-{domain}-{entry.tool.name}")
        trace = recorded.get(case or "")
        if trace:
            show_trace(traces.trace(domain, trace), key=f"case-{trace}", linked=False)


def page() -> None:
    """Draws the page."""
    st.title("Tools")
    domain = choose_domain()
    if domain is None:
        return
    stored = {entry.tool.name: entry for entry in queries.tools(domain)}
    if not stored:
        st.info("This domain has no tool yet; see the Runs page.", icon=":material/info:")
        return
    st.dataframe(
        [
            {
                "tool": name,
                "admitted": entry.admitted if entry.report else None,
                "category": entry.tool.category,
                "entity": entry.tool.entity,
                "changes state": entry.tool.mutates_state,
                "cases": entry.report.cases if entry.report else 0,
                "reason": "; ".join(entry.report.reasons) if entry.report else "not tested yet",
            }
            for name, entry in stored.items()
        ],
        hide_index=True,
        height=260,
    )
    entry = stored[choose("Tool", list(stored), "tool", scope=domain)]
    st.text(entry.tool.description)
    code, contract, parameters, tests = st.tabs(["Code", "Contract", "Parameters", "Tests"])
    with code:
        st.code(entry.tool.source, language="python", line_numbers=True)
    with contract:
        show_contract(entry.tool)
    with parameters:
        show_parameters(entry.tool)
    with tests:
        show_tests(entry, domain)


page()
