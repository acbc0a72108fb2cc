/* layout.c: which field stands in which column. */
#include <stdio.h>
#include <string.h>

#include "plugins/decoders/aws_vpc/aws_vpc.h"

static bool fail(char *error, size_t error_bytes, const char *what, const char *name, size_t len)
{
    snprintf(error, error_bytes, "%s%.*s%s", what, (int)len, name, len ? "\"" : "");
    return false;
}

/* The host hears of an unknown name once in the life of the decoder. */
static void report_unknown(struct fl_vpc *self, const char *name, size_t len)
{
    char *seen = self->unknown.bytes;
    size_t used = self->unknown_used;

    for (size_t i = 0; i < used; i += 1 + (unsigned char)seen[i])
        if ((unsigned char)seen[i] == len && !memcmp(seen + i + 1, name, len))
            return;
    if (fl_vpc_buffer_reserve(&self->unknown, used + 1 + len)) {
        seen = self->unknown.bytes;
        seen[used] = (char)len;
        memcpy(seen + used + 1, name, len);
        self->unknown_used = used + 1 + len;
    }
    self->host->unknown_column(self->host->context, name, len);
}

static void clear(struct fl_vpc_layout *layout, const char *origin)
{
    layout->count = layout->data_count = layout->names_used = 0;
    layout->status = FL_VPC_NONE;
    layout->guard = 0;
    layout->origin = origin;
}

static bool same_column(const struct fl_vpc_layout *layout, const struct fl_vpc_column *c, uint32_t field,
                        const char *name, size_t len)
{
    if (field != FLP_NO_FIELD)
        return c->field == field;
    return c->name_len == len && !memcmp(layout->names + c->name, name, len);
}

/* len is at most FL_VPC_NAME_MAX. */
static bool add_column(struct fl_vpc *self, struct fl_vpc_layout *layout, const char *name, size_t len, char *error,
                       size_t error_bytes)
{
    uint32_t field = self->host->field(name, len);
    struct fl_vpc_column *c;

    if (layout->count == FL_VPC_COLUMNS_MAX)
        return fail(error, error_bytes, "more than 128 columns", "", 0);
    for (uint32_t i = 0; i < layout->count; i++)
        if (same_column(layout, &layout->columns[i], field, name, len))
            return fail(error, error_bytes, "two columns are named \"", name, len);
    c = &layout->columns[layout->count];
    c->field = field;
    c->storage = field == FLP_NO_FIELD ? FLP_STRING : self->host->storage(field);
    c->name = layout->names_used;
    c->name_len = (uint32_t)len;
    memcpy(layout->names + c->name, name, len);
    layout->names_used += (uint32_t)len;
    if (field != FLP_NO_FIELD && field == self->status_field)
        layout->status = layout->count;
    for (uint32_t i = 0; i < self->data_field_count; i++)
        if (field == self->data_fields[i])
            layout->data[layout->data_count++] = layout->count;
    layout->count++;
    return true;
}

static bool is_numeric(enum flp_storage storage)
{
    return storage == FLP_U8 || storage == FLP_U16 || storage == FLP_INT || storage == FLP_TIME_MS;
}

/* Numbers never start with a letter, and addresses seldom. */
static void choose_guard(struct fl_vpc_layout *layout)
{
    layout->guard = 0;
    for (uint32_t i = layout->count; i-- > 0;)
        if (layout->columns[i].storage == FLP_ADDR)
            layout->guard = i;
    for (uint32_t i = layout->count; i-- > 0;)
        if (layout->columns[i].field != FLP_NO_FIELD && is_numeric(layout->columns[i].storage))
            layout->guard = i;
}

/* Names that the host does not know are reported only for a layout that is usable. */
static void finish(struct fl_vpc *self, struct fl_vpc_layout *layout)
{
    choose_guard(layout);
    for (uint32_t i = 0; i < layout->count; i++) {
        const struct fl_vpc_column *c = &layout->columns[i];

        if (c->field == FLP_NO_FIELD)
            report_unknown(self, layout->names + c->name, c->name_len);
    }
}

/* Fills a cleared layout from words; a word that is no name is an error. */
static bool add_words(struct fl_vpc *self, struct fl_vpc_layout *layout, const char *line,
                      const struct fl_vpc_span *spans, uint32_t count, char *error, size_t error_bytes)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *word = line + spans[i].start;
        size_t len = spans[i].len;

        if (!fl_vpc_is_name(word, len))
            return fail(error, error_bytes, "not the name of a column: \"", word,
                        len < FL_VPC_NAME_MAX ? len : FL_VPC_NAME_MAX);
        if (!add_column(self, layout, word, len, error, error_bytes))
            return false;
    }
    return true;
}

bool fl_vpc_layout_from_header(struct fl_vpc *self, const char *line, size_t len, char *error, size_t error_bytes)
{
    struct fl_vpc_layout *layout = &self->layout;
    struct fl_vpc_span spans[FL_VPC_COLUMNS_MAX + 1];
    size_t next, mark;
    uint32_t n;

    clear(layout, "header");
    len = fl_vpc_line(line, len, &next);
    mark = fl_vpc_mark(line, len);
    n = fl_vpc_split(line + mark, len - mark, spans, FL_VPC_COLUMNS_MAX + 1);
    if (n > FL_VPC_COLUMNS_MAX)
        n = FL_VPC_COLUMNS_MAX + 1;
    if (!n)
        return fail(error, error_bytes, "the header line is empty", "", 0);
    if (!add_words(self, layout, line + mark, spans, n, error, error_bytes)) {
        layout->count = 0;
        return false;
    }
    finish(self, layout);
    return true;
}

void fl_vpc_layout_from_order(struct fl_vpc *self, struct fl_vpc_layout *layout, const struct fl_vpc_order *order)
{
    clear(layout, order->origin);
    for (uint32_t i = 0; i < order->count; i++) {
        const char *name = fl_vpc_names[order->names[i]].text;

        /* Orders have no double names and fit: nothing can fail. */
        add_column(self, layout, name, strlen(name), NULL, 0);
    }
    choose_guard(layout);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',';
}

/* Words of --format without ${ and }; returns how many, of which at most `max` are stored. */
static uint32_t format_words(const char *format, struct fl_vpc_span *spans, uint32_t max)
{
    uint32_t n = 0;
    const char *p = format, *word;

    for (;; n++) {
        while (is_space(*p))
            p++;
        if (!*p)
            return n;
        for (word = p; *p && !is_space(*p);)
            p++;
        if (n >= max)
            continue;
        spans[n] = (struct fl_vpc_span){(uint32_t)(word - format), (uint32_t)(p - word)};
        if (p - word > 3 && word[0] == '$' && word[1] == '{' && p[-1] == '}') {
            spans[n].start += 2;
            spans[n].len -= 3;
        }
    }
}

static bool is_word(const char *format, const struct fl_vpc_span *span, const char *word)
{
    return span->len == strlen(word) && !memcmp(format + span->start, word, span->len);
}

bool fl_vpc_layout_from_format(struct fl_vpc *self, struct fl_vpc_layout *layout, const char *format, char *error,
                               size_t error_bytes)
{
    struct fl_vpc_span spans[FL_VPC_COLUMNS_MAX + 1];
    uint32_t known = 0, n = format_words(format, spans, FL_VPC_COLUMNS_MAX + 1);

    if (n == 1 && is_word(format, spans, "tgw")) {
        fl_vpc_layout_from_order(self, layout, &fl_vpc_order_tgw);
        return true;
    }
    clear(layout, "--format");
    if (n == 1 && is_word(format, spans, "default")) {
        fl_vpc_layout_from_order(self, layout, &fl_vpc_orders[FL_VPC_ORDER_DEFAULT]);
        layout->origin = "--format";
        return true;
    }
    if (n > FL_VPC_COLUMNS_MAX)
        n = FL_VPC_COLUMNS_MAX + 1;
    if (!add_words(self, layout, format, spans, n, error, error_bytes))
        return false;
    for (uint32_t i = 0; i < layout->count; i++)
        known += layout->columns[i].field != FLP_NO_FIELD;
    if (!known)
        return fail(error, error_bytes, "--format names no column that is known", "", 0);
    finish(self, layout);
    return true;
}
