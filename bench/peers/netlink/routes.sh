#!/usr/bin/env bash
# Adds, dumps and deletes N host routes in a namespace of its own with our library, the C floor and `ip -batch`, interleaved.
# Needs root, gcc, iproute2 and python3. usage: routes.sh [COUNT] [ROUNDS]
set -euo pipefail
count=${1:-1000000} rounds=${2:-3}
here=$(cd "$(dirname "$0")" && pwd) root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
ns=netlink-bench-$$
trap 'ip netns del $ns 2>/dev/null || true; rm -rf "$work"' EXIT
gcc -O2 -o "$work/floor" "$here/floor.c"
dotnet build "$root/bench/Calico.Netlink.PeerBench" -c Release -v q --nologo >/dev/null
ours="$root/artifacts/bin/Calico.Netlink.PeerBench/release/Calico.Netlink.PeerBench"
ip netns add "$ns"
run() { ip netns exec "$ns" timeout 300 "$@"; }
run ip link add veth0 type veth peer name veth1
run ip link set veth0 up
run ip link set veth1 up
run ip link set lo up
run ip addr add 172.31.0.1/24 dev veth0
python3 - "$count" > "$work/batch" <<'PY'
import ipaddress, sys
for i in range(1, int(sys.argv[1]) + 1):
    print(f"route add {ipaddress.IPv4Address(0x0A000000 + i)}/32 via 172.31.0.2 dev veth0 onlink proto 80")
PY
sed 's/^route add/route del/' "$work/batch" > "$work/unbatch"
timed() { python3 - "$@" <<'PY'
import subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL)
print('{"op":"%s","seconds":%.6f}' % (sys.argv[1], time.monotonic() - start))
PY
}
args=(--count "$count" --dev veth0 --via 172.31.0.2)
floor() { # OPERATION [NEXTHOP]
  if [[ $1 == dump ]]; then run "$work/floor" dump 254; else run "$work/floor" "$1" "$count" veth0 172.31.0.2 254 ${2:-}; fi
}
mine() { run "$ours" "routes-$1" "${args[@]}" ${2:+--nexthop-object}; }
through_nexthop() { # floor|mine: the object is deleted with its routes afterwards
  run ip nexthop replace id 4242 via 172.31.0.2 dev veth0 onlink proto 80
  "$1" add 4242 | sed 's/-add/-add-nexthop/'
  run ip nexthop del id 4242
  sleep 2 # a million routes went with it, and the kernel frees them for a while
}
for ((round = 0; round < rounds; round++)); do
  # Who goes first takes turns as well: the second finds warm slabs.
  if ((round % 2)); then first=mine second=floor; else first=floor second=mine; fi
  $first add; $first dump; $second dump; $first dump; $second dump; $second del
  $second add; $second dump; $first dump; $first del
  through_nexthop $first
  through_nexthop $second
  if ((round == 0)); then
    timed ip-add ip netns exec "$ns" timeout 300 ip -batch "$work/batch"
    timed ip-show ip netns exec "$ns" timeout 300 ip route show
    timed ip-del ip netns exec "$ns" timeout 300 ip -batch "$work/unbatch"
  fi
done | tee "$work/results" >&2
python3 - "$work/results" <<'PY'
import collections, json, statistics, sys
seconds = collections.defaultdict(list)
for line in open(sys.argv[1]):
    row = json.loads(line)
    seconds[row["op"]].append(row["seconds"])
def ratio(ours, peer, pick): return pick(seconds[ours]) / pick(seconds[peer])
for ours, peer in [("routes-add", "floor-add"), ("routes-add-nexthop", "floor-add-nexthop"), ("routes-dump", "floor-dump"), ("routes-del", "floor-del"),
                   ("routes-add", "ip-add"), ("routes-dump", "ip-show"), ("routes-del", "ip-del")]:
    print(f"{ours:20} {statistics.median(seconds[ours]):.3f} s   {peer:20} {statistics.median(seconds[peer]):.3f} s   ratio of medians {ratio(ours, peer, statistics.median):.2f}, of best {ratio(ours, peer, min):.2f}")
PY
