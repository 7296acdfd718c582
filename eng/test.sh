#!/usr/bin/env bash
# Restores, builds, installs the missing peers (as root), packs, and runs every test. The last line counts them.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
eng/debian-packages.sh || exit 1
dotnet build Calico.slnx -c Release -v q -p:CheckPublicApi=true -p:UseSharedCompilation=true || exit 1
for project in src/*/*.csproj samples/Calico.Cli/*.csproj; do
  dotnet pack "$project" -c Release -v q --no-build > /dev/null || { echo "pack failed: $project" >&2; exit 1; }
done

passed=0 failed=0 skipped=0 broken=0
results=artifacts/test-results
rm -rf "$results"
mkdir -p "$results"
for project in tests/*/*.Tests.csproj; do
  name=$(basename "$project" .csproj)
  report="$results/$name.trx"
  echo "== $name"
  timeout 1800 "artifacts/bin/$name/release/$name" -result-trx "$report" -noLogo -noColor "$@"
  status=$?
  counters=$(grep -o '<Counters [^>]*>' "$report" 2> /dev/null | head -1)
  if [ -z "$counters" ]; then
    echo "$name ended with $status and left no report." >&2
    broken=1
    continue
  fi
  count() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<< "$counters"; }
  total=$(count total); p=$(count passed); f=$(count failed)
  passed=$((passed + p)); failed=$((failed + f)); skipped=$((skipped + total - p - f))
  if [ $status -ne 0 ] && [ "$f" = 0 ]; then
    echo "$name ended with $status although no test failed." >&2
    broken=1
  fi
done
[ $failed -eq 0 ] && [ $broken -eq 0 ]
verdict=$?
echo
echo "$passed passed, $failed failed, $skipped skipped"
exit $verdict
