/* decode.c: from a chunk of text to the columns of a batch. */
#include <stdlib.h>
#include <string.h>

#include "plugins/decoders/aws_vpc/aws_vpc.h"

/* Headers this near to each other are found without scanning the whole chunk each time. */
#define LOOK_AHEAD_BYTES 8192
/* Positions are 32 bit wide. */
#define TEXT_MAX ((size_t)1 << 30)

bool fl_vpc_buffer_reserve(struct fl_vpc_buffer *buffer, size_t bytes)
{
    size_t capacity = buffer->capacity ? buffer->capacity : 4096;
    void *grown;

    if (bytes <= buffer->capacity)
        return true;
    while (capacity < bytes)
        capacity += capacity / 2;
    grown = realloc(buffer->bytes, capacity);
    if (!grown)
        return false;
    buffer->bytes = grown;
    buffer->capacity = capacity;
    return true;
}

bool fl_vpc_host_knows(const void *context, const char *name, size_t len)
{
    const struct fl_vpc *self = context;

    return self->host->field(name, len) != FLP_NO_FIELD;
}

static bool is_header(const struct fl_vpc *self, const char *line, size_t len)
{
    return fl_vpc_is_header(line, len, fl_vpc_host_knows, self);
}

/* Room for positions with the sentinel before them; NULL when memory is out. */
static uint32_t *reserve_ends(struct fl_vpc_buffer *buffer, size_t count)
{
    uint32_t *ends;

    if (!fl_vpc_buffer_reserve(buffer, (1 + count + FL_VPC_PADDING) * sizeof(uint32_t)))
        return NULL;
    ends = buffer->bytes;
    ends[0] = UINT32_MAX;
    return ends + 1;
}

/* ---- lines that are not records ---- */

static void refuse(struct fl_vpc *self, struct flp_batch *out, const char *line, size_t offset, size_t len,
                   const struct fl_vpc_span *first, uint32_t fields)
{
    enum flp_bad cause = fields < self->layout.count ? FLP_BAD_TOO_FEW : FLP_BAD_TOO_MANY;

    if (!self->layout.count || line[first->start] == '#' || fields == 1)
        cause = FLP_BAD_NOT_A_RECORD;
    self->host->bad_line(out, (uint32_t)offset, (uint32_t)len, cause);
}

/* Without a layout every line is bad until a header. */
static size_t refuse_all(struct fl_vpc *self, const char *text, size_t len, struct flp_batch *out)
{
    struct fl_vpc_span first;
    size_t next;

    for (size_t at = 0; at < len; at += next) {
        size_t n = fl_vpc_line(text + at, len - at, &next);
        uint32_t fields = fl_vpc_split(text + at, n, &first, 1);

        if (fields && is_header(self, text + at, n))
            return at;
        if (fields)
            refuse(self, out, text + at, at, n, &first, fields);
    }
    return len;
}

/* Offset of the first header line near the start of the text, or len. */
static size_t header_ahead(struct fl_vpc *self, const char *text, size_t len)
{
    size_t next, limit = len < LOOK_AHEAD_BYTES ? len : LOOK_AHEAD_BYTES;

    for (size_t at = 0; at < limit; at += next) {
        size_t n = fl_vpc_line(text + at, len - at, &next);

        if (is_header(self, text + at, n))
            return at;
    }
    return len;
}

/* A header starts with a letter, a blank or a byte order mark; most records start with a digit. */
size_t fl_vpc_next_header(const void *context, const char *text, size_t len)
{
    const struct fl_vpc *self = context;
    size_t next;

    for (size_t at = 0; at < len; at += next) {
        size_t n = fl_vpc_line(text + at, len - at, &next);

        if ((unsigned char)(text[at] - '0') > 9 && is_header(self, text + at, n))
            return at;
    }
    return len;
}

/* ---- a regular copy of irregular text ---- */

struct cleaner {
    struct fl_vpc *self;
    const char *text;
    size_t len;
    struct flp_batch *out;
    const uint32_t *seps; /* positions of bytes <= ' ' in text */
    uint32_t sep_count;
    char *clean; /* the copy, and the ends of its fields */
    uint32_t *ends;
    uint32_t clean_len, end_count, rows;
    struct fl_vpc_span fields[FL_VPC_COLUMNS_MAX];
};

/* Splits the line that starts at `start`, whose separators begin at seps[*sep]. Returns where it
 * ends: at its newline or at the end of the text. *sep moves behind it. */
static size_t clean_split(struct cleaner *c, size_t start, uint32_t *sep, uint32_t *count)
{
    uint32_t n = 0, max = c->self->layout.count;
    size_t from = start, end;

    for (;; (*sep)++) {
        bool last = *sep == c->sep_count;
        char b;

        end = last ? c->len : c->seps[*sep];
        b = last ? '\n' : c->text[end];
        if (b == '\r' && (end + 1 == c->len || c->text[end + 1] == '\n'))
            b = ' ';
        if (b != ' ' && b != '\t' && b != '\n')
            continue; /* a stray control character is part of its field */
        if (end > from) {
            if (n < max)
                c->fields[n] = (struct fl_vpc_span){(uint32_t)from, (uint32_t)(end - from)};
            n++;
        }
        from = end + 1;
        if (b == '\n') {
            *sep += !last;
            break;
        }
    }
    *count = n;
    return end;
}

/* Fields with one byte between them are copied in one piece: nobody looks at the bytes between. */
static char *copy_row(const struct cleaner *c, char *to, uint32_t *ends, uint32_t n)
{
    const struct fl_vpc_span *first = c->fields, *last = c->fields + n - 1;
    uint32_t bytes = last->start + last->len - first->start;
    uint32_t shift = (uint32_t)(to - c->clean) - first->start;

    memcpy(to, c->text + first->start, bytes);
    for (uint32_t i = 0; i < n; i++)
        ends[i] = c->fields[i].start + c->fields[i].len + shift;
    return to + bytes + 1;
}

static char *copy_fields(const struct cleaner *c, char *to, uint32_t *ends, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        memcpy(to, c->text + c->fields[i].start, c->fields[i].len);
        to += c->fields[i].len;
        ends[i] = (uint32_t)(to - c->clean);
        *to++ = ' ';
    }
    return to;
}

static void clean_row(struct cleaner *c, size_t start, size_t len)
{
    uint32_t n = c->self->layout.count, bytes = n - 1;
    const struct fl_vpc_span *first = c->fields, *last = c->fields + n - 1;
    uint32_t *ends = c->ends + c->end_count;
    char *to = c->clean + c->clean_len;

    for (uint32_t i = 0; i < n; i++)
        bytes += c->fields[i].len;
    if (bytes == last->start + last->len - first->start)
        to = copy_row(c, to, ends, n);
    else
        to = copy_fields(c, to, ends, n);
    to[-1] = '\n';
    c->clean_len = (uint32_t)(to - c->clean);
    c->end_count += n;
    c->out->row_start[c->rows] = (uint32_t)start;
    c->out->row_length[c->rows] = (uint32_t)len;
    c->rows++;
}

/* Copies records and reports other lines, up to a header line or the end; returns where that is. */
static size_t clean_lines(struct cleaner *c)
{
    struct fl_vpc *self = c->self;
    uint32_t sep = 0, count;

    for (size_t start = 0, end; start < c->len; start = end + 1) {
        const char *line = c->text + start;
        size_t len;

        end = clean_split(c, start, &sep, &count);
        len = end - start;
        len -= len && line[len - 1] == '\r';
        if (!count)
            continue;
        if (is_header(self, line, len))
            return start;
        if (count != self->layout.count || c->text[c->fields[0].start] == '#') {
            struct fl_vpc_span first = {c->fields[0].start - (uint32_t)start, 0};

            refuse(self, c->out, line, start, len, &first, count);
        } else {
            clean_row(c, start, len);
        }
    }
    return c->len;
}

/* ---- columns ---- */

static bool intern_column(struct fl_vpc *self, const struct fl_vpc_rows *in, uint32_t at, struct flp_batch *out)
{
    const uint32_t *end = in->ends + at;
    uint32_t *starts, *lengths;

    if (!fl_vpc_buffer_reserve(&self->spans, (size_t)in->rows * 2 * sizeof(uint32_t)))
        return false;
    starts = self->spans.bytes;
    lengths = starts + in->rows;
    for (uint32_t r = 0; r < in->rows; r++, end += in->columns) {
        starts[r] = end[-1] + 1;
        lengths[r] = end[0] - starts[r];
    }
    return self->host->intern(out, self->layout.columns[at].field, in->text, starts, lengths, in->rows);
}

static struct flp_column *wanted_column(const struct fl_vpc *self, uint32_t field, struct flp_batch *out)
{
    if (field == FLP_NO_FIELD || field >= out->field_count || !fl_vpc_wants(self, field))
        return NULL;
    return out->columns[field].values ? &out->columns[field] : NULL;
}

static bool fill_columns(struct fl_vpc *self, const struct fl_vpc_rows *in, struct flp_batch *out)
{
    size_t null_bytes = (in->rows + 63) / 64 * sizeof(uint64_t);
    struct fl_vpc_job job = {*in, 0, 0, NULL, self, out};

    self->last = *in;
    memset(out->no_data, 0, null_bytes);
    for (uint32_t i = 0; i < in->columns; i++) {
        const struct fl_vpc_column *c = &self->layout.columns[i];
        struct flp_column *column = wanted_column(self, c->field, out);

        if (column) {
            column->present = true;
            column->any_null = false;
            memset(column->nulls, 0, null_bytes);
        }
        if (column && column->lazy)
            continue;
        job.at = job.of = i;
        job.column = column;
        if (i == self->layout.status)
            self->kernels->column[FLP_STATUS](&job);
        else if (column && c->storage == FLP_STRING && !intern_column(self, in, i, out))
            return false;
        else if (column && c->storage != FLP_STRING)
            self->kernels->column[c->storage](&job);
    }
    return true;
}

/* ---- the chunk ---- */

static size_t decode_irregular(struct fl_vpc *self, const char *text, size_t len, struct flp_batch *out,
                               const uint32_t *seps, const struct fl_vpc_shape *shape)
{
    struct cleaner c = {
        .self = self, .text = text, .len = len, .out = out, .seps = seps, .sep_count = shape->separators};
    struct fl_vpc_rows in;
    size_t consumed;

    /* Every field is followed by a separator, except perhaps the last one of the text. */
    if (!fl_vpc_buffer_reserve(&self->clean, len + 1 + 2 * FL_VPC_PADDING) ||
        !self->host->reserve(out, shape->newlines + 1))
        return SIZE_MAX;
    c.clean = (char *)self->clean.bytes + FL_VPC_PADDING;
    c.ends = reserve_ends(&self->clean_ends, (size_t)shape->separators + 1);
    if (!c.ends)
        return SIZE_MAX;
    memset(self->clean.bytes, 0, FL_VPC_PADDING);
    consumed = clean_lines(&c);
    memset(c.clean + c.clean_len, 0, FL_VPC_PADDING);
    in = (struct fl_vpc_rows){c.clean, c.ends, c.rows, self->layout.count};
    if (c.rows && !fill_columns(self, &in, out))
        return SIZE_MAX;
    out->rows = c.rows;
    return consumed;
}

/* Is one of the rows really a header or a comment? */
static bool has_foreign_row(struct fl_vpc *self, const char *text, const struct flp_batch *out, uint32_t rows)
{
    for (uint32_t r = 0; r < rows; r++) {
        const char *row = text + out->row_start[r];

        if (*row == '#' || is_header(self, row, out->row_length[r]))
            return true;
    }
    return false;
}

static size_t decode_text(struct fl_vpc *self, const char *text, size_t len, struct flp_batch *out)
{
    struct fl_vpc_shape shape = {0, 0, false};
    uint32_t *ends = reserve_ends(&self->ends, len), columns = self->layout.count;
    enum fl_vpc_rows_found found;
    struct fl_vpc_rows in;

    if (!ends)
        return SIZE_MAX;
    self->kernels->scan(text, (uint32_t)len, ends, &shape);
    in = (struct fl_vpc_rows){text, ends, shape.newlines, columns};
    if (shape.odd || shape.separators != (uint64_t)shape.newlines * columns || text[len - 1] != '\n')
        return decode_irregular(self, text, len, out, ends, &shape);
    if (!self->host->reserve(out, in.rows))
        return SIZE_MAX;
    found = self->kernels->spans(&in, self->layout.guard, out->row_start, out->row_length);
    if (found == FL_VPC_ROWS_UNEVEN || (found == FL_VPC_ROWS_SUSPECT && has_foreign_row(self, text, out, in.rows)))
        return decode_irregular(self, text, len, out, ends, &shape);
    if (!fill_columns(self, &in, out))
        return SIZE_MAX;
    out->rows = in.rows;
    return len;
}

size_t fl_vpc_decode(void *context, const char *text, size_t len, struct flp_batch *out)
{
    struct fl_vpc *self = context;

    out->rows = 0;
    out->any_no_data = false;
    for (uint32_t f = 0; f < out->field_count; f++)
        out->columns[f].present = false;
    if (len > TEXT_MAX)
        return SIZE_MAX;
    if (!self->layout.count)
        return refuse_all(self, text, len, out);
    if (self->look_ahead) {
        self->look_ahead = false;
        len = header_ahead(self, text, len);
    }
    return len ? decode_text(self, text, len, out) : 0;
}
