"""Stepping through executions, and comparing two."""
