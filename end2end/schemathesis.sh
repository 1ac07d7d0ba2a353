#!/usr/bin/env bash
# Looks for answers that /openapi.json does not promise: asks a demo of its own everything that the document allows and
# much that it does not, as somebody signed in and with an API key. Takes some minutes; SECONDS_EACH says how many.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=target/schemathesis
if [ ! -x $venv/bin/schemathesis ]; then
    python3 -m venv $venv
    $venv/bin/pip install --quiet schemathesis==4.32.5
fi
[ -x target/debug/server ] || cargo build --package server

data=$(mktemp -d)
RATE_LIMIT_PERSON=0 RATE_LIMIT_KEY=0 RATE_LIMIT_ADDRESS=0 RATE_LIMIT_PAGES=0 LISTEN=127.0.0.1:0 SANDBOX_LISTEN=127.0.0.1:0 \
    target/debug/server demo --data "$data" >"$data/log" 2>&1 &
demo=$!
trap 'kill $demo; wait $demo || true; rm -rf "$data"' EXIT
for _ in $(seq 600); do
    [ -e "$data/demo.json" ] && break
    kill -0 $demo || { cat "$data/log"; exit 1; }
    sleep .1
done

# told PYTHON: a value of demo.json, which is called `demo` there.
told() { $venv/bin/python -c "import json, sys; demo = json.load(open(sys.argv[1])); print($1)" "$data/demo.json"; }
url=$(told 'demo["url"]')
json='content-type: application/json'
cookie=$(curl -sSf -o /dev/null -c - -H "$json" -d "$(told 'json.dumps(demo["tenants"][1]["owner"])')" "$url/api/v1/auth/login" |
    awk '$6 == "dues_session" { print $6 "=" $7 }')
# Keys that count are given by the installation alone.
key=$(DATABASE_URL="sqlite://$data/dues.db" target/debug/server api-key create --name schemathesis \
    --tenant "$(told 'demo["tenants"][1]["id"]')" --scopes read,usage,billing,secrets)

check() {
    $venv/bin/schemathesis run "$url/openapi.json" --no-color --max-time "${SECONDS_EACH:-120}" \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance \
        "$@"
}
verdict=0
echo "== with a session"
# What signs up, in and out would end the session for everything after it: the key has no such worry.
check --header "Cookie: $cookie" --exclude-operation-id signUp --exclude-operation-id logIn --exclude-operation-id logOut ||
    verdict=1
echo "== with an API key"
check --header "Authorization: Bearer $key" || verdict=1
exit $verdict
