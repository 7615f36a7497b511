"""`scaleenv bench`: how strong the tests are, how fast episodes and synthesis run."""

from __future__ import annotations

import typer

app = typer.Typer(help="Measure the tests' strength, the runtimes, the synthesis.", no_args_is_help=True)
