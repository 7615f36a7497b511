"""Answers the roles offline and deterministically: a blueprint is composed into schema, contracts and code."""
