"""YAML that people write: the line of every part, and values as text where YAML would make dates of them."""

from __future__ import annotations

import datetime
import io
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.seeds.problems import Path


def lines_of(node: Node | None, *, deepest: int, most: int) -> dict[Path, int]:
    """The line of each part, from 1.

    Args:
        node: The composed document.
        deepest: Most levels.
        most: Most parts, aliases written out.

    Raises:
        ValueError: There are more; also for a text whose aliases contain themselves, or multiply.
    """
    lines: dict[Path, int] = {}

    def note(node: Node, path: Path, depth: int) -> None:
        if depth > deepest or len(lines) > most:
            raise ValueError(f"more than {deepest} levels or {most} parts")
        lines.setdefault(path, _line_of(node))
        if isinstance(node, MappingNode):
            for key, item in cast("list[tuple[Node, Node]]", node.value):
                if isinstance(key, ScalarNode):
                    name = str(cast("Any", key.value))
                    lines[*path, name] = _line_of(key)
                    note(item, (*path, name), depth + 1)
        elif isinstance(node, SequenceNode):
            for index, item in enumerate(cast("list[Node]", node.value)):
                note(item, (*path, index), depth + 1)

    if node is not None:
        note(node, (), 0)
    return lines


def _line_of(node: Node) -> int:
    return cast("Any", node).start_mark.line + 1


def plain(value: Any) -> Any:
    """YAML data without YAML's own dates: we have them as ISO text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list):
        return [plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return value


def write_yaml(data: Any) -> str:
    """Plain data as YAML in block style, keys in their order."""
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # pyright: ignore[reportAttributeAccessIssue]
    yaml.allow_unicode = True
    yaml.width = 100_000  # an expression stays on its line: messages count its columns
    yaml.dump(data, stream)  # pyright: ignore[reportUnknownMemberType]
    return stream.getvalue()
