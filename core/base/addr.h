/* addr.h: IPv4 and IPv6 addresses and prefixes in one 16-byte value.
 *
 * IPv4 a.b.c.d is held as ::ffff:a.b.c.d, so order, equality and prefixes need no family branch.
 * A prefix length counts from the start of the 128 bits: IPv4 /24 is 96 + 24 = 120.
 */
#ifndef FL_BASE_ADDR_H
#define FL_BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

struct fl_addr {
    uint64_t hi, lo;
};

struct fl_prefix {
    struct fl_addr addr; /* host bits zero */
    uint8_t len;         /* 0..128 */
};

#define FL_ADDR_TEXT_BYTES   46
#define FL_PREFIX_TEXT_BYTES 50

static inline struct fl_addr fl_addr_v4(uint32_t v4)
{
    return (struct fl_addr){0, UINT64_C(0xffff00000000) | v4};
}

static inline bool fl_addr_is_v4(struct fl_addr a)
{
    return a.hi == 0 && (a.lo >> 32) == 0xffff;
}

static inline bool fl_addr_equal(struct fl_addr a, struct fl_addr b)
{
    return ((a.hi ^ b.hi) | (a.lo ^ b.lo)) == 0;
}

static inline int fl_addr_compare(struct fl_addr a, struct fl_addr b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return a.lo < b.lo ? -1 : a.lo > b.lo;
}

/* Strict text forms (RFC 4291, RFC 5952 input; no zone, no leading zeros in IPv4). false if malformed. */
bool fl_addr_parse(struct fl_str text, struct fl_addr *out);

/* "10.0.0.0/8", "2001:db8::/32" or a bare address (a host prefix). Host bits set: *host_bits_set = true
 * and they are cleared. false if malformed. host_bits_set may be NULL. */
bool fl_prefix_parse(struct fl_str text, struct fl_prefix *out, bool *host_bits_set);

/* Write the canonical text (RFC 5952), NUL terminated; return its length. */
unsigned fl_addr_format(struct fl_addr a, char out[FL_ADDR_TEXT_BYTES]);
unsigned fl_prefix_format(struct fl_prefix p, char out[FL_PREFIX_TEXT_BYTES]);

/* Prefixes of IPv6 hold no IPv4 address, though ::ffff:0:0/96 lies within some. */
bool fl_prefix_contains(struct fl_prefix p, struct fl_addr a);
/* Is it a prefix of IPv6 within which the IPv4 addresses lie as they are held here? */
bool fl_prefix_spans_v4(struct fl_prefix p);
struct fl_addr fl_prefix_last(struct fl_prefix p); /* its highest address */

#endif
