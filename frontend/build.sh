#!/usr/bin/env bash
# Builds what a browser loads into target/site/pkg: the module, its wasm, both compressed, and manifest.json with their
# names, which carry a hash of their content. `frontend/build.sh quick` leaves out what only makes it smaller.
set -euo pipefail
cd "$(dirname "$0")/.."
source frontend/tools.sh

profile=wasm-release
[ "${1:-}" = quick ] && profile=dev
# A target folder of its own: other flags, and cargo's lock on it does not make the server's build wait.
export CARGO_TARGET_DIR=target/wasm
compile=(cargo)
if ! rustup_has_wasm; then
    # By path, as rustup's `cargo` would put its own compiler first.
    export RUSTC=/usr/bin/rustc CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=lld-22
    compile=(/usr/bin/cargo)
fi
"${compile[@]}" build --package frontend --lib --target wasm32-unknown-unknown --profile "$profile"

bound=target/wasm/bound
rm -rf "$bound"
"$wasm_bindgen_root/bin/wasm-bindgen" --target web --no-typescript --out-dir "$bound" --out-name dues \
    "target/wasm/wasm32-unknown-unknown/${profile/#dev/debug}/frontend.wasm"
if [ "$profile" = wasm-release ]; then
    # Feature by feature: with --all-features it writes a module that Chromium refuses.
    frontend/node_modules/.bin/wasm-opt -Oz \
        --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext \
        --enable-mutable-globals --enable-reference-types --enable-multivalue \
        "$bound/dues_bg.wasm" -o "$bound/dues_bg.wasm"
fi
node frontend/package.mjs "$bound" target/site/pkg "$profile"
# Old on purpose, so that `make site` does not take this one for its own.
[ "$profile" = wasm-release ] || touch -d @0 target/site/pkg/manifest.json
