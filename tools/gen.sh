#!/usr/bin/env bash
# Generates the Go code and the OpenAPI document from api/**/*.proto, and the Go code of pages from services/web/**/*.templ.
#
#   tools/gen.sh         writes them beside their sources and removes what no source gives any more
#   tools/gen.sh check   changes nothing; exits 1, naming the files, when what is there is not what would be written
#
# Both generate into a fresh folder first, so a source that does not compile leaves everything as it was.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOWORK=off

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
mkdir -p "$fresh/api" "$fresh/.openapi" "$fresh/services"

go -C tools run ./protos "$PWD/.protos"
node_modules/.bin/buf generate --output "$fresh"
go -C tools run ./openapi "$fresh/.openapi" "$fresh/api/openapi/openapi.json"

# templ looks for the version it is required in.
cp go.mod "$fresh"
find services/web -name '*.templ' -exec cp --parents {} "$fresh" \;
go -C tools tool templ generate -path "$fresh/services/web" -log-level error

generated() {
  (cd "$1" && find api services/web \( -name '*.pb.go' -o -name '*.pb.gw.go' -o -path api/openapi/openapi.json -o -name '*_templ.go' \) -type f | sort)
}

stale=()
while IFS= read -r file; do
  if ! cmp -s "$fresh/$file" "$file"; then
    stale+=("$file")
  fi
done < <({ generated "$fresh"; generated .; } | sort -u)

if [ "${1:-}" = check ]; then
  if [ ${#stale[@]} -gt 0 ]; then
    printf 'not what its source gives (run `make gen`): %s\n' "${stale[@]}" >&2
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
