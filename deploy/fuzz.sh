#!/usr/bin/env bash
# Fuzzes the module. Without -cpu: every target for the given wall time each (30s).
#
#   deploy/fuzz.sh [30s]
#   deploy/fuzz.sh -cpu SECONDS [-until HH:MM] [PATTERN]   targets whose "dir Name" matches, one after the other, each until it has
#                                                          used so many seconds of processor time (user and system); resumes where it ended
#   deploy/fuzz.sh -report [PATTERN]                       what was reached: the table of docs/formats.md
#
# With -cpu the binaries are built once and kept, with the corpora and the results, in the cache folder: later changes of the
# tree do not disturb a run. -fresh builds them anew and forgets the results, not the corpora.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
state=${AUDITWARDEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/auditwarden}/fuzz
results=$state/results.tsv

# targets prints "dir name" of every target.
targets() {
	grep -rhoE --include='*_test.go' -H '^func Fuzz[A-Za-z0-9_]+' . | sed -E 's#^\./##; s#/[^/]*:func # #' | sort
}

short() {
	local failed=0 dir name
	while read -r dir name; do
		echo "== ./$dir $name"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$1" "./$dir" || failed=1
	done < <(targets)
	return $failed
}

# spent adds up the seconds of processor time that a target has used.
spent() {
	awk -F'\t' -v t="$1" '$1 == t { s += $2 } END { printf "%d", s }' "$results"
}

binary() {
	local out=$state/bin/${1//\//_}.test
	if [ ! -x "$out" ]; then
		mkdir -p "$state/bin"
		go test -c -fuzz=Fuzz -o "$out" "./$1"
	fi
	echo "$out"
}

# chunk runs a target for a minute and notes: target, cpu seconds, executions, new corpus entries, peak KiB, outcome.
chunk() {
	local dir=$1 name=$2 bin log=$state/log/${1//\//_}.$2 used outcome=ok
	bin=$(binary "$dir")
	mkdir -p "$state/log" "$state/corpus/$dir"
	(cd "$root/$dir" && GOMAXPROCS=1 nice -n 5 /usr/bin/time -o "$log.time" -f '%U %S %M' "$bin" -test.run '^$' -test.fuzz "^$name\$" \
		-test.fuzzcachedir "$state/corpus/$dir" -test.fuzztime 60s -test.parallel 1 -test.fuzzminimizetime 1x) >"$log" 2>&1 || outcome=FAILED
	read -r -a used < <(tail -n 1 "$log.time")
	awk -v t="$dir $name" -v user="${used[0]}" -v sys="${used[1]}" -v peak="${used[2]}" -v outcome="$outcome" '
		/execs:/ { match($0, /execs: [0-9]+/); execs = substr($0, RSTART + 7, RLENGTH - 7) }
		/new interesting:/ { match($0, /interesting: [0-9]+/); fresh = substr($0, RSTART + 13, RLENGTH - 13) }
		END { printf "%s\t%.1f\t%d\t%d\t%d\t%s\n", t, user + sys, execs, fresh, peak, outcome }' "$log" >>"$results"
	[ $outcome = ok ] || { echo "$dir $name failed, see $log" >&2; tail -n 20 "$log" >&2; return 1; }
}

long() {
	local want=$1 until=$2 pattern=$3 failed=0 dir name
	[ -x /usr/bin/time ] || { echo "GNU time is needed: apt-get install time" >&2; exit 1; }
	mkdir -p "$state"
	touch "$results"
	while read -r dir name; do
		while [ "$(spent "$dir $name")" -lt "$want" ]; do
			if [ -n "$until" ] && [[ "$(date -u +%H:%M)" > "$until" ]]; then return $failed; fi
			chunk "$dir" "$name" || { failed=1; break; }
		done
	done < <(targets | grep -E "$pattern")
	return $failed
}

report() {
	echo '| target | processor time | executions | new corpus entries | peak memory, first and last minute | failures |'
	echo '|---|---|---|---|---|---|'
	grep -E "$1" "$results" | awk -F'\t' '
		!($1 in cpu) { order[++n] = $1; first[$1] = $5 }
		{ cpu[$1] += $2; execs[$1] += $3; fresh[$1] += $4; last[$1] = $5; bad[$1] += $6 != "ok" }
		END { for (i = 1; i <= n; i++) { t = order[i]; split(t, w, " ")
			printf "| `%s` %s | %d s | %.2f million | %d | %d, %d MiB | %d |\n", w[1], w[2], cpu[t], execs[t] / 1e6, fresh[t], first[t] / 1024, last[t] / 1024, bad[t] } }'
}

case ${1:-} in
-cpu)
	want=$2 until='' pattern=.
	shift 2
	while [ $# -gt 0 ]; do
		case $1 in
		-until) until=$2; shift 2 ;;
		-fresh) rm -rf "$state/bin" "$results"; shift ;;
		*) pattern=$1; shift ;;
		esac
	done
	long "$want" "$until" "$pattern"
	;;
-report) report "${2:-.}" ;;
*) short "${1:-30s}" ;;
esac
