/* block.h: bytes written to a file as compressed blocks with checksums, and read back as a stream.
 *
 * What is read may come from anybody: lengths are checked before they are believed, a reader holds the block at hand
 * and what is asked for at once. All numbers are little endian. One user at a time.
 */
#ifndef FL_GROUP_BLOCK_H
#define FL_GROUP_BLOCK_H

#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/pack.h"
#include "core/base/status.h"
#include "core/base/str.h"

#define FL_BLOCK_BYTES    (64u * 1024u) /* of text in one block */
#define FL_ITEM_BYTES_MAX (256u << 20)  /* that may be asked for at once, of a file that may come from anybody */

struct fl_block_writer {
    int fd;
    int level;
    uint64_t at; /* bytes of the file so far */
    struct fl_buf text, packed;
    struct fl_packer *packer;
    uint64_t item_most;    /* FL_ITEM_BYTES_MAX; more where nobody else reads the file */
    enum fl_status status; /* the first failure; what is added after it is lost */
    int error;             /* errno of it */
};

enum fl_status fl_block_writer_open(struct fl_block_writer *w, int fd, int level);
void fl_block_writer_close(struct fl_block_writer *w); /* the file stays open */
/* Bytes as they are, before any block. */
void fl_block_raw(struct fl_block_writer *w, const void *bytes, size_t len);
void fl_block_add(struct fl_block_writer *w, const void *bytes, size_t len);
void fl_block_add_number(struct fl_block_writer *w, uint64_t value);
void fl_block_add_bytes(struct fl_block_writer *w, const void *bytes, size_t len); /* their length first */
/* Ends the block; what follows begins a new one, at w->at. */
void fl_block_flush(struct fl_block_writer *w);

struct fl_block_reader {
    int fd;
    uint64_t at, end; /* of the file: next block, end of the section */
    struct fl_buf text, packed;
    size_t pos;         /* in text */
    uint64_t item_most; /* as in the writer */
    struct fl_packer *packer;
    int error; /* errno of FL_E_IO */
};

/* The packer stays the caller's. */
void fl_block_reader_open(struct fl_block_reader *r, int fd, uint64_t from, uint64_t end, struct fl_packer *packer);
void fl_block_reader_close(struct fl_block_reader *r);
/* The next len bytes, valid until the next call. FL_E_DATA when there are not so many or they are damaged. */
enum fl_status fl_block_take(struct fl_block_reader *r, size_t len, const uint8_t **out);
enum fl_status fl_block_take_number(struct fl_block_reader *r, uint64_t *out);
enum fl_status fl_block_take_bytes(struct fl_block_reader *r, struct fl_str *out);
/* Nothing is left. */
bool fl_block_at_end(struct fl_block_reader *r);

#endif
