#!/usr/bin/env bash
# Builds the browser's files into target/site/pkg: the JavaScript module and its wasm, both also compressed, and
# manifest.json with their content-hashed names. `frontend/build.sh quick` skips size optimisation.
set -euo pipefail
cd "$(dirname "$0")/.."
source frontend/tools.sh

profile=wasm-release
[ "${1:-}" = quick ] && profile=dev
# A separate target folder: the flags differ, and cargo's lock on it does not block the server's build.
export CARGO_TARGET_DIR=target/wasm
compile=(cargo)
if ! rustup_has_wasm; then
    # By path, because rustup's `cargo` would put its compiler first.
    export RUSTC=/usr/bin/rustc CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=lld-22
    compile=(/usr/bin/cargo)
fi
"${compile[@]}" build --package frontend --lib --target wasm32-unknown-unknown --profile "$profile"

bound=target/wasm/bound
rm -rf "$bound"
"$wasm_bindgen_root/bin/wasm-bindgen" --target web --no-typescript --out-dir "$bound" --out-name dues \
    "target/wasm/wasm32-unknown-unknown/${profile/#dev/debug}/frontend.wasm"
if [ "$profile" = wasm-release ]; then
    # Features are listed, because --all-features writes a module that Chromium refuses.
    frontend/node_modules/.bin/wasm-opt -Oz \
        --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext \
        --enable-mutable-globals --enable-reference-types --enable-multivalue \
        "$bound/dues_bg.wasm" -o "$bound/dues_bg.wasm"
fi
node frontend/package.mjs "$bound" target/site/pkg "$profile"
# The files of a quick build are dated old, so that `make site` builds again.
[ "$profile" = wasm-release ] || touch -d @0 target/site/pkg/manifest.json
