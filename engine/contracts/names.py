"""The names that contracts can't give to anything of their own."""

from __future__ import annotations

import keyword

from engine.contracts.expression import FUNCTIONS, STATE_FUNCTIONS

RESERVED = (FUNCTIONS - STATE_FUNCTIONS - {"lower"}) | {"db", "repr", *keyword.kwlist}
"""Names that a parameter, binding or variable can't have: written code would hide something it needs."""
