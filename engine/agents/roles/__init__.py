"""The roles of the paper: one Protocol of one method each, typed request to typed answer.

`engine.agents.composer` answers them offline and deterministically, `engine.agents.llm` through a language model. The
pipeline knows roles only, and judges every answer alike, whoever gave it.

A role that can't answer raises `CannotAnswer`; it never answers something that it knows to be unusable. What a role
answers was checked for form, not for truth: that is what contracts, tests, proofs and audits are for.
"""

from __future__ import annotations

from engine.errors import ScaleEnvError


class CannotAnswer(ScaleEnvError):
    """A role has no usable answer; the message says why, in one sentence."""
