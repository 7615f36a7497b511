"""Roles played by language models. Nothing here is imported before a model is named; litellm itself is loaded on the first request."""
