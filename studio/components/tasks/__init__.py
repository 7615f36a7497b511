"""Pieces of the page about tasks."""
