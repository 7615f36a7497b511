"""ScaleEnv Studio's engine: from a seed to verified tools, a proven graph and audited tasks.

Importing this package does nothing but name it; each part is imported from where it lives
(``engine.models``, ``engine.runtime``, ...), so that a program pays only for what it uses.
"""

__version__ = "0.1.0"
