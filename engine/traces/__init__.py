"""Traces as people read them: where arguments came from, the state at a step, two executions side by side."""
