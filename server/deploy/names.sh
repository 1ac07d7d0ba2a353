# Names of the files that packages are made of. Sourced in the root of the repository.
# shellcheck shell=bash disable=SC2034

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
arch=$(dpkg --print-architecture)
binary=target/release/server
package=target/dues_${version}_${arch}.deb
image=target/dues_${version}_${arch}.oci.tar
# The time in all archives, so that the same sources give the same bytes.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date +%s)
export SOURCE_DATE_EPOCH
