"""A process that tracks 2,500 uses and ends, or 500 and is interrupted while it ends.

`python product.py URL KEY return|exit|async|fork|multiprocessing|interrupted`
"""

import asyncio
import multiprocessing
import os
import sys

from dues import AsyncDues, Dues, LostEvents

COUNTER = "telemetry_events_monthly"
url, key, how = sys.argv[1:]


def on_lost(lost: LostEvents) -> None:
    print(f"lost {len(lost.events)} {lost.code}", flush=True)


options = {"on_lost": on_lost, "flush_interval": 60.0, "batch_size": 1_000, "close_timeout": 3.0}


async def product() -> None:
    dues = AsyncDues(url, key, **options)
    for _ in range(2_500):
        dues.track(COUNTER)


if how == "async":
    asyncio.run(product())
else:
    dues = Dues(url, key, **options)
    for _ in range(500 if how == "interrupted" else 2_500):
        dues.track(COUNTER)
if how == "exit":
    sys.exit(3)


def in_child() -> None:
    assert dues.buffered == 0
    for _ in range(10):
        dues.track(COUNTER)


if how == "multiprocessing":
    process = multiprocessing.get_context("fork").Process(target=in_child)
    process.start()
    process.join()
    assert process.exitcode == 0
if how == "fork":
    child = os.fork()
    if child == 0:
        assert dues.buffered == 0
        for _ in range(10):
            dues.track(COUNTER)
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
