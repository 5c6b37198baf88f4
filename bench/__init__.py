"""Measures this package beside httpx and other clients (`nox -s bench`). Development only; docs/benchmarks.md says how."""
