"""What is compared, a module each.

A module imports what it measures inside its functions only: whoever plans the run has none of it. It has

- `NAME`, and `DISTRIBUTION`, the package whose version is told;
- `IMPORT` and `FIRST_CALL`, programs of a whole process each; the second finds the server in its first argument;
- those of these functions that it has an equivalent of, each giving what is then done over and over:
  `call(url)` and `async_call(url)` ask for a token with a client made beforehand, `read(body)` gives the repositories.
"""
