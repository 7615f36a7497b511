"""What the engine keeps: one SQLite file, one repository per aggregate, every write in one immediate transaction."""

from engine.store.runs import LeaseLost
from engine.store.store import Store

__all__ = ["LeaseLost", "Store"]
