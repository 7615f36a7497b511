"""Texts: how tables, tools, rules, cases and traces are written for a model, and read from what it writes."""
