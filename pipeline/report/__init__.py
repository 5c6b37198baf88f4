"""What a change of GitHub's description is to an importer, and what it asks to release.

Three witnesses look at an old and a new slice, each made into contract and package:

    wire.py         redocly's diff of the contracts
    names.py        griffe's check of the generated packages
    annotations.py  every public annotation, parameter and default of both packages

`rules.py` is the table that gives each change its level, `comparing.py` puts the witnesses' changes together, `announced.py` does the same
for the changes that the description itself announces, `rendering.py` writes all of it down and `news.py` for the changelog.
"""
