"""Attempts at tasks: an agent, who may be a person, acts in an episode, and a trajectory records it."""
