#include "core/session/rule_roots.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/files.h"
#include "core/base/memory.h"

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Most file systems tell what an entry is; a link is what it leads to. */
static bool entry_is_folder(const struct dirent *entry, const char *path)
{
    if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK)
        return is_folder(path);
    return entry->d_type == DT_DIR;
}

const char *fl_bundled_folder(struct fl_arena *arena)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return NULL;
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    for (size_t i = 0; slash != NULL && i < 3; i++) {
        char *folder = i == 0   ? fl_arena_printf(arena, "%.*s/../share/flowlaw", (int)(slash - self), self)
                       : i == 1 ? fl_arena_printf(arena, "%.*s/..", (int)(slash - self), self)
                                : fl_arena_printf(arena, "%.*s/../..", (int)(slash - self), self);
        char *rules = folder == NULL ? NULL : fl_arena_printf(arena, "%s/policies", folder);
        char *real = rules != NULL && is_folder(rules) ? realpath(folder, NULL) : NULL;
        if (real == NULL)
            continue;
        const char *copy = fl_arena_strdup(arena, real);
        free(real);
        return copy;
    }
    return NULL;
}

const char *fl_bundled_rule_file(struct fl_arena *arena, const char *id)
{
    return fl_arena_printf(arena, "bundled rules/%s.lua", id);
}

const char *fl_own_rules(void)
{
    return is_folder("rules") ? "rules" : NULL;
}

static enum fl_status add_file(struct fl_rule_roots *roots, const char *root, const char *id, const char *file,
                               bool bundled)
{
    if (!fl_grow((void **)&roots->items, &roots->capacity, roots->count + 1, sizeof *roots->items))
        return FL_E_NOMEM;
    roots->items[roots->count++] = (struct fl_rule_found){id, file, root, bundled};
    return FL_OK;
}

/* "folder/name", or the name alone without a folder. */
static char *path_of(struct fl_arena *arena, const char *folder, const char *name)
{
    size_t folder_len = strlen(folder), len = strlen(name);
    char *path = fl_arena_alloc(arena, folder_len + len + 2);
    if (path == NULL)
        return NULL;
    memcpy(path, folder, folder_len);
    if (folder_len > 0)
        path[folder_len++] = '/';
    memcpy(path + folder_len, name, len);
    return path;
}

/* Files below root/sub, with ids relative to the root. lib/ and names that begin with _ hold modules, not rules. */
static enum fl_status list_folder(struct fl_rule_roots *roots, const char *root, const char *sub, bool bundled,
                                  unsigned depth)
{
    const char *path = sub[0] == '\0' ? root : path_of(&roots->arena, root, sub);
    DIR *dir = path == NULL ? NULL : opendir(path);
    enum fl_status status = FL_OK;
    if (dir == NULL || depth > 16) {
        if (dir != NULL)
            closedir(dir);
        return status;
    }
    for (struct dirent *e; status == FL_OK && (e = readdir(dir)) != NULL;) {
        size_t len = strlen(e->d_name);
        if (e->d_name[0] == '.' || e->d_name[0] == '_' || (depth == 0 && strcmp(e->d_name, "lib") == 0))
            continue;
        char *name = path_of(&roots->arena, sub, e->d_name);
        char *full = name == NULL ? NULL : path_of(&roots->arena, root, name);
        if (full == NULL) {
            status = FL_E_NOMEM;
        } else if (entry_is_folder(e, full)) {
            status = list_folder(roots, root, name, bundled, depth + 1);
        } else if (len > 4 && strcmp(e->d_name + len - 4, ".lua") == 0) {
            name[strlen(name) - 4] = '\0';
            status = add_file(roots, root, name, full, bundled);
        }
    }
    closedir(dir);
    return status;
}

static int compare_found(const void *a, const void *b)
{
    const struct fl_rule_found *x = a, *y = b;
    int c = strcmp(x->id, y->id);
    return c != 0 ? c : strcmp(x->file, y->file);
}

static bool same_folder(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static enum fl_status add_copy(struct fl_rule_roots *roots, const char *root, const char *id, const char *file,
                               bool bundled)
{
    const char *own_id = fl_arena_strdup(&roots->arena, id), *own_file = fl_arena_strdup(&roots->arena, file);
    return own_id == NULL || own_file == NULL ? FL_E_NOMEM : add_file(roots, root, own_id, own_file, bundled);
}

/* Those of a part. */
static enum fl_status list_put(struct fl_rule_roots *roots)
{
    size_t count;
    const struct fl_file_text *texts = fl_files_list(&count);
    enum fl_status status = FL_OK;
    for (size_t i = 0; i < count && status == FL_OK; i++)
        if (texts[i].id != NULL)
            status = add_copy(roots, texts[i].root, texts[i].id, texts[i].path, texts[i].bundled);
    return status;
}

enum fl_status fl_rule_roots_open(struct fl_rule_roots *roots, const char *rules_option, const char *policy_folder,
                                  struct fl_error_list *errors)
{
    memset(roots, 0, sizeof *roots);
    fl_arena_init(&roots->arena);
    if (fl_files_are_put())
        return list_put(roots);
    roots->bundled = fl_bundled_folder(&roots->arena);
    const char *places[3] = {
        rules_option, policy_folder != NULL ? fl_arena_printf(&roots->arena, "%s/rules", policy_folder) : NULL,
        roots->bundled != NULL ? fl_arena_printf(&roots->arena, "%s/rules", roots->bundled) : NULL};
    enum fl_status status = FL_OK;
    struct fl_error err;
    if (rules_option != NULL && !is_folder(rules_option)) {
        fl_fail(&err, FL_E_USAGE, "--rules %s: there is no such folder", rules_option);
        fl_error_list_add(errors, &err);
        return FL_E_USAGE;
    }
    for (unsigned i = 0; i < 3 && status == FL_OK; i++) {
        bool again = false;
        for (unsigned k = 0; k < i; k++)
            again |= places[i] != NULL && places[k] != NULL && same_folder(places[i], places[k]);
        if (places[i] != NULL && !again)
            status = list_folder(roots, places[i], "", i == 2, 0);
    }
    if (roots->count > 1)
        qsort(roots->items, roots->count, sizeof *roots->items, compare_found);
    for (uint32_t i = 1; i < roots->count && status == FL_OK; i++) {
        if (strcmp(roots->items[i - 1].id, roots->items[i].id) != 0)
            continue;
        fl_fail(&err, FL_E_NAME, "the rule %s stands in two roots: %s and %s", roots->items[i].id,
                roots->items[i - 1].file, roots->items[i].file);
        fl_error_list_add(errors, &err);
    }
    return status;
}

const struct fl_rule_found *fl_rule_roots_add(struct fl_rule_roots *roots, const char *root, const char *id,
                                              const char *file)
{
    const char *kept = fl_arena_strdup(&roots->arena, root);
    if (kept == NULL || add_copy(roots, kept, id, file, false) != FL_OK)
        return NULL;
    return &roots->items[roots->count - 1];
}

void fl_rule_roots_close(struct fl_rule_roots *roots)
{
    fl_free(roots->items);
    fl_arena_dispose(&roots->arena);
    memset(roots, 0, sizeof *roots);
}
