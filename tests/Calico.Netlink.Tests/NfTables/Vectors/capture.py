#!/usr/bin/env python3
"""Records what nft sends for each line of rules.txt. Needs root, nft and strace; works in a network namespace of its own.
usage: capture.py > nft.jsonl"""
import json, os, re, struct, subprocess, sys, tempfile

SETUP = """table inet t {
  set hosts { type ipv4_addr; }
  map ids { type ipv4_addr : mark; }
  map endpoints { type ifname . ipv4_addr . inet_proto . inet_service : verdict; }
  set dyn { type ipv4_addr; size 100; flags dynamic,timeout; timeout 10s; }
  chain web { }
  chain c { }
}"""


def messages(trace):
    """Netlink messages of all sendmsg calls in a trace made with `strace -e write=all`."""
    sent = b""
    for line in open(trace):
        dump = re.match(r"^(?:\d+ )?\s*\| [0-9a-f]{5,}  ((?:[0-9a-f]{2} {1,2}){1,16})", line)
        if dump:
            sent += bytes.fromhex(dump.group(1).replace(" ", ""))
    at = 0
    while at + 16 <= len(sent):
        length, kind, flags = struct.unpack_from("<IHH", sent, at)
        if kind >> 8 == 10 and kind & 0xff in (6, 9, 12):  # NEWRULE, NEWSET, NEWSETELEM
            yield sent[at:at + length]
        at += (length + 3) & ~3


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ns = f"nft-capture-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", ns], check=True)
    try:
        inside = ["ip", "netns", "exec", ns]
        subprocess.run([*inside, "nft", "-f", "-"], input=SETUP, text=True, check=True)
        for rule in open(os.path.join(here, "rules.txt")):
            rule = rule.rstrip("\n")
            with tempfile.NamedTemporaryFile() as trace:
                command = ["nft", f"add rule inet t c {rule}"]
                subprocess.run([*inside, "strace", "-f", "-e", "trace=sendmsg", "-e", "write=all", "-o", trace.name, *command], check=True, stderr=subprocess.DEVNULL)
                sent = [m.hex() for m in messages(trace.name)]
            print(json.dumps({"command": " ".join(command), "rule": rule, "messages": sent}))
    finally:
        subprocess.run(["ip", "netns", "del", ns], check=True)


main()
