"""Pieces of the page about datasets."""
