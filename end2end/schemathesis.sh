#!/usr/bin/env bash
# Tests the API against /openapi.json with generated requests, valid and invalid, with a session and with an API key.
# It starts its own demo. SECONDS_EACH limits each of the two runs (default 120).
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

# demo_value EXPRESSION: a value of demo.json, which the Python expression reads as `demo`.
demo_value() { $venv/bin/python -c "import json, sys; demo = json.load(open(sys.argv[1])); print($1)" "$data/demo.json"; }
url=$(demo_value 'demo["url"]')
json='content-type: application/json'
cookie=$(curl -sSf -o /dev/null -c - -H "$json" -d "$(demo_value 'json.dumps(demo["tenants"][1]["owner"])')" "$url/api/v1/auth/login" |
    awk '$6 == "dues_session" { print $6 "=" $7 }')
# Only this command creates keys with the scope `usage`.
key=$(DATABASE_URL="sqlite://$data/dues.db" target/debug/server api-key create --name schemathesis \
    --tenant "$(demo_value 'demo["tenants"][1]["id"]')" --scopes read,usage,billing,secrets)

check() {
    $venv/bin/schemathesis run "$url/openapi.json" --no-color --max-time "${SECONDS_EACH:-120}" \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance \
        "$@"
}
verdict=0
echo "== with a session"
# Signing up, in or out would end the session for the remaining requests.
check --header "Cookie: $cookie" --exclude-operation-id signUp --exclude-operation-id logIn --exclude-operation-id logOut ||
    verdict=1
echo "== with an API key"
check --header "Authorization: Bearer $key" || verdict=1
exit $verdict
