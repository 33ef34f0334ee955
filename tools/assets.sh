#!/usr/bin/env bash
# Puts the style sheets, scripts and pictures that pages use from npm where the binary embeds them. The GDS Transport
# typeface is licensed for service.gov.uk alone, so every mention of it is taken out: pages use the machine's own sans serif.
set -euo pipefail
cd "$(dirname "$0")/.."
from=node_modules to=services/web/page/assets/npm

rm -rf "$to"
mkdir -p "$to/images"
without_typeface() { sed -E 's/@font-face ?\{[^}]*\}//g; s/"?GDS Transport"?,//g; s#/assets/images/#images/#g; /^\/\*# sourceMappingURL/d; s#/\*\# sourceMappingURL=[^*]*\*/##' "$1"; }
without_typeface "$from/govuk-frontend/dist/govuk/govuk-frontend.min.css" >"$to/govuk-frontend.css"
without_typeface "$from/@ministryofjustice/frontend/moj/moj-frontend.min.css" >"$to/moj-frontend.css"
sed -E '/^\/\/# sourceMappingURL/d; s#//\# sourceMappingURL=.*$##' "$from/govuk-frontend/dist/govuk/govuk-frontend.min.js" >"$to/govuk-frontend.js"
sed -E 's#//\# sourceMappingURL=.*$##' "$from/htmx.org/dist/htmx.min.js" >"$to/htmx.js"
grep -oh 'images/[a-z0-9-]*\.svg' "$to"/*.css | sort -u | while read -r picture; do
  for folder in "$from/@ministryofjustice/frontend/moj/assets" "$from/govuk-frontend/dist/govuk/assets"; do
    [ ! -f "$folder/$picture" ] || cp "$folder/$picture" "$to/$picture"
  done
done
cp "$from/axe-core/axe.min.js" bin/axe.min.js 2>/dev/null || { mkdir -p bin && cp "$from/axe-core/axe.min.js" bin/axe.min.js; }
touch "$to/.stamp"
