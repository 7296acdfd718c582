// The floor for nf_tables: what a hand-written C program needs for the same table. Messages are encoded straight into one
// buffer and sent as one transaction.
//   nft_floor load set|interval|concat|chains COUNT     nft_floor element set|interval|concat COUNT PAIRS
//   nft_floor dump set|interval|concat|chains     nft_floor clear
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static char *out, in[1 << 16];
static size_t used, room, message;
static int sock;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void *put(const void *bytes, size_t length) {
    size_t padded = (length + 3) & ~3ul;
    if (used + padded > room && !(out = realloc(out, room = 2 * (room + padded)))) fail("realloc");
    void *at = out + used;
    if (bytes) memcpy(at, bytes, length);
    memset((char *)at + length, 0, padded - length);
    used += padded;
    return at;
}

static void end(void) { ((struct nlmsghdr *)(out + message))->nlmsg_len = used - message; }

static void begin(int type, int flags, int family, int resource) {
    struct nlmsghdr h = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags};
    struct nfgenmsg g = {.nfgen_family = family, .res_id = htons(resource)};
    message = used;
    put(&h, sizeof h);
    put(&g, sizeof g);
}

static void table_message(int type, int flags) { begin(NFNL_SUBSYS_NFTABLES << 8 | type, flags, NFPROTO_INET, 0); }

static void attribute(int type, const void *value, size_t length) {
    struct nlattr a = {.nla_len = 4 + length, .nla_type = type};
    put(&a, 4);
    put(value, length);
}

static void text(int type, const char *value) { attribute(type, value, strlen(value) + 1); }
static void number(int type, uint32_t value) { attribute(type, &(uint32_t){htonl(value)}, 4); }

static size_t nest(int type) {
    size_t at = used;
    struct nlattr a = {.nla_type = type | NLA_F_NESTED};
    put(&a, 4);
    return at;
}

static void unnest(size_t at) { ((struct nlattr *)(out + at))->nla_len = used - at; }

static void start(void) { used = 0, begin(NFNL_MSG_BATCH_BEGIN, 0, 0, NFNL_SUBSYS_NFTABLES), end(); }

static void commit(void) {
    begin(NFNL_MSG_BATCH_END, 0, 0, NFNL_SUBSYS_NFTABLES), end();
    if (send(sock, out, used, 0) < 0) fail("send");
    for (ssize_t n; (n = recv(sock, in, sizeof in, MSG_DONTWAIT)) > 0;) {
        struct nlmsghdr *h = (void *)in;
        if (h->nlmsg_type == NLMSG_ERROR) errno = -((struct nlmsgerr *)NLMSG_DATA(h))->error, fail("commit");
    }
}

static void value(int type, const void *bytes, size_t length) {
    size_t n = nest(type);
    attribute(NFTA_DATA_VALUE, bytes, length);
    unnest(n);
}

static void verdict(int type, int code, const char *chain) {
    size_t n = nest(type), v = nest(NFTA_DATA_VERDICT);
    number(NFTA_VERDICT_CODE, code);
    if (chain) text(NFTA_VERDICT_CHAIN, chain);
    unnest(v), unnest(n);
}

static void add_table(void) { table_message(NFT_MSG_NEWTABLE, NLM_F_CREATE), text(NFTA_TABLE_NAME, "nlb"), number(NFTA_TABLE_FLAGS, 0), end(); }
static void delete_table(void) { table_message(NFT_MSG_DELTABLE, 0), text(NFTA_TABLE_NAME, "nlb"), end(); }

static void add_set(const char *name, int flags, int type, int length, int verdicts, uint32_t size) {
    static uint32_t id;
    table_message(NFT_MSG_NEWSET, NLM_F_CREATE);
    text(NFTA_SET_TABLE, "nlb"), text(NFTA_SET_NAME, name), number(NFTA_SET_FLAGS, flags | (verdicts ? NFT_SET_MAP : 0));
    number(NFTA_SET_KEY_TYPE, type), number(NFTA_SET_KEY_LEN, length);
    if (verdicts) number(NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT), number(NFTA_SET_DATA_LEN, 0);
    if (size) {
        size_t description = nest(NFTA_SET_DESC);
        number(NFTA_SET_DESC_SIZE, size), unnest(description);
    }
    number(NFTA_SET_ID, ++id);
    attribute(NFTA_SET_USERDATA, (char[]){0, 4, type == 41 ? 1 : 2, 0, 0, 0}, 6);
    end();
}

// A hash set that says how large it will be is made that large: the kernel need not grow it under load.
static void add_shape(const char *shape, uint32_t count) {
    if (*shape == 's') add_set(shape, 0, 7, 4, 0, 2 * count);
    else if (*shape == 'i') add_set(shape, NFT_SET_INTERVAL, 7, 4, 0, 0);
    else add_set(shape, 0, 7 << 12 | 12 << 6 | 13, 12, 0, 2 * count);
}

static size_t list;
static void open_list(const char *set, int deleting) {
    table_message(deleting ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM, deleting ? 0 : NLM_F_CREATE);
    text(NFTA_SET_ELEM_LIST_TABLE, "nlb"), text(NFTA_SET_ELEM_LIST_SET, set);
    list = nest(NFTA_SET_ELEM_LIST_ELEMENTS);
}

static void close_list(void) { unnest(list), end(); }

static void add_element(const char *shape, uint32_t i, int deleting) {
    if (used - list > 60000) close_list(), open_list(shape, deleting);
    uint32_t key[3] = {htonl(0x0a000000 + (*shape == 'i' ? 8 * i : i)), 0, 0}, over = htonl(0x0a000004 + 8 * i);
    ((uint8_t *)key)[4] = IPPROTO_TCP;
    *(uint16_t *)(key + 2) = htons(1000 + i % 1000);
    size_t n = nest(NFTA_LIST_ELEM);
    value(NFTA_SET_ELEM_KEY, key, *shape == 'c' ? 12 : 4);
    unnest(n);
    if (*shape != 'i') return;
    n = nest(NFTA_LIST_ELEM);
    number(NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END), value(NFTA_SET_ELEM_KEY, &over, 4);
    unnest(n);
}

static size_t expression_at, data_at, rule_at;
static void expression(const char *name) { expression_at = nest(NFTA_LIST_ELEM), text(NFTA_EXPR_NAME, name), data_at = nest(NFTA_EXPR_DATA); }
static void expressed(void) { unnest(data_at), unnest(expression_at); }
static void meta(int key) { expression("meta"), number(NFTA_META_KEY, key), number(NFTA_META_DREG, 1), expressed(); }
static void load(int base, int offset, int length) {
    expression("payload"), number(NFTA_PAYLOAD_DREG, 1), number(NFTA_PAYLOAD_BASE, base), number(NFTA_PAYLOAD_OFFSET, offset), number(NFTA_PAYLOAD_LEN, length), expressed();
}
static void compare(int op, const void *bytes, int length) { expression("cmp"), number(NFTA_CMP_SREG, 1), number(NFTA_CMP_OP, op), value(NFTA_CMP_DATA, bytes, length), expressed(); }
static void decide(int code) { expression("immediate"), number(NFTA_IMMEDIATE_DREG, 0), verdict(NFTA_IMMEDIATE_DATA, code, 0), expressed(); }
static void count(void) { expression("counter"), expressed(); }
static void look_up(const char *set, int verdicts) {
    expression("lookup"), number(NFTA_LOOKUP_SREG, 1);
    if (verdicts) number(NFTA_LOOKUP_DREG, 0);
    text(NFTA_LOOKUP_SET, set), expressed();
}
static void rule(const char *chain) {
    table_message(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND), text(NFTA_RULE_TABLE, "nlb"), text(NFTA_RULE_CHAIN, chain), rule_at = nest(NFTA_RULE_EXPRESSIONS);
}
static void ruled(void) { unnest(rule_at), end(); }
static void transport(uint8_t protocol, uint16_t port) {
    meta(NFT_META_L4PROTO), compare(NFT_CMP_EQ, &protocol, 1), load(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2), compare(NFT_CMP_EQ, &(uint16_t){htons(port)}, 2);
}

static void add_policy(const char *chain, uint32_t i) {
    static const uint32_t zero, established = 6;
    static const uint8_t ipv4 = NFPROTO_IPV4;
    char comment[64] = {0};
    table_message(NFT_MSG_NEWCHAIN, NLM_F_CREATE), text(NFTA_CHAIN_TABLE, "nlb"), text(NFTA_CHAIN_NAME, chain), end();
    rule(chain), expression("ct"), number(NFTA_CT_KEY, NFT_CT_STATE), number(NFTA_CT_DREG, 1), expressed();
    expression("bitwise"), number(NFTA_BITWISE_SREG, 1), number(NFTA_BITWISE_DREG, 1), number(NFTA_BITWISE_LEN, 4);
    value(NFTA_BITWISE_MASK, &established, 4), value(NFTA_BITWISE_XOR, &zero, 4), expressed();
    compare(NFT_CMP_NEQ, &zero, 4), decide(NF_ACCEPT), ruled();
    rule(chain), meta(NFT_META_NFPROTO), compare(NFT_CMP_EQ, &ipv4, 1), load(NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
    compare(NFT_CMP_EQ, &(uint32_t){htonl(0x0a000000 + i)}, 4), transport(6, 80), decide(NF_ACCEPT), ruled();
    rule(chain), meta(NFT_META_NFPROTO), compare(NFT_CMP_EQ, &ipv4, 1), load(NFT_PAYLOAD_NETWORK_HEADER, 12, 4), look_up("pods", 0), transport(6, 443), count(), decide(NF_ACCEPT), ruled();
    rule(chain), transport(17, 53), decide(NF_ACCEPT), ruled();
    rule(chain), count(), decide(NF_DROP), unnest(rule_at);
    int length = snprintf(comment + 2, 60, "end of policy %u", i) + 1;
    comment[1] = length;
    attribute(NFTA_RULE_USERDATA, comment, length + 2), end();
}

static void load_chains(uint32_t chains) {
    char name[16], key[16];
    add_table(), add_set("pods", 0, 7, 4, 0, 0), add_set("disp", 0, 41, 16, 1, 0);
    for (uint32_t i = 1; i <= chains; i++) snprintf(name, 16, "c%05u", i), add_policy(name, i);
    table_message(NFT_MSG_NEWCHAIN, NLM_F_CREATE), text(NFTA_CHAIN_TABLE, "nlb"), text(NFTA_CHAIN_NAME, "forward"), text(NFTA_CHAIN_TYPE, "filter");
    size_t hook = nest(NFTA_CHAIN_HOOK);
    number(NFTA_HOOK_HOOKNUM, NF_INET_FORWARD), number(NFTA_HOOK_PRIORITY, 0), unnest(hook), end();
    open_list("disp", 0);
    for (uint32_t i = 1; i <= chains; i++) {
        if (used - list > 60000) close_list(), open_list("disp", 0);
        memset(key, 0, 16), snprintf(key, 16, "cali%05u", i), snprintf(name, 16, "c%05u", i);
        size_t n = nest(NFTA_LIST_ELEM);
        value(NFTA_SET_ELEM_KEY, key, 16), verdict(NFTA_SET_ELEM_DATA, NFT_JUMP, name), unnest(n);
    }
    close_list();
    rule("forward"), meta(NFT_META_IIFNAME), look_up("disp", 1), ruled();
}

static void fill(const char *shape, uint32_t n) {
    open_list(shape, 0);
    for (uint32_t i = 0; i < n; i++) add_element(shape, i, 0);
    close_list();
}

static uint32_t check;
static void walk(const char *at, int left) {
    for (const struct nlattr *a = (void *)at; left >= 4 && a->nla_len >= 4 && a->nla_len <= left; a = (void *)((char *)a + ((a->nla_len + 3) & ~3))) {
        if (a->nla_type & NLA_F_NESTED) walk((char *)a + 4, a->nla_len - 4);
        else check ^= a->nla_type * 31 + (a->nla_len >= 8 ? *(uint32_t *)(a + 1) : 0);
        left -= (a->nla_len + 3) & ~3;
    }
}

static long dump(int type, const char *set) {
    long count = 0;
    used = 0, table_message(type, NLM_F_DUMP);
    if (set) text(NFTA_SET_ELEM_LIST_TABLE, "nlb"), text(NFTA_SET_ELEM_LIST_SET, set);
    else if (type == NFT_MSG_GETRULE || type == NFT_MSG_GETSET) text(NFTA_RULE_TABLE, "nlb");
    end();
    if (send(sock, out, used, 0) < 0) fail("send");
    for (;;) {
        ssize_t n = recv(sock, in, sizeof in, 0);
        if (n < 0) fail("recv");
        for (struct nlmsghdr *h = (void *)in; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
            if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) return count;
            walk((char *)h + 20, h->nlmsg_len - 20), count++;
        }
    }
}

static int dump_table(const char *shape) {
    double begun = seconds();
    long messages = dump(NFT_MSG_GETTABLE, 0) + dump(NFT_MSG_GETCHAIN, 0) + dump(NFT_MSG_GETSET, 0) + dump(NFT_MSG_GETRULE, 0) + dump(NFT_MSG_GETSETELEM, shape);
    printf("{\"op\":\"floor-dump\",\"n\":%ld,\"seconds\":%.6f,\"check\":%u}\n", messages, seconds() - begun, check);
    return 0;
}

int main(int argc, char **argv) {
    int size = 256 << 20, received = 4 << 20;
    struct sockaddr_nl self = {.nl_family = AF_NETLINK};
    sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (sock < 0 || bind(sock, (void *)&self, sizeof self) < 0) fail("socket");
    setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &received, sizeof received);
    if (argc == 3 && !strcmp(argv[1], "dump")) return dump_table(*argv[2] == 's' ? "s4" : *argv[2] == 'i' ? "i4" : argv[2][1] == 'o' ? "c3" : "disp");
    start(), add_table(), delete_table(), commit();
    if (argc < 4) return argc == 2 && !strcmp(argv[1], "clear") ? 0 : 2;
    const char *shape = *argv[2] == 's' ? "s4" : *argv[2] == 'i' ? "i4" : argv[2][1] == 'o' ? "c3" : "chains"; // nft has words of its own for "set"
    uint32_t n = strtoul(argv[3], 0, 10);
    double begun, took;
    long operations = n;
    if (*shape == 'c' && shape[1] == 'h') {
        begun = seconds(), start(), load_chains(n), commit(), took = seconds() - begun;
    } else {
        start(), add_table(), add_shape(shape, n), commit();
        begun = seconds(), start(), fill(shape, n), commit(), took = seconds() - begun;
        if (!strcmp(argv[1], "element")) {
            int pairs = argc > 4 ? atoi(argv[4]) : 500;
            begun = seconds();
            for (int i = 0; i < 2 * pairs; i++) start(), open_list(shape, i & 1), add_element(shape, n + i / 2, i & 1), close_list(), commit();
            took = seconds() - begun, operations = 2 * pairs;
        }
    }
    printf("{\"op\":\"floor-%s\",\"n\":%ld,\"seconds\":%.6f}\n", argv[1], operations, took);
}
