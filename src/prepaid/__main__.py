"""Commands for whoever keeps the catalogue: what changed, what is wrong, and fresh notebooks."""

import argparse
import sys
from pathlib import Path

from prepaid.catalog import DATA
from prepaid.catalog.kinds import CatalogError
from prepaid.catalog.upkeep import UsageError, run_check, run_diff
from prepaid.prices import STALE_AFTER_DAYS

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
             sources with the same link;
             plans without a second source: price_history.csv shows the same pack at the same price,
             within {STALE_AFTER_DAYS} days, from no other source

Exits with 1 if there is an error, with 0 if there are only warnings."""
REFRESH_HELP = """\
Execute notebooks, store their outputs, and print what moved, the bold figures in the text that no
longer stand in the outputs, and what no longer holds in both READMEs. Without names: those that the
changes since the last commit concern, or all if nothing changed."""


def main(argv: list[str] | None = None) -> int:
    """Run one command; return 0 if done, 1 for errors in the tables, 2 if it makes no sense."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m prepaid", description=__doc__, formatter_class=raw)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add = {"formatter_class": raw}
    diff = commands.add_parser(
        "diff", help="what changed between two catalogues", description=DIFF_HELP, **add
    )
    diff.add_argument("old", metavar="OLD", help="the earlier catalogue")
    diff.add_argument(
        "new", metavar="NEW", nargs="?", default=str(DATA), help="the later one (default: data/)"
    )
    diff.set_defaults(run=lambda args: run_diff(args.old, args.new))
    check = commands.add_parser(
        "check", help="what is wrong with the tables", description=CHECK_HELP, **add
    )
    check.add_argument(
        "data", metavar="DATA", nargs="?", default=DATA, type=Path, help="a folder (default: data/)"
    )
    check.set_defaults(run=lambda args: run_check(args.data))
    fresh = commands.add_parser(
        "refresh", help="fresh outputs in the notebooks", description=REFRESH_HELP, **add
    )
    fresh.add_argument("notebooks", metavar="NOTEBOOK", nargs="*", type=Path)
    fresh.add_argument("--all", action="store_true", help="execute every notebook")
    fresh.add_argument("--dry-run", action="store_true", help="store nothing")
    fresh.set_defaults(run=_refresh)
    args = parser.parse_args(argv)
    try:
        return args.run(args)
    except (UsageError, CatalogError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


def _refresh(args: argparse.Namespace) -> int:
    from prepaid.refresh import run_refresh  # only this command needs Jupyter

    return run_refresh(args.notebooks, every=args.all, dry_run=args.dry_run)


if __name__ == "__main__":
    sys.exit(main())
