"""`python -m bench [NAME ...]`: the chosen benchmarks, else all; one table."""

import sys

from bench import (
    bench_backfill,
    bench_demo,
    bench_dump,
    bench_ledger,
    bench_load,
    bench_matching,
    bench_robust,
    bench_scores,
    bench_sources,
    bench_spikes,
)
from bench.report import print_table

BENCHMARKS = {
    "dump": bench_dump.run,
    "backfill": bench_backfill.run,
    "load": bench_load.run,
    "matching": bench_matching.run,
    "sources": bench_sources.run,
    "ledger": bench_ledger.run,
    "robust": bench_robust.run,
    "scores": bench_scores.run,
    "spikes": bench_spikes.run,
    "demo": bench_demo.run,
}

if __name__ == "__main__":
    chosen = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in chosen if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"bench: no benchmark '{unknown[0]}'; there are {', '.join(BENCHMARKS)}")
    print_table([row for name in chosen for row in BENCHMARKS[name]()])
