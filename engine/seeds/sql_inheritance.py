"""What the columns of composite references take over from the columns that they refer to."""

from __future__ import annotations

from collections.abc import Mapping

from engine.seeds.sql_entities import Draft


def hand_down(drafts: Mapping[str, Draft]) -> None:
    """Gives columns of composite references the choices and bounds of what they refer to, over several steps too."""
    for _ in drafts:
        changed = False
        for draft in drafts.values():
            for reference in draft.composite:
                for name, target in zip(reference.columns, reference.references, strict=True):
                    own, above = draft.columns[name], drafts[reference.to].columns[target]
                    update: dict[str, object] = {
                        part: getattr(above, part)
                        for part in ("enum", "minimum", "maximum", "values")
                        if getattr(above, part) is not None and getattr(own, part) is None
                    }
                    if not update or own.role == "reference" or above.role in ("reference", "id"):
                        continue
                    if above.enum is not None and "enum" in update:
                        update |= {"role": "enum", "values": None}
                        update |= {} if own.default in above.enum else {"default": None}
                    draft.columns[name] = own.model_copy(update=update)
                    changed = True
        if not changed:
            return
