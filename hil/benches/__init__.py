"""The benchmarks: one module each, named in hil/bench.py."""
