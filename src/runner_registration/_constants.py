"""Every default and limit, named once."""

from datetime import timedelta

API_VERSION = "2022-11-28"
"""The version that all servers speak. https://docs.github.com/en/rest/about-the-rest-api/api-versions"""

TIMEOUT = 30.0
MAX_RETRIES = 3
MAX_WAIT = 90.0
MIN_VALID = timedelta(minutes=10)

TOKEN_LIFETIME = timedelta(hours=1)
"""What GitHub gives a registration token. Whoever asks for one valid as long as that asks for a new one."""

MAX_BODY_BYTES = 16 * 1024 * 1024

FIRST_BACKOFF = 1.0
"""Upper bound, in seconds, of the wait before the first retry; it doubles with every further one."""

UNNAMED_RATE_LIMIT_WAIT = 60.0
"""Seconds to wait where GitHub says no time: "wait for at least one minute".
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
"""

LONGEST_WAIT = 366 * 24 * 3600.0
"""No server's word is taken for more, so that no time in an error can overflow."""
