/* propose.c: what is written here in place of how other languages write it. */
#include <ctype.h>
#include <stdio.h>

#include "core/expr/parser.h"

/* Text as it stands between two places, without the blanks at its ends. */
static struct fl_str slice(const struct parser *p, uint32_t from, uint32_t to)
{
    while (from < to && isspace((unsigned char)p->text.ptr[from]))
        from++;
    while (to > from && isspace((unsigned char)p->text.ptr[to - 1]))
        to--;
    return (struct fl_str){p->text.ptr + from, to - from};
}

/* ---- a text in quotes where a name or a literal belongs ---- */

static int tcp_flag(struct fl_str name)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
    for (int i = 0; i < 6; i++)
        if (fl_str_is(name, names[i]))
            return 1 << i;
    return 0;
}

bool fl_propose_flags(struct hint hint, struct fl_str text, char out[FL_PROPOSAL_BYTES])
{
    int bit = tcp_flag(text);
    if (bit == 0 || hint.beside == NULL || hint.beside->kind != FL_N_FIELD || hint.beside->field != FL_F_TCP_FLAGS)
        return false;
    snprintf(out, FL_PROPOSAL_BYTES,
             "; write tcp_flags == %d for %.*s alone, tcp_flags %% %d >= %d for %.*s among others", bit, (int)text.len,
             text.ptr, 2 * bit, bit, (int)text.len, text.ptr);
    return true;
}

static bool is_plain(struct fl_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum((unsigned char)text.ptr[i]) && strchr("._:/-", text.ptr[i]) == NULL)
            return false;
    return text.len > 0 && text.len < 50;
}

static void propose_values(enum fl_type type, char out[FL_PROPOSAL_BYTES])
{
    const char *text, *next;
    size_t len = 0;
    for (uint32_t i = 0; (text = fl_enum_text(type, i)) != NULL && len < FL_PROPOSAL_BYTES; i++) {
        next = fl_enum_text(type, i + 1);
        len += (size_t)snprintf(out + len, FL_PROPOSAL_BYTES - len, "%s%s",
                                i == 0         ? "; write "
                                : next == NULL ? " or "
                                               : ", ",
                                text);
    }
}

void fl_propose_unquoted(struct hint hint, struct fl_str text, char out[FL_PROPOSAL_BYTES])
{
    int value = fl_type_is_enum(hint.type) ? fl_enum_find(hint.type, text) : -1;
    int protocol = hint.is_protocol ? fl_protocol_find(text) : -1;
    struct fl_prefix prefix;
    out[0] = '\0';
    if (value >= 0)
        snprintf(out, FL_PROPOSAL_BYTES, "; write %s", fl_enum_text(hint.type, (uint32_t)value));
    else if (fl_type_is_enum(hint.type))
        propose_values(hint.type, out);
    else if (protocol >= 0)
        snprintf(out, FL_PROPOSAL_BYTES, "; write it without quotes: %.*s", (int)text.len, text.ptr);
    else if (hint.type == FL_T_ADDR ? fl_prefix_parse(text, &prefix, NULL)
                                    : (hint.type == FL_T_SERVICE || fl_type_is_number(hint.type)) && is_plain(text) &&
                                          (hint.type == FL_T_SERVICE || isdigit((unsigned char)text.ptr[0])))
        snprintf(out, FL_PROPOSAL_BYTES, "; write it without quotes: %.*s", (int)text.len, text.ptr);
    else
        fl_propose_flags(hint, text, out);
}

void fl_propose_duration(struct fl_ratio number, char out[FL_PROPOSAL_BYTES])
{
    long long n = (long long)number.num;
    out[0] = '\0';
    if (number.den != 1 || number.num < 0 || number.num > INT32_MAX)
        return;
    int len = snprintf(out, FL_PROPOSAL_BYTES, "; write %llds", n);
    if (n > 0 && n % 60 == 0)
        snprintf(out + len, FL_PROPOSAL_BYTES - (size_t)len, " or %lldm", n / 60);
}

/* ---- sets ---- */

/* The networks that hold the addresses from low to high, few of them: "{10.0.0.1, 10.0.0.2/31}". */
static bool add_networks(struct fl_addr low, struct fl_addr high, char *out, size_t size)
{
    uint64_t at = low.lo, end = high.lo;
    size_t len = (size_t)snprintf(out, size, "{");
    if (!fl_addr_is_v4(low) || !fl_addr_is_v4(high) || at > end)
        return false;
    for (bool first = true; at <= end; first = false) {
        unsigned bits = 0;
        while (bits < 32 && (at & ((UINT64_C(2) << bits) - 1)) == 0 && at + (UINT64_C(2) << bits) - 1 <= end)
            bits++;
        char text[FL_PREFIX_TEXT_BYTES];
        fl_prefix_format((struct fl_prefix){{0, at}, (uint8_t)(128 - bits)}, text);
        char *slash = strchr(text, '/');
        if (bits == 0 && slash != NULL)
            *slash = '\0';
        len += (size_t)snprintf(out + len, size - len, "%s%s", first ? "" : ", ", text);
        if (len + FL_PREFIX_TEXT_BYTES + 4 > size)
            return false;
        at += UINT64_C(1) << bits;
    }
    snprintf(out + len, size - len, "}");
    return true;
}

static enum fl_status refuse_addresses(struct parser *p, uint32_t at, struct fl_addr low)
{
    char networks[200];
    enum fl_status status = fl_parse_advance(p);
    if (status == FL_E_NOMEM)
        return status;
    bool told = status == FL_OK && p->now.kind == FL_TOKEN_PREFIX &&
                add_networks(low, p->now.prefix.addr, networks, sizeof networks);
    return fl_parse_fail(p, at, FL_E_SYNTAX, "a range of addresses is written as its networks%s%s",
                         told ? ": " : ", such as 10.0.1.0/24", told ? networks : "");
}

/* A range with a minus: "22-25", "tcp/22-25". */
enum fl_status fl_propose_range(struct parser *p, uint32_t from)
{
    uint32_t at = p->now.at;
    struct fl_str low = slice(p, from, at), high = {"LAST", 4};
    enum fl_status status = fl_parse_advance(p);
    if (status == FL_E_NOMEM)
        return status;
    if (status == FL_OK && (p->now.kind == FL_TOKEN_NUMBER || p->now.kind == FL_TOKEN_DURATION))
        high = slice(p, p->now.at, p->now.end);
    return fl_parse_fail(p, at, FL_E_SYNTAX, "a range is written with two dots: `in %.*s..%.*s`", (int)low.len, low.ptr,
                         (int)high.len, high.ptr);
}

enum fl_status fl_propose_behind_member(struct parser *p, uint32_t from, const struct fl_set_item *item)
{
    bool minus = fl_parse_at_mark(p, "-");
    if (!minus && !fl_parse_at_mark(p, ".."))
        return FL_OK;
    if (item->kind == FL_ITEM_PREFIX)
        return refuse_addresses(p, p->now.at, item->prefix.addr);
    return minus && item->kind == FL_ITEM_RANGE ? fl_propose_range(p, from) : FL_OK;
}

/* Several members without braces: as far as they go. */
enum fl_status fl_propose_braces(struct parser *p, uint32_t from)
{
    uint32_t at = p->now.at, end = p->now.at;
    enum fl_status status = FL_OK;
    while (status == FL_OK && p->now.kind != FL_TOKEN_END && !fl_parse_at_mark(p, ")") && !fl_parse_at_word(p, "and") &&
           !fl_parse_at_word(p, "or")) {
        end = p->now.end;
        status = fl_parse_advance(p);
    }
    if (status == FL_E_NOMEM)
        return status;
    struct fl_str list = slice(p, from, end);
    return fl_parse_fail(p, at, FL_E_SYNTAX, "several members stand in braces: `in {%.*s}`",
                         list.len > 100 ? 100 : (int)list.len, list.ptr);
}

enum fl_status fl_propose_set(struct parser *p)
{
    const char *begin = p->text.ptr + p->now.at + 1, *end = memchr(begin, ')', p->text.len - p->now.at - 1);
    bool told = end != NULL && end - begin <= 100;
    return fl_parse_fail(p, p->now.at, FL_E_SYNTAX, "a set stands in braces: `in {%.*s}`",
                         told ? (int)(end - begin) : 3, told ? begin : "...");
}

/* ---- tests of other languages ---- */

enum fl_status fl_propose_test(struct parser *p, const struct fl_node *left)
{
    uint32_t at = p->now.at;
    struct fl_str name = slice(p, left->at, at), low, high;
    if (fl_parse_at_word(p, "like") || fl_parse_at_word(p, "contains"))
        return fl_parse_fail(p, at, FL_E_SYNTAX,
                             left->type == FL_T_STR ? "write `matches \"*part*\"`: * stands for any text"
                                                    : "addresses and numbers are tested with `in`: `in 10.0.0.0/8`");
    if (!fl_parse_at_word(p, "between"))
        return FL_OK;
    enum fl_status status = fl_parse_advance(p);
    low = slice(p, p->now.at, p->now.end);
    if (status == FL_OK)
        status = fl_parse_advance(p);
    bool fits = status == FL_OK && fl_parse_at_word(p, "and");
    if (fits)
        status = fl_parse_advance(p);
    high = slice(p, p->now.at, p->now.end);
    if (status == FL_E_NOMEM)
        return status;
    if (status != FL_OK || !fits || low.len == 0 || high.len == 0) {
        low = fl_str_of("FIRST");
        high = fl_str_of("LAST");
    }
    return fl_parse_fail(p, at, FL_E_SYNTAX, "write `%.*s in %.*s..%.*s`", (int)name.len, name.ptr, (int)low.len,
                         low.ptr, (int)high.len, high.ptr);
}
