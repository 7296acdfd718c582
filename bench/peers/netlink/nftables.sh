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
for ((round = 0; round < rounds; round++)); do
  for shape in set interval concat chains; do
    n=$count; pairs=5000
    [[ $shape == chains ]] && n=$chains
    [[ $shape == interval ]] && pairs=50
    run "$work/floor" load $shape $n | sed "s/floor-load/floor-load-$shape/"
    run "$ours" nft-load --shape $shape --count $n | sed "s/nft-load/nft-load-$shape/"
    if [[ $shape == chains ]]; then continue; fi
    run "$work/floor" element $shape $n $pairs | sed "s/floor-element/floor-element-$shape/"
    run "$ours" nft-element --shape $shape --count $n | sed "s/nft-element/nft-element-$shape/"
  done
  run "$work/floor" clear || true
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
for op in [f"load-{s}" for s in ("set", "interval", "concat", "chains")] + [f"element-{s}" for s in ("set", "interval", "concat")]:
    ours, floor = statistics.median(seconds[f"nft-{op}"]), statistics.median(seconds[f"floor-{op}"])
    print(f"{op:20} {ours:.6f} s   floor {floor:.6f} s   ratio {ours / floor:.2f}")
print(f"nft -f load-set      {statistics.median(seconds['nft-f-load-set']):.6f} s")
PY
