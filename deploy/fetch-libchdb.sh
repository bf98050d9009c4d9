#!/bin/sh
# Fetches libchdb.so, the embedded ClickHouse engine, from the npm registry, checks it against the hash pinned below and
# puts it into the cache. Does nothing when it is there. Prints the library's path on standard output, all else on
# standard error.
#
#   AUDITWARDEN_CACHE        the cache; default ${XDG_CACHE_HOME:-$HOME/.cache}/auditwarden
#   AUDITWARDEN_LIBCHDB_TGZ  use this copy of the package instead of the registry (no network); checked the same
set -eu

package=@chdb/lib-linux-x64-gnu
version=26.7.3-stable.1
# The package's "integrity" in the registry: npm view $package@$version dist.integrity
sha512_base64='XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw=='
library_bytes=566330096

say() { printf 'libchdb: %s\n' "$*" >&2; }
die() {
	say "$*"
	say 'without it, set clickhouse.dsn to a ClickHouse server (docs/embedded.md)'
	exit 1
}

cache=${AUDITWARDEN_CACHE:-${XDG_CACHE_HOME:-${HOME:?set HOME or AUDITWARDEN_CACHE}/.cache}/auditwarden}
folder=$cache/libchdb/$version
library=$folder/libchdb.so

if [ -f "$library" ] && [ "$(wc -c <"$library")" -eq "$library_bytes" ]; then
	printf '%s\n' "$library"
	exit 0
fi

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || die "no pinned package for $(uname -s) on $(uname -m): only Linux on x86_64"
for tool in tar sha512sum base64 od; do
	command -v "$tool" >/dev/null || die "$tool is needed and not on PATH"
done

mkdir -p "$folder" || die "cannot create $folder"
work=$(mktemp -d "$folder/.fetch.XXXXXX") || die "cannot create a folder in $folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [ -n "${AUDITWARDEN_LIBCHDB_TGZ:-}" ]; then
	tarball=$AUDITWARDEN_LIBCHDB_TGZ
	[ -r "$tarball" ] || die "cannot read AUDITWARDEN_LIBCHDB_TGZ=$tarball"
else
	command -v npm >/dev/null || die 'npm is needed to fetch the package and not on PATH'
	say "fetching $package@$version (178 MB) from the npm registry"
	(cd "$work" && npm pack --silent "$package@$version" >/dev/null) || die "npm pack $package@$version did not succeed; is the registry reachable?"
	tarball=$(find "$work" -name '*.tgz' | head -n 1)
	[ -n "$tarball" ] || die 'npm pack left no package behind'
fi

want=$(printf '%s' "$sha512_base64" | base64 -d | od -An -v -tx1 | tr -d ' \n')
got=$(sha512sum <"$tarball" | cut -d ' ' -f 1)
[ "$got" = "$want" ] || die "$package@$version is not what was pinned: sha512 is $got, want $want; nothing was installed"

say "unpacking to $library (566 MB)"
tar -xzf "$tarball" -C "$work" package/libchdb.so || die "cannot unpack the package into $work; is the disk full?"
[ "$(wc -c <"$work/package/libchdb.so")" -eq "$library_bytes" ] || die 'the unpacked library has the wrong size'
chmod 0644 "$work/package/libchdb.so"
mv -f "$work/package/libchdb.so" "$library" || die "cannot put the library at $library"
say 'ready'
printf '%s\n' "$library"
