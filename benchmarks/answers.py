"""Ask `recommend` the whole grid of wishes on a fixed day and 200 days later, and sum it up.

Run: ./run python benchmarks/answers.py
"""

import datetime as dt
import sys
from collections import Counter
from itertools import product
from pathlib import Path

import prepaid

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from made_up import ON
from test_recommend import holds_together

DAYS, GB_PER_DAY = (3, 7, 10, 14, 30, 90, 360), (0.0, 0.3, 1.0, 2.0)
PAYMENTS = ("foreign_card", "us_card", "cash")


def main() -> None:
    """Print how many answers have a surest pick, what the others miss, and who is named."""
    data = prepaid.load()
    for on in (ON, ON + dt.timedelta(days=200)):
        counts, missing, sellers = Counter(), Counter(), Counter()
        for days, gb, payment, number, esim in product(
            *(DAYS, GB_PER_DAY, PAYMENTS, (False, True), (True, False))
        ):
            asked = {"payment": payment, "us_number": number, "esim_phone": esim}
            answer = prepaid.recommend(data, prepaid.Wishes(days=days, usage=gb, **asked), on=on)
            holds_together(answer)
            counts["asked"] += 1
            counts["a surest pick"] += answer.surest is not None
            counts["a cheaper pick"] += answer.cheaper is not None
            counts["nothing fits"] += answer.plans.empty
            for facts, _ in answer.missing[:1]:
                missing[" and ".join(facts)] += 1
            if answer.surest:
                sellers[str(answer.plans.loc[answer.surest, "provider"])] += 1
        print(f"{on}:", ", ".join(f"{name} {count}" for name, count in counts.items()))
        print("  first missing:", dict(missing.most_common()))
        print("  sellers of surest picks:", dict(sellers.most_common()))


if __name__ == "__main__":
    main()
