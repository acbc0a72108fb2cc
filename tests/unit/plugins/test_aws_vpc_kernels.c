/* The fast decoder against a naive one, for every kernel set, on random and damaged text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

#include <cmocka.h>

#include "tests/unit/plugins/decoder_host.h"

#include "tests/unit/plugins/aws_vpc_reference.h"

static const char *const sets[] = {"portable", "avx2", "avx512"};
static const char default_names[] =
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol "
    "packets bytes start end action log-status";

/* ---- random text ---- */

static uint64_t seed;

static uint32_t below(uint32_t n)
{
    seed += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = seed;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((x ^ (x >> 31)) % n);
}

struct text {
    char bytes[1 << 16];
    size_t len;
};

static void add(struct text *t, const char *bytes, size_t len)
{
    if (t->len + len <= sizeof(t->bytes)) {
        memcpy(t->bytes + t->len, bytes, len);
        t->len += len;
    }
}

static void add_text(struct text *t, const char *s)
{
    add(t, s, strlen(s));
}

static void add_number(struct text *t, uint64_t v)
{
    char s[24];

    snprintf(s, sizeof(s), "%" PRIu64, v);
    add_text(t, s);
}

static void add_v4(struct text *t)
{
    char s[24];
    uint32_t small = below(4);

    snprintf(s, sizeof(s), "%u.%u.%u.%u", below(small ? 256 : 10), below(256),
             below(small ? 256 : 30), below(256));
    add_text(t, s);
}

static void add_valid(struct text *t, uint32_t field)
{
    static const char *const words[] = {
        "eni-0a1b2c3d4e5f60718", "vpc-1", "subnet-0123456789abcdef0", "-", "us-east-1", "IPv4",
        "i-0c50d5961bcb2d47b", "S3", "x",
    };

    switch (field == FLP_NO_FIELD ? FLP_STRING : host_storage(field)) {
    case FLP_U8:
        add_number(t, below(256));
        break;
    case FLP_U16:
        add_number(t, below(2) ? below(65536) : below(1000));
        break;
    case FLP_INT:
        add_number(t, below(1u << below(31)));
        break;
    case FLP_TIME_MS:
        add_number(t, 1600000000u + below(200000000));
        break;
    case FLP_ADDR:
        add_v4(t);
        break;
    case FLP_ACTION:
        add_text(t, below(5) ? "ACCEPT" : "REJECT");
        break;
    case FLP_STATUS:
        add_text(t, "OK");
        break;
    case FLP_STRING:
        add_text(t, words[below(sizeof(words) / sizeof(words[0]))]);
        break;
    }
}

/* Values that sit on an edge of some kernel. */
static void add_strange(struct text *t)
{
    static const char *const values[] = {
        "-", "--", "0", "00", "-1", "+5", "65535", "65536", "255", "256", "0255", "99999999",
        "100000000", "9999999999", "10000000000", "99999999999", "100000000000",
        "99999999999999", "100000000000000", "99999999999999999", "100000000000000000",
        "9223372036854775807", "9223372036854775808", "18446744073709551616",
        "00000000000000000000000000000000000000000007", "1.5", "1e3", "12a", ":", ";", "/",
        "1234567/", "1234567:", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3.256",
        "01.2.3.4", "1.2.3.04", "1.2.3", "1.2.3.4.5", "1..3.4", ".1.2.3", "1.2.3.", "1.2.3.4.",
        "1000.1.1.1", "1.2.3.4a", "a.b.c.d", "1.2.3.:", "300.300.300.300", "::", "::1",
        "2001:db8::1", "fd00:ec2::254", "2600:1f18:4a00:1234:abcd:ef01:2345:6789",
        "::ffff:1.2.3.4", "2001:db8:::1", "fe80::1%eth0",
        "1.2.3.45678901234567890123456789012345678",
        "10.20.30.40x9012345678901234567890123456789",
        "10.20.30.400000000000000000000000000000000000000000000000000000000000000000000000000",
        "ACCEPT", "accept", "Reject", "ACCEPTED", "ACCEP", "REJECX", "OK", "ok", "Ok", "OKAY",
        "O", "NODATA", "nodata", "SKIPDATA", "SkipData", "SKIPDATAX", "unknown", "#", "#1",
        "version", "srcaddr", "\xff\xfe", "\x80\x80\x80\x80\x80\x80\x80\x80", "9\x01", "\x7f",
    };

    add_text(t, values[below(sizeof(values) / sizeof(values[0]))]);
}

static void add_header(struct text *t, const struct ref_layout *layout)
{
    char name[64];

    for (uint32_t i = 0; i < layout->count; i++) {
        uint32_t f = layout->field[i];

        if (f == FLP_NO_FIELD)
            snprintf(name, sizeof(name), "new-field-%u", i);
        else
            snprintf(name, sizeof(name), "%s", host_fields[f].name);
        if (f == HOST_F_START_TIME || f == HOST_F_END_TIME)
            *strchr(name, '_') = 0;
        add_text(t, i ? " " : "");
        add_text(t, name);
    }
    add_text(t, "\n");
}

/* Any order of any of the fields; sometimes the default. */
static void random_layout(struct ref_layout *layout)
{
    uint32_t n = HOST_F_CLIENT, left[HOST_F_CLIENT];

    layout->count = 0;
    if (below(3) == 0) {
        for (uint32_t f = 0; f < 14; f++)
            layout->field[layout->count++] = f;
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        left[i] = i;
    for (uint32_t want = 2 + below(below(4) ? 20 : 40); layout->count < want; n--) {
        uint32_t pick = below(n);

        layout->field[layout->count++] = below(20) ? left[pick] : FLP_NO_FIELD;
        left[pick] = left[n - 1];
    }
}

static void add_row(struct text *t, const struct ref_layout *layout, uint32_t strange)
{
    bool quiet = below(20) == 0;

    for (uint32_t i = 0; i < layout->count; i++) {
        uint32_t field = layout->field[i];

        add_text(t, i ? " " : "");
        if (quiet && field == HOST_F_LOG_STATUS)
            add_text(t, below(2) ? "NODATA" : "SKIPDATA");
        else if (quiet && field != FLP_NO_FIELD && ref_is_data(field) && below(200))
            add_text(t, "-");
        else if (below(1000) < strange)
            add_strange(t);
        else
            add_valid(t, field);
    }
}

static void add_odd_line(struct text *t, const struct ref_layout *layout)
{
    switch (below(8)) {
    case 0:
        add_text(t, "\n");
        break;
    case 1:
        add_text(t, " \t \n");
        break;
    case 2:
        add_text(t, "# a comment line\n");
        break;
    case 3:
        add_text(t, "#");
        add_row(t, layout, 0);
        add_text(t, "\n");
        break;
    case 4:
        add_text(t, "...\n");
        break;
    case 5:
        add_header(t, layout);
        break;
    case 6:
        add_text(t, "srcaddr dstaddr srcaddr\n");
        break;
    case 7:
        add_row(t, layout, 10);
        add_text(t, " extra\n");
        break;
    }
}

static void mutate(struct text *t, uint32_t changes)
{
    for (; changes && t->len > 1; changes--) {
        size_t at = below((uint32_t)t->len), n;

        switch (below(7)) {
        case 0:
            t->bytes[at] ^= (char)(1 << below(8));
            break;
        case 1:
            t->bytes[at] = " \t\n\r\0#.-9"[below(9)];
            break;
        case 2: /* a blank more */
            add(t, " ", 1);
            memmove(t->bytes + at + 1, t->bytes + at, t->len - at - 1);
            t->bytes[at] = ' ';
            break;
        case 3: /* a cut */
            n = 1 + below(30);
            n = n < t->len - at ? n : t->len - at;
            memmove(t->bytes + at, t->bytes + at + n, t->len - at - n);
            t->len -= n;
            break;
        default:
            t->bytes[at] = t->bytes[below((uint32_t)t->len)];
            break;
        }
    }
}

static void line_end(struct text *t, bool windows)
{
    if (below(400) == 0)
        add_text(t, " ");
    if (below(400) == 0)
        add_text(t, "\t");
    add_text(t, windows || below(500) == 0 ? "\r\n" : "\n");
}

static void random_text(struct text *t, struct ref_layout *layout)
{
    uint32_t rows = below(4) ? below(40) : below(300), strange = below(2) ? 0 : below(100);
    bool windows = below(12) == 0, odd_lines = below(3) == 0;

    t->len = 0;
    add_header(t, layout);
    for (uint32_t i = 0; i < rows && t->len < sizeof(t->bytes) - 8192; i++) {
        if (odd_lines && below(15) == 0)
            add_odd_line(t, layout);
        if (below(200) == 0) {
            random_layout(layout);
            add_header(t, layout);
        }
        if (below(300) == 0)
            for (uint32_t n = below(200); n; n--)
                add_text(t, below(100) ? " " : "\t");
        add_row(t, layout, strange);
        line_end(t, windows);
    }
    if (below(3) == 0)
        mutate(t, 1 + below(below(2) ? 4 : 60));
    if (t->len && below(50))
        t->bytes[t->len - 1] = '\n';
}

/* ---- comparing ---- */

static void run_text(struct run *r, const struct text *t, bool whole)
{
    static const char poison[] = " 9\n.-\xff\0A";

    for (size_t at = 0; at < t->len;) {
        size_t len = whole ? t->len - at : below(4000);

        if (len > t->len - at)
            len = t->len - at;
        if (len < t->len - at)
            len += line_length(t->bytes + at + len, t->len - at - len);
        r->poison = poison[below(8)];
        run_chunk(r, t->bytes + at, len, at);
        at += len;
    }
}

static void show_difference(const char *set, const struct ref_text *got,
                            const struct ref_text *want, uint64_t start_seed)
{
    size_t i = 0, from;

    while (i < got->len && i < want->len && got->bytes[i] == want->bytes[i])
        i++;
    for (from = i; from && got->bytes[from - 1] != '\n';)
        from--;
    print_error("%s, seed %" PRIu64 "\n  got  %.*s\n  want %.*s\n", set, start_seed,
                (int)(got->len - from < 400 ? got->len - from : 400), got->bytes + from,
                (int)(want->len - from < 400 ? want->len - from : 400), want->bytes + from);
    fail();
}

static void compare(const char *set, const struct text *t, const uint64_t *wanted, const char *told,
                    const struct ref_layout *told_layout, bool whole, uint64_t start_seed)
{
    struct host *h = host_resize(NULL, sizeof(*h));
    struct flp_host functions = host_functions(h);
    struct ref_text got = {0}, want = {0};
    struct reference ref = {wanted, {0, {0}}, &want};
    struct run r = {flp_plugin_aws_vpc.functions, NULL, h, &got, '9'};
    struct flp_open how = {sizeof(how), told, wanted, HOST_WORDS};
    char error[256], *first = padded(t->bytes, t->len, ' ');

    host_init(h);
    h->poison = true;
    memcpy(h->wanted, wanted, sizeof(h->wanted));
    setenv("FL_KERNELS", set, 1);
    r.self = r.decoder->open(&functions, &how, error, sizeof(error));
    if (r.self) {
        if (told_layout)
            ref.layout = *told_layout;
        assert_true(r.decoder->begin(r.self, first + REF_PADDING, t->len, error, sizeof(error)));
        run_text(&r, t, whole);
        ref_decode(&ref, t->bytes, t->len);
        if (got.len != want.len || (want.len && memcmp(got.bytes, want.bytes, want.len)))
            show_difference(set, &got, &want, start_seed);
        r.decoder->close(r.self);
    }
    free(first);
    free(got.bytes);
    free(want.bytes);
    host_dispose(h);
    free(h);
}

static void random_wanted(uint64_t *wanted)
{
    uint32_t density = below(3);

    for (uint32_t f = 0; f < HOST_WORDS * 64; f++)
        if (f < HOST_F_CLIENT && (density == 2 || below(4) <= density))
            wanted[f / 64] |= UINT64_C(1) << f % 64;
}

/* ---- tests ---- */

static void test_aws_vpc__kernels_equal_reference(void **state)
{
    static struct text t;
    const char *more = getenv("FL_FUZZ_ROUNDS");
    uint32_t rounds = more ? (uint32_t)strtoul(more, NULL, 10) : 1500;

    (void)state;
    for (uint32_t i = 0; i < rounds; i++) {
        struct ref_layout layout, told = {14, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}};
        uint64_t wanted[HOST_WORDS] = {0}, start;

        seed = start = 1000 + i;
        random_layout(&layout);
        random_text(&t, &layout);
        random_wanted(wanted);
        for (size_t s = 0; s < 3; s++)
            compare(sets[s], &t, wanted, default_names, &told, below(2), start);
    }
}

/* One text, all columns wanted, with the default layout told. */
static void check_text(const char *text, size_t len)
{
    static struct text t;
    struct ref_layout told = {14, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}};
    uint64_t wanted[HOST_WORDS];

    memset(wanted, 0xff, sizeof(wanted));
    for (uint32_t f = HOST_F_CLIENT; f < HOST_WORDS * 64; f++)
        wanted[f / 64] &= ~(UINT64_C(1) << f % 64);
    t.len = 0;
    add(&t, text, len);
    for (size_t s = 0; s < 3; s++)
        compare(sets[s], &t, wanted, default_names, &told, true, 0);
}

static const char row[] =
    "2 123456789010 eni-1 10.0.0.1 10.0.0.2 1024 443 6 20 4249 1418530010 1418530070 "
    "ACCEPT OK";

/* The length of the text decides how its last 64 bytes are read. */
static void test_aws_vpc__every_text_length(void **state)
{
    struct text *t = host_resize(NULL, sizeof(*t));

    (void)state;
    for (uint32_t n = 1; n < 200; n++) {
        t->len = 0;
        for (uint32_t i = 0; i < n; i++)
            add_text(t, "x");
        add_text(t, row + 1);
        add_text(t, "\n");
        check_text(t->bytes, t->len);
    }
    free(t);
}

/* A field too few and a blank too much give the right number of separators. */
static void test_aws_vpc__empty_field_in_every_place(void **state)
{
    struct text *t = host_resize(NULL, sizeof(*t));
    size_t len = strlen(row);

    (void)state;
    for (uint32_t n = 0; n < 70; n++) {
        for (size_t at = 0; at < len; at++) {
            size_t cut = strcspn(row + at, " ");

            if (at && row[at - 1] != ' ')
                continue;
            t->len = 0;
            for (uint32_t i = 0; i < n; i++)
                add_text(t, "9");
            add_text(t, row);
            add_text(t, "\n");
            add(t, row, at);
            add(t, row + at + cut, len - at - cut);
            add_text(t, "\n");
            check_text(t->bytes, t->len);
            check_text(t->bytes + n + len + 1, t->len - n - len - 1);
        }
    }
    free(t);
}

static void test_aws_vpc__every_byte_in_every_place(void **state)
{
    char text[2 * sizeof(row)];

    (void)state;
    for (size_t at = 0; at < sizeof(row); at++) {
        for (unsigned b = 0; b < 256; b += at % 3 + 1) {
            memcpy(text, row, sizeof(row));
            text[sizeof(row) - 1] = '\n';
            memcpy(text + sizeof(row), row, sizeof(row));
            text[2 * sizeof(row) - 1] = '\n';
            text[at] = (char)b;
            check_text(text, sizeof(text));
        }
    }
}

/* All forms of dotted numbers up to four digits, and what is beside them. */
static void test_aws_vpc__addresses(void **state)
{
    static const char *const parts[] = {
        "0", "7", "00", "09", "10", "99", "000", "099", "100", "255", "256", "999", "1000", "",
        "a",
    };
    struct text *t = host_resize(NULL, sizeof(*t));
    const size_t n = sizeof(parts) / sizeof(parts[0]);

    (void)state;
    t->len = 0;
    for (size_t i = 0; i < n * n * n * n; i++) {
        char line[256];

        snprintf(line, sizeof(line), "2 1 e %s.%s.%s.%s 10.0.0.2 1 443 6 20 4249 1 2 ACCEPT OK\n",
                 parts[i % n], parts[i / n % n], parts[i / n / n % n], parts[i / n / n / n]);
        if (i % 11)
            continue;
        add_text(t, line);
        if (t->len > sizeof(t->bytes) - 1024) {
            check_text(t->bytes, t->len);
            t->len = 0;
        }
    }
    check_text(t->bytes, t->len);
    free(t);
}

static void test_aws_vpc__empty_and_tiny_texts(void **state)
{
    static const char *const texts[] = {
        "\n", "\r\n", " ", "\t\n", "-", "\n\n\n", "#\n", "a", "a\n", "a b\n", "version srcaddr",
        "version srcaddr\n", "\r", "\r\r\n", "\0",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check_text(texts[i], strlen(texts[i]));
    check_text("\0\n", 2);
}

/* Headers at every line must not make the decoder scan the rest of the chunk each time. */
static void test_aws_vpc__headers_everywhere(void **state)
{
    struct text *t = host_resize(NULL, sizeof(*t));

    (void)state;
    for (t->len = 0; t->len < sizeof(t->bytes) - 2048;) {
        add_text(t, default_names);
        add_text(t, "\n");
        add_text(t, row);
        add_text(t, "\n");
    }
    check_text(t->bytes, t->len);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aws_vpc__empty_and_tiny_texts),
        cmocka_unit_test(test_aws_vpc__every_text_length),
        cmocka_unit_test(test_aws_vpc__empty_field_in_every_place),
        cmocka_unit_test(test_aws_vpc__every_byte_in_every_place),
        cmocka_unit_test(test_aws_vpc__addresses),
        cmocka_unit_test(test_aws_vpc__headers_everywhere),
        cmocka_unit_test(test_aws_vpc__kernels_equal_reference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
