#!/usr/bin/env bash
# Rewrites the PublicAPI.Unshipped.txt of the named projects (all of src/ by default) from what they declare.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ $# -eq 0 ]; then set -- $(ls -d src/Calico.* | xargs -n1 basename); fi
for name in "$@"; do
  api="src/$name/PublicAPI/PublicAPI.Unshipped.txt"
  printf '#nullable enable\n' > "$api"
  dotnet build "src/$name" -c Release --nologo -v q -p:CheckPublicApi=true -p:TreatWarningsAsErrors=false -p:MSBuildTreatWarningsAsErrors=false \
      --no-incremental -p:UseSharedCompilation=true 2>&1 |
    grep "/$name/" |
    sed -n "s/.*warning RS0016: Symbol '\(.*\)' is not part of the declared public API.*/\1/p" | LC_ALL=C sort -u > "$api.new" || true
  cat "$api.new" >> "$api"
  rm "$api.new"
  echo "$name: $(($(wc -l < "$api") - 1)) members"
done
