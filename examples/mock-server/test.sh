#!/bin/sh
# Tests of register.sh against runner-registration-mock. No network and no account is needed.
set -eu
cd "$(dirname "$0")"

directory=$(mktemp -d)
runner-registration-mock --quiet > "$directory/address" &
mock=$!
trap 'kill "$mock"; rm -r "$directory"' EXIT
until [ -s "$directory/address" ]; do sleep 0.1; done
GITHUB_API_URL=$(cat "$directory/address")
GH_TOKEN=of-no-account
export GITHUB_API_URL GH_TOKEN TOKEN_DIRECTORY

begin() { # a new test: no kept tokens, no recorded requests, no chosen responses
    echo "$1"
    TOKEN_DIRECTORY=$(mktemp -d "$directory/tokens.XXXXXX")
    control reset '{}'
}

control() {
    curl --fail --silent --show-error --output "$directory/response" --data "$2" "$GITHUB_API_URL/_mock/$1"
}

requests() { # how many there were
    curl --fail --silent --show-error "$GITHUB_API_URL/_mock/requests" | grep -c '"method"' || true
}

begin "the tokens of two organizations are not mixed up"
one=$(sh register.sh one-org)
two=$(sh register.sh two-org)
[ "$one" != "$two" ]
[ "$(sh register.sh one-org)" = "$one" ]
[ "$(sh register.sh two-org)" = "$two" ]
[ "$(requests)" = 2 ]

begin "a token is renewed when it is old"
first=$(sh register.sh octo-org)
touch -d "51 minutes ago" "$TOKEN_DIRECTORY/octo-org"
second=$(sh register.sh octo-org)
[ "$first" != "$second" ]
[ "$(requests)" = 2 ]

begin "one organization fails while another works"
control use '{"scenarios": ["not_found"], "org": "two-org"}'
[ -n "$(sh register.sh one-org)" ]
if sh register.sh two-org 2> "$directory/error"; then exit 1; fi
grep -q 404 "$directory/error"
[ ! -e "$TOKEN_DIRECTORY/two-org" ]

begin "a response that is not GitHub's is not taken for a token"
control respond '{"status": 200, "body": "<html>Sign in</html>", "headers": {"Content-Type": "text/html"}}'
if sh register.sh octo-org; then exit 1; fi

echo "all passed"
