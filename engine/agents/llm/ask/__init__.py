"""Asking: from a filled prompt to an answer that was checked, through limits, budgets, retries and the kept answers."""
