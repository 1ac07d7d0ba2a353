#!/usr/bin/env bash
# Every test, one suite after the other, also when one fails; then what each said. `make test` calls it, after set-up.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=target/test-logs
mkdir -p "$logs"
verdicts=()
passed=0
failed=0
broken=0

# sum LOG PATTERN: the numbers that PATTERN's one group finds in LOG, added up, colours left out.
sum() { sed 's/\x1b\[[0-9;]*m//g' "$1" | sed -nE "s/$2/\1/p" | awk '{ n += $1 } END { print n + 0 }'; }

# suite NAME PASSED FAILED COMMAND…: PASSED and FAILED find the counts in what the command prints.
suite() {
    local name=$1 passed_pattern=$2 failed_pattern=$3 start=$SECONDS log status ok bad
    shift 3
    log=$logs/${name// /-}.log
    printf '\n\033[1m== %s\033[0m  %s\n' "$name" "$*"
    "$@" 2>&1 </dev/null | tee "$log"
    status=${PIPESTATUS[0]}
    ok=$(sum "$log" "$passed_pattern")
    bad=$(sum "$log" "$failed_pattern")
    # A suite that broke before it could count, or that ran nothing, has failed as a whole.
    if [ "$status" != 0 ] && [ "$bad" = 0 ] || [ "$ok" = 0 ] && [ "$bad" = 0 ]; then
        bad=1
        status=1
    fi
    passed=$((passed + ok))
    failed=$((failed + bad))
    [ "$status" = 0 ] || broken=1
    verdicts+=("$(printf '%-8s %-16s %4d passed, %d failed, %4d s' \
        "$([ "$status" = 0 ] && echo ok || echo FAILED)" "$name" "$ok" "$bad" $((SECONDS - start)))")
}

suite rust '.*test result: [^.]*\. ([0-9]+) passed.*' '.*test result: .* ([0-9]+) failed.*' \
    cargo test --no-fail-fast
# `cargo test` has built the server too, as its own tests start it; a build of the package alone would compile half the
# dependencies again with other features.
[ -x target/debug/server ] || exit 1
suite browser '^ +([0-9]+) passed.*' '^ +([0-9]+) failed.*' \
    npm --prefix end2end run --silent browser
suite client '^ +([0-9]+) passed.*' '^ +([0-9]+) failed.*' \
    npm --prefix end2end run --silent client
suite sdk '^# pass ([0-9]+)$' '^# fail ([0-9]+)$' \
    npm --prefix end2end run --silent sdk

printf '\n'
printf '%s\n' "${verdicts[@]}"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
exit "$broken"
