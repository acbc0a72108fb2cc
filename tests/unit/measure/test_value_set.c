/* Sets of different values: exact up to a number, registers above it. */
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/measure/value_set.h"
#include "tests/unit/expr/rows.h"

static struct fl_batch batch;

static int setup(void **state)
{
    (void)state;
    rows_open(&batch);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fl_batch_dispose(&batch);
    return 0;
}

/* Adds values low..high-1, in a scattered order. */
static void add_range(struct fl_value_set *set, uint32_t exact, uint32_t low, uint32_t high, uint32_t stride)
{
    rows_begin(&batch, 1);
    for (uint32_t i = 0, at = 0; i < high - low; i++, at = (at + stride) % (high - low)) {
        rows_int(&batch, FL_F_BYTES, 0, low + at);
        assert_int_equal(fl_value_set_add(set, exact, 0, &batch, FL_F_BYTES, 0), FL_OK);
    }
}

static void test_value_set__is_exact_up_to_its_limit(void **state)
{
    (void)state;
    struct fl_value_set a = {0}, b = {0};
    add_range(&a, FL_DISTINCT_EXACT, 0, FL_DISTINCT_EXACT, 1);
    assert_int_equal(fl_value_set_count(&a), 4096);
    assert_true(a.capacity != FL_VALUES_REGISTERS);
    add_range(&b, FL_DISTINCT_EXACT, 2000, 4096, 1);
    assert_int_equal(fl_value_set_merge(&a, FL_DISTINCT_EXACT, &b), FL_OK);
    assert_int_equal(fl_value_set_count(&a), 4096);
    add_range(&a, FL_DISTINCT_EXACT, 4096, 4097, 1);
    assert_true(a.capacity == FL_VALUES_REGISTERS);
    fl_value_set_dispose(&a);
    fl_value_set_dispose(&b);
}

static void test_value_set__registers_do_not_depend_on_order(void **state)
{
    (void)state;
    struct fl_value_set whole = {0}, parts[3] = {whole, whole, whole};
    add_range(&whole, 100, 0, 5001, 1);
    add_range(&parts[0], 100, 0, 50, 1);    /* exact */
    add_range(&parts[1], 100, 40, 3000, 7); /* registers */
    add_range(&parts[2], 100, 2500, 5001, 1000);
    assert_int_equal(fl_value_set_merge(&parts[0], 100, &parts[2]), FL_OK);
    assert_int_equal(fl_value_set_merge(&parts[1], 100, &parts[0]), FL_OK);
    assert_memory_equal(whole.registers, parts[1].registers, 1024);
    assert_int_equal(fl_value_set_count(&whole), fl_value_set_count(&parts[1]));
    fl_value_set_dispose(&whole);
    for (int i = 0; i < 3; i++)
        fl_value_set_dispose(&parts[i]);
}

static void test_value_set__estimates_within_its_error(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {11, 200, 1000, 3000, 5000, 20000, 200000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct fl_value_set set = {0};
        add_range(&set, 10, 0, sizes[i], 1);
        int64_t error = (int64_t)fl_value_set_count(&set) - sizes[i];
        /* Three standard errors of 3.3 %; the values are fixed, so this is no lottery. */
        if (llabs(error) * 1000 > (int64_t)sizes[i] * 99 + 1000)
            fail_msg("%u counted as %lld", sizes[i], (long long)fl_value_set_count(&set));
        fl_value_set_dispose(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_set__is_exact_up_to_its_limit),
        cmocka_unit_test(test_value_set__registers_do_not_depend_on_order),
        cmocka_unit_test(test_value_set__estimates_within_its_error),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
