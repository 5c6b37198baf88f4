"""What is shipped, and what it stands on: built, tried and accounted for. Development only.

    building.py      sdist and wheel, twice, to the same bytes      contents.py     what may be in them
    environments.py  the wheel in an environment of its own         smoke.py        all of it imports and runs there
    sbom.py          what came with it, as CycloneDX                licences.py     under which licences (licences.toml)
    advisories.py    what is known to be wrong with any of it

`nox -s package` and `nox -s audit` run `python -m pipeline.supply`.
"""
