#include "core/base/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"

static struct {
    struct fl_file_text *items;
    uint32_t count, capacity;
    bool keeps, put;
} shelf;

void fl_files_keep(void)
{
    shelf.keeps = true;
}

void fl_files_clear(void)
{
    for (uint32_t i = 0; i < shelf.count; i++) {
        fl_free(shelf.items[i].path);
        fl_free(shelf.items[i].text);
        fl_free(shelf.items[i].id);
        fl_free(shelf.items[i].root);
    }
    fl_free(shelf.items);
    memset(&shelf, 0, sizeof shelf);
}

bool fl_files_are_put(void)
{
    return shelf.put;
}

const struct fl_file_text *fl_files_find(const char *path)
{
    for (uint32_t i = 0; i < shelf.count; i++)
        if (strcmp(shelf.items[i].path, path) == 0)
            return &shelf.items[i];
    return NULL;
}

const struct fl_file_text *fl_files_list(size_t *count)
{
    *count = shelf.count;
    return shelf.items;
}

static char *copy_of(const char *bytes, size_t len)
{
    char *copy = fl_alloc(len + 1);
    if (copy == NULL)
        return NULL;
    if (len > 0)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

static enum fl_status add(struct fl_str path, struct fl_str text)
{
    if (!fl_grow((void **)&shelf.items, &shelf.capacity, shelf.count + 1, sizeof *shelf.items))
        return FL_E_NOMEM;
    struct fl_file_text *item = &shelf.items[shelf.count];
    *item = (struct fl_file_text){
        .path = copy_of(path.ptr, path.len), .text = copy_of(text.ptr, text.len), .len = text.len};
    if (item->path == NULL || item->text == NULL) {
        fl_free(item->path);
        fl_free(item->text);
        return FL_E_NOMEM;
    }
    shelf.count++;
    return FL_OK;
}

enum fl_status fl_files_put(struct fl_str path, struct fl_str text)
{
    shelf.put = true;
    return add(path, text);
}

enum fl_status fl_files_put_about(struct fl_str id, struct fl_str root, bool bundled)
{
    struct fl_file_text *item = &shelf.items[shelf.count - 1];
    item->bundled = bundled;
    if (id.ptr == NULL)
        return FL_OK;
    item->id = copy_of(id.ptr, id.len);
    item->root = copy_of(root.ptr, root.len);
    return item->id == NULL || item->root == NULL ? FL_E_NOMEM : FL_OK;
}

enum fl_status fl_files_note(const char *path, const char *text, size_t len)
{
    if (!shelf.keeps || fl_files_find(path) != NULL)
        return FL_OK;
    return add(fl_str_of(path), (struct fl_str){text, len});
}

/* As fl_files_read(), from the disk. */
static enum fl_status read_disk(const char *path, size_t max_bytes, struct fl_buf *out, struct fl_error *err)
{
    char block[16384];
    size_t n, begin = out->len;
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return fl_fail(err, FL_E_IO, "cannot be read: %s", strerror(errno));
    while (out->len - begin <= max_bytes && !out->failed && (n = fread(block, 1, sizeof block, file)) > 0)
        fl_buf_add(out, block, n);
    int cause = ferror(file) ? errno : 0;
    fclose(file);
    return cause == 0 ? FL_OK : fl_fail(err, FL_E_IO, "cannot be read to its end: %s", strerror(cause));
}

enum fl_status fl_files_read(const char *path, size_t max_bytes, struct fl_buf *out, struct fl_error *err)
{
    size_t begin = out->len;
    const struct fl_file_text *put = shelf.put ? fl_files_find(path) : NULL;
    enum fl_status status = FL_OK;
    if (put != NULL)
        fl_buf_add(out, put->text, put->len);
    else if (shelf.put)
        status = fl_fail(err, FL_E_IO, "cannot be read: %s", strerror(ENOENT));
    else
        status = read_disk(path, max_bytes, out, err);
    size_t len = out->len - begin;
    if (status == FL_OK && !out->failed && len > max_bytes)
        return fl_fail(err, FL_E_LIMIT, "is larger than %zu bytes", max_bytes);
    if (status == FL_OK && (out->failed || fl_files_note(path, len > 0 ? out->data + begin : "", len) != FL_OK))
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    return status;
}
