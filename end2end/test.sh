#!/usr/bin/env bash
# Runs every suite, also when one fails, then prints a summary. `make test` calls it after set-up.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=target/test-logs
mkdir -p "$logs"
verdicts=()
failures=()
passed=0
failed=0
broken=0

# sum LOG PATTERN: the sum of the numbers in PATTERN's group over LOG, without colours.
sum() { sed 's/\x1b\[[0-9;]*m//g' "$1" | sed -nE "s/$2/\1/p" | awk '{ n += $1 } END { print n + 0 }'; }

# reasons LOG: each failed test of a log, and the first lines of its panic, which for Rust follow its output.
reasons() {
    sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
        /^---- .* stdout ----$/ { name = $2; print "  " name; next }
        name && /panicked at / { left = 4; name = "" }
        left > 0 { left--; print "      " substr($0, 1, 200) }
        /^not ok / || /^(FAILED|ERROR) tests/ || /^ +[0-9]+\) \[/ { print "  " substr($0, 1, 200) }
        /^error(\[E[0-9]+\])?: / && !/test failed|target[s]? failed/ { print "  " substr($0, 1, 200) }
    ' | head -n 40
}

# suite NAME PASSED FAILED COMMAND…: PASSED and FAILED are the patterns of the counts in the command's output.
suite() {
    local name=$1 passed_pattern=$2 failed_pattern=$3 start=$SECONDS log status ok bad
    shift 3
    log=$logs/${name// /-}.log
    printf '\n\033[1m== %s\033[0m  %s\n' "$name" "$*"
    "$@" 2>&1 </dev/null | tee "$log"
    status=${PIPESTATUS[0]}
    ok=$(sum "$log" "$passed_pattern")
    bad=$(sum "$log" "$failed_pattern")
    # A suite that crashed before it printed counts, or ran no test, counts as one failure.
    if [ "$status" != 0 ] && [ "$bad" = 0 ] || [ "$ok" = 0 ] && [ "$bad" = 0 ]; then
        bad=1
        status=1
    fi
    passed=$((passed + ok))
    failed=$((failed + bad))
    if [ "$status" != 0 ]; then
        broken=1
        failures+=("$name:" "$(reasons "$log")")
    fi
    verdicts+=("$(printf '%-8s %-16s %4d passed, %d failed, %4d s' \
        "$([ "$status" = 0 ] && echo ok || echo FAILED)" "$name" "$ok" "$bad" $((SECONDS - start)))")
}

# Compiles this workspace's crates with Clippy in place of the compiler, so that the build of the tests is also the lint
# check. A separate check would compile all dependencies again, which takes minutes.
linted() {
    RUSTC_WORKSPACE_WRAPPER=clippy-driver cargo test --no-fail-fast
}
# Four tests run at a time. Many wait for time-outs and polls, so two more do not slow down the other two.
RUST_TEST_THREADS=4 suite rust '.*test result: [^.]*\. ([0-9]+) passed.*' '.*test result: .* ([0-9]+) failed.*' \
    linted
# `cargo test` has built the server, since the server's tests start it. Building the package alone would compile half
# of the dependencies again with other features.
[ -x target/debug/server ] || exit 1
if warnings=$(sed 's/\x1b\[[0-9;]*m//g' "$logs/rust.log" | grep '^warning: ' | sort -u | head -n 20); [ -n "$warnings" ]; then
    broken=1
    failures+=("clippy:" "$warnings")
    verdicts+=("FAILED   clippy")
fi
suite browser '^ +([0-9]+) passed.*' '^ +([0-9]+) failed.*' \
    npm --prefix end2end run --silent browser
# Without its `preclient`: `prebrowser` has generated and checked the types.
suite client '^ +([0-9]+) passed.*' '^ +([0-9]+) failed.*' \
    npm --prefix end2end run --silent --ignore-scripts client
suite docs '^ +([0-9]+) passed.*' '^ +([0-9]+) failed.*' \
    npm --prefix end2end run --silent docs
suite sdk '^# pass ([0-9]+)$' '^# fail ([0-9]+)$' \
    npm --prefix end2end run --silent sdk
suite client-ts '^# pass ([0-9]+)$' '^# fail ([0-9]+)$' \
    npm --prefix server/clients/typescript test
suite client-python '^.*\b([0-9]+) passed.* in .*' '^.*\b([0-9]+) (failed|error).* in .*' \
    server/clients/python/test.sh

printf '\n'
printf '%s\n' "${verdicts[@]}"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$broken" = 0 ] || printf '\n%s\n' "${failures[@]}"
exit "$broken"
