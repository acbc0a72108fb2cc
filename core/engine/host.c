#include "core/engine/host.h"

#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/plugin/registry.h"

#define INTERN_ROWS 32u /* looked up together */

static uint32_t host_field(const char *name, size_t len)
{
    uint32_t field = fl_field_find_provider((struct fl_str){name, len});
    return field < FL_DERIVED_FIRST ? field : FLP_NO_FIELD;
}

static enum flp_storage host_storage(uint32_t field)
{
    switch (fl_fields[field].type) {
    case FL_T_ACTION:
        return FLP_ACTION;
    case FL_T_STATUS:
        return FLP_STATUS;
    case FL_T_U8:
        return FLP_U8;
    case FL_T_PORT:
        return FLP_U16;
    case FL_T_TIME:
        return FLP_TIME_MS;
    case FL_T_ADDR:
        return FLP_ADDR;
    case FL_T_STR:
        return FLP_STRING;
    default:
        return FLP_INT;
    }
}

static bool can_fill(const struct fl_host *host, uint32_t field)
{
    return host->decoders[host->current]->fill != NULL && fl_field_can_be_lazy(field);
}

static void show_columns(struct fl_host *host)
{
    struct fl_batch *batch = host->batch;
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++) {
        bool decoded = f < FL_DERIVED_FIRST && fl_field_set_has(&host->wanted, f);
        host->columns[f] = (struct flp_column){.values = decoded ? batch->columns[f].values : NULL,
                                               .nulls = batch->columns[f].nulls,
                                               .lazy = batch->columns[f].filled != NULL && can_fill(host, f)};
    }
    host->view.capacity = batch->capacity;
    host->view.row_start = batch->row_start;
    host->view.row_length = batch->row_length;
    host->view.no_data = batch->no_data;
}

static bool host_reserve(struct flp_batch *view, uint32_t rows)
{
    struct fl_host *host = view->host;
    if (fl_batch_reserve(host->batch, rows) != FL_OK)
        return false;
    show_columns(host);
    return true;
}

/* Rows from..from + count of a text column. false when memory is out. */
static bool intern_block(struct fl_intern *table, struct flp_column *column, const char *text, const uint32_t *starts,
                         const uint32_t *lengths, uint32_t from, uint32_t count)
{
    struct fl_intern_key keys[INTERN_ROWS];
    uint32_t *ids = column->values;
    for (uint32_t i = 0; i < count; i++)
        fl_intern_prepare(table, (struct fl_str){text + starts[from + i], lengths[from + i]}, &keys[i]);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t r = from + i;
        struct fl_str value = {text + starts[r], lengths[r]};
        if (value.len == 1 && value.ptr[0] == '-') {
            ids[r] = 0;
            column->nulls[r >> 6] |= UINT64_C(1) << (r & 63);
            column->any_null = true;
            continue;
        }
        ids[r] = fl_intern_find(table, value, &keys[i]);
        if (ids[r] == FL_MAP_NONE)
            return false;
    }
    return true;
}

static bool host_intern(struct flp_batch *view, uint32_t field, const char *text, const uint32_t *starts,
                        const uint32_t *lengths, uint32_t rows)
{
    struct fl_host *host = view->host;
    struct flp_column *column = &view->columns[field];
    memset(column->nulls, 0, (size_t)(rows + 63) / 64 * sizeof column->nulls[0]);
    column->present = true;
    column->any_null = false;
    for (uint32_t from = 0; from < rows; from += INTERN_ROWS) {
        uint32_t count = rows - from < INTERN_ROWS ? rows - from : INTERN_ROWS;
        if (!intern_block(&host->intern, column, text, starts, lengths, from, count))
            return false;
    }
    return true;
}

static bool host_parse_addr(const char *text, size_t len, uint64_t out[2])
{
    struct fl_addr addr;
    if (!fl_addr_parse((struct fl_str){text, len}, &addr))
        return false;
    out[0] = addr.hi;
    out[1] = addr.lo;
    return true;
}

static void host_bad_line(struct flp_batch *view, uint32_t offset, uint32_t len, enum flp_bad cause)
{
    struct fl_host *host = view->host;
    struct fl_object_stats *stats = host->stats;
    if (stats == NULL || (unsigned)cause >= FLP_BAD_COUNT)
        return;
    stats->bad_lines[cause]++;
    if (stats->sample_count == FL_BAD_LINES_SHOWN)
        return;
    struct fl_bad_sample *sample = &stats->samples[stats->sample_count++];
    sample->offset = host->batch->base_offset + offset;
    sample->cause = cause;
    size_t shown = len < sizeof sample->text - 1 ? len : sizeof sample->text - 1;
    memcpy(sample->text, host->batch->text + offset, shown);
    sample->text[shown] = '\0';
}

static void host_bad_value(struct flp_batch *view, uint32_t field, uint32_t row)
{
    (void)row;
    struct fl_host *host = view->host;
    if (host->stats != NULL && field < FL_FIELD_COUNT)
        host->stats->bad_values[field]++;
}

static void host_unknown_column(void *context, const char *name, size_t len)
{
    struct fl_host *host = context;
    if (host->unknown_columns != NULL)
        fl_map_intern(host->unknown_columns, (struct fl_str){name, len});
}

enum fl_status fl_host_init(struct fl_host *host, struct fl_batch *batch, const struct fl_field_set *wanted,
                            const char *told_format, struct fl_map *unknown_columns)
{
    memset(host, 0, sizeof *host);
    host->batch = batch;
    if (!fl_intern_init(&host->intern, &batch->strings))
        return FL_E_NOMEM;
    host->wanted = *wanted;
    host->told_format = told_format;
    host->unknown_columns = unknown_columns;
    host->functions = (struct flp_host){.abi = FLP_ABI,
                                        .size = sizeof host->functions,
                                        .field = host_field,
                                        .storage = host_storage,
                                        .reserve = host_reserve,
                                        .intern = host_intern,
                                        .parse_addr = host_parse_addr,
                                        .bad_line = host_bad_line,
                                        .bad_value = host_bad_value,
                                        .unknown_column = host_unknown_column,
                                        .context = host};
    host->view.columns = host->columns;
    host->view.field_count = FL_FIELD_COUNT;
    host->view.host = host;
    for (uint32_t i = 0; host->decoder_count < FL_DECODERS_MAX; i++) {
        const struct flp_plugin *plugin = fl_plugin_at(i);
        if (plugin == NULL)
            break;
        if (plugin->kind != FLP_DECODER)
            continue;
        host->decoders[host->decoder_count] = plugin->functions;
        host->names[host->decoder_count++] = plugin->name;
    }
    return FL_OK;
}

void fl_host_dispose(struct fl_host *host)
{
    for (uint32_t i = 0; i < host->decoder_count; i++)
        if (host->selves[i] != NULL)
            host->decoders[i]->close(host->selves[i]);
    fl_intern_dispose(&host->intern);
    memset(host, 0, sizeof *host);
}

static bool choose(struct fl_host *host, struct fl_str text)
{
    int best = 0;
    for (uint32_t i = 0; i < host->decoder_count; i++) {
        int score = host->decoders[i]->probe(text.ptr, text.len, host->told_format);
        if (score > best) {
            best = score;
            host->current = i;
        }
    }
    return best > 0;
}

static bool open_current(struct fl_host *host, char *error, size_t error_bytes)
{
    uint32_t i = host->current;
    if (host->selves[i] != NULL)
        return true;
    struct flp_open how = {.size = sizeof how,
                           .told_format = host->told_format,
                           .wanted = host->wanted.bits,
                           .wanted_words = FL_FIELD_WORDS};
    host->selves[i] = host->decoders[i]->open(&host->functions, &how, error, error_bytes);
    return host->selves[i] != NULL;
}

enum fl_status fl_host_check_format(const char *told_format, struct fl_error *err)
{
    struct fl_field_set nothing = {{0}};
    struct fl_batch batch = {0};
    struct fl_host *host = fl_alloc_zero(1, sizeof *host);
    if (host == NULL || fl_host_init(host, &batch, &nothing, told_format, NULL) != FL_OK) {
        fl_free(host);
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    }
    char error[256] = "";
    bool taken = false;
    for (uint32_t i = 0; i < host->decoder_count && !taken; i++) {
        host->current = i;
        taken = open_current(host, error, sizeof error);
    }
    fl_host_dispose(host);
    fl_free(host);
    if (taken)
        return FL_OK;
    return error[0] == '\0' ? fl_fail(err, FL_E_NOMEM, "out of memory") : fl_fail(err, FL_E_USAGE, "%s", error);
}

static void note_layout(struct fl_host *host)
{
    const struct flp_decoder *decoder = host->decoders[host->current];
    void *self = host->selves[host->current];
    struct fl_object_stats *stats = host->stats;
    if (stats == NULL)
        return;
    struct fl_field_set columns = {{0}};
    decoder->layout_fields(self, columns.bits, FL_FIELD_WORDS);
    if (!stats->has_layout)
        stats->columns = columns;
    for (uint32_t w = 0; w < FL_FIELD_WORDS; w++)
        stats->columns.bits[w] &= columns.bits[w];
    stats->has_layout = true;
    if (host->batch->base_offset < stats->format_offset)
        return;
    stats->format_offset = host->batch->base_offset;
    snprintf(stats->format, sizeof stats->format, "%s: %s", host->names[host->current], decoder->layout_origin(self));
}

static void note_unrecognised(struct fl_object_stats *stats, struct fl_str text)
{
    const char *form = fl_detect_form(text.ptr, text.len);
    if (text.len > 8 && memcmp(text.ptr, "version:", 8) == 0)
        snprintf(stats->trouble, sizeof stats->trouble, "this looks like a policy: name it with -p");
    else if (text.len > 8 && memcmp(text.ptr, "flowpart", 8) == 0)
        snprintf(stats->trouble, sizeof stats->trouble, "this is a partial result: flowlaw merge judges it");
    else if (form != NULL)
        snprintf(stats->trouble, sizeof stats->trouble,
                 "this looks like %s, which flowlaw does not read yet: deliver or convert the log as text, a record a "
                 "line, with a space between columns and a header line",
                 form);
    else
        snprintf(stats->trouble, sizeof stats->trouble,
                 "no decoder recognises it: if it is a flow log without a header line, say its columns with --format");
}

enum fl_status fl_host_begin(struct fl_host *host, struct fl_object_stats *stats, struct fl_str text)
{
    const char *what;
    host->stats = stats;
    if (fl_detect_neighbour(text.ptr, text.len, &what)) {
        stats->foreign = true;
        snprintf(stats->trouble, sizeof stats->trouble, "this is %s", what);
        return FL_E_DATA;
    }
    if (fl_detect_foreign(text.ptr, text.len, &what)) {
        snprintf(stats->trouble, sizeof stats->trouble, "this is %s, which is not read: deliver the log as text", what);
        return FL_E_DATA;
    }
    if (!choose(host, text)) {
        note_unrecognised(stats, text);
        return FL_E_DATA;
    }
    const struct flp_decoder *decoder = host->decoders[host->current];
    stats->trouble[0] = '\0';
    if (!open_current(host, stats->trouble, sizeof stats->trouble))
        return stats->trouble[0] == '\0' ? FL_E_NOMEM : FL_E_DATA;
    if (!decoder->begin(host->selves[host->current], text.ptr, text.len, stats->trouble, sizeof stats->trouble))
        return FL_E_DATA;
    stats->recognised = true;
    return FL_OK;
}

static void take_columns(struct fl_host *host)
{
    struct fl_batch *batch = host->batch;
    batch->rows = host->view.rows;
    batch->any_no_data = host->view.any_no_data;
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++) {
        batch->columns[f].present = host->columns[f].present && host->columns[f].values != NULL;
        batch->columns[f].any_null = host->columns[f].any_null;
        fl_batch_forget(batch, f);
    }
}

enum fl_status fl_host_fill(struct fl_host *host, uint32_t field, const uint64_t *rows)
{
    struct flp_column *column = &host->columns[field];
    if (!column->lazy)
        return FL_OK;
    if (!host->decoders[host->current]->fill(host->selves[host->current], field, rows, &host->view))
        return FL_E_NOMEM;
    host->batch->columns[field].any_null = column->any_null;
    return FL_OK;
}

static size_t line_length(struct fl_str text)
{
    const char *end = memchr(text.ptr, '\n', text.len);
    return end == NULL ? text.len : (size_t)(end - text.ptr) + 1;
}

static void note_bad_header(struct fl_host *host, uint64_t offset, const char *error)
{
    struct fl_object_stats *stats = host->stats;
    if (stats == NULL || (stats->trouble[0] != '\0' && stats->trouble_offset <= offset))
        return;
    stats->trouble_offset = offset;
    snprintf(stats->trouble, sizeof stats->trouble, "header line at byte %llu: %.200s", (unsigned long long)offset,
             error);
}

enum fl_status fl_host_decode(struct fl_host *host, struct fl_str text, size_t *consumed)
{
    const struct flp_decoder *decoder = host->decoders[host->current];
    void *self = host->selves[host->current];
    host->view.rows = 0;
    host->view.any_no_data = false;
    show_columns(host);
    host->batch->text = text.ptr;
    *consumed = decoder->decode(self, text.ptr, text.len, &host->view);
    if (*consumed == SIZE_MAX)
        return FL_E_NOMEM;
    take_columns(host);
    if (host->batch->rows > 0)
        note_layout(host);
    if (*consumed < text.len && host->batch->rows == 0) {
        struct fl_str rest = {text.ptr + *consumed, text.len - *consumed};
        size_t header = line_length(rest);
        char error[256];
        if (!decoder->header(self, rest.ptr, header, error, sizeof error))
            note_bad_header(host, host->batch->base_offset + *consumed, error);
        *consumed += header;
    }
    return FL_OK;
}

/* ---- sharing an object ---- */

bool fl_host_can_share(const struct fl_host *host)
{
    const struct flp_decoder *decoder = host->decoders[host->current];
    return decoder->adopt != NULL && decoder->next_header != NULL;
}

/* Puts every header line of the text into force. */
static void follow_headers(const struct flp_decoder *decoder, void *self, struct fl_str text)
{
    char error[256];
    for (size_t at = 0; at < text.len;) {
        at += decoder->next_header(self, text.ptr + at, text.len - at);
        size_t header = at < text.len ? line_length((struct fl_str){text.ptr + at, text.len - at}) : 0;
        if (header > 0)
            decoder->header(self, text.ptr + at, header, error, sizeof error);
        at += header;
    }
}

enum fl_status fl_host_skip(struct fl_host *host, struct fl_str text)
{
    const struct flp_decoder *decoder = host->decoders[host->current];
    enum fl_status status = FL_OK;
    if (decoder->next_header != NULL) {
        follow_headers(decoder, host->selves[host->current], text);
        return FL_OK;
    }
    for (size_t at = 0, consumed; at < text.len && status == FL_OK; at += consumed)
        status = fl_host_decode(host, (struct fl_str){text.ptr + at, text.len - at}, &consumed);
    return status;
}

static void ignore_column(void *context, const char *name, size_t len)
{
    (void)context;
    (void)name;
    (void)len;
}

bool fl_front_open(struct fl_front *front, struct fl_host *host)
{
    char error[256];
    const struct flp_decoder *decoder = host->decoders[host->current];
    if (front->self != NULL && front->decoder != host->current)
        fl_front_close(front, host);
    struct flp_open how = {.size = sizeof how,
                           .told_format = host->told_format,
                           .wanted = host->wanted.bits,
                           .wanted_words = FL_FIELD_WORDS};
    front->decoder = host->current;
    front->functions = host->functions;
    front->functions.unknown_column = ignore_column;
    if (front->self == NULL)
        front->self = decoder->open(&front->functions, &how, error, sizeof error);
    if (front->self == NULL)
        return false;
    decoder->adopt(front->self, host->selves[host->current]);
    return true;
}

void fl_front_close(struct fl_front *front, const struct fl_host *host)
{
    if (front->self != NULL)
        host->decoders[front->decoder]->close(front->self);
    front->self = NULL;
}

bool fl_front_pass(struct fl_front *front, struct fl_host *to, struct fl_object_stats *stats, struct fl_str text)
{
    char error[256];
    const struct flp_decoder *decoder = to->decoders[front->decoder];
    to->current = front->decoder;
    to->stats = stats;
    if (!open_current(to, error, sizeof error))
        return false;
    decoder->adopt(to->selves[to->current], front->self);
    follow_headers(decoder, front->self, text);
    return true;
}

void fl_host_fields(struct fl_host *host, struct fl_str line,
                    void (*emit)(void *context, const char *name, size_t name_len, const char *value, size_t value_len),
                    void *context)
{
    host->decoders[host->current]->fields(host->selves[host->current], line.ptr, line.len, emit, context);
}
