/* Addresses, prefixes, numbers, durations, times: what is accepted is printed and read back as the same value. */
#include "core/base/addr.h"
#include "core/base/utf8.h"
#include "core/base/when.h"
#include "core/text/number.h"
#include "tests/fuzz/fuzz.h"

static void addresses(struct fl_str text)
{
    char out[FL_PREFIX_TEXT_BYTES];
    struct fl_addr addr, again;
    struct fl_prefix prefix, prefix_again;
    bool host_bits;

    if (fl_addr_parse(text, &addr)) {
        struct fl_str printed = {out, fl_addr_format(addr, out)};
        FUZZ_CHECK(fl_addr_parse(printed, &again) && fl_addr_equal(addr, again));
    }
    if (fl_prefix_parse(text, &prefix, &host_bits)) {
        struct fl_str printed = {out, fl_prefix_format(prefix, out)};
        FUZZ_CHECK(fl_prefix_parse(printed, &prefix_again, &host_bits) && !host_bits);
        FUZZ_CHECK(fl_addr_equal(prefix.addr, prefix_again.addr) && prefix.len == prefix_again.len);
        /* ::/80 ends where 255.255.255.255 is held, which is no address of an IPv6 prefix. */
        struct fl_addr last = fl_prefix_last(prefix);
        FUZZ_CHECK(fl_prefix_contains(prefix, last) == (prefix.len >= 96 || !fl_addr_is_v4(last)));
    }
}

static void numbers(struct fl_str text)
{
    char out[FL_INT128_TEXT_BYTES + 8];
    int64_t value, again;
    struct fl_ratio ratio;

    if (fl_int_parse(text, &value)) {
        struct fl_str printed = {out, fl_int128_format(value, out)};
        FUZZ_CHECK(fl_int_parse(printed, &again) && value == again);
    }
    if (fl_ratio_parse(text, &ratio)) {
        FUZZ_CHECK(ratio.den > 0);
        FUZZ_CHECK(fl_ratio_format(ratio, out) < sizeof(out));
    }
}

static void times(struct fl_str text)
{
    char out[FL_WHEN_TEXT_BYTES];
    int64_t ms, again;
    int year, month, day;

    if (fl_duration_parse(text, &ms)) {
        struct fl_str printed = {out, fl_duration_format(ms, out)};
        FUZZ_CHECK(ms >= 0 && fl_duration_parse(printed, &again) && ms == again);
    }
    if (fl_when_parse(text, &ms)) {
        struct fl_str printed = {out, fl_when_format(ms, out)};
        FUZZ_CHECK(fl_when_parse(printed, &again) && ms == again);
    }
    if (fl_date_parse(text, &year, &month, &day))
        fl_days_from_civil(year, month, day);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fl_str text = {(const char *)data, size};

    addresses(text);
    numbers(text);
    times(text);
    return 0;
}
