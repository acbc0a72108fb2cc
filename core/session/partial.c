/* partial.c: partial results: audit --partial writes one, merge judges several or makes a bigger one of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/session/out_file.h"
#include "core/session/plan_difference.h"
#include "core/session/session.h"

/* ---- writing ---- */

static void save_texts(const struct fl_session *session, const struct fl_session_options *options,
                       struct fl_container_writer *out)
{
    struct fl_block_writer *w = &out->blocks;
    size_t count;
    const struct fl_file_text *texts = fl_files_list(&count);
    bool bundled_policy = fl_files_are_put() ? count > 0 && texts[0].bundled : options->policy == NULL;
    fl_container_begin(out, FL_SECTION_TEXTS, 0);
    fl_block_add_number(w, count);
    for (size_t i = 0; i < count; i++) {
        const struct fl_rule_found *found = NULL;
        for (uint32_t r = 0; r < session->roots.count; r++)
            if (strcmp(session->roots.items[r].file, texts[i].path) == 0)
                found = &session->roots.items[r];
        fl_block_add_bytes(w, texts[i].path, strlen(texts[i].path));
        fl_block_add_bytes(w, texts[i].text, texts[i].len);
        fl_block_add_number(w, i == 0 ? bundled_policy : found != NULL && found->bundled);
        fl_block_add_number(w, found != NULL);
        fl_block_add_bytes(w, found != NULL ? found->id : "", found != NULL ? strlen(found->id) : 0);
        fl_block_add_bytes(w, found != NULL ? found->root : "", found != NULL ? strlen(found->root) : 0);
    }
    fl_container_end(out, count);
}

static enum fl_status save(struct fl_session *session, const struct fl_session_options *options,
                           struct fl_source_list *sources, struct fl_part *part, int fd, struct fl_error *err)
{
    struct fl_container_writer out;
    enum fl_status status = fl_container_create(&out, fd, session->plan.digest);
    if (status == FL_OK) {
        save_texts(session, options, &out);
        status = fl_part_save(&session->plan, part, sources, options->format, &out, err);
        if (status == FL_OK)
            status = fl_container_finish(&out);
    }
    if (out.blocks.status == FL_E_IO)
        fl_fail(err, status, "%s", strerror(out.blocks.error));
    else if (out.blocks.status == FL_E_LIMIT)
        fl_fail(err, status, "a group measures so much that no partial result can hold it");
    else if (status == FL_E_NOMEM)
        fl_fail(err, status, "out of memory");
    fl_container_writer_close(&out);
    return status;
}

int fl_session_save_part(struct fl_session *session, const struct fl_session_options *options,
                         struct fl_source_list *sources, struct fl_part *part)
{
    struct fl_out_file out;
    struct fl_error err;
    if (!fl_out_file_open(&out, options->partial))
        return FL_EXIT_INTERNAL;
    enum fl_status status = save(session, options, sources, part, fileno(out.file), &err);
    if (status == FL_OK && fl_memory_ran_out())
        status = fl_fail(&err, FL_E_NOMEM, "out of memory");
    if (!fl_out_file_close(&out, status != FL_OK ? err.text : NULL))
        return FL_EXIT_INTERNAL;
    uint64_t records = 0;
    for (uint32_t i = 0; i < part->object_count; i++)
        records += part->objects[i].records;
    fprintf(stderr, "flowlaw: %llu record%s of %u object%s are in %s; flowlaw merge judges them\n",
            (unsigned long long)records, records == 1 ? "" : "s", sources->count, sources->count == 1 ? "" : "s",
            options->partial);
    return 0;
}

/* ---- reading ---- */

struct merging {
    const struct fl_session_options *options;
    struct fl_part_file *files;
    uint32_t count;
    char *plan; /* text of the first file's */
};

static enum fl_status open_files(struct merging *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        struct fl_error err;
        const char *path = m->options->inputs[i];
        m->files[i].path = path;
        m->files[i].container.fd = -1;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            fl_log_error("%s cannot be read: %s", path, strerror(errno));
            return FL_E_USAGE;
        }
        enum fl_status status = fl_container_open(&m->files[i].container, fd, &err);
        if (status != FL_OK) {
            fl_log_error("%s %s", path, err.text);
            return status == FL_E_NOMEM ? status : FL_E_USAGE;
        }
    }
    return FL_OK;
}

static enum fl_status damaged(const struct fl_part_file *file, enum fl_status status)
{
    if (status == FL_OK || status == FL_E_NOMEM)
        return status;
    fl_log_error("%s is damaged", file->path);
    return FL_E_USAGE;
}

/* The whole text of a section. */
static enum fl_status read_all(const struct fl_part_file *file, enum fl_section_kind kind, struct fl_buf *out)
{
    const struct fl_section *where = fl_container_find(&file->container, kind, 0);
    struct fl_packer *packer = fl_packer_new();
    struct fl_block_reader in;
    fl_buf_init(out);
    if (packer == NULL)
        return FL_E_NOMEM;
    enum fl_status status = where == NULL ? FL_E_DATA : FL_OK;
    if (status == FL_OK)
        fl_block_reader_open(&in, file->container.fd, where->from, where->end, packer);
    while (status == FL_OK && !fl_block_at_end(&in)) {
        const uint8_t *byte;
        status = fl_block_take(&in, 1, &byte);
        if (status == FL_OK)
            fl_buf_add_char(out, (char)*byte);
        if (status == FL_OK && out->len > FL_ITEM_BYTES_MAX)
            status = FL_E_DATA;
    }
    if (where != NULL)
        fl_block_reader_close(&in);
    fl_packer_free(packer);
    return out->failed ? FL_E_NOMEM : status;
}

static void tell_difference(const char *a_name, const char *a, const char *b_name, const char *b)
{
    struct fl_buf what;
    fl_buf_init(&what);
    fl_plan_difference(a_name, a, b_name, b, &what);
    fl_log_error("%s and %s cannot be merged, for they do not measure the same; what differs: %.*s", a_name, b_name,
                 what.failed ? 0 : (int)what.len, what.data != NULL ? what.data : "");
    fl_buf_dispose(&what);
}

/* The text of which the digest in the head must be. */
static enum fl_status read_plan(const struct fl_part_file *file, struct fl_buf *out)
{
    enum fl_status status = read_all(file, FL_SECTION_PLAN, out);
    struct fl_sha256 *sha = fl_sha256_new();
    uint8_t digest[32];
    if (sha == NULL)
        return FL_E_NOMEM;
    fl_sha256_add(sha, out->data, out->len);
    fl_sha256_finish(sha, digest);
    if (status == FL_OK && memcmp(digest, file->container.digest, sizeof digest) != 0)
        status = FL_E_DATA;
    return damaged(file, status);
}

static enum fl_status compare_plans(struct merging *m)
{
    struct fl_buf text;
    enum fl_status status = read_plan(&m->files[0], &text);
    m->plan = text.data;
    for (uint32_t i = 1; i < m->count && status == FL_OK; i++) {
        struct fl_buf other;
        status = read_plan(&m->files[i], &other);
        if (status == FL_OK && memcmp(m->files[0].container.digest, m->files[i].container.digest, 32) != 0) {
            tell_difference(m->files[0].path, m->plan != NULL ? m->plan : "", m->files[i].path,
                            other.data != NULL ? other.data : "");
            status = FL_E_USAGE;
        }
        fl_buf_dispose(&other);
    }
    return status;
}

/* What is taken is lost with the next read. */
static enum fl_status copy_next(struct fl_block_reader *in, struct fl_buf *out)
{
    struct fl_str bytes;
    enum fl_status status = fl_block_take_bytes(in, &bytes);
    if (status != FL_OK)
        return status;
    fl_buf_add(out, bytes.ptr, bytes.len);
    return out->failed ? FL_E_NOMEM : FL_OK;
}

/* The policy and the rules that the first file carries stand for those of the disk. */
static enum fl_status put_text(struct fl_block_reader *in)
{
    struct fl_str text;
    uint64_t bundled = 0, is_rule = 0;
    struct fl_buf path, id;
    fl_buf_init(&path);
    fl_buf_init(&id);
    enum fl_status status = copy_next(in, &path);
    if (status == FL_OK && memchr(path.data, 0, path.len) != NULL)
        status = FL_E_DATA;
    if (status == FL_OK)
        status = fl_block_take_bytes(in, &text);
    if (status == FL_OK)
        status = fl_files_put((struct fl_str){path.data, path.len}, text);
    if (status == FL_OK)
        status = fl_block_take_number(in, &bundled);
    if (status == FL_OK)
        status = fl_block_take_number(in, &is_rule);
    if (status == FL_OK)
        status = copy_next(in, &id);
    if (status == FL_OK)
        status = fl_block_take_bytes(in, &text);
    if (status == FL_OK)
        status = fl_files_put_about(is_rule != 0 ? (struct fl_str){id.data, id.len} : (struct fl_str){NULL, 0}, text,
                                    bundled != 0);
    fl_buf_dispose(&path);
    fl_buf_dispose(&id);
    return status;
}

static enum fl_status put_texts(const struct fl_part_file *file)
{
    const struct fl_section *where = fl_container_find(&file->container, FL_SECTION_TEXTS, 0);
    struct fl_packer *packer = fl_packer_new();
    struct fl_block_reader in;
    uint64_t count = 0;
    if (packer == NULL || where == NULL) {
        fl_packer_free(packer);
        return packer == NULL ? FL_E_NOMEM : FL_E_DATA;
    }
    fl_block_reader_open(&in, file->container.fd, where->from, where->end, packer);
    enum fl_status status = fl_block_take_number(&in, &count);
    if (status == FL_OK && count == 0)
        status = FL_E_DATA;
    for (; count > 0 && status == FL_OK; count--)
        status = put_text(&in);
    fl_block_reader_close(&in);
    fl_packer_free(packer);
    return status;
}

static int judge(struct merging *m, struct fl_session *session)
{
    struct fl_source_list sources;
    struct fl_part part;
    struct fl_error err;
    int exit_status;
    uint64_t memory = fl_session_group_memory(m->options, 1);
    enum fl_status status = fl_part_load(&session->plan, m->files, m->count, memory, &sources, &part, &err);
    m->files = NULL; /* the part's now */
    if (status != FL_OK) {
        fl_log_status(&err);
        exit_status = status == FL_E_USAGE || status == FL_E_DATA ? 2 : FL_EXIT_INTERNAL;
    } else if (m->options->partial != NULL) {
        exit_status = fl_session_save_part(session, m->options, &sources, &part);
    } else {
        exit_status = fl_session_judge(session, m->options, &sources, &part);
    }
    fl_part_dispose(&part);
    fl_source_list_close(&sources);
    return exit_status;
}

static int merge(struct merging *m)
{
    struct fl_session session;
    struct fl_error_list errors = {0};
    int exit_status = 2;
    enum fl_status status = open_files(m);
    if (status == FL_OK)
        status = compare_plans(m);
    if (status == FL_OK && m->options->policy == NULL)
        status = damaged(&m->files[0], put_texts(&m->files[0]));
    else if (status == FL_OK && m->options->partial != NULL)
        fl_files_keep();
    if (status != FL_OK) {
        if (status == FL_E_NOMEM)
            fl_log_error("out of memory");
        return status == FL_E_NOMEM ? FL_EXIT_INTERNAL : 2;
    }
    if (fl_session_open(&session, m->options, &errors) != FL_OK) {
        exit_status = fl_session_refuse(&errors, "nothing was judged");
    } else if (memcmp(session.plan.digest, m->files[0].container.digest, 32) != 0) {
        tell_difference(m->files[0].path, m->plan, m->options->policy != NULL ? m->options->policy : "its policy",
                        session.plan.text);
    } else {
        exit_status = judge(m, &session);
    }
    fl_error_list_dispose(&errors);
    fl_session_close(&session);
    return exit_status;
}

int fl_session_merge(const struct fl_session_options *options)
{
    struct merging m = {.options = options, .count = options->input_count};
    if (!fl_session_can_deliver(options)) {
        fl_log_error("nothing was judged");
        return 2;
    }
    m.files = fl_alloc_zero((size_t)options->input_count + 1, sizeof *m.files);
    if (m.files == NULL)
        return FL_EXIT_INTERNAL;
    for (uint32_t i = 0; i < m.count; i++)
        m.files[i].container.fd = -1;
    int exit_status = merge(&m);
    for (uint32_t i = 0; m.files != NULL && i < m.count; i++)
        fl_container_close(&m.files[i].container);
    fl_free(m.files);
    fl_free(m.plan);
    fl_files_clear();
    return exit_status;
}
