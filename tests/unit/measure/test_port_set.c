/* The set of ports: a list inside, a list outside, a bitmap. */
#include "core/measure/port_set.h"
#include "tests/unit/expr/rows.h"

static void test_port_set__through_every_representation(void **state)
{
    (void)state;
    static bool seen[65536];
    struct fl_port_set whole = {0}, halves[2] = {whole, whole};
    struct dice d = {3};
    uint32_t count = 0;
    memset(seen, 0, sizeof seen);
    for (uint32_t i = 0; i < 9000; i++) {
        uint16_t port = (uint16_t)(roll_below(&d, 4) ? roll(&d) : 60000 + roll_below(&d, 5536));
        count += !seen[port];
        seen[port] = true;
        assert_true(fl_port_set_add(&whole, port) && fl_port_set_add(&halves[i % 2 && i > 5000], port));
        assert_int_equal(whole.count, count);
    }
    assert_true(fl_port_set_merge(&halves[1], &halves[0]));
    uint32_t best = 0, run = 0;
    for (uint32_t p = 0; p < 65536; p++) {
        run = seen[p] ? run + 1 : 0;
        best = run > best ? run : best;
    }
    assert_int_equal(halves[1].count, count);
    assert_int_equal(fl_port_set_longest_run(&whole), best);
    assert_int_equal(fl_port_set_longest_run(&halves[1]), best);
    for (uint32_t p = 0; p < 65536; p++)
        assert_true(fl_port_set_add(&whole, (uint16_t)p));
    assert_int_equal(whole.count, 65536);
    assert_int_equal(fl_port_set_longest_run(&whole), 65536);
    fl_port_set_dispose(&whole);
    fl_port_set_dispose(&halves[0]);
    fl_port_set_dispose(&halves[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_port_set__through_every_representation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
