#!/usr/bin/env python3
"""Captures what `ip` and `bridge` send for each command below, in a namespace of its own, and prints one JSON line a command.
A kernel without some kind of link refuses the command (rc 2); what was sent is captured all the same.

usage (root, iproute2, strace): unshare -n python3 capture-ip.py > ip.jsonl
"""
import json
import re
import subprocess

COMMANDS = """
link add w0 type veth peer name w1
link set w0 up
link set w1 up
link set w0 address 02:00:00:00:01:01
link set w0 mtu 1440
link set w0 alias pod-interface
link add cbr type bridge
link set w1 master cbr
link set w1 nomaster
link set cbr type bridge stp_state 0
link add vx type vxlan id 77 dev w0 local 10.20.0.1 dstport 4789 nolearning
link add vx6 type vxlan id 78 dev w0 local fd20::1 dstport 4789 nolearning
link set vx up
link add mac0 link w0 type macvlan mode private
link set w0 group 12
link set w0 txqueuelen 500
addr add 10.20.0.1/24 dev w0
addr add fd20::1/64 dev w0 nodad
addr add 10.21.0.1/25 brd + dev w0 label w0:x
addr replace 10.20.0.1/24 dev w0 valid_lft 900 preferred_lft 450
addr del 10.21.0.1/25 dev w0
route add 10.30.0.0/16 via 10.20.0.2
route add 10.31.0.5/32 dev w0 scope link
route add 10.32.0.0/26 via 10.99.0.1 dev w0 onlink proto 80
route replace 10.32.0.0/26 via 10.99.0.2 dev w0 onlink proto 80
route append 10.30.0.0/16 via 10.20.0.3
route add blackhole 10.33.0.0/26 proto 80
route add unreachable 10.33.1.0/26 metric 10
route add prohibit 10.33.2.0/26
route add throw 10.33.3.0/26 table 200
route add 10.34.0.0/16 nexthop via 10.20.0.2 weight 3 nexthop via 10.20.0.3 weight 256
route add 10.35.0.0/16 dev w0 table 4096 src 10.20.0.1 mtu 1380 advmss 1300
route add 10.36.0.0/16 via inet6 fd20::2 dev w0
route add fd30::/64 via fd20::2 dev w0
route add fd31::/64 dev w0 metric 5 pref low
route del 10.30.0.0/16 via 10.20.0.3
nexthop add id 71 via 10.20.0.2 dev w0
nexthop add id 72 via 10.20.0.3 dev w0
nexthop add id 73 group 71,2/72,5
nexthop replace id 71 via 10.20.0.9 dev w0
route add 10.37.0.0/16 nhid 73
nexthop del id 73
rule add from 10.20.0.0/24 table 100 priority 2000
rule add fwmark 0x100/0xff00 lookup 101 pref 2001
rule add not fwmark 0x200/0x200 table 102 pref 2002
rule add oif w0 ipproto udp dport 1000-2000 table 4096 pref 2003
rule add suppress_prefixlength 0 table main pref 2004
rule del pref 2003
neigh add 10.20.0.7 lladdr 02:00:00:00:00:07 dev w0 nud permanent
neigh replace 10.20.0.7 lladdr 02:00:00:00:00:08 dev w0 nud stale
neigh add proxy 169.254.1.1 dev w0
neigh add proxy fe80::1 dev w0
neigh del 10.20.0.7 dev w0
fdb add 66:00:00:00:01:02 dev vx dst 10.20.0.2
fdb append 00:00:00:00:00:00 dev vx dst 10.20.0.3
fdb del 66:00:00:00:01:02 dev vx dst 10.20.0.2
link add d0 type dummy
link add wg0 type wireguard
link add vrf0 type vrf table 1000
link add link w0 name w0.5 type vlan id 5
link add ti type ipip local 10.20.0.1 remote 10.20.0.2 ttl 64
link add ts type sit local 10.20.0.1 remote 10.20.0.2 ttl 64
link add t6 type ip6tnl local fd20::1 remote fd20::2
link set w0 down
"""


def sent(trace):
    """The data of each netlink send, from strace's hexadecimal dumps; the first line of a dump is offset 00000."""
    messages, current = [], None
    for line in trace.splitlines():
        dump = re.match(r"^ \| ([0-9a-f]{5})  (.{49})", line)
        if not dump:
            continue
        if dump[1] == "00000":
            current = bytearray()
            messages.append(current)
        current += bytes.fromhex(dump[2].replace(" ", ""))
    return [bytes(m) for m in messages if len(m) >= 16 and int.from_bytes(m[4:6], "little") >= 16]


def indexes():
    lines = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    return {name: int(index) for index, name in re.findall(r"^(\d+): ([^:@]+)", lines, re.M)}


def main():
    before = indexes()
    for command in COMMANDS.strip().splitlines():
        program = ["bridge"] if command.startswith("fdb") else ["ip"]
        run = subprocess.run(["strace", "-e", "trace=sendmsg,sendto,send", "-e", "write=all", *program, *command.split()], capture_output=True, text=True, timeout=30)
        after = indexes()
        requests = [m for m in sent(run.stderr) if int.from_bytes(m[4:6], "little") & 3 != 2]
        print(json.dumps({"cmd": command, "rc": run.returncode, "ifindex": {**before, **after}, "sent": [{"hex": m.hex()} for m in requests]}, separators=(",", ":")))
        before = after


main()
