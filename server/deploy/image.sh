#!/usr/bin/env bash
# Builds the OCI image, without a daemon and without root: one layer with the binary, the C library and the CA
# certificates of Debian's packages. `make image` calls this after set-up.
set -euo pipefail
cd "$(dirname "$0")/../.."
source server/deploy/names.sh
umask 022

cargo build --release --package server
work=target/image
root=$work/root
rm -rf "$work"
mkdir -p "$root" "$work/packages"

# The host's Debian has built the binary, so its C library is the right one.
# The package of libgcc's licence has the compiler's version in its name.
licence=$(dpkg-query --show --showformat='${Depends}' libgcc-s1 | grep -o 'gcc-[0-9]*-base')
(cd "$work/packages" && apt-get download libc6 libgcc-s1 "$licence" ca-certificates)
for file in "$work"/packages/*.deb; do dpkg-deb --extract "$file" "$root"; done
# From Debian 13 on, the libraries are below /usr alone.
for folder in lib lib64; do
    [ -e "$root/$folder" ] || [ ! -d "$root/usr/$folder" ] || ln -s "usr/$folder" "$root/$folder"
done
# What update-ca-certificates does.
mkdir -p "$root/etc/ssl/certs"
find "$root/usr/share/ca-certificates" -name '*.crt' -print0 | sort -z | xargs -0 cat >"$root/etc/ssl/certs/ca-certificates.crt"
find "$root/usr/share/doc" -type f ! -name copyright -delete
rm -rf "$root"/{,usr/}lib/*/gconv "$root"/usr/share/{ca-certificates,lintian,man} "$root"/{usr/sbin,etc/ca-certificates}

install -D -m 755 "$binary" "$root/usr/bin/dues"
# Numbers that no user of a host has: images of other makers use the same.
uid=65532
printf 'root:x:0:0:root:/root:/usr/sbin/nologin\ndues:x:%d:%d:Dues:/var/lib/dues:/usr/sbin/nologin\n' $uid $uid >"$root/etc/passwd"
printf 'root:x:0:\ndues:x:%d:\n' $uid >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
install -d -m 700 "$root/var/lib/dues"
install -d "$root"/{dev,proc,sys,run}
install -d -m 1777 "$root/tmp"

layer=$work/layer.tar
archive=(tar --file "$layer" --directory "$root" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --numeric-owner)
"${archive[@]}" --create --owner=0 --group=0 --exclude=./var/lib/dues .
"${archive[@]}" --append --owner=$uid --group=$uid ./var/lib/dues

layout=$work/layout
created=$(date --utc --date="@$SOURCE_DATE_EPOCH" +%FT%TZ)
umoci init --layout "$layout"
umoci new --image "$layout:$version"
umoci raw add-layer --image "$layout:$version" --history.created_by server/deploy/image.sh "$layer"
umoci config --image "$layout:$version" \
    --os linux --architecture "$arch" --created "$created" \
    --config.user "$uid:$uid" --config.workingdir /var/lib/dues --config.volume /var/lib/dues \
    --config.entrypoint /usr/bin/dues --config.cmd serve \
    --config.exposedports 3000/tcp --config.env LISTEN=0.0.0.0:3000 \
    --config.env DATABASE_URL=sqlite:///var/lib/dues/dues.db \
    --config.label org.opencontainers.image.title=Dues \
    --config.label "org.opencontainers.image.version=$version" \
    --config.label org.opencontainers.image.licenses=Apache-2.0
umoci gc --layout "$layout"
rm -f "$image"
# Debian's policy file is in a package that is only recommended; the source is a folder of this build.
skopeo --insecure-policy copy "oci:$layout:$version" "oci-archive:$image:dues:$version"
ls -l "$image"
