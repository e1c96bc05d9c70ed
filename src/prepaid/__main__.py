"""`python -m prepaid`: the commands of whoever keeps the catalogue."""

import sys

if __name__ == "__main__":
    try:
        from upkeep.__main__ import main
    except ModuleNotFoundError:  # an installed package has neither data/ nor what keeps it
        sys.exit("These commands need a clone of the repository.")
    sys.exit(main())
