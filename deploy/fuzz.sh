#!/usr/bin/env bash
# Runs every fuzz target of the module, one after the other, for the given time each (30s).
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-30s}
failed=0
while IFS=: read -r file target; do
	dir=./$(dirname "$file")
	echo "== $dir $target"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$dir" || failed=1
done < <(grep -rhoE --include='*_test.go' -H '^func Fuzz[A-Za-z0-9_]+' . | sed -E 's#^\./##; s/:func /:/' | sort)
exit $failed
