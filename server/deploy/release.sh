#!/usr/bin/env bash
# Puts the files of a release into target/dues_VERSION: binary, package, image, SBOMs and their checksums. `make release`
# calls this after set-up.
set -euo pipefail
cd "$(dirname "$0")/../.."
source server/deploy/names.sh

server/deploy/package.sh
server/deploy/image.sh
server/deploy/sbom.sh
release=target/dues_$version
rm -rf "$release"
mkdir "$release"
install -m 755 "$binary" "$release/dues_${version}_${arch}"
cp "$package" "$image" target/dues_"${version}"_*.cdx.json "$release/"
(cd "$release" && sha256sum -- * >../SHA256SUMS && mv ../SHA256SUMS .)
ls -l "$release"
