/* Dedupe: which of equal records are left out, with all in memory or in many runs of a file, by any number of workers.
 */
#include <stdlib.h>

#include "core/engine/dedupe.h"
#include "core/record/place.h"
#include "tests/unit/expr/rows.h"

#define RECORDS 300u

struct record {
    int64_t bytes; /* -1: null */
    int port;
    const char *interface;
    uint64_t where;
};

static void note(struct fl_batch *batch, struct fl_collector *collector, const struct record *r)
{
    rows_begin(batch, 1);
    batch->source = fl_place_source((struct fl_place){.where = r->where});
    batch->base_offset = r->where & FL_PLACE_OFFSET_MAX;
    rows_text(batch, FL_F_INTERFACE_ID, 0, r->interface);
    rows_column(batch, FL_F_BYTES);
    if (r->bytes >= 0)
        rows_int(batch, FL_F_BYTES, 0, r->bytes);
    if (r->port > 0) /* else the column is absent */
        rows_int(batch, FL_F_DSTPORT, 0, r->port);
    assert_int_equal(fl_collector_add(collector, batch), FL_OK);
}

static bool is_equal(const struct record *a, const struct record *b)
{
    return a->bytes == b->bytes && a->port == b->port && strcmp(a->interface, b->interface) == 0;
}

static void test_dedupe__the_least_of_equal_records_survives(void **state)
{
    (void)state;
    static const char *const interfaces[] = {"eni-1", "eni-2", "eni-22"};
    struct dice d = {5};
    struct record records[RECORDS];
    for (uint32_t i = 0; i < RECORDS; i++)
        records[i] = (struct record){(int64_t)roll_below(&d, 6) - 1, (int)roll_below(&d, 4),
                                     interfaces[roll_below(&d, 3)], fl_place_where(roll_below(&d, 3), 1000 - i)};
    for (uint32_t run_records = 1; run_records < 500; run_records = run_records * 3 + 1) {
        struct fl_dedupe dedupe;
        struct fl_collector collectors[3];
        struct fl_batch batches[3]; /* each interns on its own */
        fl_dedupe_init(&dedupe, run_records > 100 ? 1 : 0, 1);
        dedupe.run_records = run_records;
        for (int w = 0; w < 3; w++) {
            rows_open(&batches[w]);
            fl_collector_init(&collectors[w], &dedupe);
        }
        for (uint32_t i = 0; i < RECORDS; i++) {
            uint32_t w = roll_below(&d, 3);
            note(&batches[w], &collectors[w], &records[i]);
        }
        for (int w = 0; w < 3; w++)
            assert_int_equal(fl_collector_finish(&collectors[w]), FL_OK);
        assert_int_equal(fl_dedupe_settle(&dedupe), FL_OK);
        uint64_t dropped = 0;
        for (uint32_t i = 0; i < RECORDS; i++) {
            bool is_least = true;
            for (uint32_t k = 0; k < RECORDS; k++)
                is_least &= !is_equal(&records[i], &records[k]) || records[i].where <= records[k].where;
            uint64_t bit = 1;
            rows_begin(&batches[0], 1);
            batches[0].source = fl_place_source((struct fl_place){.where = records[i].where});
            batches[0].base_offset = records[i].where & FL_PLACE_OFFSET_MAX;
            dropped += fl_dedupe_drop(&dedupe, &batches[0], &bit);
            assert_int_equal(bit, is_least);
        }
        assert_int_equal(dropped, dedupe.count);
        for (int w = 0; w < 3; w++) {
            fl_collector_dispose(&collectors[w]);
            fl_batch_dispose(&batches[w]);
        }
        fl_dedupe_dispose(&dedupe);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_dedupe__the_least_of_equal_records_survives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
