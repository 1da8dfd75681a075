"""All benchmarks, one after the other: `python -m bench`. Raw results go to bench/results/."""

from bench import hanging, live, logs, pages, proxy, recovery, remote, restart, startup

for benchmark in (pages, hanging, live, remote, recovery, logs, restart, proxy, startup):
    print(f"== {benchmark.__name__}", flush=True)
    benchmark.main()
