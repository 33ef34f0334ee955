#!/usr/bin/env bash
# Makes sure that a Chromium is on this machine, for the tests that use the pages in a browser. Starts nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

there() {
  [ -n "${KITH_TEST_CHROMIUM:-}" ] && return
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null
}

there && exit
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Chromium with apt-get (once, some minutes) ..." >&2
  mkdir -p bin
  apt-get update >bin/chromium-install.log 2>&1 || true
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium >>bin/chromium-install.log 2>&1 || true
  there && exit
fi
echo "Kith's tests need Chromium on this machine: install it (on Debian: sudo apt-get install chromium), or name one with KITH_TEST_CHROMIUM, and try again." >&2
exit 1
