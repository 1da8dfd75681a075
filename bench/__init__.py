"""Benchmarks. Each module is one command (`python -m bench.NAME`); results are ratios."""
