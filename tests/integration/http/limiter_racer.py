"""One process of a race for tokens: ``python limiter_racer.py KIND URL BUCKET CAPACITY REFILL THREADS ATTEMPTS``.

Says "ready" and waits for a line; then prints when it asked first, how many tokens it got, and when it asked last.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from etheatmap_assets.resources.http.limiter import PostgresLimiter, RedisLimiter
from etheatmap_core.database.engine import create_engine

if __name__ == "__main__":
    kind, url, bucket = sys.argv[1:4]
    capacity, refill, threads, attempts = (int(text) for text in sys.argv[4:])
    limiter = RedisLimiter(url) if kind == "redis" else PostgresLimiter(create_engine(url))

    def race(_thread: int) -> int:
        return sum(bool(limiter.take(bucket, 1, capacity, refill)) for _ in range(attempts))

    limiter.take(f"{bucket} warm-up", 1, 100, 1)
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(threads) as pool:
        started = time.time()
        granted = sum(pool.map(race, range(threads)))
        print(started, granted, time.time())
