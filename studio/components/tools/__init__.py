"""Pieces of the page about tools."""
