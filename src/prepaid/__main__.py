"""`python -m prepaid`: the commands of whoever keeps the catalogue."""

import sys

from upkeep.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
