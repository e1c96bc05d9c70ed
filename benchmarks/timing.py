"""Take times that can be compared."""

import time
from collections.abc import Callable


def best_of(repeats: int, *calls: Callable[[], object]) -> list[float]:
    """Return the shortest run time of each call, in seconds; calls take turns: noise hits all."""
    times = [[] for _ in calls]
    for _ in range(repeats):
        for call, taken in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
    return [min(taken) for taken in times]
