/* values.c: the exact meaning of a field. Kernels come here with everything unusual. */
#include <string.h>

#include "plugins/decoders/aws_vpc/aws_vpc.h"

struct field {
    const char *text;
    uint32_t len;
};

static struct field field_at(const struct fl_vpc_rows *in, uint32_t row, uint32_t column)
{
    const uint32_t *end = in->ends + (size_t)row * in->columns + column;
    uint32_t start = end[-1] + 1;

    return (struct field){in->text + start, end[0] - start};
}

static bool is_null(struct field f)
{
    return f.len == 1 && f.text[0] == '-';
}

static bool is_word(struct field f, const char *word)
{
    if (f.len != strlen(word))
        return false;
    for (uint32_t i = 0; i < f.len; i++)
        if ((f.text[i] & ~32) != word[i])
            return false;
    return true;
}

bool fl_vpc_number(const char *text, size_t len, uint64_t *out)
{
    uint64_t v = 0;

    if (!len)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';

        if (digit > 9 || v > ((uint64_t)INT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

static int find_word(struct field f, const char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (is_word(f, words[i]))
            return i;
    return -1;
}

static int find_status(struct field f)
{
    static const char *const words[] = {"OK", "NODATA", "SKIPDATA"};

    return find_word(f, words, 3);
}

static bool store_number(enum flp_storage storage, void *values, uint32_t row, struct field f)
{
    uint64_t v;

    if (!fl_vpc_number(f.text, f.len, &v))
        return false;
    switch (storage) {
    case FLP_U8:
        ((uint8_t *)values)[row] = (uint8_t)v;
        return v <= UINT8_MAX;
    case FLP_U16:
        ((uint16_t *)values)[row] = (uint16_t)v;
        return v <= UINT16_MAX;
    case FLP_TIME_MS:
        ((int64_t *)values)[row] = fl_vpc_milliseconds(v);
        return true;
    default:
        ((int64_t *)values)[row] = (int64_t)v;
        return true;
    }
}

static bool store(const struct fl_vpc_job *job, enum flp_storage storage, uint32_t row, struct field f)
{
    static const char *const actions[] = {"ACCEPT", "REJECT"};
    void *values = job->column->values;
    int found;

    switch (storage) {
    case FLP_ADDR:
        return job->self->host->parse_addr(f.text, f.len, (uint64_t *)values + (size_t)row * 2);
    case FLP_ACTION:
    case FLP_STATUS:
        found = storage == FLP_ACTION ? find_word(f, actions, 2) : find_status(f);
        ((uint8_t *)values)[row] = (uint8_t)found;
        return found >= 0;
    case FLP_STRING:
        return false; /* strings are the host's */
    default:
        return store_number(storage, values, row, f);
    }
}

static void store_null(const struct fl_vpc_job *job, enum flp_storage storage, uint32_t row)
{
    static const uint8_t bytes[FLP_STATUS + 1] = {
        [FLP_U8] = 1,     [FLP_U16] = 2,   [FLP_INT] = 8,    [FLP_TIME_MS] = 8,
        [FLP_STRING] = 4, [FLP_ADDR] = 16, [FLP_ACTION] = 1, [FLP_STATUS] = 1,
    };
    size_t n = bytes[storage];

    memset((char *)job->column->values + n * row, 0, n);
    job->column->nulls[row / 64] |= UINT64_C(1) << row % 64;
    job->column->any_null = true;
}

void fl_vpc_odd(const struct fl_vpc_job *job, uint32_t row)
{
    const struct fl_vpc_column *c = &job->self->layout.columns[job->of];
    struct field f = field_at(&job->in, row, job->at);
    bool null = is_null(f);

    if (!null && store(job, c->storage, row, f))
        return;
    store_null(job, c->storage, row);
    if (!null)
        job->self->host->bad_value(job->out, c->field, row);
}

void fl_vpc_odd_status(const struct fl_vpc_job *job, uint32_t row)
{
    const struct fl_vpc_layout *layout = &job->self->layout;

    if (job->column)
        fl_vpc_odd(job, row);
    if (find_status(field_at(&job->in, row, job->at)) < 1)
        return;
    for (uint32_t i = 0; i < layout->data_count; i++)
        if (!is_null(field_at(&job->in, row, layout->data[i])))
            return;
    job->out->no_data[row / 64] |= UINT64_C(1) << row % 64;
    job->out->any_no_data = true;
}
