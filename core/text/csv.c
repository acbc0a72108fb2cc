#include "core/text/csv.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/memory.h"

void fl_csv_init(struct fl_csv *csv, struct fl_str text)
{
    size_t mark = text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    *csv = (struct fl_csv){.text = text, .at = mark, .line_start = mark, .line = 1};
}

void fl_csv_dispose(struct fl_csv *csv)
{
    fl_free(csv->fields);
    *csv = (struct fl_csv){0};
}

static char now(const struct fl_csv *csv)
{
    return csv->at < csv->text.len ? csv->text.ptr[csv->at] : '\0';
}

static bool at_end(const struct fl_csv *csv)
{
    return csv->at >= csv->text.len;
}

/* Is this the end of a line? Its length, or 0. */
static size_t line_end(const struct fl_csv *csv)
{
    if (now(csv) == '\n' && !at_end(csv))
        return 1;
    return now(csv) == '\r' && csv->at + 1 < csv->text.len && csv->text.ptr[csv->at + 1] == '\n' ? 2 : 0;
}

static void pass_line_end(struct fl_csv *csv, size_t len)
{
    csv->at += len;
    csv->line_start = csv->at;
    csv->line++;
}

static enum fl_status fail(const struct fl_csv_field *at, struct fl_error *err, const char *text)
{
    fl_fail(err, FL_E_SYNTAX, "%s", text);
    fl_error_at(err, NULL, at->line, at->column);
    return FL_E_SYNTAX;
}

static enum fl_status quoted(struct fl_csv *csv, struct fl_csv_field *field, struct fl_arena *arena,
                             struct fl_error *err)
{
    struct fl_buf out;
    fl_buf_init(&out);
    csv->at++;
    for (;;) {
        size_t end = line_end(csv);
        if (at_end(csv)) {
            fl_buf_dispose(&out);
            return fail(field, err, "the quote that begins here is not closed");
        }
        if (end > 0) {
            fl_buf_add(&out, csv->text.ptr + csv->at, end);
            pass_line_end(csv, end);
            continue;
        }
        if (now(csv) == '"' && (csv->at + 1 >= csv->text.len || csv->text.ptr[csv->at + 1] != '"'))
            break;
        csv->at += now(csv) == '"';
        fl_buf_add_char(&out, now(csv));
        csv->at++;
    }
    csv->at++;
    char *copy = out.failed ? NULL : fl_arena_strndup(arena, out.len > 0 ? out.data : "", out.len);
    field->text = (struct fl_str){copy, out.len};
    fl_buf_dispose(&out);
    if (copy == NULL)
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    if (!at_end(csv) && now(csv) != ',' && line_end(csv) == 0)
        return fail(field, err, "behind the closing quote of this field stands more; double the quotes within it");
    return FL_OK;
}

static enum fl_status plain(struct fl_csv *csv, struct fl_csv_field *field, struct fl_arena *arena,
                            struct fl_error *err)
{
    size_t from = csv->at;
    while (!at_end(csv) && now(csv) != ',' && line_end(csv) == 0) {
        if (now(csv) == '"')
            return fail(field, err,
                        "a quote stands inside this field; put all of it in quotes, and double those within");
        csv->at++;
    }
    char *copy = fl_arena_strndup(arena, csv->text.ptr + from, csv->at - from);
    field->text = (struct fl_str){copy, csv->at - from};
    return copy == NULL ? fl_fail(err, FL_E_NOMEM, "out of memory") : FL_OK;
}

enum fl_status fl_csv_next(struct fl_csv *csv, struct fl_arena *arena, struct fl_error *err)
{
    for (size_t end; (end = line_end(csv)) > 0;)
        pass_line_end(csv, end);
    if (at_end(csv))
        return FL_END;
    csv->count = 0;
    for (;;) {
        if (!fl_grow((void **)&csv->fields, &csv->capacity, csv->count + 1, sizeof *csv->fields))
            return fl_fail(err, FL_E_NOMEM, "out of memory");
        struct fl_csv_field *field = &csv->fields[csv->count++];
        field->line = csv->line;
        field->column = (uint32_t)(csv->at - csv->line_start) + 1;
        enum fl_status status =
            now(csv) == '"' && !at_end(csv) ? quoted(csv, field, arena, err) : plain(csv, field, arena, err);
        if (status != FL_OK)
            return status;
        if (now(csv) != ',' || at_end(csv))
            break;
        csv->at++;
    }
    size_t end = line_end(csv);
    if (end > 0)
        pass_line_end(csv, end);
    return FL_OK;
}
