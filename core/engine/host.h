/* host.h: the host side of a decoder: its function table, and fl_batch seen as flp_batch.
 *
 * One host per worker; the decoder writes straight into the worker's batch.
 */
#ifndef FL_ENGINE_HOST_H
#define FL_ENGINE_HOST_H

#include "core/engine/intern.h"
#include "core/engine/stats.h"
#include "core/record/batch.h"

#define FL_DECODERS_MAX 8

struct fl_host {
    struct flp_host functions;
    struct flp_batch view;
    struct flp_column columns[FL_FIELD_COUNT];
    struct fl_batch *batch;
    struct fl_intern intern;
    struct fl_field_set wanted;
    const char *told_format;
    struct fl_object_stats *stats;  /* of the object being read */
    struct fl_map *unknown_columns; /* names that no field has */
    const struct flp_decoder *decoders[FL_DECODERS_MAX];
    const char *names[FL_DECODERS_MAX];
    void *selves[FL_DECODERS_MAX]; /* opened on first use */
    uint32_t decoder_count;
    uint32_t current; /* decoder of the object */
};

enum fl_status fl_host_init(struct fl_host *host, struct fl_batch *batch, const struct fl_field_set *wanted,
                            const char *told_format, struct fl_map *unknown_columns);
void fl_host_dispose(struct fl_host *host);

/* Does some decoder take this --format? FL_E_USAGE and why not, or FL_E_NOMEM. */
enum fl_status fl_host_check_format(const char *told_format, struct fl_error *err);

/* Chooses the decoder for an object by its first chunk and begins it. FL_E_DATA: it is not read, stats says why;
 * FL_E_NOMEM: out of memory. */
enum fl_status fl_host_begin(struct fl_host *host, struct fl_object_stats *stats, struct fl_str text);

/* Decodes from the start of text into the batch; *consumed says how far. Header lines met on the way are put into
 * force; the batch never spans one. *consumed == 0 with FL_OK happens at a header only. */
enum fl_status fl_host_decode(struct fl_host *host, struct fl_str text, size_t *consumed);

/* Brings the values of these rows of a lazy column of the batch that was decoded last. */
enum fl_status fl_host_fill(struct fl_host *host, uint32_t field, const uint64_t *rows);

/* Moves the layout in force behind this text (whole lines) without decoding it. */
enum fl_status fl_host_skip(struct fl_host *host, struct fl_str text);

/* ---- one object, several workers ----
 *
 * Chunks are cut in order, under a lock; the front is a decoder object that has the layout which is in force where the
 * next chunk begins. The one who cuts a chunk takes its layout from the front, and moves the front behind the chunk. */
struct fl_front {
    void *self;
    uint32_t decoder;
    struct flp_host functions; /* those of a host, but nothing is reported */
};
bool fl_host_can_share(const struct fl_host *host);
/* Puts the front where this host stands. false when memory is out. */
bool fl_front_open(struct fl_front *front, struct fl_host *host);
void fl_front_close(struct fl_front *front, const struct fl_host *host);
/* `to` is ready to decode text, whole lines that were just cut. false when memory is out. */
bool fl_front_pass(struct fl_front *front, struct fl_host *to, struct fl_object_stats *stats, struct fl_str text);

/* Named fields of one raw line by the layout in force. */
void fl_host_fields(struct fl_host *host, struct fl_str line,
                    void (*emit)(void *context, const char *name, size_t name_len, const char *value, size_t value_len),
                    void *context);

#endif
