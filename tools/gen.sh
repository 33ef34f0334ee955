#!/usr/bin/env bash
# Generates the Go code and the OpenAPI document from api/**/*.proto.
#
#   tools/gen.sh         writes them beside the protos and removes what no proto gives any more
#   tools/gen.sh check   changes nothing; exits 1, naming the files, when what is there is not what would be written
#
# Both generate into a fresh folder first, so a proto that does not compile leaves everything as it was.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOWORK=off

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
mkdir -p "$fresh/api" "$fresh/.openapi"

go -C tools run ./protos "$PWD/.protos"
node_modules/.bin/buf generate --output "$fresh"
go -C tools run ./openapi "$fresh/.openapi" "$fresh/api/openapi/openapi.json"

generated() {
  (cd "$1/api" && find . \( -name '*.pb.go' -o -name '*.pb.gw.go' -o -path ./openapi/openapi.json \) -type f | sort)
}

stale=()
while IFS= read -r file; do
  if ! cmp -s "$fresh/api/$file" "api/$file"; then
    stale+=("api/${file#./}")
  fi
done < <({ generated "$fresh"; generated .; } | sort -u)

if [ "${1:-}" = check ]; then
  if [ ${#stale[@]} -gt 0 ]; then
    printf 'not what the protos give (run `make gen`): %s\n' "${stale[@]}" >&2
    exit 1
  fi
  exit 0
fi
[ ${#stale[@]} -gt 0 ] || exit 0
for file in "${stale[@]}"; do
  if [ -f "$fresh/$file" ]; then
    mkdir -p "$(dirname "$file")"
    cp "$fresh/$file" "$file"
    echo "written $file"
  else
    rm "$file"
    echo "removed $file"
  fi
done
