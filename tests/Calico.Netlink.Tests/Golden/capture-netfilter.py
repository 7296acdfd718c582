#!/usr/bin/env python3
"""Captures what `conntrack`, `ipset` and `tcpdump` send for each command below, in a namespace of its own, and prints one JSON line a command:
the requests and the multicast groups joined. Programs that listen are interrupted after a second.

usage (root, conntrack, ipset, tcpdump, strace): unshare -n python3 capture-netfilter.py > netfilter.jsonl
"""
import json
import re
import subprocess

COMMANDS = """
conntrack -I -s 10.9.0.1 -d 10.9.0.2 -p tcp --sport 1000 --dport 80 --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 100 -m 5
conntrack -I -s 10.9.0.1 -d 10.9.0.2 -p udp --sport 1001 --dport 53 -t 100 -w 7
conntrack -I -s 10.9.0.3 -d 10.9.0.2 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 100
conntrack -I -s fd09::1 -d fd09::2 -p tcp --sport 1002 --dport 443 --state SYN_SENT -t 100
conntrack -L
conntrack -L -f ipv4
conntrack -L -f ipv6
conntrack -L -m 0x5/0xf
conntrack -D -s 10.9.0.1 -d 10.9.0.2 -p tcp --sport 1000 --dport 80
conntrack -D -p udp -w 7
conntrack -D -f ipv6 -s fd09::1
conntrack -D -p icmp
conntrack -I -s 10.9.0.1 -d 10.9.0.2 -p udp --sport 1004 --dport 53 -t 100 -m 9
conntrack -D -m 9
conntrack -F
conntrack -E
conntrack -E -e NEW
conntrack -E -e UPDATES,DESTROY
ipset create ips hash:ip
ipset create ips6 hash:ip family inet6 timeout 600
ipset create nets hash:net counters maxelem 1000 hashsize 64
ipset create nets6 hash:net family inet6
ipset create ports hash:ip,port comment
ipset create ips2 hash:ip
ipset add ips 10.9.0.1
ipset add -exist ips 10.9.0.1
ipset add ips6 fd09::1 timeout 60
ipset add nets 10.9.0.0/16
ipset add nets 10.9.1.0/24 nomatch
ipset add nets6 fd09::/64
ipset add ports 10.9.0.1,tcp:80 comment web
ipset add ports 10.9.0.1,udp:53
ipset add nets 10.9.2.0/24 packets 5 bytes 700
ipset restore add ips 10.9.0.5;add ips 10.9.0.6
ipset list
ipset list nets
ipset del ports 10.9.0.1,udp:53
ipset del nets 10.9.1.0/24
ipset del -exist ips 10.9.0.9
ipset swap ips ips2
ipset rename ips2 ips3
ipset flush ips3
ipset destroy ips3
tcpdump -n -i nflog:5 -s 96
tcpdump -n -i nflog:300
"""


def requests(trace):
    """The messages of each send, from strace's hexadecimal dumps; the first line of a dump is offset 00000."""
    buffers = []
    for offset, data in re.findall(r"^ \| ([0-9a-f]{5})  (.{49})", trace, re.M):
        if offset == "00000":
            buffers.append(bytearray())
        buffers[-1] += bytes.fromhex(data.replace(" ", ""))
    for buffer in buffers:
        while len(buffer) >= 16:
            length = int.from_bytes(buffer[:4], "little")
            if buffer[5] != 0 and length >= 16:
                yield buffer[:length].hex()
            buffer = buffer[max(length + 3 & ~3, 16):]


def groups(trace):
    masks = [int(m, 16) for m in re.findall(r"bind\(.*nl_groups=(?:0x)?([0-9a-f]+)", trace)]
    bound = [bit + 1 for mask in masks for bit in range(32) if mask >> bit & 1]
    joined = [int(g) for g in re.findall(r"NETLINK_ADD_MEMBERSHIP, \[(\d+)\]", trace)]
    return sorted({*bound, *joined})


def main():
    for command in COMMANDS.strip().splitlines():
        strace = ["strace", "-e", "trace=bind,setsockopt,sendto,sendmsg", "-e", "write=all"]
        program = command.split()
        if program[0] == "tcpdump" or "-E" in program:
            program = ["timeout", "-s", "INT", "1", *program]
        lines = ""
        if program[:2] == ["ipset", "restore"]:
            program, lines = program[:2], command.removeprefix("ipset restore ").replace(";", "\n") + "\n"
        run = subprocess.run([*strace, "-f", *program], input=lines, capture_output=True, text=True, timeout=30)
        print(json.dumps({"cmd": command, "groups": groups(run.stderr), "sent": list(requests(run.stderr))}, separators=(",", ":")))


main()
