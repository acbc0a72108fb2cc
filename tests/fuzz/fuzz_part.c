/* Partial results from anybody: no byte of one may do harm; what is loaded can be judged. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/engine/engine.h"
#include "tests/fuzz/fuzz.h"

static const uint32_t keys[] = {FL_F_SRCADDR, FL_F_INTERFACE_ID};

/* A plan without a policy file: one table with measures of every kind of state. */
struct fixture {
    struct fl_policy policy;
    struct fl_plan plan;
    struct fl_plan_rule rule;
    struct fl_plan_table table;
    struct fl_table_spec spec;
    struct fl_rule_decl decl;
    struct fl_measure measures[8];
    uint32_t index, measured[8], measure_count;
};

static void add(struct fixture *f, enum fl_measure_kind kind, uint32_t field)
{
    struct fl_measure *m = &f->measures[f->measure_count];
    *m = (struct fl_measure){.kind = kind, .name = "m", .field = field, .by = FL_FIELD_NONE};
    FUZZ_CHECK(fl_measure_prepare(m, NULL) == FL_OK);
    f->measured[f->measure_count] = f->measure_count;
    f->measure_count++;
}

static void open_fixture(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    add(f, FL_M_COUNT, FL_FIELD_NONE);
    add(f, FL_M_SUM, FL_F_BYTES);
    add(f, FL_M_LONGEST_RUN, FL_F_DSTPORT);
    add(f, FL_M_DISTINCT, FL_F_DSTADDR);
    add(f, FL_M_TOP, FL_F_DSTADDR);
    add(f, FL_M_SET, FL_F_INTERFACE_ID);
    add(f, FL_M_FIRST, FL_F_DSTADDR);
    add(f, FL_M_MAX, FL_F_BYTES);
    f->decl.id = "r";
    f->rule = (struct fl_plan_rule){.decl = &f->decl, .measure_count = f->measure_count, .table_measures = f->measured};
    f->table = (struct fl_plan_table){.rules = &f->index, .rule_count = 1};
    f->spec = (struct fl_table_spec){.keys = keys,
                                     .key_count = 2,
                                     .pane_ms = 60000,
                                     .measures = f->measures,
                                     .measure_count = f->measure_count,
                                     .evidence = 3,
                                     .max_groups = 1000000};
    f->plan.rules = &f->rule;
    f->plan.rule_count = 1;
    f->plan.tables = &f->table;
    f->plan.table_specs = &f->spec;
    f->plan.table_count = 1;
    f->plan.policy = &f->policy;
    f->plan.text = "plan\n";
    f->plan.text_len = 5;
}

static enum fl_status visit(void *context, const struct fl_group_view *view)
{
    (void)view;
    return ++*(uint64_t *)context > 100000 ? FL_END : FL_OK;
}

/* One line is wanted: the first of the first object. */
static enum fl_status want_first(void *context, struct fl_wanted *out)
{
    bool *wanted = context;
    *out = (struct fl_wanted){0};
    bool is_over = *wanted;
    *wanted = true;
    return is_over ? FL_END : FL_OK;
}

static enum fl_status take(void *context, const struct fl_evidence_line *line)
{
    *(uint64_t *)context += line->raw.len + line->field_count;
    return FL_OK;
}

/* What was loaded can be walked over and written again. */
static void use_part(struct fixture *f, struct fl_part *part, struct fl_source_list *sources)
{
    struct fl_walk walk = {.window_ms = 180000, .every_ms = 60000, .visit = visit};
    uint64_t groups = 0, seen = 0;
    walk.context = &groups;
    fl_store_walk(part->store, 0, &walk);
    bool wanted = false;
    struct fl_wanted_feed feed = {&wanted, want_first};
    fl_part_lines(part, &feed, take, &seen);
    struct fl_container_writer out;
    struct fl_error err;
    int fd = memfd_create("again", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0);
    if (fl_container_create(&out, fd, f->plan.digest) == FL_OK)
        fl_part_save(&f->plan, part, sources, NULL, &out, &err);
    fl_container_writer_close(&out);
    close(fd);
}

/* Checksums keep most changes out; an input that begins with S is the texts of sections, each behind its rows and
 * length (2 bytes each), which are put into a sound file. */
static void write_sections(int fd, const uint8_t *data, size_t size)
{
    static const uint8_t digest[32];
    struct fl_container_writer out;
    FUZZ_CHECK(fl_container_create(&out, fd, digest) == FL_OK);
    for (int kind = FL_SECTION_PLAN; kind < FL_SECTION_KINDS; kind++) {
        size_t rows = size < 4 ? 0 : data[0] | data[1] << 8, len = size < 4 ? 0 : data[2] | data[3] << 8;
        size_t head = size < 4 ? size : 4;
        data += head;
        size -= head;
        len = len < size ? len : size;
        fl_container_begin(&out, (enum fl_section_kind)kind, 0);
        fl_block_add(&out.blocks, data, len);
        fl_container_end(&out, rows);
        data += len;
        size -= len;
    }
    FUZZ_CHECK(fl_container_finish(&out) == FL_OK);
    fl_container_writer_close(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fixture f;
    struct fl_error err;
    struct fl_source_list sources;
    struct fl_part part;
    struct fl_part_file *file = fl_alloc_zero(1, sizeof *file);
    int fd = memfd_create("part", MFD_CLOEXEC);
    FUZZ_CHECK(file != NULL && fd >= 0);
    if (size > 0 && data[0] == 'S')
        write_sections(fd, data + 1, size - 1);
    else
        FUZZ_CHECK(write(fd, data, size) == (ssize_t)size);
    file->path = "fuzz";
    if (fl_container_open(&file->container, fd, &err) != FL_OK) {
        fl_free(file);
        return 0;
    }
    open_fixture(&f);
    if (fl_part_load(&f.plan, file, 1, 1 << 20, &sources, &part, &err) == FL_OK)
        use_part(&f, &part, &sources);
    fl_part_dispose(&part);
    fl_source_list_close(&sources);
    return 0;
}
