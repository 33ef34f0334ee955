#!/usr/bin/env bash
# Makes sure that redis-server is on this machine, for the tests that need a real one. Starts nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v redis-server >/dev/null && exit
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing redis-server with apt-get ..." >&2
  mkdir -p bin
  apt-get update >bin/redis-install.log 2>&1 || true
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends redis-server >>bin/redis-install.log 2>&1 || true
  command -v redis-server >/dev/null && exit
fi
echo "Kith's tests need redis-server on this machine: install Redis (on Debian or Ubuntu: sudo apt-get install redis-server) and try again." >&2
exit 1
