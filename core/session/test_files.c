/* test_files.c: PATH... of `flowlaw test` -> rule files, each with the roots that its `from` and `require` look in. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/memory.h"
#include "core/session/test_bench.h"

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool is_below(const char *folder, const char *file)
{
    char *real_folder = realpath(folder, NULL), *real = realpath(file, NULL);
    size_t len = real_folder == NULL ? 0 : strlen(real_folder);
    bool below = real_folder != NULL && real != NULL && strncmp(real, real_folder, len) == 0 && real[len] == '/';
    free(real_folder);
    free(real);
    return below;
}

static enum fl_status fail(struct fl_error_list *errors, const char *format, ...) __attribute__((format(printf, 2, 3)));
static enum fl_status fail(struct fl_error_list *errors, const char *format, ...)
{
    struct fl_error err;
    va_list args;
    va_start(args, format);
    fl_fail_args(&err, FL_E_USAGE, format, args);
    va_end(args);
    fl_error_list_add(errors, &err);
    return FL_E_USAGE;
}

/* The root that a path lies in: its last part called "rules", the folder rules/ in it, or itself. NULL for a file that
 * is in no such folder. */
static const char *root_of(struct fl_arena *arena, const char *path)
{
    const char *end = NULL;
    for (const char *p = path; *p != '\0';) {
        size_t len = strcspn(p, "/");
        bool is_last = p[len] == '\0';
        if (len == 5 && memcmp(p, "rules", 5) == 0 && (!is_last || is_folder(path)))
            end = p + len;
        p += len + strspn(p + len, "/");
    }
    if (end != NULL)
        return fl_arena_strndup(arena, path, (size_t)(end - path));
    if (!is_folder(path))
        return NULL;
    const char *inner = fl_arena_printf(arena, "%s/rules", path);
    return inner != NULL && is_folder(inner) ? inner : fl_arena_strdup(arena, path);
}

static enum fl_status add(struct fl_test_files *files, const struct fl_rule_roots *roots,
                          const struct fl_rule_found *found)
{
    for (uint32_t i = 0; i < files->count; i++)
        if (same_file(files->items[i].found.file, found->file))
            return FL_OK;
    if (!fl_grow((void **)&files->items, &files->capacity, files->count + 1, sizeof *files->items))
        return FL_E_NOMEM;
    files->items[files->count++] = (struct fl_test_file){roots, *found};
    return FL_OK;
}

static struct fl_rule_roots *new_roots(struct fl_test_files *files)
{
    struct fl_rule_roots *roots = fl_arena_alloc(&files->arena, sizeof *roots);
    if (roots == NULL ||
        !fl_grow((void **)&files->roots, &files->roots_capacity, files->roots_count + 1, sizeof *files->roots))
        return NULL;
    files->roots[files->roots_count++] = roots;
    return roots;
}

static bool ends_with_lua(const char *path)
{
    size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".lua") == 0;
}

/* A rule file that is in no root: its id is its name, its root its folder. */
static enum fl_status add_alone(struct fl_test_files *files, struct fl_rule_roots *roots, const char *path,
                                struct fl_error_list *errors)
{
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    if (!ends_with_lua(path))
        return fail(errors, "%s: a rule file ends in .lua", path);
    const char *id = fl_arena_strndup(&files->arena, base, strlen(base) - 4);
    const char *root = slash == NULL ? "." : fl_arena_strndup(&files->arena, path, (size_t)(slash - path));
    if (id == NULL || root == NULL)
        return FL_E_NOMEM;
    const struct fl_rule_found *found = fl_rule_roots_add(roots, root, id, path);
    return found == NULL ? FL_E_NOMEM : add(files, roots, found);
}

static enum fl_status add_path(struct fl_test_files *files, const struct fl_session_options *options, const char *path,
                               struct fl_error_list *errors)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return fail(errors, "%s: there is no such file or folder", path);
    const char *rules = options->rules != NULL ? options->rules : root_of(&files->arena, path);
    struct fl_rule_roots *roots = new_roots(files);
    if (roots == NULL)
        return FL_E_NOMEM;
    enum fl_status status = fl_rule_roots_open(roots, rules, NULL, errors);
    uint32_t before = files->count;
    for (uint32_t i = 0; i < roots->count && status == FL_OK; i++)
        if (S_ISDIR(st.st_mode) ? is_below(path, roots->items[i].file) : same_file(path, roots->items[i].file))
            status = add(files, roots, &roots->items[i]);
    if (status == FL_OK && files->count == before && !S_ISDIR(st.st_mode))
        status = add_alone(files, roots, path, errors);
    return status;
}

/* What the policy's `rules:` use. */
static enum fl_status add_used(struct fl_test_files *files, struct fl_rule_roots *roots, const struct fl_policy *policy,
                               struct fl_error_list *errors)
{
    enum fl_status status = FL_OK;
    for (uint32_t u = 0; u < policy->use_count && status == FL_OK; u++) {
        const struct fl_rule_use *use = &policy->uses[u];
        if (!use->enabled)
            continue;
        if (strncmp(use->pattern, "./", 2) == 0) {
            const char *path = fl_arena_printf(&files->arena, "%s/%s", policy->folder, use->pattern + 2);
            status = path == NULL ? FL_E_NOMEM : add_alone(files, roots, path, errors);
            continue;
        }
        for (uint32_t i = 0; i < roots->count && status == FL_OK; i++)
            if (fl_glob_match(fl_str_of(use->pattern), fl_str_of(roots->items[i].id)))
                status = add(files, roots, &roots->items[i]);
    }
    return status;
}

static enum fl_status add_all(struct fl_test_files *files, const struct fl_session_options *options,
                              struct fl_error_list *errors)
{
    const char *folder = ".";
    enum fl_status status = FL_OK;
    if (options->policy != NULL) {
        status = fl_policy_load(options->policy, &files->policy, errors);
        folder = files->policy.folder;
    }
    struct fl_rule_roots *roots = new_roots(files);
    if (roots == NULL)
        return FL_E_NOMEM;
    const char *own = options->policy == NULL && options->rules == NULL ? fl_own_rules() : NULL;
    if (status == FL_OK)
        status = own != NULL ? fl_rule_roots_open(roots, own, NULL, errors)
                             : fl_rule_roots_open(roots, options->rules, folder, errors);
    if (status != FL_OK)
        return status;
    if (options->policy != NULL)
        return add_used(files, roots, &files->policy, errors);
    for (uint32_t i = 0; i < roots->count && status == FL_OK; i++)
        status = add(files, roots, &roots->items[i]);
    return status;
}

enum fl_status fl_test_files_open(struct fl_test_files *files, const struct fl_session_options *options,
                                  struct fl_error_list *errors)
{
    *files = (struct fl_test_files){0};
    fl_arena_init(&files->arena);
    enum fl_status status = FL_OK;
    if (options->policy != NULL || options->input_count == 0)
        status = add_all(files, options, errors);
    for (uint32_t i = 0; i < options->input_count && status != FL_E_NOMEM; i++) {
        enum fl_status one = add_path(files, options, options->inputs[i], errors);
        status = one == FL_OK ? status : one;
    }
    return status == FL_OK && errors->count > 0 ? FL_E_VALUE : status;
}

void fl_test_files_close(struct fl_test_files *files)
{
    for (uint32_t i = 0; i < files->roots_count; i++)
        fl_rule_roots_close(files->roots[i]);
    fl_free(files->roots);
    fl_free(files->items);
    fl_policy_dispose(&files->policy);
    fl_arena_dispose(&files->arena);
}
