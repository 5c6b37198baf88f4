"""Measures this package next to httpx and other clients (`nox -s bench`). docs/benchmarks.md describes how.

Development only: not in the wheel or the sdist. A new row is its code in clients.toml and a line in rows.py.
"""
