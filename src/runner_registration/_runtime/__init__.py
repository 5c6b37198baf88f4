"""What every generated client needs, whatever the description: reading and writing models, requests, responses, errors.

The generated package holds what differs from one description to the next, and imports the rest from here.
Nothing in here imports any other part of ``runner_registration``.
"""
