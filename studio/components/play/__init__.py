"""Pieces of the page on which a person plays the agent."""
