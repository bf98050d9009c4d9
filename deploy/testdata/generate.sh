#!/usr/bin/env bash
# Makes the audit logs in testdata/ anew: a week of ordinary work and a day of intrusion, on real servers under a simulated
# clock. Takes about five minutes on two idle cores. See testdata/README.md for what is in the logs and how they come about.
#
# usage: deploy/testdata/generate.sh [TESTDATA-FOLDER]        (default: testdata/ of this project)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(realpath -m "${1:-$here/../../testdata}")
python=/usr/bin/python3 # Debian's: it has the drivers

die() { echo "generate.sh: $*" >&2; exit 1; }
wanted="run deploy/install-test-servers.sh first"
"$python" -c 'import psycopg, pymysql' 2>/dev/null || die "the Python drivers are missing: $wanted"
[[ -x /usr/lib/postgresql/15/bin/postgres ]] || die "PostgreSQL 15 is missing: $wanted"
for tool in mariadb-install-db mariadb-dump sqlmap setpriv; do
  command -v "$tool" >/dev/null || die "$tool is missing: $wanted"
done
compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || die "libfaketime is missing: $wanted"

raw=$(mktemp -d)
echo "raw logs: $raw"
cd "$here"
export PYTHONDONTWRITEBYTECODE=1
for pair in "orders crm" "billing shop"; do
  running=()
  for cluster in $pair; do
    nice "$python" -m auditgen "$cluster" "$raw" >"$raw/$cluster.console" 2>&1 &
    running+=("$!:$cluster")
  done
  for job in "${running[@]}"; do
    wait "${job%%:*}" || { cat "$raw/${job#*:}.console" >&2; die "${job#*:} failed"; }
  done
done
"$python" -m auditgen.finish "$raw" "$target"
rm -rf "$raw"
