// The floor: what a hand-written C program needs for the same routes. Requests are encoded straight into one buffer,
// 512 to a send, acknowledged once per send.
//   floor add|del COUNT DEV GATEWAY TABLE [NEXTHOP_ID]     floor dump TABLE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PART = 512, BUFFER = 1 << 20 };
static _Alignas(8) char out[BUFFER], in[BUFFER];

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int open_socket(void) {
    int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), one = 1, size = 4 << 20;
    struct sockaddr_nl self = {.nl_family = AF_NETLINK};
    if (s < 0 || bind(s, (void *)&self, sizeof self) < 0) fail("socket");
    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(s, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
    setsockopt(s, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
    setsockopt(s, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof one);
    return s;
}

static size_t put_attribute(size_t at, uint16_t type, const void *value, uint16_t length) {
    struct rtattr *a = (void *)(out + at);
    a->rta_type = type;
    a->rta_len = RTA_LENGTH(length);
    memcpy(RTA_DATA(a), value, length);
    return at + RTA_SPACE(length);
}

static size_t put_route(size_t at, int deleting, uint32_t sequence, uint32_t address, int device, uint32_t gateway, uint32_t table, uint32_t nexthop, int ack) {
    struct nlmsghdr *h = (void *)(out + at);
    struct rtmsg *r = NLMSG_DATA(h);
    *h = (struct nlmsghdr){
        .nlmsg_type = deleting ? RTM_DELROUTE : RTM_NEWROUTE,
        .nlmsg_flags = NLM_F_REQUEST | (deleting ? 0 : NLM_F_CREATE | NLM_F_EXCL) | (ack ? NLM_F_ACK : 0),
        .nlmsg_seq = sequence,
    };
    *r = (struct rtmsg){
        .rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_table = table < 256 ? table : 0, .rtm_protocol = 80,
        .rtm_scope = deleting ? RT_SCOPE_NOWHERE : RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNICAST, .rtm_flags = nexthop ? 0 : RTNH_F_ONLINK,
    };
    size_t end = at + NLMSG_SPACE(sizeof *r);
    uint32_t wire = htonl(address);
    end = put_attribute(end, RTA_DST, &wire, 4);
    if (table >= 256) end = put_attribute(end, RTA_TABLE, &table, 4);
    if (nexthop) {
        end = put_attribute(end, RTA_NH_ID, &nexthop, 4);
    } else {
        end = put_attribute(end, RTA_GATEWAY, &gateway, 4);
        end = put_attribute(end, RTA_OIF, &device, 4);
    }
    h->nlmsg_len = end - at;
    return end;
}

static void await_ack(int s, uint32_t sequence) {
    for (;;) {
        ssize_t n = recv(s, in, sizeof in, 0);
        if (n < 0) fail("recv");
        for (struct nlmsghdr *h = (void *)in; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
            struct nlmsgerr *e = NLMSG_DATA(h);
            if (h->nlmsg_type != NLMSG_ERROR) continue;
            if (e->error) {
                errno = -e->error;
                fail("route");
            }
            if (h->nlmsg_seq == sequence) return;
        }
    }
}

static void change(int deleting, uint32_t count, char **v) {
    int s = open_socket(), device = if_nametoindex(v[0]);
    uint32_t gateway = inet_addr(v[1]), table = strtoul(v[2], 0, 10), nexthop = v[3] ? strtoul(v[3], 0, 10) : 0;
    double start = seconds();
    for (uint32_t i = 1; i <= count;) {
        size_t at = 0;
        uint32_t end = i + PART <= count + 1 ? i + PART : count + 1;
        for (; i < end; i++) at = put_route(at, deleting, i, 0x0A000000u + i, device, gateway, table, nexthop, i == end - 1);
        if (send(s, out, at, 0) < 0) fail("send");
        await_ack(s, end - 1);
    }
    printf("{\"op\":\"floor-%s\",\"n\":%u,\"seconds\":%.6f}\n", deleting ? "del" : "add", count, seconds() - start);
}

static void dump(uint32_t table) {
    int s = open_socket(), done = 0;
    struct nlmsghdr *q = (void *)out;
    struct rtmsg *r = NLMSG_DATA(q);
    uint32_t check = 0;
    long count = 0;
    double start = seconds();
    *q = (struct nlmsghdr){.nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = 1};
    *r = (struct rtmsg){.rtm_family = AF_INET, .rtm_table = table < 256 ? table : 0};
    size_t end = put_attribute(NLMSG_SPACE(sizeof *r), RTA_TABLE, &table, 4);
    q->nlmsg_len = end;
    if (send(s, out, end, 0) < 0) fail("send");
    while (!done) {
        ssize_t n = recv(s, in, 32768, 0);
        if (n < 0) fail("recv");
        for (struct nlmsghdr *h = (void *)in; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
            if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
                done = 1;
                break;
            }
            int left = RTM_PAYLOAD(h);
            for (struct rtattr *a = RTM_RTA(NLMSG_DATA(h)); RTA_OK(a, left); a = RTA_NEXT(a, left)) check ^= a->rta_type * 31 + *(uint32_t *)RTA_DATA(a);
            count++;
        }
    }
    printf("{\"op\":\"floor-dump\",\"n\":%ld,\"seconds\":%.6f,\"check\":%u}\n", count, seconds() - start, check);
}

int main(int c, char **v) {
    if (c >= 6 && (!strcmp(v[1], "add") || !strcmp(v[1], "del"))) change(v[1][0] == 'd', strtoul(v[2], 0, 10), v + 3);
    else if (c == 3 && !strcmp(v[1], "dump")) dump(strtoul(v[2], 0, 10));
    else return fprintf(stderr, "usage: floor add|del COUNT DEV GATEWAY TABLE [NEXTHOP_ID] | floor dump TABLE\n"), 2;
    return 0;
}
