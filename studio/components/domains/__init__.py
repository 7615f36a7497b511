"""Pieces of the page about domains."""
