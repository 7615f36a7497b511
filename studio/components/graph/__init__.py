"""The tool dependency graph: its picture, what steers it, and what stands beside it."""
