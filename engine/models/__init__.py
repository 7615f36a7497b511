"""Plain data, one module per concept; knows nothing of the rest of the engine."""
