/* flowlaw_plugin.h: the whole interface between flowlaw and a plugin. Self-contained.
 *
 * A plugin exports one descriptor, `const struct flp_plugin flp_plugin_<name>` when built in, or the
 * function `const struct flp_plugin *flp_plugin(void)` when it is a shared object. It links against
 * nothing: whatever it needs from the host comes in struct flp_host. Structures grow at their end only;
 * `size` says how much of one the other side knows.
 *
 * Thread rule: one decoder object belongs to one worker thread.
 */
#ifndef FLOWLAW_PLUGIN_H
#define FLOWLAW_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLP_ABI      1
#define FLP_NO_FIELD UINT32_MAX

enum flp_kind { FLP_DECODER = 1, FLP_OUTPUT = 2 };

struct flp_plugin {
    uint32_t abi, size;
    enum flp_kind kind;
    const char *name;      /* "aws_vpc" */
    const char *summary;   /* one line for `flowlaw list plugins` */
    const void *functions; /* struct flp_decoder or struct flp_output */
};

/* How the host stores a column. ADDR: two uint64_t, high half first, in host byte order; IPv4 a.b.c.d is
 * ::ffff:a.b.c.d. STRING: filled by intern() only. TIME_MS and INT: int64_t.
 * ACTION: 0 accept, 1 reject. STATUS: 0 ok, 1 nodata, 2 skipdata. */
enum flp_storage { FLP_U8 = 0, FLP_U16, FLP_INT, FLP_TIME_MS, FLP_STRING, FLP_ADDR, FLP_ACTION, FLP_STATUS };

/* values is NULL for a column that nobody reads. The decoder sets present where the object has the
 * column, clears or sets nulls for every row (bit 1 = null, value then 0), and sets any_null.
 * lazy: decode() only sets present and clears nulls and any_null; fill() brings the values of the rows that are
 * asked for. Never set for STRING and STATUS columns, nor when the decoder has no fill(). */
struct flp_column {
    void *values;
    uint64_t *nulls;
    bool present, any_null;
    bool lazy;
};

struct flp_batch {
    uint32_t rows, capacity;    /* capacity after reserve() */
    struct flp_column *columns; /* by field id, field_count of them */
    uint32_t field_count;
    uint32_t *row_start, *row_length; /* of each record in the text, without its line end */
    uint64_t *no_data;                /* bit: NODATA or SKIPDATA, and every data field of the line is null */
    bool any_no_data;
    void *host; /* for the host's functions */
};

enum flp_bad { FLP_BAD_TOO_FEW, FLP_BAD_TOO_MANY, FLP_BAD_NOT_A_RECORD, FLP_BAD_TOO_LONG, FLP_BAD_COUNT };

struct flp_host {
    uint32_t abi, size;
    /* Field id of a provider's column name (any of its spellings), or FLP_NO_FIELD. */
    uint32_t (*field)(const char *name, size_t len);
    enum flp_storage (*storage)(uint32_t field);
    /* Makes room for rows; pointers in *batch may change. false when memory is out. */
    bool (*reserve)(struct flp_batch *batch, uint32_t rows);
    /* Interns text[starts[i] .. starts[i] + lengths[i]) of all rows into a string column; "-" is null. At least 64
     * bytes behind each text are readable. */
    bool (*intern)(struct flp_batch *batch, uint32_t field, const char *text, const uint32_t *starts,
                   const uint32_t *lengths, uint32_t rows);
    /* The slow, strict address parser: 16 bytes as in FLP_ADDR. */
    bool (*parse_addr)(const char *text, size_t len, uint64_t out[2]);
    /* A line that is not a record: dropped and counted. offset and len within the chunk. */
    void (*bad_line)(struct flp_batch *batch, uint32_t offset, uint32_t len, enum flp_bad cause);
    /* A malformed or out-of-range value, which is null. */
    void (*bad_value)(struct flp_batch *batch, uint32_t field, uint32_t row);
    /* Once per decoder and name: a column that the host does not know. */
    void (*unknown_column)(void *context, const char *name, size_t len);
    void *context;
};

struct flp_open {
    uint32_t size;
    const char *told_format; /* --format, or NULL */
    const uint64_t *wanted;  /* bit f: field f is read */
    uint32_t wanted_words;
};

/* A LINES decoder: the host cuts the text into chunks of whole lines, each ending in '\n' ("\r\n" may
 * occur), with at least 64 readable bytes before and after the chunk. */
struct flp_decoder {
    uint32_t size;
    /* 0..100: how sure is it that an object whose text starts like this is mine? */
    int (*probe)(const char *text, size_t len, const char *told_format);
    /* NULL and an error text when it cannot; NULL and no text when memory is out. */
    void *(*open)(const struct flp_host *host, const struct flp_open *how, char *error, size_t error_bytes);
    void (*close)(void *self);
    /* A new object; text is its first chunk. Decides the layout. false and an error text when it cannot:
     * the object is then not read. A header line stays in the text; decode() stops at it. */
    bool (*begin)(void *self, const char *text, size_t len, char *error, size_t error_bytes);
    /* Decodes whole lines from the start of the text into *out (rows starts at 0). Stops at a header line.
     * Returns the bytes consumed; at text + consumed stands a header line, or consumed == len.
     * SIZE_MAX when memory is out. */
    size_t (*decode)(void *self, const char *text, size_t len, struct flp_batch *out);
    /* Puts a header line (with its line end) into force for what follows. false: not usable, with an error;
     * the lines behind it are then bad until the next header. */
    bool (*header)(void *self, const char *line, size_t len, char *error, size_t error_bytes);
    /* How the layout in force was decided, for the summary: "header", "--format", "default 14 columns". */
    const char *(*layout_origin)(void *self);
    /* Bit f set: the layout in force has field f. */
    void (*layout_fields)(void *self, uint64_t *bits, uint32_t words);
    /* The named fields of one record, in column order, null ones included as "-". */
    void (*fields)(void *self, const char *line, size_t len,
                   void (*emit)(void *context, const char *name, size_t name_len, const char *value, size_t value_len),
                   void *context);
    /* May be NULL. Stores the values of the rows whose bits are set in a lazy column of the batch that decode() made
     * last; its text is still there. Each row is asked for at most once. false when memory is out. */
    bool (*fill)(void *self, uint32_t field, const uint64_t *rows, struct flp_batch *out);
    /* Several workers decode the chunks of one object when the decoder has both of these; NULL otherwise.
     * adopt: takes over the layout that `from`, another decoder object of this plugin, has in force. */
    void (*adopt)(void *self, const void *from);
    /* Offset of the first header line in whole lines of text, or len. Reads nothing that decode() changes. */
    size_t (*next_header)(const void *self, const char *text, size_t len);
};

struct fl_report;
/* Bytes of an output. write() returns false when the target refuses them. */
struct flp_sink {
    bool (*write)(void *context, const char *bytes, size_t len);
    void *context;
    bool color; /* the target is a terminal that wants colour */
};
struct flp_output {
    uint32_t size;
    bool (*write)(const struct fl_report *report, const struct flp_sink *sink);
};

#endif
