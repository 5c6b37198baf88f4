"""The flow from GitHub's description to the generated client. Used in development only.

| from -> to | module |
| --- | --- |
| package, file or URL -> description | `upstream.py` |
| description -> slice | `slicing.py` |
| slice -> contract | `contract.py`, with `normalising.py` and `overlay.py`; `linting.py` checks it |
| contract -> client | `client.py` |
| what everything was made from | `provenance.py` |

`commands.py` joins the steps: `sync`, `generate` and `drift`. `python -m pipeline` runs them.
"""
