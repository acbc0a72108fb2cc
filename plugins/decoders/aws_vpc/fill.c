/* fill.c: values of single rows of a column, asked for after the batch was made.
 *
 * The fields of the rows are picked into a narrow copy of the positions, which the column's kernel reads like any
 * other text; the results are then put where they belong.
 */
#include <string.h>

#include "plugins/decoders/aws_vpc/aws_vpc.h"

/* Rows at a time; their values stay in the first-level cache. */
#define PICK_ROWS 512u

struct picked {
    uint32_t rows[PICK_ROWS];
    uint32_t ends[2 * PICK_ROWS + FL_VPC_PADDING]; /* before and behind each field */
    uint64_t values[2 * PICK_ROWS + FL_VPC_PADDING];
    uint64_t nulls[PICK_ROWS / 64];
};

static uint32_t column_of(const struct fl_vpc *self, uint32_t field)
{
    for (uint32_t i = self->layout.count; i-- > 0;)
        if (self->layout.columns[i].field == field)
            return i;
    return FL_VPC_NONE;
}

static void put(const struct picked *p, uint32_t count, enum flp_storage storage, const struct flp_column *from,
                struct flp_column *to)
{
    switch (storage) {
    case FLP_ADDR:
        for (uint32_t i = 0; i < count; i++)
            memcpy((char *)to->values + 16 * (size_t)p->rows[i], (const char *)from->values + 16 * (size_t)i, 16);
        break;
    case FLP_U16:
        for (uint32_t i = 0; i < count; i++)
            ((uint16_t *)to->values)[p->rows[i]] = ((const uint16_t *)from->values)[i];
        break;
    case FLP_U8:
    case FLP_ACTION:
        for (uint32_t i = 0; i < count; i++)
            ((uint8_t *)to->values)[p->rows[i]] = ((const uint8_t *)from->values)[i];
        break;
    default:
        for (uint32_t i = 0; i < count; i++)
            ((int64_t *)to->values)[p->rows[i]] = ((const int64_t *)from->values)[i];
        break;
    }
    for (uint32_t i = 0; from->any_null && i < count; i++)
        if (from->nulls[i / 64] >> i % 64 & 1)
            to->nulls[p->rows[i] / 64] |= UINT64_C(1) << p->rows[i] % 64;
    to->any_null |= from->any_null;
}

static void convert(struct fl_vpc *self, struct picked *p, uint32_t count, uint32_t of, struct flp_batch *out)
{
    const struct fl_vpc_column *c = &self->layout.columns[of];
    struct flp_column column = {.values = p->values, .nulls = p->nulls};
    struct fl_vpc_job job = {{self->last.text, p->ends, count, 2}, 1, of, &column, self, out};

    memset(p->nulls, 0, sizeof(p->nulls));
    self->kernels->column[c->storage](&job);
    put(p, count, c->storage, &column, &out->columns[c->field]);
}

bool fl_vpc_fill(void *context, uint32_t field, const uint64_t *rows, struct flp_batch *out)
{
    struct fl_vpc *self = context;
    const struct fl_vpc_rows *in = &self->last;
    uint32_t of = column_of(self, field), count = 0;
    struct picked *p;

    if (of == FL_VPC_NONE)
        return true;
    if (!fl_vpc_buffer_reserve(&self->picked, sizeof(struct picked)))
        return false;
    p = self->picked.bytes;
    for (uint32_t w = 0; w < (in->rows + 63) / 64; w++) {
        for (uint64_t bits = rows[w]; bits; bits &= bits - 1) {
            uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(bits);
            const uint32_t *end = in->ends + (size_t)row * in->columns + of;

            p->rows[count] = row;
            p->ends[2 * count] = end[-1];
            p->ends[2 * count + 1] = end[0];
            if (++count == PICK_ROWS) {
                convert(self, p, count, of, out);
                count = 0;
            }
        }
    }
    if (count)
        convert(self, p, count, of, out);
    return true;
}
