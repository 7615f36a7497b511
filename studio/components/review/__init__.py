"""Deciding on tasks: the queue, the form and what curators agree on."""
