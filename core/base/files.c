#include "core/base/files.h"

#include <errno.h>
#include <string.h>

#include "core/base/buf.h"
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

/* Reads the file to its end once more for the shelf. */
static bool note_file(FILE *file, const char *path)
{
    struct fl_buf text;
    char block[16384];
    size_t n;
    fl_buf_init(&text);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        fl_buf_add(&text, block, n);
    bool ok = !ferror(file) && !text.failed && fl_files_note(path, text.data, text.len) == FL_OK;
    fl_buf_dispose(&text);
    rewind(file);
    return ok;
}

FILE *fl_files_open(const char *path)
{
    if (shelf.put) {
        const struct fl_file_text *item = fl_files_find(path);
        errno = ENOENT;
        if (item == NULL)
            return NULL;
        return item->len == 0 ? fopen("/dev/null", "re") : fmemopen(item->text, item->len, "r");
    }
    FILE *file = fopen(path, "rbe");
    if (file != NULL && shelf.keeps && !note_file(file, path)) {
        fclose(file);
        return NULL;
    }
    return file;
}
