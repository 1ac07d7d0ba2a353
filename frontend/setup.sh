#!/usr/bin/env bash
# Installs what the build and the tests need beside Rust, Node and npm. Steps that are already done are skipped. Each
# step prints what it does and how long it took.
#
#   frontend/setup.sh build    the C compiler, the wasm target, wasm-bindgen, wasm-opt
#   frontend/setup.sh example  the same, and the packages of end2end/example and of the TypeScript client
#   frontend/setup.sh tests    the same, and Chromium, PostgreSQL, Python, the packages of end2end and of the clients
#   frontend/setup.sh bench    the C compiler, PostgreSQL, wrk
#   frontend/setup.sh failover the C compiler, PostgreSQL, Patroni, etcd, HAProxy
#   frontend/setup.sh clients  the packages of the TypeScript client
#   frontend/setup.sh package  what build installs, and cargo-deb
#   frontend/setup.sh image    what build installs, and umoci, skopeo
#   frontend/setup.sh release  what package and image install, and cargo-cyclonedx
#   frontend/setup.sh package-test  what release installs, and mmdebstrap
#   frontend/setup.sh telemetry  Prometheus, with promtool
#
# Everything but system packages is installed in the user's cache folder (frontend/tools.sh) and node_modules.
set -euo pipefail
cd "$(dirname "$0")/.."
source frontend/tools.sh

say() { printf '\033[1mset-up\033[0m  %s\n' "$*" >&2; }

# step WHAT COMMAND…: runs the command with its output in a log, which is printed only on failure.
step() {
    local what=$1 start=$SECONDS log
    shift
    log=$(mktemp)
    say "$what …"
    if ! "$@" >"$log" 2>&1; then
        tail -n 60 "$log" >&2
        say "$what failed (the whole log: $log)"
        exit 1
    fi
    rm -f "$log"
    say "$what: done in $((SECONDS - start)) s"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_updated=
apt_install() {
    if [ -z "$apt_updated" ]; then
        as_root apt-get update
        apt_updated=yes
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

require() {
    command -v "$1" >/dev/null && return
    say "$1 is missing. $2"
    exit 1
}

# Installs rustup's wasm target. If it can't be downloaded, Debian's compiler builds the standard library for wasm from
# source, and cargo uses that compiler for the front end only.
wasm_target() {
    command -v rustup >/dev/null && timeout 300 rustup target add wasm32-unknown-unknown && rustup_has_wasm && return
    apt_install rustc-web cargo-web rust-web-src lld-22
    local empty into
    empty=$(mktemp -d)
    into=$(/usr/bin/rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib
    mkdir "$empty/src"
    printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >"$empty/Cargo.toml"
    touch "$empty/src/lib.rs"
    # embed-bitcode lets link-time optimisation include the standard library later.
    (cd "$empty" && RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTFLAGS="-C embed-bitcode=yes" \
        /usr/bin/cargo build --release -Zbuild-std=std,panic_abort --target wasm32-unknown-unknown)
    rm -f "$empty"/target/wasm32-unknown-unknown/release/deps/libempty-*
    as_root rm -rf "$into"
    as_root mkdir -p "$into"
    as_root cp "$empty"/target/wasm32-unknown-unknown/release/deps/lib*.rlib "$into/"
    # Written last: names the compiler that built the library, and marks the library as complete.
    /usr/bin/rustc -V | as_root tee "$into/built-by" >/dev/null
    rm -rf "$empty"
}

wasm_bindgen() {
    # The second attempt ignores the lock file, for mirrors that lack one of its versions.
    export CARGO_PROFILE_RELEASE_LTO=off
    cargo install "wasm-bindgen-cli@$wasm_bindgen_version" --root "$wasm_bindgen_root" --locked ||
        cargo install "wasm-bindgen-cli@$wasm_bindgen_version" --root "$wasm_bindgen_root"
}

# cargo_tool NAME VERSION FOLDER: installs a command of cargo in a folder of its own.
cargo_tool() {
    [ -x "$3/bin/$1" ] || step "$1 $2" install_cargo_tool "$@"
}

install_cargo_tool() {
    # The second attempt as for wasm-bindgen.
    cargo install "$1@$2" --root "$3" --locked || cargo install "$1@$2" --root "$3"
}

# npm_packages FOLDER: runs `npm ci` if the lock file changed.
npm_packages() {
    local folder=$1 lock
    lock=$(sha256sum "$folder/package-lock.json")
    [ "$(cat "$folder/node_modules/.installed-for" 2>/dev/null)" = "$lock" ] && return
    step "npm packages of $folder" env PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --prefix "$folder" --no-audit --no-fund
    echo "$lock" >"$folder/node_modules/.installed-for"
}

c_compiler() {
    command -v cc >/dev/null || step "C compiler, for SQLite and the crypto library" apt_install build-essential
}

postgresql() {
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || step "PostgreSQL" apt_install postgresql
}

# The packages that the tests of the Python client need, in an environment of their own.
python_packages() {
    local wanted
    wanted=$(sha256sum server/clients/python/requirements-test.txt)
    [ "$(cat "$python_root/.installed-for" 2>/dev/null)" = "$wanted" ] && return
    python3 -c 'import ensurepip, venv' 2>/dev/null || step "Python" apt_install python3 python3-venv
    step "Python packages of server/clients/python" python_environment
    echo "$wanted" >"$python_root/.installed-for"
}

python_environment() {
    python3 -m venv --clear "$python_root"
    "$python_root/bin/pip" install --disable-pip-version-check -r server/clients/python/requirements-test.txt
}

for_build() {
    require cargo "Install Rust 1.95 or newer with rustup."
    require node "Install Node 20 or newer."
    require npm "Install npm."
    c_compiler
    rustup_has_wasm || debian_has_wasm || step "wasm target" wasm_target
    [ -x "$wasm_bindgen_root/bin/wasm-bindgen" ] || step "wasm-bindgen $wasm_bindgen_version" wasm_bindgen
    npm_packages frontend
}

for_example() {
    npm_packages server/clients/typescript
    npm_packages end2end/example
}

for_tests() {
    command -v chromium >/dev/null || step "Chromium" apt_install chromium
    postgresql
    npm_packages end2end
    for_example
    python_packages
}

for_bench() {
    require node "Install Node 20 or newer."
    c_compiler
    postgresql
    command -v wrk >/dev/null || step "wrk" apt_install wrk
    command -v sqlite3 >/dev/null || step "SQLite" apt_install sqlite3
}

for_failover() {
    require node "Install Node 20 or newer."
    c_compiler
    postgresql
    command -v ip >/dev/null || step "iproute2" apt_install iproute2
    command -v etcd >/dev/null || step "etcd" apt_install etcd-server
    command -v patroni >/dev/null || step "Patroni" apt_install patroni python3-etcd
    command -v haproxy >/dev/null || step "HAProxy" apt_install haproxy
}

for_telemetry() {
    require node "Install Node 20 or newer."
    command -v promtool >/dev/null && command -v prometheus >/dev/null || step "Prometheus" apt_install prometheus
}

for_clients() {
    require node "Install Node 20 or newer."
    require npm "Install npm."
    npm_packages server/clients/typescript
}

for_package() {
    for_build
    # dpkg-shlibdeps finds the packages of the libraries that the binary is linked with.
    command -v dpkg-shlibdeps >/dev/null || step "dpkg-dev" apt_install dpkg-dev
    cargo_tool cargo-deb "$cargo_deb_version" "$cargo_deb_root"
}

for_image() {
    for_build
    command -v umoci >/dev/null || step "umoci" apt_install umoci
    command -v skopeo >/dev/null || step "skopeo" apt_install skopeo
    # image.sh downloads packages, for which apt needs its lists.
    apt-get download --print-uris libc6 >/dev/null 2>&1 || step "apt's lists of packages" as_root apt-get update
}

for_release() {
    for_package
    for_image
    cargo_tool cargo-cyclonedx "$cargo_cyclonedx_version" "$cargo_cyclonedx_root"
}

for_package_test() {
    for_release
    command -v mmdebstrap >/dev/null || step "mmdebstrap" apt_install mmdebstrap
}

case ${1:-} in
build) for_build ;;
example) for_build && for_example ;;
tests) for_build && for_tests ;;
bench) for_bench ;;
failover) for_failover ;;
clients) for_clients ;;
package) for_package ;;
image) for_image ;;
release) for_release ;;
package-test) for_package_test ;;
telemetry) for_telemetry ;;
*)
    names="build|example|tests|bench|failover|clients|package|image|release|package-test|telemetry"
    echo "usage: frontend/setup.sh $names" >&2
    exit 2
    ;;
esac
