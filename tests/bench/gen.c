/* gen.c: writes VPC flow logs for benchmarks; the same arguments give the same bytes everywhere.
 *
 *     gen [--rows N | --bytes N] [--v5] [--gzip] [--seed S] [--start SECONDS] [--no-header] > out
 *
 * A small company: 4,000 interfaces in the roles web, app, database, NAT gateway and other; 1.5
 * million internet hosts of which few are popular; 12 port scanners; background noise that is
 * rejected; 1.5 % of IPv6 and 1.5 % of NODATA and SKIPDATA lines. A minute of log has 400,000 rows,
 * with starts that go back up to two minutes. --bytes ends after the row that reaches N bytes of
 * text; --gzip compresses it (zlib, level 6). Two objects of one company: the same --seed and
 * another --start.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#define ROWS_PER_MINUTE 400000
#define DEFAULT_START   1700000040
#define OUT_BYTES       (1 << 20)
#define ROW_BYTES_MAX   1024
#define INTERNET_BITS   21 /* ranks of internet hosts: below 1.5 million */
#define INTERNET_HOSTS  1500000
#define SCANNERS        12

enum role { WEB, APP, DB, NAT, OTHER, ROLES };
static const uint32_t role_count[ROLES] = {800, 1800, 320, 16, 1064};
static const uint32_t role_net[ROLES] = {0x0a000100, 0x0a001000, 0x0a004000, 0x0a00fa00, 0x0a010000};
#define HOSTS 4000

struct host {
    char ip[16], eni[24], instance[24];
    uint8_t ip_len;
    enum role role;
    uint32_t address;
    uint32_t subnet;
};

/* One end of a flow as text. */
struct end {
    char text[48];
    size_t len;
};

struct flow {
    const struct host *own;
    struct end src, dst;
    uint32_t srcport, dstport, protocol;
    bool ingress, reject, six;
};

struct scanner {
    const struct host *target;
    uint32_t rank, port, last;
};

struct options {
    uint64_t rows, bytes, seed, start;
    bool v5, gzip, header;
};

static uint64_t state[4];
static struct host hosts[HOSTS];
static uint32_t role_first[ROLES];
static struct scanner scanners[SCANNERS];
static char accounts[ROLES][16], vpcs[ROLES][24], subnets[32][28];
static char octets[256][4];
static uint8_t octet_len[256];

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t rotate(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

/* xoshiro256** */
static uint64_t next(void)
{
    uint64_t result = rotate(state[1] * 5, 7) * 9, t = state[1] << 17;

    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= t;
    state[3] = rotate(state[3], 45);
    return result;
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)(((next() >> 32) * n) >> 32);
}

static bool percent(uint32_t p)
{
    return below(100) < p;
}

/* Of 0 .. 2^bits - 1, each doubling equally likely: popularity falls as 1/rank. */
static uint32_t skewed(uint32_t bits)
{
    uint32_t low = 1u << below(bits);

    return low - 1 + below(low);
}

static char *put(char *p, const void *bytes, size_t len)
{
    memcpy(p, bytes, len);
    return p + len;
}

static char *put_text(char *p, const char *text)
{
    return put(p, text, strlen(text));
}

static char *put_number(char *p, uint64_t v)
{
    char digits[20];
    size_t n = sizeof(digits);

    do {
        digits[--n] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    return put(p, digits + n, sizeof(digits) - n);
}

static char *put_v4(char *p, uint32_t a)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        uint32_t o = a >> shift & 255;

        memcpy(p, octets[o], 4);
        p += octet_len[o];
        *p++ = '.';
    }
    return p - 1;
}

static char *put_hex(char *p, uint64_t v)
{
    int shift = 60;

    while (shift > 0 && !(v >> shift))
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *p++ = "0123456789abcdef"[v >> shift & 15];
    return p;
}

static bool is_internet(uint32_t a)
{
    uint32_t first = a >> 24;

    if (first == 0 || first == 10 || first == 100 || first == 127 || first == 169 || first >= 224)
        return false;
    return a >> 16 != 0xc0a8 && a >> 20 != 0xac1;
}

static uint32_t internet_address(uint64_t seed, uint32_t rank)
{
    uint64_t k = mix(seed * 31 + rank);

    while (!is_internet((uint32_t)k))
        k = mix(k);
    return (uint32_t)k;
}

static uint32_t popular_rank(void)
{
    uint32_t rank;

    do
        rank = skewed(INTERNET_BITS);
    while (rank >= INTERNET_HOSTS);
    return rank;
}

static void make_company(uint64_t seed)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < 256; i++)
        octet_len[i] = (uint8_t)(put_number(octets[i], i) - octets[i]);
    for (int role = 0; role < ROLES; role++) {
        role_first[role] = n;
        snprintf(accounts[role], sizeof(accounts[role]), "%012llu",
                 (unsigned long long)(mix(seed + 900 + (uint64_t)(role & 3)) % 1000000000000u));
        snprintf(vpcs[role], sizeof(vpcs[role]), "vpc-0%016llx",
                 (unsigned long long)mix(seed + 50 + (uint64_t)(role & 3)));
        for (uint32_t i = 0; i < role_count[role]; i++, n++) {
            struct host *h = &hosts[n];

            h->role = (enum role)role;
            h->address = role_net[role] + ((i / 240) << 8) + 4 + i % 240;
            h->ip_len = (uint8_t)(put_v4(h->ip, h->address) - h->ip);
            h->subnet = ((uint32_t)role * 6 + i / 240 % 6) % 32;
            snprintf(h->eni, sizeof(h->eni), "eni-0%016llx", (unsigned long long)mix(seed ^ n));
            snprintf(h->instance, sizeof(h->instance), "i-0%016llx", (unsigned long long)mix(seed ^ n ^ 0xabc));
        }
    }
    for (int i = 0; i < 32; i++)
        snprintf(subnets[i], sizeof(subnets[i]), "subnet-0%016llx", (unsigned long long)mix(seed + 500 + (uint64_t)i));
}

static const struct host *pick(enum role role)
{
    uint32_t n = role_count[role];
    uint32_t i = percent(25) ? below(n) : (uint32_t)((uint64_t)skewed(10) * n >> 10);

    return &hosts[role_first[role] + i];
}

static void end_host(struct end *e, const struct host *h)
{
    memcpy(e->text, h->ip, sizeof(h->ip));
    e->len = h->ip_len;
}

static void end_internet(struct end *e, uint64_t seed, uint32_t rank)
{
    e->len = (size_t)(put_v4(e->text, internet_address(seed, rank)) - e->text);
}

static uint32_t client_port(void)
{
    return percent(80) ? 32768 + below(28232) : 1024 + below(64512);
}

/* Client and server, in either direction of the packets. */
static void set_ports(struct flow *f, bool request, uint32_t client, uint32_t server)
{
    f->srcport = request ? client : server;
    f->dstport = request ? server : client;
}

static void flow_internet(struct flow *f, enum role role, uint64_t seed)
{
    static const uint16_t out_ports[] = {443, 443, 443, 443, 443, 443, 443, 80, 80, 22};
    bool to_us = role == WEB, request = next() & 1;
    uint32_t port = to_us ? (percent(88) ? 443 : 80) : out_ports[below(10)];

    f->own = pick(role);
    f->ingress = to_us == request;
    end_internet(f->ingress ? &f->src : &f->dst, seed, popular_rank());
    end_host(f->ingress ? &f->dst : &f->src, f->own);
    set_ports(f, request, client_port(), port);
}

static void flow_internal(struct flow *f, enum role from, enum role to, const uint16_t ports[8])
{
    const struct host *client = pick(from), *server = pick(to);
    bool request = next() & 1;

    f->own = request ? server : client;
    end_host(request ? &f->src : &f->dst, client);
    end_host(request ? &f->dst : &f->src, server);
    set_ports(f, request, client_port(), ports[next() >> 61]);
}

static void flow_lookup(struct flow *f)
{
    f->own = pick(percent(50) ? APP : OTHER);
    f->ingress = false;
    f->protocol = 17;
    end_host(&f->src, f->own);
    f->dst.len = (size_t)(put_text(f->dst.text, "10.0.0.2") - f->dst.text);
    set_ports(f, true, client_port(), percent(80) ? 53 : 123);
}

static void flow_noise(struct flow *f, uint64_t seed)
{
    static const uint16_t ports[16] = {22,   23,   445,  3389, 5060, 8080, 1433, 3306,
                                       5432, 6379, 2375, 9200, 5900, 123,  161,  81};

    f->own = pick(percent(66) ? WEB : NAT);
    f->reject = true;
    end_internet(&f->src, seed, popular_rank());
    end_host(&f->dst, f->own);
    set_ports(f, true, client_port(), percent(66) ? ports[next() >> 60] : below(65536));
    if (f->dstport == 123 || f->dstport == 161 || f->dstport == 5060)
        f->protocol = 17;
}

static void flow_scan(struct flow *f, uint64_t seed)
{
    struct scanner *s = &scanners[below(SCANNERS)];

    if (!s->target || s->port > s->last) {
        if (!s->target || percent(25))
            s->rank = INTERNET_HOSTS / 2 + below(INTERNET_HOSTS / 2);
        s->target = pick(percent(75) ? WEB : DB);
        s->port = 1;
        s->last = 1024 + below(64000);
    }
    f->own = s->target;
    f->reject = percent(97);
    end_internet(&f->src, seed, s->rank);
    end_host(&f->dst, f->own);
    set_ports(f, true, 40000 + below(20000), s->port++);
}

static void flow_six(struct flow *f, uint64_t seed)
{
    uint64_t x = mix(popular_rank() + seed);
    char *p;

    f->own = pick(WEB);
    f->six = true;
    p = put_text(f->src.text, x & 1 ? "2001:db8" : "2a02");
    for (int i = 0; i < (x & 1 ? 6 : 3); i++) {
        *p++ = ':';
        if (!(x & 1) && i == 2)
            *p++ = ':';
        p = put_hex(p, (mix(x + (uint64_t)i) & 0xffff) | 1);
    }
    f->src.len = (size_t)(p - f->src.text);
    p = put_text(f->dst.text, "2600:1f18:4a0");
    p = put_hex(p, f->own->subnet & 15);
    p = put_text(p, "::");
    p = put_hex(p, f->own->address & 0xffff);
    f->dst.len = (size_t)(p - f->dst.text);
    set_ports(f, true, client_port(), 443);
}

/* k is of 1,000. */
static void make_flow(struct flow *f, uint32_t k, uint64_t seed)
{
    static const uint16_t app[8] = {8080, 8080, 8080, 8443, 8443, 9090, 8080, 3000};
    static const uint16_t db[8] = {5432, 5432, 5432, 3306, 6379, 5432, 27017, 3306};
    static const uint16_t other[8] = {22, 22, 22, 22, 22, 22, 3389, 445};

    f->protocol = 6;
    f->ingress = true;
    f->reject = f->six = false;
    if (k < 400)
        flow_internet(f, WEB, seed);
    else if (k < 620)
        flow_internal(f, WEB, APP, app);
    else if (k < 770)
        flow_internal(f, percent(85) ? APP : WEB, DB, db);
    else if (k < 850)
        flow_internet(f, NAT, seed);
    else if (k < 890)
        flow_lookup(f);
    else if (k < 950)
        flow_noise(f, seed);
    else if (k < 970)
        flow_scan(f, seed);
    else if (k < 985)
        flow_six(f, seed);
    else
        flow_internal(f, OTHER, OTHER, other);
    if (k >= 995) {
        f->protocol = 1;
        f->srcport = f->dstport = 0;
    }
    if (below(200) == 0)
        f->reject = true;
}

static char *put_field(char *p, const char *text)
{
    *p++ = ' ';
    return put_text(p, text);
}

/* Of TCP: a refused SYN, a whole connection, or the middle of one. */
static uint32_t flags(const struct flow *f)
{
    if (f->protocol != 6)
        return 0;
    if (f->reject)
        return 2;
    return percent(66) ? (f->ingress ? 3 : 19) : 0;
}

static char *put_tail_v5(char *p, const struct flow *f)
{
    const struct host *own = f->own;

    p = put_field(p, vpcs[own->role]);
    p = put_field(p, subnets[own->subnet]);
    p = put_field(p, own->instance);
    *p++ = ' ';
    p = put_number(p, flags(f));
    p = put_text(p, f->six ? " IPv6 " : " IPv4 ");
    p = put(p, f->src.text, f->src.len);
    *p++ = ' ';
    p = put(p, f->dst.text, f->dst.len);
    p = put_text(p, " us-east-1 use1-az");
    *p++ = (char)('1' + own->subnet % 6);
    p = put_text(p, own->role == NAT && percent(25) ? " - - S3" : " - - -");
    p = put_text(p, own->role == NAT && percent(12) ? " DYNAMODB" : " -");
    if (f->ingress)
        return put_text(p, " ingress -");
    p = put_text(p, " egress ");
    return put_number(p, 1 + below(8));
}

/* Packets: mostly few, seldom thousands. */
static uint64_t packets(void)
{
    uint32_t doublings = (uint32_t)__builtin_ctz((uint32_t)next() | 0x1000);

    return 1 + below(2u << doublings) + (doublings > 2 ? doublings * 3 : 0);
}

static char *put_no_data(char *p, const struct options *o, uint64_t start, uint64_t end, bool skip)
{
    const struct host *own = &hosts[below(HOSTS)];

    p = put_text(p, o->v5 ? "5 " : "2 ");
    p = put_text(p, accounts[own->role]);
    p = put_field(p, own->eni);
    p = put_text(p, " - - - - - - - ");
    p = put_number(p, start);
    *p++ = ' ';
    p = put_number(p, end);
    p = put_text(p, skip ? " - SKIPDATA" : " - NODATA");
    if (o->v5) {
        p = put_field(p, vpcs[own->role]);
        p = put_field(p, subnets[own->subnet]);
        p = put_field(p, own->instance);
        p = put_text(p, " - - - - us-east-1 use1-az2 - - - - - -");
    }
    return p;
}

static char *put_row(char *p, const struct options *o, uint64_t i)
{
    uint64_t minute = o->start + i / ROWS_PER_MINUTE * 60, start, end, count, bytes;
    uint32_t late = below(100), second = below(60), k = below(1000);
    struct flow f;

    if (late < 14)
        minute -= late < 12 ? 60 : 120;
    start = minute + second;
    end = start + below(60 - second);
    if (k < 15) {
        p = put_no_data(p, o, start, end, k >= 13);
        *p++ = '\n';
        return p;
    }
    make_flow(&f, k, o->seed);
    count = f.reject ? 1 + below(3) : packets();
    bytes = count * (f.reject ? 40 + 4 * below(2) : 40 + below(1000));
    p = put_text(p, o->v5 ? "5 " : "2 ");
    p = put(p, accounts[f.own->role], 12);
    p = put_field(p, f.own->eni);
    *p++ = ' ';
    p = put(p, f.src.text, f.src.len);
    *p++ = ' ';
    p = put(p, f.dst.text, f.dst.len);
    const uint64_t numbers[] = {f.srcport, f.dstport, f.protocol, count, bytes, start, end};
    for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
        *p++ = ' ';
        p = put_number(p, numbers[n]);
    }
    p = put_text(p, f.reject ? " REJECT OK" : " ACCEPT OK");
    if (o->v5)
        p = put_tail_v5(p, &f);
    *p++ = '\n';
    return p;
}

static bool write_all(const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len) {
        ssize_t n = write(STDOUT_FILENO, p, len);

        if (n <= 0) {
            perror("gen: write");
            return false;
        }
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static bool flush_block(z_stream *z, char *block, size_t len, bool last)
{
    static unsigned char packed[OUT_BYTES];

    if (!z)
        return write_all(block, len);
    z->next_in = (unsigned char *)block;
    z->avail_in = (unsigned)len;
    do {
        z->next_out = packed;
        z->avail_out = sizeof(packed);
        deflate(z, last ? Z_FINISH : Z_NO_FLUSH);
        if (!write_all(packed, sizeof(packed) - z->avail_out))
            return false;
    } while (!z->avail_out);
    return true;
}

static bool generate(const struct options *o)
{
    static char block[OUT_BYTES];
    z_stream packer = {0}, *z = o->gzip ? &packer : NULL;
    uint64_t written = 0;
    char *p = block;

    if (z && deflateInit2(z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    if (o->header) {
        p = put_text(p, "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets "
                        "bytes start end action log-status");
        if (o->v5)
            p = put_text(p, " vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region "
                            "az-id sublocation-type sublocation-id pkt-src-aws-service "
                            "pkt-dst-aws-service flow-direction traffic-path");
        *p++ = '\n';
    }
    for (uint64_t i = 0; i < o->rows; i++) {
        p = put_row(p, o, i);
        if (written + (uint64_t)(p - block) >= o->bytes)
            break;
        if ((size_t)(p - block) > OUT_BYTES - ROW_BYTES_MAX) {
            if (!flush_block(z, block, (size_t)(p - block), false))
                return false;
            written += (uint64_t)(p - block);
            p = block;
        }
    }
    if (!flush_block(z, block, (size_t)(p - block), true))
        return false;
    if (z)
        deflateEnd(z);
    return true;
}

static int usage(void)
{
    fputs("usage: gen [--rows N | --bytes N] [--v5] [--gzip] [--seed S] [--start SECONDS] "
          "[--no-header]\n",
          stderr);
    return 2;
}

static bool number_after(int argc, char **argv, int *i, uint64_t *out)
{
    char *end;

    if (++*i >= argc)
        return false;
    *out = strtoull(argv[*i], &end, 10);
    return end != argv[*i] && !*end;
}

int main(int argc, char **argv)
{
    struct options o = {UINT64_MAX, UINT64_MAX, 1, DEFAULT_START, false, false, true};

    for (int i = 1; i < argc; i++) {
        bool ok = true;

        if (!strcmp(argv[i], "--v5"))
            o.v5 = true;
        else if (!strcmp(argv[i], "--gzip"))
            o.gzip = true;
        else if (!strcmp(argv[i], "--no-header"))
            o.header = false;
        else if (!strcmp(argv[i], "--rows"))
            ok = number_after(argc, argv, &i, &o.rows);
        else if (!strcmp(argv[i], "--bytes"))
            ok = number_after(argc, argv, &i, &o.bytes);
        else if (!strcmp(argv[i], "--seed"))
            ok = number_after(argc, argv, &i, &o.seed);
        else if (!strcmp(argv[i], "--start"))
            ok = number_after(argc, argv, &i, &o.start);
        else
            ok = false;
        if (!ok)
            return usage();
    }
    if (o.rows == UINT64_MAX && o.bytes == UINT64_MAX)
        o.rows = 1000000;
    for (uint64_t i = 0; i < 4; i++)
        state[i] = mix(o.seed * 1000003 + o.start + i * 77);
    make_company(o.seed);
    return generate(&o) ? 0 : 1;
}
