"""Commands for whoever keeps the catalogue: what changed, what is wrong, and fresh notebooks."""

import argparse
import datetime as dt
import os
import sys
from pathlib import Path

from prepaid.catalog import DATA
from prepaid.catalog.kinds import CatalogError
from prepaid.prices import STALE_AFTER_DAYS
from upkeep.check import run_check
from upkeep.diff import run_diff
from upkeep.repository import UsageError

DIFF_HELP = """\
Print what changed from one catalogue to another: plans added, gone, dearer or cheaper, terms
changed, renamed.

OLD and NEW are each a file like plans.csv, a folder that holds one, or a git revision such as
HEAD~3 or main. What exists as a file or folder is not taken for a revision. NEW is data/ unless
given."""
CHECK_HELP = f"""\
Check every CSV file of a folder and print:

  errors     whatever breaks a rule of data/README.md, by line, on stderr
  warnings   rows with prices or fees that were seen more than {STALE_AFTER_DAYS} days ago, or
             without a date;
             sources with the same link; facts with several answers;
             plans without a second source: price_history.csv shows the same pack at the same price,
             within {STALE_AFTER_DAYS} days, from no other source; cells that one contradicts;
             offers that do not say what they cost later;
             at the end those of rows that differ from the last commit

Exits with 1 if there is an error, with 0 if there are only warnings."""
REFRESH_HELP = """\
Execute notebooks, store their outputs, and print what moved, the bold figures in the text that no
longer stand in the outputs, and what no longer holds in both READMEs. Without names: those that the
changes since the last commit concern, or all if nothing changed."""


def day(text: str) -> dt.date:
    """Return a day as written on the command line."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no day (expected YYYY-MM-DD)") from None


def main(argv: list[str] | None = None) -> int:
    """Run one command; return 0 if done, 1 for errors in the tables, 2 if it makes no sense."""
    raw = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = argparse.ArgumentParser("python -m prepaid", description=__doc__, **raw)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, run, words, description):
        added = commands.add_parser(name, help=words, description=description, **raw)
        added.set_defaults(run=run)
        return added.add_argument

    diff = command("diff", run_diff, "what changed between two catalogues", DIFF_HELP)
    diff("old", metavar="OLD", help="the earlier catalogue")
    later = "the later one (default: data/)"
    diff("new", metavar="NEW", nargs="?", default=str(DATA), help=later)
    check = command("check", run_check, "what is wrong with the tables", CHECK_HELP)
    folder = "a folder (default: data/)"
    check("folder", metavar="DATA", nargs="?", default=DATA, type=Path, help=folder)
    refresh = command("refresh", _refresh, "fresh outputs in the notebooks", REFRESH_HELP)
    named = "a file of notebooks/, or a path"
    refresh("names", metavar="NOTEBOOK", nargs="*", type=Path, help=named)
    refresh("--all", dest="every", action="store_true", help="execute every notebook")
    refresh("--dry-run", action="store_true", help="store nothing")
    refresh("--mend", action="store_true", help="write new figures into the text, too")
    moved = "count ages from this day on, in every notebook and both READMEs; mends, too"
    refresh("--on", metavar="YYYY-MM-DD", type=day, help=moved)
    options = vars(parser.parse_args(argv))
    try:
        return options.pop("run")(**options)
    except (UsageError, CatalogError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        print("\nStopped: what is not stored yet stays as it was.", file=sys.stderr, flush=True)
        os._exit(130)  # else nbclient adds a traceback for a kernel that had just begun


def _refresh(**options) -> int:
    from upkeep.refresh import run_refresh  # only this command needs Jupyter

    return run_refresh(**options)


if __name__ == "__main__":
    sys.exit(main())
