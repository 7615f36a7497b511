"""What stands beside the picture of a graph: the chosen tool, the chosen edge with its evidence, or the graph's figures."""

from __future__ import annotations

import streamlit as st

from engine.errors import ScaleEnvError
from engine.models.graph import Edge
from engine.models.tool import Tool
from studio.components.graph.component import Piece, graph_list
from studio.components.graph.picture import GROUP, TABLE
from studio.components.graph.style import KINDS, words
from studio.components.markup import badge, facts, head, lines, mono, numbers, quote, row, show, table
from studio.components.traces.stepper import show_trace
from studio.queries import traces
from studio.queries.graph import Choice, GraphView, Part, TaskPart

MANY = 150
"""Entries of a list beyond which it says how many more there are."""


def show_chosen(
    view: GraphView, part: Part, choice: Choice, task: TaskPart | None, node: str | None, edge: str | None
) -> None:
    """What is chosen in the picture; otherwise what it is about: a tool, a task or the whole graph."""
    if edge is not None and edge in view.edge:
        _edge(view, view.edge[edge])
    elif edge is not None and edge.startswith(GROUP):
        _group(view, part, edge)
    elif node is not None and node in view.tool:
        _tool(view, view.tool[node])
    elif node is not None and node.startswith(TABLE):
        _table(view, part, node.removeprefix(TABLE))
    elif choice.view == "near" and choice.focus in view.tool:
        _tool(view, view.tool[choice.focus])
    else:
        if task is not None:
            _task(view, task)
        _figures(view)


def _tool(view: GraphView, tool: Tool) -> None:
    domain = view.domain.spec.name
    show(
        row(mono(tool.name), badge("changes state", "warn") if tool.mutates_state else badge("reads", "info")),
        row(f"{tool.category} on {tool.entity}"),
        quote(tool.description),
    )
    if tool.parameters:
        show(
            head("Parameters"),
            table(
                {
                    "name": mono(parameter.name),
                    "takes": lines(
                        parameter.type + ("" if parameter.required else ", optional"),
                        parameter.refers_to or parameter.description,
                    ),
                }
                for parameter in tool.parameters
            ),
        )
    if tool.contract.requires:
        show(
            head("Refused with, unless"),
            facts({item.code: mono(item.condition) for item in tool.contract.requires}),
        )
    if tool.contract.effects:
        show(
            head("Changes"),
            table(
                {"table": effect.table, "operation": effect.operation, "columns": ", ".join(effect.values) or None}
                for effect in tool.contract.effects
            ),
        )
    if tool.contract.returns:
        show(head("Answers with"), row(*(mono(field.name) for field in tool.contract.returns)))
    edges = view.edges_of(tool.name)
    incoming = [edge for edge in edges if edge.target == tool.name]
    outgoing = [edge for edge in edges if edge.source == tool.name]
    for label, listed, other in (("Helped by", incoming, "source"), ("Helps", outgoing, "target")):
        show(head(f"{label} ({len(listed)})"))
        if listed:
            graph_list([_entry(edge, getattr(edge, other)) for edge in listed[:MANY]], key=f"list-{label}-{tool.name}")
        _more(listed)
    st.page_link(
        "views/tools.py",
        label="Source, tests and edits",
        icon=":material/arrow_forward:",
        query_params={"domain": domain, "tool": tool.name},
    )


def _entry(edge: Edge, other: str | None = None) -> list[Piece]:
    """An edge in a list: the tool at its other end, or both, and the edge itself."""
    name = [Piece(other, node=other)] if other else [Piece(f"{edge.source} → {edge.target}")]
    proof = [] if edge.proven else [Piece("unproven", "quiet")]
    return [*name, Piece(f"{words(edge.kind)}: {edge.via}", edge.kind, edge=edge.id), *proof]


def _more(listed: list[Edge]) -> None:
    if len(listed) > MANY:
        show(row(f"and {len(listed) - MANY} more"))


def _edge(view: GraphView, edge: Edge) -> None:
    show(
        row(badge("proven", "good") if edge.proven else badge("unproven", "warn"), f"{words(edge.kind)} edge"),
        facts(
            {
                "from": mono(edge.source),
                "to": mono(edge.target),
                "means": KINDS[edge.kind].meaning,
                "by": mono(edge.via),
            }
            | ({} if edge.proven else {"why unproven": edge.reason or "not tried yet"})
        ),
    )
    beside = view.between(edge.source, edge.target)
    show(head("The two tools" + (f" and all {len(beside)} edges between them" if len(beside) > 1 else "")))
    ends = [[Piece(name, node=name)] for name in dict.fromkeys((edge.source, edge.target))]
    others = [
        [
            Piece("→" if other.source == edge.source else "←", "quiet"),
            Piece(
                f"{words(other.kind)}: {other.via}",
                "here" if other.id == edge.id else other.kind,
                edge=None if other.id == edge.id else other.id,
            ),
            *([] if other.proven else [Piece("unproven", "quiet")]),
        ]
        for other in beside[:MANY]
    ]
    graph_list([*ends, *(others if len(beside) > 1 else [])], key=f"list-edge-{edge.id}")
    show(head("The execution that proves it" if edge.proven else "What was tried"))
    if edge.evidence is None:
        show(row("Nothing was run yet." if not edge.reason else "Nothing was run."))
        return
    domain = view.domain.spec.name
    try:
        trace = traces.trace(domain, edge.evidence)
    except ScaleEnvError as error:
        st.text(str(error))
        return
    show_trace(trace, key=f"edge-{edge.id}", linked=False, narrow=True)
    st.page_link(
        "views/traces.py",
        label="This execution at its full width",
        icon=":material/arrow_forward:",
        query_params={"domain": domain, "trace": edge.evidence},
    )


def _table(view: GraphView, part: Part, name: str) -> None:
    tools = [view.tool[tool] for tool in part.tools if view.tool[tool].entity == name]
    show(row(mono(name), badge("table", "quiet"), f"{len(tools)} tools"))
    show(
        table(
            {"tool": mono(tool.name), "does": "changes state" if tool.mutates_state else "reads", "kind": tool.category}
            for tool in tools
        )
    )
    st.page_link(
        "views/graph.py",
        label="These tools in the graph",
        icon=":material/arrow_forward:",
        query_params={"domain": view.domain.spec.name, "view": "all", "table": name},
    )


def _group(view: GraphView, part: Part, id: str) -> None:
    kind, proof, pair = id.removeprefix(GROUP).split(":", 2)
    source, _, target = pair.partition(">")
    edges = [
        edge
        for edge in part.edges
        if edge.kind == kind
        and edge.proven == (proof == "proven")
        and (view.tool[edge.source].entity, view.tool[edge.target].entity) == (source, target)
    ]
    show(row(badge(proof, "good" if proof == "proven" else "warn"), f"{len(edges)} edges: {words(kind)}"))
    show(facts({"from tools on": mono(source), "to tools on": mono(target)}))
    graph_list([_entry(edge) for edge in edges[:MANY]], key=f"list-{id}")
    _more(edges)


def _task(view: GraphView, task: TaskPart) -> None:
    show(row(badge("task", "info"), mono(task.id)))
    order = sorted((number, name) for name, numbers_ in task.steps.items() for number in numbers_)
    show(head("Its chain"))
    graph_list(
        [[Piece(f"{number}.", "quiet"), Piece(name, node=name)] for number, name in order], key=f"list-{task.id}"
    )
    more = [name for name in task.offered if name not in task.steps]
    show(
        facts(
            {
                "tools offered": f"{len(task.offered)}: those of the chain and {len(more)} more",
                "expansion": f"{len(task.joined)} more tools could join without a dead end",
            }
        )
    )
    st.page_link(
        "views/tasks.py",
        label="The task",
        icon=":material/arrow_forward:",
        query_params={"domain": view.domain.spec.name, "task": task.id},
    )


def _figures(view: GraphView) -> None:
    figures = view.measures
    show(row("Click a tool for what it does, or an edge for the execution that proves it."))
    show(
        numbers(
            {
                "tools": figures.tools,
                "edges proven": sum(count.proven for count in figures.kinds.values()),
                "unproven": sum(count.unproven for count in figures.kinds.values()),
                "density": f"{100 * figures.density:.1f} %",
                "parts": figures.components,
                "longest chain": figures.longest,
            }
        ),
        head("Edges"),
        table(
            {"kind": words(kind), "proven": count.proven, "unproven": count.unproven}
            for kind, count in figures.kinds.items()
        ),
    )
    for label, why, tools in (
        ("Sources", "no other tool helps them", figures.sources),
        ("Sinks", "they help no other", figures.sinks),
        ("Unreachable", "no chain can call them", figures.unreachable),
    ):
        show(head(f"{label}: {len(tools)} ({why})"))
        if tools:
            graph_list([[Piece(name, node=name)] for name in tools[:MANY]], key=f"list-{label}")
