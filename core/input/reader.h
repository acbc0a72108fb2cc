/* reader.h: one object -> chunks of whole lines of its decompressed text.
 *
 * Plain, gzip (every member; bytes behind the last one are counted as trailing) and zstd (every frame)
 * are told apart by content. A chunk is valid until the next call. It ends with '\n' (one is added if the
 * object's last line has none); 64 bytes before and after it may be read. The first chunk holds all lines
 * that end within FL_LEARN_BYTES, at least. An object buffer is reused for the next object: one reader
 * per worker. Not thread safe.
 *
 * Damage: everything zlib delivers before it counts, as whole lines; the unfinished last line of a damaged
 * object is dropped. After a bad gzip CRC or length reading goes on with the next member; after a bad
 * deflate or zstd stream the rest of the object is lost. ISA-L, where built in, decodes for speed: the newest
 * 256 KiB of its output are held back until the next call succeeds, and a member with an error is redone with
 * zlib, so that results do not depend on buffer sizes, nor, for what a compressor wrote and for its damage, on the
 * library. ISA-L accepts some streams that no compressor writes and zlib refuses (incomplete Huffman codes
 * with a right CRC); they are read.
 */
#ifndef FL_INPUT_READER_H
#define FL_INPUT_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/limits.h"
#include "core/base/status.h"
#include "core/input/source.h"

struct fl_reader;

struct fl_chunk {
    const char *text;
    size_t len;
    uint64_t offset; /* of text in the decompressed object; what was skipped (too long lines) counts */
};

enum fl_damage { FL_DAMAGE_NONE, FL_DAMAGE_READ, FL_DAMAGE_STREAM, FL_DAMAGE_CHECKSUM, FL_DAMAGE_TRUNCATED };

struct fl_read_stats {
    uint64_t text_bytes, object_bytes; /* decompressed so far; read from the file so far */
    uint64_t trailing_bytes;           /* behind the last gzip member or zstd frame */
    uint64_t long_lines;               /* longer than FL_LINE_BYTES_MAX, dropped */
    uint64_t first_long_line_offset;
    enum fl_damage damage;  /* the first one */
    uint64_t damage_offset; /* compressed byte (about) where it was met */
    char damage_text[160];  /* one phrase: "gzip: bad checksum of member 2 at byte 1234" */
};

/* chunk_bytes 0 = FL_CHUNK_BYTES. NULL when memory is out. */
struct fl_reader *fl_reader_new(size_t chunk_bytes);
void fl_reader_free(struct fl_reader *reader);

/* FL_E_IO when it cannot be opened. */
enum fl_status fl_reader_open(struct fl_reader *reader, const struct fl_source *source, struct fl_error *err);

/* FL_OK and a chunk, FL_END, or FL_E_NOMEM. Damage is no failure of this call: see the stats. */
enum fl_status fl_reader_next(struct fl_reader *reader, struct fl_chunk *out);
const struct fl_read_stats *fl_reader_stats(const struct fl_reader *reader);

/* true for text that starts like a container that is not flow-log text: Parquet (PAR1), ZIP, an SQLite file,
 * bzip2, xz. *what names it. */
bool fl_detect_foreign(const char *text, size_t len, const char **what);

/* true for known text that providers deliver beside flow logs and that holds no flows: it is skipped, which loses
 * nothing. `text` is the beginning of the object. */
bool fl_detect_neighbour(const char *text, size_t len, const char **what);

/* What text that no decoder takes looks like: JSON, or values with something else than blanks between them; or NULL. */
const char *fl_detect_form(const char *text, size_t len);

#endif
