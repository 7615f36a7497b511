"""Pieces of the page about runs."""
