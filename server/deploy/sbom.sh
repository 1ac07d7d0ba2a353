#!/usr/bin/env bash
# Writes what the binary is built from as CycloneDX: the crates of the server, and those of the wasm that it serves to
# browsers. `make release` calls this after set-up.
set -euo pipefail
cd "$(dirname "$0")/../.."
source frontend/tools.sh
source server/deploy/names.sh

# sbom CRATE TARGET FILE: cargo-cyclonedx writes a file beside each Cargo.toml of the workspace; that of CRATE is kept.
sbom() {
    PATH="$cargo_cyclonedx_root/bin:$PATH" cargo cyclonedx --manifest-path "$1/Cargo.toml" --format json --target "$2"
    mv "$1/$1.cdx.json" "$3"
    rm -f -- app/*.cdx.json app/locales/*.cdx.json frontend/*.cdx.json server/*.cdx.json server/*/*.cdx.json
}
sbom server "$(rustc -vV | sed -n 's/^host: //p')" "target/dues_${version}_${arch}.cdx.json"
sbom frontend wasm32-unknown-unknown "target/dues_${version}_browser.cdx.json"
