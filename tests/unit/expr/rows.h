/* rows.h: batches written cell by cell, and repeatable random numbers, for tests.
 *
 * A batch from rows_open() has room for every field; rows_begin() empties it. A column is absent until a cell of
 * it is set, and null in every row whose cell is not. All functions are static: each test includes its own.
 */
#ifndef FL_TESTS_ROWS_H
#define FL_TESTS_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/record/batch.h"
#include "core/record/value.h"

#define UNUSED __attribute__((unused))

UNUSED static void rows_open(struct fl_batch *batch)
{
    struct fl_field_set all;
    memset(&all, 0xff, sizeof all);
    assert_int_equal(fl_batch_init(batch, &all), FL_OK);
}

UNUSED static void rows_begin(struct fl_batch *batch, uint32_t rows)
{
    assert_int_equal(fl_batch_reserve(batch, rows), FL_OK);
    batch->rows = rows;
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        batch->columns[f].present = batch->columns[f].any_null = false;
    for (uint32_t r = 0; r < rows; r++) {
        batch->row_start[r] = r * 100;
        batch->row_length[r] = 99;
    }
}

/* Makes the column present; its cells are null until they are set. */
UNUSED static void rows_column(struct fl_batch *batch, uint32_t field)
{
    static const size_t bytes[] = {[FL_S_U8] = 1, [FL_S_U16] = 2, [FL_S_I64] = 8, [FL_S_U32] = 4, [FL_S_ADDR] = 16};
    struct fl_column *c = &batch->columns[field];
    if (c->present)
        return;
    c->present = c->any_null = true;
    memset(c->values, 0, batch->rows * bytes[fl_fields[field].storage]);
    memset(c->nulls, 0xff, fl_batch_words(batch) * sizeof *c->nulls);
}

static struct fl_column *rows_cell(struct fl_batch *batch, uint32_t field, uint32_t row)
{
    rows_column(batch, field);
    struct fl_column *c = &batch->columns[field];
    c->nulls[row >> 6] &= ~(UINT64_C(1) << (row & 63));
    return c;
}

UNUSED static void rows_int(struct fl_batch *batch, uint32_t field, uint32_t row, int64_t value)
{
    struct fl_column *c = rows_cell(batch, field, row);
    switch (fl_fields[field].storage) {
    case FL_S_U8:
        c->u8[row] = (uint8_t)value;
        return;
    case FL_S_U16:
        c->u16[row] = (uint16_t)value;
        return;
    case FL_S_I64:
        c->i64[row] = value;
        return;
    default:
        fail_msg("%s holds no number", fl_fields[field].name);
    }
}

UNUSED static void rows_text(struct fl_batch *batch, uint32_t field, uint32_t row, const char *text)
{
    uint32_t id = fl_map_intern(&batch->strings, fl_str_of(text));
    rows_cell(batch, field, row)->u32[row] = id;
}

UNUSED static struct fl_addr rows_address(const char *text)
{
    struct fl_addr a;
    assert_true(fl_addr_parse(fl_str_of(text), &a));
    return a;
}

UNUSED static void rows_addr(struct fl_batch *batch, uint32_t field, uint32_t row, const char *text)
{
    rows_cell(batch, field, row)->addr[row] = rows_address(text);
}

/* ---- random numbers: xorshift64* ---- */

struct dice {
    uint64_t state;
};

UNUSED static uint64_t roll(struct dice *d)
{
    d->state ^= d->state >> 12;
    d->state ^= d->state << 25;
    d->state ^= d->state >> 27;
    return d->state * UINT64_C(2685821657736338717);
}

UNUSED static uint32_t roll_below(struct dice *d, uint32_t n)
{
    return (uint32_t)((roll(d) >> 33) % n);
}

#endif
