"""All benchmarks, one after the other: `python -m bench`. Raw results go to bench/results/."""

from bench import hanging, live, logs, operations, pages, proxy, recovery, remote, restart, startup

BENCHMARKS = (
    pages,
    hanging,
    live,
    remote,
    recovery,
    operations,
    logs,
    restart,
    proxy,
    startup,
)

for benchmark in BENCHMARKS:
    print(f"== {benchmark.__name__}", flush=True)
    benchmark.main()
