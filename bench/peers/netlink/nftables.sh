#!/usr/bin/env bash
# Loads sets and chains and moves single elements in a namespace of its own with our library, the C floor and `nft -f`, interleaved.
# Needs root, gcc, nft and python3. usage: nftables.sh [ELEMENTS] [CHAINS] [ROUNDS]
set -euo pipefail
count=${1:-1000000} chains=${2:-10000} rounds=${3:-3}
here=$(cd "$(dirname "$0")" && pwd) root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
ns=nft-bench-$$
trap 'ip netns del $ns 2>/dev/null || true; rm -rf "$work"' EXIT
gcc -O2 -o "$work/floor" "$here/nft_floor.c"
dotnet build "$root/bench/Calico.Netlink.PeerBench" -c Release -v q --nologo >/dev/null
ours="$root/artifacts/bin/Calico.Netlink.PeerBench/release/Calico.Netlink.PeerBench"
ip netns add "$ns"
run() { ip netns exec "$ns" timeout 300 "$@"; }
python3 - "$count" > "$work/set.nft" <<'PY'
import ipaddress, sys
elements = ", ".join(str(ipaddress.IPv4Address(0x0A000000 + i)) for i in range(int(sys.argv[1])))
print(f"table inet nlb {{ set s4 {{ type ipv4_addr; elements = {{ {elements} }}\n}}\n}}")
PY
# google/nftables is compared where Debian's packages of it are installed.
google=
if command -v go >/dev/null && [[ -d /usr/share/gocode/src/github.com/google/nftables ]]; then
  GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$work/cache" go build -o "$work/google" "$here/google_nftables.go" && google="$work/google"
fi
floor() { run "$work/floor" "$@" | sed "s/floor-$1/floor-$1-$2/"; }
mine() { run "$ours" "nft-$1" --shape "$2" ${3:+--count "$3"} ${4:+--pairs "$4"} | sed "s/nft-$1/nft-$1-$2/"; }
for ((round = 0; round < rounds; round++)); do
  if ((round % 2)); then first=mine second=floor; else first=floor second=mine; fi
  for shape in set interval concat; do
    pairs=20000
    [[ $shape == interval ]] && pairs=20
    $first load $shape "$count"; $second load $shape "$count"
    $first element $shape "$count" $pairs; $second element $shape "$count" $pairs
  done
  $first load chains "$chains"; $second load chains "$chains"
  $first dump chains; $second dump chains; $first dump chains; $second dump chains
  if [[ $google ]]; then run "$google" set "$count"; run "$google" chains "$chains"; fi
  run "$work/floor" clear
  if ((round == 0)); then
    python3 - "$ns" "$work/set.nft" <<'PY'
import subprocess, sys, time
start = time.monotonic()
subprocess.run(["ip", "netns", "exec", sys.argv[1], "nft", "-f", sys.argv[2]], check=True)
print('{"op":"nft-f-load-set","n":1,"seconds":%.6f}' % (time.monotonic() - start))
PY
  fi
done | tee "$work/results" >&2
python3 - "$work/results" <<'PY'
import collections, json, statistics, sys
seconds = collections.defaultdict(list)
for line in open(sys.argv[1]):
    row = json.loads(line)
    seconds[row["op"]].append(row["seconds"] / row["n"] if "element" in row["op"] else row["seconds"])
def compare(ours, peer):
    if peer in seconds:
        a, b = seconds[ours], seconds[peer]
        print(f"{ours:20} {statistics.median(a):.6f} s   {peer:20} {statistics.median(b):.6f} s   ratio of medians {statistics.median(a) / statistics.median(b):.2f}, of best {min(a) / min(b):.2f}")
for op in [f"load-{s}" for s in ("set", "interval", "concat", "chains")] + [f"element-{s}" for s in ("set", "interval", "concat")] + ["dump-chains"]:
    compare(f"nft-{op}", f"floor-{op}")
compare("nft-load-set", "nft-f-load-set")
compare("nft-load-set", "google-load-set")
compare("nft-load-chains", "google-load-chains")
PY
