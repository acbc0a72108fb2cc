/* evidence.c: the raw lines of kept places, read again. */
#include <string.h>
#include <sys/stat.h>

#include "core/engine/engine.h"
#include "core/engine/host.h"

struct rereading {
    const struct fl_source_list *sources;
    const struct fl_wanted_feed *feed;
    struct fl_wanted next; /* that is wanted */
    bool any;              /* something is */
    struct fl_reader *reader;
    struct fl_batch batch;
    struct fl_host host;
    enum fl_status (*take)(void *context, const struct fl_evidence_line *line);
    void *context;
};

#define LANES 16u

/* Counted in bytes side by side, which compilers turn into vector code, and added up before a byte can overflow. */
static uint64_t count_lines(const char *text, size_t len)
{
    uint64_t lines = 0;
    size_t at = 0;
    while (len - at >= LANES) {
        uint8_t sums[LANES] = {0};
        size_t steps = (len - at) / LANES < UINT8_MAX ? (len - at) / LANES : UINT8_MAX;
        for (size_t i = 0; i < steps; i++, at += LANES)
            for (unsigned k = 0; k < LANES; k++)
                sums[k] += text[at + k] == '\n';
        for (unsigned k = 0; k < LANES; k++)
            lines += sums[k];
    }
    for (; at < len; at++)
        lines += text[at] == '\n';
    return lines;
}

/* Lines that the reader passed over before the chunk at hand, as they were too long; *before: those known so far. */
static uint64_t passed_lines(const struct fl_reader *reader, uint64_t *before)
{
    uint64_t all = fl_reader_stats(reader)->long_lines, passed = all - *before;
    *before = all;
    return passed;
}

static bool changed(const struct fl_source *source)
{
    struct stat now;
    if (source->path == NULL)
        return false;
    if (stat(source->path, &now) != 0)
        return true;
    return (uint64_t)now.st_size != source->size_bytes ||
           (int64_t)now.st_mtim.tv_sec * 1000000000 + now.st_mtim.tv_nsec != source->mtime_ns;
}

static enum fl_status advance(struct rereading *re)
{
    enum fl_status status = re->feed->next(re->feed->context, &re->next);
    re->any = status == FL_OK;
    return status == FL_END ? FL_OK : status;
}

static bool is_of(const struct rereading *re, uint32_t source)
{
    return re->any && fl_where_source(re->next.where) == source;
}

static enum fl_status take_missing(struct rereading *re, uint32_t source)
{
    enum fl_status status = FL_OK;
    while (status == FL_OK && is_of(re, source)) {
        struct fl_evidence_line line = {.tag = re->next.tag};
        status = re->take(re->context, &line);
        if (status == FL_OK)
            status = advance(re);
    }
    return status;
}

/* What is wanted of this chunk. The layout in force is followed by decoding. */
static enum fl_status take_chunk(struct rereading *re, uint32_t source, const struct fl_chunk *chunk, uint64_t *line_no)
{
    size_t at = 0, counted = 0;
    if (fl_where_offset(re->next.where) >= chunk->offset + chunk->len) {
        *line_no += count_lines(chunk->text, chunk->len);
        return fl_host_skip(&re->host, (struct fl_str){chunk->text, chunk->len});
    }
    while (at < chunk->len) {
        size_t consumed;
        re->batch.base_offset = chunk->offset + at;
        struct fl_str rest = {chunk->text + at, chunk->len - at};
        enum fl_status status = fl_host_decode(&re->host, rest, &consumed);
        if (status != FL_OK)
            return status;
        uint64_t end = chunk->offset + at + consumed;
        while (is_of(re, source) && fl_where_offset(re->next.where) < end) {
            size_t begin = (size_t)(fl_where_offset(re->next.where) - chunk->offset);
            *line_no += count_lines(chunk->text + counted, begin - counted);
            counted = begin;
            const char *newline = memchr(chunk->text + begin, '\n', chunk->len - begin);
            size_t len = newline == NULL ? chunk->len - begin : (size_t)(newline - chunk->text) - begin;
            if (len > 0 && chunk->text[begin + len - 1] == '\r')
                len--;
            struct fl_evidence_line line = {
                .tag = re->next.tag, .record = *line_no + 1, .raw = {chunk->text + begin, len}, .token = &re->host};
            status = re->take(re->context, &line);
            if (status == FL_OK)
                status = advance(re);
            if (status != FL_OK)
                return status;
        }
        at += consumed;
    }
    *line_no += count_lines(chunk->text + counted, chunk->len - counted);
    return FL_OK;
}

static enum fl_status read_object(struct rereading *re)
{
    uint32_t number = fl_where_source(re->next.where);
    const struct fl_source *source = &re->sources->items[number];
    enum fl_status status = changed(source) ? FL_E_DATA : fl_reader_open(re->reader, source, NULL);
    if (status != FL_OK)
        return status == FL_E_NOMEM ? status : take_missing(re, number);
    struct fl_object_stats stats = {0};
    struct fl_chunk chunk;
    uint64_t line_no = 0, long_lines = 0;
    bool begun = false;
    while (is_of(re, number) && (status = fl_reader_next(re->reader, &chunk)) == FL_OK) {
        if (!begun)
            status = fl_host_begin(&re->host, &stats, (struct fl_str){chunk.text, chunk.len});
        if (status == FL_E_DATA)
            return take_missing(re, number);
        if (status != FL_OK)
            return status;
        begun = true;
        line_no += passed_lines(re->reader, &long_lines);
        status = take_chunk(re, number, &chunk, &line_no);
        if (status != FL_OK)
            return status;
    }
    if (status != FL_OK && status != FL_END)
        return status;
    return take_missing(re, number);
}

enum fl_status fl_evidence_read(const struct fl_source_list *sources, const struct fl_part *part,
                                const struct fl_wanted_feed *feed, const char *told_format,
                                enum fl_status (*take)(void *context, const struct fl_evidence_line *line),
                                void *context)
{
    if (part->file_count > 0)
        return fl_part_lines(part, feed, take, context);
    struct rereading re = {.sources = sources, .feed = feed, .take = take, .context = context};
    struct fl_field_set nothing = {{0}};
    enum fl_status status = fl_batch_init(&re.batch, &nothing);
    if (status == FL_OK)
        status = fl_host_init(&re.host, &re.batch, &nothing, told_format, NULL);
    re.reader = fl_reader_new(0);
    if (re.reader == NULL)
        status = FL_E_NOMEM;
    if (status == FL_OK)
        status = advance(&re);
    while (re.any && status == FL_OK)
        status = read_object(&re);
    fl_host_dispose(&re.host);
    fl_batch_dispose(&re.batch);
    if (re.reader != NULL)
        fl_reader_free(re.reader);
    return status;
}

#define NUMBERED_BYTES_MAX (16u << 20)

enum fl_status fl_evidence_line_at(const struct fl_source *source, uint64_t offset, uint64_t *line)
{
    struct fl_chunk chunk;
    uint64_t before = 0;
    *line = 0;
    if (offset > NUMBERED_BYTES_MAX || changed(source))
        return FL_OK;
    struct fl_reader *reader = fl_reader_new(0);
    enum fl_status status = reader == NULL ? FL_E_NOMEM : fl_reader_open(reader, source, NULL);
    while (status == FL_OK && (status = fl_reader_next(reader, &chunk)) == FL_OK && chunk.offset < offset) {
        uint64_t len = offset - chunk.offset < chunk.len ? offset - chunk.offset : chunk.len;
        before += count_lines(chunk.text, (size_t)len);
    }
    if (status == FL_OK || status == FL_END)
        *line = before + 1;
    if (reader != NULL)
        fl_reader_free(reader);
    return status == FL_E_NOMEM ? status : FL_OK;
}

/* The start of the `wanted`-th line (from 1) of a text that has that many. */
static size_t nth_line(const char *text, size_t len, uint64_t wanted)
{
    size_t at = 0;
    for (; wanted > 1; wanted--)
        at = (size_t)((const char *)memchr(text + at, '\n', len - at) - text) + 1;
    return at;
}

enum fl_status fl_evidence_locate(const struct fl_source *source, uint64_t record, uint64_t *offset, struct fl_buf *raw)
{
    struct fl_reader *reader = fl_reader_new(0);
    if (reader == NULL)
        return FL_E_NOMEM;
    struct fl_chunk chunk;
    uint64_t before = 0, long_lines = 0; /* lines that ended */
    *offset = UINT64_MAX;                /* of a line that is too long to be a record */
    enum fl_status status = fl_reader_open(reader, source, NULL);
    while (status == FL_OK && (status = fl_reader_next(reader, &chunk)) == FL_OK) {
        before += passed_lines(reader, &long_lines);
        if (before >= record)
            break;
        uint64_t ended = count_lines(chunk.text, chunk.len);
        bool rest = chunk.len > 0 && chunk.text[chunk.len - 1] != '\n';
        if (before + ended + rest < record) {
            before += ended;
            continue;
        }
        size_t begin = nth_line(chunk.text, chunk.len, record - before);
        const char *end = memchr(chunk.text + begin, '\n', chunk.len - begin);
        size_t len = end == NULL ? chunk.len - begin : (size_t)(end - chunk.text) - begin;
        if (len > 0 && chunk.text[begin + len - 1] == '\r')
            len--;
        *offset = chunk.offset + begin;
        fl_buf_add(raw, chunk.text + begin, len);
        break;
    }
    fl_reader_free(reader);
    return status;
}

void fl_evidence_fields(const struct fl_evidence_line *line,
                        void (*emit)(void *context, const char *name, size_t name_len, const char *value,
                                     size_t value_len),
                        void *context)
{
    if (line->token != NULL)
        fl_host_fields(line->token, line->raw, emit, context);
    for (uint32_t i = 0; line->token == NULL && i < line->field_count; i++)
        emit(context, line->fields[2 * i].ptr, line->fields[2 * i].len, line->fields[2 * i + 1].ptr,
             line->fields[2 * i + 1].len);
}
