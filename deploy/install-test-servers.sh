#!/usr/bin/env bash
# Installs the real servers and tools that the tests start: PostgreSQL 15 with pgaudit, MariaDB with server_audit,
# Apache Kafka, an S3 gateway with Object Lock (versitygw), a CloudWatch Logs endpoint (moto), and the tools of the
# log generator (sqlmap, libfaketime, Python drivers).
#
# Debian's packages through apt-get (as root or through sudo); no system service is started. The rest goes into
# ${AUDITWARDEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/auditwarden}. Every version is pinned, every download checked by
# its registry's client (go.sum database, Maven -C, pip). Run it as often as you like: what is there is left alone.
set -euo pipefail

VERSITYGW_VERSION=v1.8.0
KAFKA_VERSION=4.1.1
MOTO_VERSION=5.2.5

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${AUDITWARDEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/auditwarden}
policy=/usr/sbin/policy-rc.d
policy_written=false

packages=(
  postgresql-15 postgresql-15-pgaudit postgresql-15-pgauditlogtofile postgresql-client-15
  mariadb-server mariadb-client
  sqlmap libfaketime python3-psycopg python3-pymysql
  jq kcat xz-utils curl ca-certificates python3-venv util-linux
)

say() { printf 'install-test-servers: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

usage() {
  cat <<EOF
usage: deploy/install-test-servers.sh [-h] [--list]

Installs the servers that the tests start: Debian packages by apt-get, the rest into
$cache
  --list  print the Debian packages wanted, one a line, and install nothing
EOF
}

# add_command_packages adds the packages whose command may also come from elsewhere.
add_command_packages() {
  command -v java >/dev/null || packages+=(openjdk-17-jre-headless)
  command -v mvn >/dev/null || packages+=(maven)
}

missing_packages() {
  local p
  for p in "${packages[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) == installed ]] || printf '%s\n' "$p"
  done
}

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

# Debian's packages start their services when installed; policy-rc.d is the documented way to say no.
forbid_services() {
  [[ -e $policy ]] && return
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  policy_written=true
}

allow_services() {
  if $policy_written; then as_root rm -f "$policy"; fi
}

install_packages() {
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
    die "this needs Debian 12's apt-get. Elsewhere, install what these packages hold by hand: ${packages[*]}"
  local missing
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0
  if [[ $(id -u) != 0 ]] && ! command -v sudo >/dev/null; then
    die "run this as root, or install sudo; missing Debian packages: ${missing[*]}"
  fi
  say "installing Debian packages: ${missing[*]}"
  trap allow_services EXIT
  forbid_services
  as_root apt-get update -q -o Acquire::Retries=3 >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "${missing[@]}" >&2
  allow_services
  trap - EXIT
}

# One folder per version, moved into place when complete: an interrupted run leaves nothing half done.
install_versitygw() {
  local want=$cache/bin/versitygw stamp=$cache/versitygw-$VERSITYGW_VERSION
  [[ -x $want && -e $stamp ]] && return
  command -v go >/dev/null || die "go is missing: install Go 1.26 or later, then run this again"
  say "building versitygw $VERSITYGW_VERSION"
  (cd / && GOBIN=$cache/bin GOFLAGS= go install "github.com/versity/versitygw/cmd/versitygw@$VERSITYGW_VERSION") >&2
  touch "$stamp"
}

install_kafka() {
  local want=$cache/kafka-$KAFKA_VERSION tmp
  [[ -d $want ]] && return
  say "fetching Apache Kafka $KAFKA_VERSION from Maven Central"
  grep -q "<version>$KAFKA_VERSION</version>" "$here/kafka/pom.xml" || die "deploy/kafka/pom.xml names another version than $KAFKA_VERSION"
  tmp=$(mktemp -d "$cache/.kafka.XXXXXX")
  cp "$here/kafka/pom.xml" "$tmp/"
  (cd "$tmp" && mvn -q -B -C dependency:copy-dependencies -DoutputDirectory="$tmp/libs" -DincludeScope=runtime) >&2
  chmod 755 "$tmp"
  mv "$tmp" "$want"
}

install_moto() {
  local want=$cache/moto-$MOTO_VERSION
  [[ -e $want/.complete ]] && return
  say "installing moto $MOTO_VERSION"
  grep -q "^moto==$MOTO_VERSION$" "$here/moto/requirements.txt" || die "deploy/moto/requirements.txt names another version than $MOTO_VERSION"
  rm -rf "$want" # a venv cannot be moved: built in place, marked when complete
  local python=/usr/bin/python3
  [[ -x $python ]] || python=python3
  "$python" -m venv "$want" >&2
  "$want/bin/pip" install -q --disable-pip-version-check --no-deps -r "$here/moto/requirements.txt" >&2
  touch "$want/.complete"
}

case ${1:-} in
  -h | --help) usage; exit 0 ;;
  --list) add_command_packages; printf '%s\n' "${packages[@]}"; exit 0 ;;
  '') ;;
  *) usage >&2; exit 2 ;;
esac

add_command_packages
mkdir -p "$cache/bin"
exec 9>"$cache/.install-test-servers.lock"
flock 9 # two builds at once: the second waits and finds everything there
install_packages
install_versitygw
install_kafka
install_moto
