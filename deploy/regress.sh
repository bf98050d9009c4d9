#!/usr/bin/env bash
# Runs PostgreSQL's own regression suite under pgaudit and compares every record of its stderr, csvlog and jsonlog with
# encoding/csv and encoding/json (parsers.TestRegressionSuite). The SQL comes from Debian's source package, kept in the cache.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${AUDITWARDEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/auditwarden}/postgresql-source
if [ ! -e "$cache/regress/parallel_schedule" ]; then
	mkdir -p "$cache/lists/partial"
	echo 'deb-src http://deb.debian.org/debian bookworm main' >"$cache/sources.list"
	apt=(-o "Dir::Etc::sourcelist=$cache/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$cache/lists" -o Acquire::Languages=none)
	apt-get "${apt[@]}" -q update
	(cd "$cache" && apt-get "${apt[@]}" -q source --download-only postgresql-15)
	tar -xf "$cache"/postgresql-15_*.orig.tar.* -C "$cache" --strip-components=3 --wildcards 'postgresql-*/src/test/regress'
fi
AUDITWARDEN_REGRESS=$cache/regress go test -tags regress -count=1 -timeout 60m -v -run 'TestRegressionSuite$' ./parsers
