/* Address sets against a naive scan of every prefix. */
#include <stdio.h>

#include "core/base/prefix_set.h"
#include "tests/unit/cmocka_all.h"

#define SETS 70 /* more than one word of membership bits */

struct rng {
    uint64_t state;
};

static uint32_t draw(struct rng *r, uint32_t below)
{
    r->state = r->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((r->state >> 33) % below);
}

static bool bit_of(struct fl_addr a, unsigned i)
{
    return (i < 64 ? a.hi >> (63 - i) : a.lo >> (127 - i)) & 1;
}

/* Bit by bit, without the masks of addr.c. */
static bool covers(struct fl_prefix p, struct fl_addr a)
{
    for (unsigned i = 0; i < p.len; i++)
        if (bit_of(p.addr, i) != bit_of(a, i))
            return false;
    return true;
}

static bool naive(const struct fl_prefix_sets *sets, uint32_t set, struct fl_addr a)
{
    bool inside = false;
    for (uint32_t i = 0; i < sets->entry_count; i++) {
        const struct fl_prefix_entry *e = &sets->entries[i];
        bool other_family = e->prefix.len < 96 && fl_addr_is_v4(a);
        if (e->set != set || other_family || !covers(e->prefix, a))
            continue;
        if (e->except)
            return false;
        inside = true;
    }
    return inside;
}

static struct fl_prefix cut(struct fl_addr a, unsigned len)
{
    struct fl_prefix p = {{0, 0}, (uint8_t)len};
    for (unsigned i = 0; i < len; i++)
        if (bit_of(a, i) && i < 64)
            p.addr.hi |= UINT64_C(1) << (63 - i);
        else if (bit_of(a, i))
            p.addr.lo |= UINT64_C(1) << (127 - i);
    return p;
}

/* Few distinct bits, so that prefixes nest, touch and repeat. */
static struct fl_addr near_addr(struct rng *r, bool v4)
{
    static const uint32_t tops[] = {0, 0x0a000000, 0x0a00ff00, 0x0a010000, 0x7fffffff, 0xffffff00, 0xffffffff};
    uint32_t low = tops[draw(r, 7)] ^ (draw(r, 2) ? draw(r, 1024) : draw(r, 4) << 14);
    if (v4)
        return fl_addr_v4(low);
    static const uint64_t his[] = {0, UINT64_C(0x20010db800000000), UINT64_MAX, 1};
    static const uint64_t los[] = {0, UINT64_C(0xfffeffffffff), UINT64_C(0x1000000000000), UINT64_MAX, 0xffff};
    return (struct fl_addr){his[draw(r, 4)] ^ (draw(r, 3) == 0), los[draw(r, 5)] ^ draw(r, 4)};
}

static void assert_same(const struct fl_prefix_sets *sets, struct fl_addr a)
{
    uint32_t c = fl_prefix_sets_class(sets, a);
    assert_true(c < sets->class_count);
    assert_int_equal(c, fl_prefix_sets_class_v6(sets, a)); /* table and ranges agree for IPv4 too */
    for (uint32_t set = 0; set < sets->set_count; set++) {
        if (fl_prefix_sets_has(sets, c, set) == naive(sets, set, a))
            continue;
        char text[FL_ADDR_TEXT_BYTES];
        fl_addr_format(a, text);
        fail_msg("%s in set %u: %d", text, set, fl_prefix_sets_has(sets, c, set));
    }
}

static struct fl_addr beside(struct fl_addr a, int step)
{
    struct fl_addr b = {a.hi, a.lo + (uint64_t)(int64_t)step};
    if (step > 0 && b.lo == 0)
        b.hi++;
    if (step < 0 && b.lo == UINT64_MAX)
        b.hi--;
    return b;
}

static void one_round(uint64_t seed)
{
    struct rng r = {seed};
    struct fl_prefix_sets sets;
    uint32_t count = draw(&r, 60), set_count = draw(&r, 4) == 0 ? SETS : 1 + draw(&r, 4);
    fl_prefix_sets_init(&sets);
    for (uint32_t i = 0; i < count; i++) {
        bool v4 = draw(&r, 2);
        unsigned len = v4 ? 96 + draw(&r, 33) : draw(&r, 129);
        struct fl_prefix p = cut(near_addr(&r, v4), len);
        assert_int_equal(fl_prefix_sets_add(&sets, draw(&r, set_count), p, draw(&r, 4) == 0), FL_OK);
    }
    assert_int_equal(fl_prefix_sets_build(&sets), FL_OK);
    for (uint32_t i = 0; i < sets.entry_count; i++) {
        struct fl_addr first = sets.entries[i].prefix.addr, last = fl_prefix_last(sets.entries[i].prefix);
        assert_same(&sets, first);
        assert_same(&sets, last);
        assert_same(&sets, beside(first, -1));
        assert_same(&sets, beside(last, 1));
    }
    for (unsigned i = 0; i < 100; i++)
        assert_same(&sets, near_addr(&r, draw(&r, 2)));
    fl_prefix_sets_dispose(&sets);
}

static void test_prefix_set__agrees_with_a_naive_scan(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++)
        one_round(seed);
}

static void test_prefix_set__empty_and_whole_space(void **state)
{
    struct fl_prefix_sets sets;
    struct fl_prefix all = {{0, 0}, 0}, v4 = {fl_addr_v4(0), 96};
    (void)state;
    fl_prefix_sets_init(&sets);
    assert_int_equal(fl_prefix_sets_build(&sets), FL_OK);
    assert_int_equal(sets.class_count, 1);
    assert_int_equal(fl_prefix_sets_class(&sets, fl_addr_v4(UINT32_MAX)), 0);
    fl_prefix_sets_dispose(&sets);

    fl_prefix_sets_init(&sets);
    fl_prefix_sets_add(&sets, 0, all, false);
    fl_prefix_sets_add(&sets, 0, v4, true);
    fl_prefix_sets_add(&sets, 1, v4, false);
    fl_prefix_sets_add(&sets, 1, v4, false); /* twice is once */
    assert_int_equal(fl_prefix_sets_build(&sets), FL_OK);
    assert_same(&sets, (struct fl_addr){0, 0});
    assert_same(&sets, (struct fl_addr){UINT64_MAX, UINT64_MAX});
    assert_same(&sets, (struct fl_addr){0, UINT64_C(0xfffeffffffff)});
    assert_same(&sets, (struct fl_addr){0, UINT64_C(0x1000000000000)});
    assert_same(&sets, fl_addr_v4(0));
    assert_same(&sets, fl_addr_v4(UINT32_MAX));
    fl_prefix_sets_dispose(&sets);
}

static void test_prefix_set__an_except_of_one_set_leaves_others(void **state)
{
    struct fl_prefix_sets sets;
    struct fl_prefix ten = {fl_addr_v4(0x0a000000), 104}, host = {fl_addr_v4(0x0a010203), 128};
    (void)state;
    fl_prefix_sets_init(&sets);
    fl_prefix_sets_add(&sets, 0, ten, false);
    fl_prefix_sets_add(&sets, 0, host, true);
    fl_prefix_sets_add(&sets, 0, host, false); /* an except wins over a later or longer prefix */
    fl_prefix_sets_add(&sets, 64, ten, false);
    assert_int_equal(fl_prefix_sets_build(&sets), FL_OK);
    uint32_t c = fl_prefix_sets_class(&sets, host.addr);
    assert_false(fl_prefix_sets_has(&sets, c, 0));
    assert_true(fl_prefix_sets_has(&sets, c, 64));
    c = fl_prefix_sets_class(&sets, fl_addr_v4(0x0a010204));
    assert_true(fl_prefix_sets_has(&sets, c, 0));
    fl_prefix_sets_dispose(&sets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prefix_set__agrees_with_a_naive_scan),
        cmocka_unit_test(test_prefix_set__empty_and_whole_space),
        cmocka_unit_test(test_prefix_set__an_except_of_one_set_leaves_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
