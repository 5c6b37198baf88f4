"""Measures this package beside httpx and other clients (`nox -s bench`). docs/benchmarks.md says how.

For development only: neither the wheel nor the sdist has it.
"""
