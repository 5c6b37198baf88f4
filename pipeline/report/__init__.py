"""What a change of GitHub's description means for code that imports the package, and which release it requires.

| module | what it does |
| --- | --- |
| `sides.py` | finds or makes the two sides: slice, contract and generated package |
| `wire.py` | compares the contracts: redocly's diff, with the Python names from `naming.py` |
| `surface.py` | compares the packages: griffe, and every annotation, parameter and default |
| `comparing.py` | joins what both find |
| `rules.py` | the table of rules: which release each kind of change requires |
| `changes.py` | a report, as JSON and Markdown |
| `announced.py` | applies what the description announces to a preview |
| `running.py` | the commands |
"""
