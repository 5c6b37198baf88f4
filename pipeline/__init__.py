"""From GitHub's description to the generated client: the flow, one module a step. Development only.

    description -> slice -> contract -> client, and provenance.json beside them
    upstream.py    slicing.py  contract.py (normalising.py, overlay.py), linting.py  client.py  provenance.py

`commands.py` strings the steps together as `sync`, `generate` and `drift`; `python -m pipeline` runs them.
"""
