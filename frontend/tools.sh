# Where the tools of the front end's build are: sourced by setup.sh, which puts them there, and build.sh.
# shellcheck shell=bash disable=SC2034

# The command must be the very version of the library in the lock file: they share an unstable format.
wasm_bindgen_version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, "", $0); print; exit }' Cargo.lock)
wasm_bindgen_root=${XDG_CACHE_HOME:-$HOME/.cache}/dues/wasm-bindgen-$wasm_bindgen_version

rustup_has_wasm() { [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]; }

# Whether Debian's compiler has a wasm standard library that setup.sh built with this very compiler.
debian_has_wasm() {
    [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] || return 1
    local built_by
    built_by=$(/usr/bin/rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib/built-by
    [ -f "$built_by" ] && [ "$(cat "$built_by")" = "$(/usr/bin/rustc -V)" ]
}
