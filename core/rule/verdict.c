/* verdict.c: what code said of a record, as bytes that a measure keeps. */
#include "core/rule/ops.h"

static void add_text(struct fl_buf *out, const char *text)
{
    struct fl_value value = {.type = FL_T_NULL};
    if (text != NULL)
        value = (struct fl_value){.type = FL_T_STR, .str = fl_str_of(text)};
    fl_value_encode(out, &value);
}

void fl_verdict_encode(const struct fl_verdict *verdict, struct fl_buf *out)
{
    fl_buf_add_char(out, (char)(verdict->severity + 1));
    add_text(out, verdict->title);
    add_text(out, verdict->message);
    for (uint32_t i = 0; i < verdict->extra.count; i++) {
        add_text(out, verdict->extra.items[i].name);
        fl_value_encode(out, &verdict->extra.items[i].value);
    }
}

struct decoding {
    const uint8_t *at;
    size_t left;
    struct fl_arena *arena;
    enum fl_status status;
};

static struct fl_value take_value(struct decoding *d)
{
    struct fl_value value = {.type = FL_T_NULL};
    size_t n = d->status == FL_OK ? fl_value_decode(d->at, d->left, &value) : 0;
    if (n == 0 && d->status == FL_OK)
        d->status = FL_E_DATA;
    d->at += n;
    d->left -= n;
    if (value.type == FL_T_STR && (value.str.ptr = fl_arena_strndup(d->arena, value.str.ptr, value.str.len)) == NULL)
        d->status = FL_E_NOMEM;
    return value;
}

static const char *take_text(struct decoding *d)
{
    struct fl_value value = take_value(d);
    return value.type == FL_T_STR && d->status == FL_OK ? value.str.ptr : NULL;
}

enum fl_status fl_verdict_decode(struct fl_str bytes, struct fl_arena *arena, struct fl_verdict *out)
{
    struct decoding d = {(const uint8_t *)bytes.ptr, bytes.len, arena, FL_OK};
    *out = (struct fl_verdict){.hit = true, .severity = -1};
    if (bytes.len == 0)
        return FL_OK;
    if (*d.at > FL_SEV_NONE)
        return FL_E_DATA;
    out->severity = (int)*d.at - 1;
    d.at++;
    d.left--;
    out->title = take_text(&d);
    out->message = take_text(&d);
    struct fl_pair *pairs = fl_arena_alloc(arena, (d.left + 1) * sizeof *pairs); /* a pair takes more than a byte */
    if (pairs == NULL)
        return FL_E_NOMEM;
    uint32_t count = 0;
    while (d.left > 0 && d.status == FL_OK) {
        pairs[count].name = take_text(&d);
        pairs[count].value = take_value(&d);
        if (pairs[count++].name == NULL && d.status == FL_OK)
            d.status = FL_E_DATA;
    }
    out->extra = (struct fl_pairs){pairs, count};
    return d.status;
}
