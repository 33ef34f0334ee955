#!/usr/bin/env bash
# The checks that `make check` runs, cheapest first; each prints one line. Arguments: the folders of the Go modules.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOWORK=off
root=$PWD
failed=0

# step NAME FUNCTION: one line when it passes; its whole output when it does not.
step() {
  local started=$SECONDS output
  if output=$("$2" 2>&1); then
    printf 'ok    %-16s %3d s\n' "$1" $((SECONDS - started))
  else
    printf 'FAIL  %-16s %3d s\n%s\n' "$1" $((SECONDS - started)) "$output"
    failed=1
  fi
}

format() {
  local badly
  badly=$(go -C tools tool gofumpt -l "$root/api" "$root/pkg" "$root/services" "$root/tools") || return 1
  [ -z "$badly" ] || { printf 'not formatted (run `go -C tools tool gofumpt -w FILE`):\n%s\n' "$badly"; return 1; }
}

# each COMMAND ...: runs the command in every module, so that one failure hides no other.
each() {
  local module status=0
  for module in "${modules[@]}"; do
    (cd "$module" && "$@") || status=1
  done
  return "$status"
}

vet() { each go vet ./...; }
tidy() {
  local module status=0 diff
  for module in "${modules[@]}"; do
    if ! diff=$(go -C "$module" mod tidy -diff 2>&1); then
      printf '%s: run `GOWORK=off go -C %s mod tidy`\n%s\n' "$module" "$module" "$(grep -v '^go: downloading' <<<"$diff" | head -40)"
      status=1
    fi
  done
  return "$status"
}
lint() { each "$root/bin/golangci-lint" run --config "$root/.golangci.yml" --show-stats=false ./...; }
ceilings() { go -C tools run ./ceilings "$root"; }
floors() { go -C tools/lint test -count=1 ./...; } # -count=1: its cache does not see .golangci.yml
protos() { go -C tools run ./protos "$root/.protos" && node_modules/.bin/buf lint; }
generated() { tools/gen.sh check; }
links() { go -C tools run ./mdlinks; }

modules=("$@")
step format format
step links links
step ceilings ceilings
step tidy tidy
step protos protos
step generated generated
step vet vet
step golangci-lint lint
step floors floors
exit "$failed"
