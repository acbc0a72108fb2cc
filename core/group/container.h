/* container.h: the file that a partial result is: a head with the digest of the plan, sections of compressed blocks,
 * a footer that lists them, and a trailer that says where the footer is.
 *
 *     head      "flowpart", version (4 bytes), 4 bytes of 0, digest (32 bytes)
 *     section   blocks, see block.h; what its text means is the affair of who writes it
 *     footer    blocks: for each section kind, number, where it begins and ends, rows
 *     trailer   where the footer begins and ends, sections (8 bytes each), checksum of these, "flowend\n"
 *
 * All numbers are little endian. A file that is read may come from anybody. One user at a time.
 */
#ifndef FL_GROUP_CONTAINER_H
#define FL_GROUP_CONTAINER_H

#include "core/group/block.h"
#include "core/group/run.h"

#define FL_CONTAINER_VERSION 2u

enum fl_section_kind {
    FL_SECTION_PLAN,     /* the text of which the digest is */
    FL_SECTION_TEXTS,    /* the policy and its rules */
    FL_SECTION_SOURCES,  /* objects and what happened to them */
    FL_SECTION_TOTALS,   /* of the whole input and of each rule */
    FL_SECTION_COVERAGE, /* interfaces and their hours */
    FL_SECTION_ROWS,     /* of one table; number: which */
    FL_SECTION_LINES,    /* raw lines of kept places */
    FL_SECTION_KINDS
};

struct fl_container_section {
    enum fl_section_kind kind;
    uint32_t number;
    struct fl_section where;
};

struct fl_container_writer {
    struct fl_block_writer blocks; /* what is added goes to the section that was begun last */
    struct fl_container_section *sections;
    uint32_t count, capacity;
};

/* The file stays the caller's. */
enum fl_status fl_container_create(struct fl_container_writer *w, int fd, const uint8_t digest[32]);
void fl_container_begin(struct fl_container_writer *w, enum fl_section_kind kind, uint32_t number);
void fl_container_end(struct fl_container_writer *w, uint64_t rows);
/* Footer and trailer. The first failure of all writing: FL_E_IO (w->blocks.error says why) or FL_E_NOMEM. */
enum fl_status fl_container_finish(struct fl_container_writer *w);
void fl_container_writer_close(struct fl_container_writer *w);

struct fl_container {
    int fd;
    uint8_t digest[32];
    struct fl_container_section *sections;
    uint32_t count, capacity;
};

/* Takes fd over, also when it fails. FL_E_DATA with the cause: it is no part, damaged, or of another version. */
enum fl_status fl_container_open(struct fl_container *c, int fd, struct fl_error *err);
void fl_container_close(struct fl_container *c);
/* NULL when there is none. */
const struct fl_section *fl_container_find(const struct fl_container *c, enum fl_section_kind kind, uint32_t number);

#endif
