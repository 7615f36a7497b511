"""The command line: `scaleenv`. Commands live in `engine.commands`; here they are named and their errors told."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Sequence

import typer
from typer.exceptions import Abort, Exit, TyperException

from engine import __version__
from engine.commands import (
    bench,
    calls,
    cassette,
    datasets,
    domains,
    exporting,
    health,
    models,
    revise,
    runs,
    studio,
    synth,
)
from engine.commands.console import Failed, say
from engine.errors import ScaleEnvError, SeedError, UsageError

app = typer.Typer(
    name="scaleenv",
    help="From a seed to verified tools, a proven dependency graph and audited tasks.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


INTERRUPTED = 130
"""Exit code after Ctrl-C."""


def _print_version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise Exit


@app.callback()
def root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    """From a seed to verified tools, a proven dependency graph and audited tasks."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise Exit(2)


app.command("synth")(synth.synth)
app.command("list")(domains.list_domains)
app.command("show")(domains.show_domain)
app.command("verify")(health.verify)
app.command("revise")(revise.revise)
app.command("resume")(runs.resume)
app.command("cancel")(runs.cancel)
app.add_typer(models.app, name="models")
app.command("calls")(calls.calls)
app.add_typer(cassette.app, name="cassette")
app.command("export")(exporting.export)
app.add_typer(datasets.app, name="dataset")
app.add_typer(bench.app, name="bench")
app.command("doctor")(health.doctor)
app.command("studio")(studio.studio)


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and tells its errors.

    Args:
        arguments: Without the program's name; those of this process where left out.

    Returns:
        The exit code: 0 if everything was done that was asked, 2 for what was wrongly asked, 130 after Ctrl-C, else 1.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in arguments
    try:
        outcome = app(args=arguments, prog_name="scaleenv", standalone_mode=False)
    except Failed as error:
        if str(error):
            say(str(error))
        return 1
    except (UsageError, SeedError) as error:
        return _tell(str(error), 2, as_json)
    except ScaleEnvError as error:
        return _tell(str(error), 1, as_json)
    except TyperException as error:
        return _tell(_hint(error), error.exit_code, as_json)
    except (KeyboardInterrupt, Abort):
        outcome = INTERRUPTED
    except Exception as error:
        # A defect of ours: the whole story goes to stderr, so that it can be reported.
        say(traceback.format_exc())
        return _tell(f"Internal error: {type(error).__name__}: {error}", 1, as_json)
    if outcome == INTERRUPTED:  # Typer answers Ctrl-C with the code
        return _tell("Stopped. Every finished step is kept; go on with `scaleenv resume`.", INTERRUPTED, as_json)
    return outcome if isinstance(outcome, int) else 0


def _hint(error: TyperException) -> str:
    message = error.format_message()
    context = getattr(error, "ctx", None)
    return f"{message} (see `{context.command_path} --help`)" if context is not None and message else message


def _tell(message: str, code: int, as_json: bool) -> int:
    if message:
        say(f"Error: {message}" if code != INTERRUPTED else message)
    if as_json:
        print(json.dumps({"error": message}, ensure_ascii=False))
    return code


def main() -> None:
    """The console script."""
    sys.exit(run())


if __name__ == "__main__":
    main()
