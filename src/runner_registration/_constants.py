"""Every default and limit, named once."""

from datetime import timedelta

API_VERSION = "2022-11-28"
"""The version that all servers support. https://docs.github.com/en/rest/about-the-rest-api/api-versions"""

TIMEOUT = 30.0
MAX_RETRIES = 3
MAX_WAIT = 90.0
MIN_VALID = timedelta(minutes=10)

LONGEST_TIMEOUT = 1_000_000.0
"""Upper bound, in seconds, of ``timeout`` and ``max_wait``. A socket accepts at most 2**31 milliseconds."""

MOST_RETRIES = 1_000
"""Upper bound of ``max_retries``."""

TOKEN_LIFETIME = timedelta(hours=1)
"""The lifetime of a registration token at GitHub. A caller who needs one that is valid as long gets a new one."""

QUOTES = ('"', "'", "`")
"""What ``docker run --env-file``, YAML and shells may leave around a value. No credential, host or name has them."""

MAX_BODY_BYTES = 16 * 1024 * 1024

MAX_CONNECTIONS = 50
"""Connections of one client, and of each event loop of an asynchronous client. GitHub allows 100 requests at once.

httpx's bookkeeping for a request grows with the square of this.
"""

INSTALLATION_TOKEN_LIFETIME = timedelta(hours=1)
INSTALLATION_TOKEN_RESERVE = 300.0
"""Seconds before the expiry of an installation token from which on a new one is requested."""

FRESH_CREDENTIAL = 10.0
"""Seconds in which GitHub may refuse a new installation token because not all of its servers know it yet.
https://github.com/octokit/auth-app.js/issues/65
"""

MAX_REPLICATION_WAITS = 2
"""Attempts with a new credential that was refused, before another one is requested or the error is raised."""

FIRST_BACKOFF = 1.0
"""Upper bound, in seconds, of the wait before the first retry. It doubles with each retry."""

UNNAMED_RATE_LIMIT_WAIT = 60.0
"""Seconds to wait where GitHub gives no time: "wait for at least one minute".
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
"""

STORE_TIMEOUT = 5.0
"""Seconds that a token store may take to load, to save or to release its lock."""

STORE_PAUSE = 60.0
"""Seconds for which a token store that failed is not used."""

STORE_RECHECK = 1.0
"""Seconds between two looks at whether the holder of a token store's lock has saved a token."""

STORE_LEASE = 10.0
"""Seconds for which a lock in Redis lasts unless it is renewed. A machine that was lost blocks others that long."""

LONGEST_WAIT = 3600.0
"""The longest wait, in seconds, that a server can ask for. No limit of GitHub's lasts longer than an hour."""
