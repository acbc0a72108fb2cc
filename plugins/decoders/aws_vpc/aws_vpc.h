/* aws_vpc.h: the parts of the aws_vpc decoder; private to this folder.
 *
 * A decoder object (struct fl_vpc) owns its buffers and the layout in force and belongs to one
 * worker thread. Text, batches and the host are borrowed for the length of a call.
 *
 * How a chunk is decoded: one scan lists the positions of all bytes <= ' '. If the text is regular
 * (rows of exactly one blank between the fields of the layout), field (r, c) ends at
 * ends[r * columns + c] and starts behind the position before that, and each wanted column is
 * converted by a kernel of its own. Text that is not regular is first copied into a regular one, line by line,
 * which also finds bad lines and header lines; the same kernels then read the copy. Values that a
 * kernel does not know at a glance go through fl_vpc_odd(), the only place that decides what is
 * null and what is bad.
 */
#ifndef FL_PLUGINS_AWS_VPC_H
#define FL_PLUGINS_AWS_VPC_H

#include "core/plugin/flowlaw_plugin.h"

#define FL_VPC_COLUMNS_MAX 128
#define FL_VPC_NAME_MAX    64
#define FL_VPC_NONE        UINT32_MAX
#define FL_VPC_PADDING     64 /* readable bytes around every text that kernels read */

/* ---- names.c: what AWS documents ---- */

enum fl_vpc_check { FL_VPC_ANY, FL_VPC_NUMBER, FL_VPC_TIME, FL_VPC_ADDR, FL_VPC_ACTION, FL_VPC_STATUS };

struct fl_vpc_name {
    const char *text;
    enum fl_vpc_check check; /* what its values look like */
};
extern const struct fl_vpc_name fl_vpc_names[];

/* A layout that AWS documents or delivers without a header. */
struct fl_vpc_order {
    const char *origin;
    const uint8_t *names; /* indexes into fl_vpc_names */
    uint32_t count;
};
enum { FL_VPC_ORDER_DEFAULT = 0 };
extern const struct fl_vpc_order fl_vpc_orders[];
extern const uint32_t fl_vpc_order_count;
extern const struct fl_vpc_order fl_vpc_order_tgw;

/* Without a host: is it a name of AWS's, in any spelling? */
bool fl_vpc_name_known(const char *text, size_t len);

/* ---- lines.c: lines and the fields in them ---- */

struct fl_vpc_span {
    uint32_t start, len;
};

/* Bytes of the line at text without "\n" or "\r\n"; *next is where the next line starts. */
size_t fl_vpc_line(const char *text, size_t len, size_t *next);
/* Splits a line without its end at runs of blanks and tabs. The first `max` fields go to spans;
 * returns how many there are. */
uint32_t fl_vpc_split(const char *line, size_t len, struct fl_vpc_span *spans, uint32_t max);
/* A letter, then letters, digits, '-' and '_'; at most FL_VPC_NAME_MAX bytes. */
bool fl_vpc_is_name(const char *text, size_t len);
/* Every field looks like a name and at least two are names that `known` knows. */
bool fl_vpc_is_header(const char *line, size_t len, bool (*known)(const void *, const char *, size_t),
                      const void *context);
/* Length of a byte order mark at the start of the line, else 0. */
size_t fl_vpc_mark(const char *line, size_t len);

/* ---- layout.c ---- */

struct fl_vpc_column {
    uint32_t field; /* FLP_NO_FIELD when the host does not know it */
    enum flp_storage storage;
    uint32_t name, name_len; /* in layout->names */
};

struct fl_vpc_layout {
    uint32_t count; /* 0: none in force */
    const char *origin;
    struct fl_vpc_column columns[FL_VPC_COLUMNS_MAX];
    uint32_t status; /* column of log-status, or FL_VPC_NONE */
    /* A column whose values seldom start with a letter: tells records from headers. */
    uint32_t guard;
    /* Columns that a line without data leaves empty. */
    uint32_t data[FL_VPC_COLUMNS_MAX], data_count;
    uint32_t names_used;
    char names[FL_VPC_COLUMNS_MAX * FL_VPC_NAME_MAX];
};

struct fl_vpc;
bool fl_vpc_layout_from_header(struct fl_vpc *self, const char *line, size_t len, char *error, size_t error_bytes);
/* `--format`: names with or without ${}, "default" or "tgw". */
bool fl_vpc_layout_from_format(struct fl_vpc *self, struct fl_vpc_layout *layout, const char *format, char *error,
                               size_t error_bytes);
void fl_vpc_layout_from_order(struct fl_vpc *self, struct fl_vpc_layout *layout, const struct fl_vpc_order *order);

/* ---- guess.c: which layout is a text without a header in? ---- */

struct fl_vpc_guess {
    const struct fl_vpc_order *order; /* NULL: no known layout fits */
    bool header;                      /* a header line stands among the first lines */
    uint32_t lines;                   /* that could have been records */
    uint32_t fields;                  /* in the first of them */
};
struct fl_vpc_guess fl_vpc_guess(const char *text, size_t len, bool (*known)(const void *, const char *, size_t),
                                 const void *context);
int fl_vpc_probe(const char *text, size_t len, const char *told_format);

/* ---- kernels_*.c: one set for each kind of processor ---- */

/* What the scan learned besides the positions. */
struct fl_vpc_shape {
    uint32_t separators, newlines;
    bool odd; /* blanks beside each other, empty lines, or control characters other than '\n' */
};

struct fl_vpc_rows {
    const char *text;
    const uint32_t *ends; /* ends[-1] is UINT32_MAX */
    uint32_t rows, columns;
};

struct fl_vpc_job {
    struct fl_vpc_rows in;
    uint32_t at; /* column of `in` */
    uint32_t of; /* column of the layout */
    struct flp_column *column;
    struct fl_vpc *self;
    struct flp_batch *out;
};

enum fl_vpc_rows_found { FL_VPC_ROWS_GOOD, FL_VPC_ROWS_UNEVEN, FL_VPC_ROWS_SUSPECT };

struct fl_vpc_kernels {
    const char *name;
    /* Positions of all bytes <= ' '; there is room for len + FL_VPC_PADDING of them. */
    void (*scan)(const char *text, uint32_t len, uint32_t *ends, struct fl_vpc_shape *shape);
    /* Fills the row spans. UNEVEN: a row does not end at its last separator. SUSPECT: a row may be
     * a header or a comment. */
    enum fl_vpc_rows_found (*spans)(const struct fl_vpc_rows *in, uint32_t guard, uint32_t *starts, uint32_t *lengths);
    void (*column[FLP_STATUS + 1])(const struct fl_vpc_job *job); /* by storage; STRING has none */
};
extern const struct fl_vpc_kernels fl_vpc_kernels_portable;
#if defined(__x86_64__)
extern const struct fl_vpc_kernels fl_vpc_kernels_avx2;
extern const struct fl_vpc_kernels fl_vpc_kernels_avx512;
#endif
/* The best set for this processor, or the one that FL_KERNELS names; NULL if it cannot run. */
const struct fl_vpc_kernels *fl_vpc_kernels_choose(char *error, size_t error_bytes);

/* Text forms of IPv4 by the places of their dots: 81 of them, found by a perfect hash. */
#define FL_VPC_V4_SLOTS      256
#define FL_VPC_V4_MULTIPLIER 0xc811d053u
#define FL_VPC_V4_HASH(dots) ((uint32_t)(dots)*FL_VPC_V4_MULTIPLIER >> 24)
struct fl_vpc_v4_table {
    uint16_t dots[FL_VPC_V4_SLOTS]; /* bit i: '.' at i; the highest bit is the end of the text */
    struct fl_vpc_v4_form {
        uint8_t shuffle[16]; /* brings each octet to the end of four bytes, zeros before it */
        uint32_t least[4];   /* an octet below this has leading zeros */
    } forms[FL_VPC_V4_SLOTS];
};

/* ---- values.c: the exact meaning of a field ---- */

/* Digits only, at most 2^63 - 1. */
bool fl_vpc_number(const char *text, size_t len, uint64_t *out);
/* Stores the value of one row in any column, or null; tells the host about bad ones. */
void fl_vpc_odd(const struct fl_vpc_job *job, uint32_t row);
/* The same for a row of log-status that is not OK; also sets its no_data bit. */
void fl_vpc_odd_status(const struct fl_vpc_job *job, uint32_t row);

/* Seconds, milliseconds, microseconds or nanoseconds, told by magnitude, as milliseconds. */
static inline int64_t fl_vpc_milliseconds(uint64_t v)
{
    if (v < UINT64_C(100000000000))
        return (int64_t)(v * 1000);
    if (v < UINT64_C(100000000000000))
        return (int64_t)v;
    return (int64_t)(v < UINT64_C(100000000000000000) ? v / 1000 : v / 1000000);
}

/* ---- decode.c, plugin.c ---- */

struct fl_vpc_buffer {
    void *bytes;
    size_t capacity;
};

struct fl_vpc {
    const struct flp_host *host;
    const struct fl_vpc_kernels *kernels;
    uint64_t *wanted;
    uint32_t wanted_words;
    uint32_t status_field, data_fields[16], data_field_count;
    bool has_told, look_ahead; /* look_ahead: a header may stand near the start of the next text */
    struct fl_vpc_layout layout, told;
    struct fl_vpc_rows last; /* of the batch made last, for fill() */
    struct fl_vpc_buffer ends, clean_ends, clean, spans, unknown, picked;
    size_t unknown_used;
    struct fl_vpc_v4_table v4;
};

static inline bool fl_vpc_wants(const struct fl_vpc *self, uint32_t field)
{
    return field / 64 < self->wanted_words && self->wanted[field / 64] >> field % 64 & 1;
}
/* For fl_vpc_is_header(): does the host of `self` know the name? */
bool fl_vpc_host_knows(const void *self, const char *name, size_t len);
bool fl_vpc_buffer_reserve(struct fl_vpc_buffer *buffer, size_t bytes);
size_t fl_vpc_decode(void *context, const char *text, size_t len, struct flp_batch *out);
size_t fl_vpc_next_header(const void *context, const char *text, size_t len);

/* ---- fill.c ---- */

bool fl_vpc_fill(void *context, uint32_t field, const uint64_t *rows, struct flp_batch *out);

#endif
