"""What a change of GitHub's description is to an importer, and what it asks to release.

Three witnesses look at an old and a new slice, each made into contract and package (`sides.py`):

    wire.py        redocly's diff of the contracts; `places.py` finds the Python names of what it points at
    names.py       griffe's check of the generated packages
    signatures.py  every public annotation, parameter and default of both packages, which `surface.py` reads

`rules.py` is the table that gives each change its level, `comparing.py` puts what the witnesses say together, and
`announced.py` previews the changes that the description itself announces. `rendering.py` writes a report down,
`news.py` for the changelog. `running.py` is what the commands call.
"""
