# Locations of the front end's build tools, of those that make packages, and of the Python packages of tests. Sourced by
# setup.sh, which installs them, by build.sh, by server/deploy and by the tests.
# shellcheck shell=bash disable=SC2034

# The command must have the library's version in the lock file, because the format between the two is unstable.
wasm_bindgen_version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, "", $0); print; exit }' Cargo.lock)
wasm_bindgen_root=${XDG_CACHE_HOME:-$HOME/.cache}/dues/wasm-bindgen-$wasm_bindgen_version
cargo_deb_version=3.6.2
cargo_deb_root=${XDG_CACHE_HOME:-$HOME/.cache}/dues/cargo-deb-$cargo_deb_version
cargo_cyclonedx_version=0.5.10
cargo_cyclonedx_root=${XDG_CACHE_HOME:-$HOME/.cache}/dues/cargo-cyclonedx-$cargo_cyclonedx_version
python_root=${XDG_CACHE_HOME:-$HOME/.cache}/dues/python-client

rustup_has_wasm() { [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]; }

# Whether Debian's compiler has a wasm standard library that setup.sh built with the installed version.
debian_has_wasm() {
    [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] || return 1
    local built_by
    built_by=$(/usr/bin/rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib/built-by
    [ -f "$built_by" ] && [ "$(cat "$built_by")" = "$(/usr/bin/rustc -V)" ]
}
