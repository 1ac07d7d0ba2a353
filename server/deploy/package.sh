#!/usr/bin/env bash
# Builds the Debian package. server/Cargo.toml says what is in it. `make package` calls this after set-up.
set -euo pipefail
cd "$(dirname "$0")/../.."
source frontend/tools.sh
source server/deploy/names.sh

cargo build --release --package server
manual=target/package
rm -rf "$manual"
"$binary" manual "$manual"
cp server/deploy/dues-admin.8 "$manual/man/"
gzip --best --no-name "$manual"/man/*
rm -f "$package"
# The profile has stripped the binary already.
PATH="$cargo_deb_root/bin:$PATH" cargo deb --package server --no-build --no-strip --output "$package"
ls -l "$package"
