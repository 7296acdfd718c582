#!/usr/bin/env bash
# Installs the peers that the tests compare with: only what is missing, only as root on a Debian system, no service is started.
set -euo pipefail
declare -A package_of=(
  [bird]=bird2 [gobgpd]=gobgpd [vtysh]=frr [exabgp]=exabgp [bgpctl]=openbgpd [etcd]=etcd-server [etcdctl]=etcd-client
  [nft]=nftables [ip]=iproute2 [tcpdump]=tcpdump [tshark]=tshark [conntrack]=conntrack [ipset]=ipset [ping]=iputils-ping
  [socat]=socat [strace]=strace [gcc]=gcc [unshare]=util-linux
)
missing=()
for program in "${!package_of[@]}"; do
  command -v "$program" > /dev/null || [ -x "/usr/sbin/$program" ] || [ -x "/usr/lib/frr/$program" ] || missing+=("${package_of[$program]}")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
  echo "Not installed: ${missing[*]}. Tests that need them are skipped." >&2
  exit 0
fi
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$guard"
  chmod +x "$guard"
  trap 'rm -f "$guard"' EXIT
fi
echo "Installing: ${missing[*]}"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
