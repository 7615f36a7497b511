"""The commands: each parses, calls one engine function and prints. What they need is imported when they run."""
