#include "core/input/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/temp.h"
#include "core/record/place.h"

#define FOLDER_DEPTH_MAX 64u

struct listing {
    struct fl_source_list *list;
    struct stat folders[FOLDER_DEPTH_MAX]; /* open ones, so that a loop of links is noticed */
    unsigned depth;
    bool stdin_read;
};

static enum fl_status trouble(struct fl_source_list *list, enum fl_source_trouble_kind kind, const char *name,
                              const char *text)
{
    if (!fl_grow((void **)&list->troubles, &list->trouble_capacity, list->trouble_count + 1, sizeof *list->troubles))
        return FL_E_NOMEM;
    struct fl_source_trouble *t = &list->troubles[list->trouble_count++];
    t->kind = kind;
    t->name = fl_arena_strdup(&list->arena, name);
    t->text = fl_arena_strdup(&list->arena, text);
    return t->name == NULL || t->text == NULL ? FL_E_NOMEM : FL_OK;
}

static const char *without_dot(const char *path)
{
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
        while (*path == '/')
            path++;
    }
    return path;
}

static enum fl_status add_object(struct fl_source_list *list, const char *path, const struct stat *st, int spool_fd)
{
    if (!fl_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof *list->items))
        return FL_E_NOMEM;
    struct fl_source *s = &list->items[list->count++];
    *s = (struct fl_source){.name = fl_arena_strdup(&list->arena, without_dot(path)),
                            .path = fl_arena_strdup(&list->arena, path),
                            .size_bytes = (uint64_t)st->st_size,
                            .device = (uint64_t)st->st_dev,
                            .inode = (uint64_t)st->st_ino,
                            .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
                            .spool_fd = spool_fd};
    return s->name == NULL || s->path == NULL ? FL_E_NOMEM : FL_OK;
}

static enum fl_status spool_trouble(struct fl_source_list *list, const char *name, bool reading, int error)
{
    char text[512];
    if (reading)
        snprintf(text, sizeof text, "cannot be read to its end: %s", strerror(error));
    else
        snprintf(text, sizeof text, "cannot be kept in a temporary file in %.300s: %s", fl_temp_folder(),
                 strerror(error));
    return trouble(list, FL_SOURCE_UNREADABLE, name, text);
}

/* Copies a pipe into an unlinked file, so that it can be read twice. */
static enum fl_status spool(struct fl_source_list *list, int from, const char *name)
{
    int to = fl_temp_open();
    if (to < 0)
        return spool_trouble(list, name, false, errno);
    char *buffer = fl_alloc(256 * 1024);
    if (buffer == NULL) {
        close(to);
        return FL_E_NOMEM;
    }
    bool ok = true;
    ssize_t n = 0;
    while (ok && (n = read(from, buffer, 256 * 1024)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        for (ssize_t done = 0; ok && done < n;) {
            ssize_t put = write(to, buffer + done, (size_t)(n - done));
            ok = put > 0;
            done += put;
        }
        ok = ok && n > 0;
    }
    int error = errno;
    fl_free(buffer);
    struct stat st;
    if (!ok || fstat(to, &st) != 0) {
        close(to);
        return spool_trouble(list, name, n < 0, error);
    }
    if (st.st_size == 0) {
        close(to);
        return trouble(list, FL_SOURCE_EMPTY, name, "is empty");
    }
    enum fl_status status = add_object(list, name, &st, to);
    if (status == FL_OK)
        list->items[list->count - 1].path = NULL;
    return status;
}

static enum fl_status add_path(struct listing *l, const char *path);

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool hidden(const char *name)
{
    return name[0] == '.' || name[0] == '_';
}

static bool is_open_folder(const struct listing *l, const struct stat *st)
{
    for (unsigned i = 0; i < l->depth; i++)
        if (l->folders[i].st_dev == st->st_dev && l->folders[i].st_ino == st->st_ino)
            return true;
    return false;
}

static enum fl_status read_names(struct listing *l, const char *path, char ***names, uint32_t *count)
{
    DIR *dir = opendir(path);
    *names = NULL;
    *count = 0;
    if (dir == NULL) {
        char text[256];
        snprintf(text, sizeof text, "the directory cannot be read: %s", strerror(errno));
        return trouble(l->list, FL_SOURCE_UNREADABLE, without_dot(path), text);
    }
    uint32_t capacity = 0;
    enum fl_status status = FL_OK;
    for (struct dirent *e; status == FL_OK && (e = readdir(dir)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (!fl_grow((void **)names, &capacity, *count + 1, sizeof **names) ||
            ((*names)[*count] = fl_arena_strdup(&l->list->arena, e->d_name)) == NULL)
            status = FL_E_NOMEM;
        else
            (*count)++;
    }
    closedir(dir);
    if (*count > 0)
        qsort(*names, *count, sizeof **names, compare_names);
    return status;
}

static enum fl_status add_folder(struct listing *l, const char *path, const struct stat *st)
{
    if (l->depth == FOLDER_DEPTH_MAX || is_open_folder(l, st))
        return trouble(l->list, FL_SOURCE_SPECIAL, without_dot(path), "a loop of links, or nested too deeply");
    l->folders[l->depth++] = *st;
    char **names;
    uint32_t count;
    enum fl_status status = read_names(l, path, &names, &count);
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    for (uint32_t i = 0; i < count && status == FL_OK; i++) {
        char *child = fl_arena_printf(&l->list->arena, "%.*s/%s", (int)len, path, names[i]);
        if (child == NULL)
            status = FL_E_NOMEM;
        else if (hidden(names[i]))
            status = trouble(l->list, FL_SOURCE_SKIPPED, without_dot(child), "its name starts with . or _");
        else
            status = add_path(l, child);
    }
    fl_free(names);
    l->depth--;
    return status;
}

static enum fl_status add_path(struct listing *l, const char *path)
{
    struct stat st;
    const char *name = without_dot(path);
    if (stat(path, &st) != 0) {
        char text[256];
        snprintf(text, sizeof text, "cannot be opened: %s", strerror(errno));
        return trouble(l->list, errno == ENOENT && l->depth == 0 ? FL_SOURCE_NO_MATCH : FL_SOURCE_UNREADABLE, name,
                       text);
    }
    if (S_ISDIR(st.st_mode))
        return add_folder(l, path, &st);
    if (S_ISFIFO(st.st_mode)) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return trouble(l->list, FL_SOURCE_UNREADABLE, name, "the pipe cannot be opened");
        enum fl_status status = spool(l->list, fd, path);
        close(fd);
        return status;
    }
    if (!S_ISREG(st.st_mode))
        return trouble(l->list, FL_SOURCE_SPECIAL, name, "is neither a file nor a directory");
    if (st.st_size == 0)
        return trouble(l->list, FL_SOURCE_EMPTY, name, "is empty");
    return add_object(l->list, path, &st, -1);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* What a pattern catches by chance is skipped as in a directory; `_*` asks for it. */
static enum fl_status add_glob(struct listing *l, const char *pattern)
{
    glob_t found = {0};
    enum fl_status status = FL_OK;
    if (glob(pattern, 0, NULL, &found) != 0)
        status = trouble(l->list, FL_SOURCE_NO_MATCH, without_dot(pattern), "matches nothing");
    for (size_t i = 0; i < found.gl_pathc && status == FL_OK; i++) {
        const char *path = found.gl_pathv[i];
        if (hidden(last_part(path)) && !hidden(last_part(pattern)))
            status = trouble(l->list, FL_SOURCE_SKIPPED, without_dot(path), "its name starts with . or _");
        else
            status = add_path(l, path);
    }
    globfree(&found);
    return status;
}

static enum fl_status add_input(struct listing *l, const char *input)
{
    if (strcmp(input, "-") == 0 && l->stdin_read)
        return trouble(l->list, FL_SOURCE_DUPLICATE, "-", "is named twice; it is read once");
    if (strcmp(input, "-") == 0) {
        l->stdin_read = true;
        return spool(l->list, STDIN_FILENO, "-");
    }
    struct stat st;
    if (stat(input, &st) != 0 && strpbrk(input, "*?[") != NULL)
        return add_glob(l, input);
    return add_path(l, input);
}

static int compare_sources(const void *a, const void *b)
{
    return strcmp(((const struct fl_source *)a)->name, ((const struct fl_source *)b)->name);
}

static int compare_inodes(const void *left, const void *right)
{
    const struct fl_source *a = left, *b = right;
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    if (a->inode != b->inode)
        return a->inode < b->inode ? -1 : 1;
    return compare_sources(a, b);
}

/* One object, one entry: under its least name. */
static enum fl_status drop_duplicates(struct fl_source_list *list)
{
    if (list->count < 2)
        return FL_OK;
    qsort(list->items, list->count, sizeof *list->items, compare_inodes);
    uint32_t kept = 0;
    for (uint32_t i = 1; i < list->count; i++) {
        struct fl_source *a = &list->items[kept], *b = &list->items[i];
        if (a->device != b->device || a->inode != b->inode) {
            list->items[++kept] = *b;
            continue;
        }
        char text[512];
        if (strcmp(a->name, b->name) == 0)
            snprintf(text, sizeof text, "is reached more than once; it is read once");
        else
            snprintf(text, sizeof text, "is the same object as %.400s; it is read once", a->name);
        enum fl_status status = trouble(list, FL_SOURCE_DUPLICATE, b->name, text);
        if (status != FL_OK)
            return status;
    }
    list->count = kept + 1;
    qsort(list->items, list->count, sizeof *list->items, compare_sources);
    return FL_OK;
}

static int compare_troubles(const void *left, const void *right)
{
    const struct fl_source_trouble *a = left, *b = right;
    int c = strcmp(a->name, b->name);
    return c != 0 ? c : (int)a->kind - (int)b->kind;
}

/* In name order, and each once however often an INPUT reaches it. */
static void sort_troubles(struct fl_source_list *list)
{
    if (list->trouble_count < 2)
        return;
    qsort(list->troubles, list->trouble_count, sizeof *list->troubles, compare_troubles);
    uint32_t kept = 0;
    for (uint32_t i = 1; i < list->trouble_count; i++)
        if (compare_troubles(&list->troubles[kept], &list->troubles[i]) != 0)
            list->troubles[++kept] = list->troubles[i];
    list->trouble_count = kept + 1;
}

enum fl_status fl_source_list_open(struct fl_source_list *list, char *const *inputs, uint32_t input_count,
                                   struct fl_error *err)
{
    memset(list, 0, sizeof *list);
    fl_arena_init(&list->arena);
    struct listing l = {.list = list};
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < input_count && status == FL_OK; i++)
        status = add_input(&l, inputs[i]);
    if (status == FL_OK)
        status = drop_duplicates(list);
    sort_troubles(list);
    if (status != FL_OK)
        fl_fail(err, status, "out of memory while listing the input");
    else if (list->count > FL_PLACE_SOURCE_MAX)
        status = fl_fail(err, FL_E_LIMIT, "more than %u objects; audit them in parts", FL_PLACE_SOURCE_MAX);
    if (status != FL_OK)
        fl_source_list_close(list);
    return status;
}

enum fl_status fl_source_list_add_path(struct fl_source_list *list, const char *input, struct fl_error *err)
{
    struct listing l = {.list = list};
    enum fl_status status = add_path(&l, input);
    if (status != FL_OK)
        return fl_fail(err, status, "out of memory while listing the input");
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare_sources);
    return FL_OK;
}

enum fl_status fl_source_list_add_text(struct fl_source_list *list, const char *name, struct fl_str text,
                                       struct fl_error *err)
{
    int fd = memfd_create("flowlaw", MFD_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return fl_fail(err, FL_E_IO, "no memory file can be made: %s", strerror(errno));
    for (size_t done = 0; done < text.len;) {
        ssize_t put = write(fd, text.ptr + done, text.len - done);
        if (put <= 0) {
            close(fd);
            return fl_fail(err, FL_E_IO, "a text of %zu bytes cannot be kept: %s", text.len, strerror(errno));
        }
        done += (size_t)put;
    }
    if (fstat(fd, &st) != 0 || add_object(list, name, &st, fd) != FL_OK) {
        close(fd);
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    }
    list->items[list->count - 1].path = NULL;
    qsort(list->items, list->count, sizeof *list->items, compare_sources);
    return FL_OK;
}

enum fl_status fl_source_list_add(struct fl_source_list *list, struct fl_str name, uint64_t size_bytes,
                                  const uint8_t sha256[32])
{
    if (list->count > FL_PLACE_SOURCE_MAX ||
        !fl_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof *list->items))
        return FL_E_NOMEM;
    struct fl_source *s = &list->items[list->count++];
    *s = (struct fl_source){
        .name = fl_arena_strndup(&list->arena, name.ptr, name.len), .size_bytes = size_bytes, .spool_fd = -1};
    memcpy(s->sha256, sha256, sizeof s->sha256);
    return s->name == NULL ? FL_E_NOMEM : FL_OK;
}

enum fl_status fl_source_list_add_trouble(struct fl_source_list *list, enum fl_source_trouble_kind kind,
                                          struct fl_str name, struct fl_str text)
{
    const char *n = fl_arena_strndup(&list->arena, name.ptr, name.len);
    const char *t = fl_arena_strndup(&list->arena, text.ptr, text.len);
    return n == NULL || t == NULL ? FL_E_NOMEM : trouble(list, kind, n, t);
}

void fl_source_list_order(struct fl_source_list *list)
{
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare_sources);
    if (list->trouble_count > 1)
        qsort(list->troubles, list->trouble_count, sizeof *list->troubles, compare_troubles);
}

static bool hash_file(int fd, struct fl_source *source)
{
    char block[65536];
    struct fl_sha256 *sha = fl_sha256_new();
    ssize_t n = sha == NULL ? -1 : 1;
    for (off_t at = 0; n > 0; at += n) {
        n = pread(fd, block, sizeof block, at);
        if (n > 0)
            fl_sha256_add(sha, block, (size_t)n);
    }
    if (sha != NULL)
        fl_sha256_finish(sha, source->sha256);
    return n == 0;
}

enum fl_status fl_source_list_hash(struct fl_source_list *list, struct fl_error *err)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct fl_source *s = &list->items[i];
        int fd = s->path == NULL ? s->spool_fd : open(s->path, O_RDONLY | O_CLOEXEC);
        bool ok = fd >= 0 && hash_file(fd, s);
        if (fd >= 0 && s->path != NULL)
            close(fd);
        if (!ok && s->path != NULL && access(s->path, R_OK) != 0)
            continue; /* the audit says that it could not be read */
        if (!ok)
            return fl_fail(err, FL_E_IO, "%s cannot be read again", s->name);
    }
    return FL_OK;
}

void fl_source_list_close(struct fl_source_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].spool_fd >= 0)
            close(list->items[i].spool_fd);
    fl_free(list->items);
    fl_free(list->troubles);
    fl_arena_dispose(&list->arena);
    memset(list, 0, sizeof *list);
}
