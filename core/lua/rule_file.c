#include "core/lua/rule_file.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/lua/library.h"
#include "core/lua/vm.h"
#include "core/rule/lua_text.h"
#include "core/text/yaml.h"

#define FILE_BYTES_MAX (1024u * 1024u)

struct rule_text {
    const char *id, *file, *lib_folder;
    struct fl_str text;
    struct fl_rule_decl *decl;
};

struct module_text {
    const char *path;
    struct fl_str text;
};

struct fl_lua_rules {
    struct fl_arena arena;
    struct rule_text *files;
    uint32_t file_count, file_capacity;
    struct module_text *modules;
    uint32_t module_count, module_capacity;
    struct fl_lua_vm *loader; /* the VM that files are first loaded in */
    struct fl_rule_ops ops;
};

struct fl_arena *fl_lua_rules_arena(struct fl_lua_rules *rules)
{
    return &rules->arena;
}

static enum fl_status open_vm(void *context, void **out, struct fl_error *err);

static void close_vm(void *vm)
{
    fl_lua_vm_free(vm);
}

struct fl_lua_rules *fl_lua_rules_new(void)
{
    struct fl_lua_rules *rules = fl_alloc_zero(1, sizeof *rules);
    if (rules == NULL)
        return NULL;
    fl_arena_init(&rules->arena);
    rules->ops = (struct fl_rule_ops){.on_flow = fl_lua_on_flow,
                                      .on_group = fl_lua_on_group,
                                      .on_flows = fl_lua_on_flows,
                                      .on_row = fl_lua_on_row,
                                      .open_vm = open_vm,
                                      .close_vm = close_vm,
                                      .context = rules};
    return rules;
}

void fl_lua_rules_free(struct fl_lua_rules *rules)
{
    if (rules->loader != NULL)
        fl_lua_vm_free(rules->loader);
    fl_free(rules->files);
    fl_free(rules->modules);
    fl_arena_dispose(&rules->arena);
    fl_free(rules);
}

const struct fl_rule_ops *fl_lua_rules_ops(struct fl_lua_rules *rules)
{
    return &rules->ops;
}

/* Reads a regular file of at most FILE_BYTES_MAX. The text is NUL terminated. */
static bool read_text(struct fl_arena *arena, const char *path, int flags, struct fl_str *out)
{
    if (fl_files_are_put()) {
        const struct fl_file_text *put = fl_files_find(path);
        errno = ENOENT;
        *out = (struct fl_str){put == NULL ? NULL : fl_arena_strndup(arena, put->text, put->len),
                               put == NULL ? 0 : put->len};
        return out->ptr != NULL;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    struct stat st;
    if (fd < 0)
        return false;
    char *text = NULL;
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (ok && st.st_size > FILE_BYTES_MAX) {
        ok = false;
        errno = EFBIG;
    }
    if (ok)
        text = fl_arena_alloc(arena, (size_t)st.st_size + 1);
    size_t len = 0;
    while (ok && text != NULL && len < (size_t)st.st_size) {
        ssize_t n = read(fd, text + len, (size_t)st.st_size - len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    close(fd);
    *out = (struct fl_str){text, len};
    return ok && text != NULL && fl_files_note(path, text, len) == FL_OK;
}

/* ---- modules ---- */

static bool module_name_is_safe(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-/");
    return len > 0 && name[len] == '\0' && name[0] != '/' && name[len - 1] != '/' && strstr(name, "//") == NULL;
}

/* Inside its folder even when links are followed. */
static bool stays_inside(const char *folder, const char *path)
{
    char *real_folder = realpath(folder, NULL), *real_path = realpath(path, NULL);
    size_t len = real_folder == NULL ? 0 : strlen(real_folder);
    bool inside =
        real_folder != NULL && real_path != NULL && strncmp(real_path, real_folder, len) == 0 && real_path[len] == '/';
    free(real_folder);
    free(real_path);
    return inside;
}

/* The module in one folder, read once; NULL when there is none. *outside: there is, but a link leads out of it. */
static const struct module_text *find_module(struct fl_lua_rules *rules, const char *folder, const char *name,
                                             bool *outside)
{
    char path[4096];
    struct stat st;
    struct fl_str text;
    snprintf(path, sizeof path, "%s/%s.lua", folder, name);
    for (uint32_t i = 0; i < rules->module_count; i++)
        if (strcmp(rules->modules[i].path, path) == 0)
            return &rules->modules[i];
    bool put = fl_files_are_put() && fl_files_find(path) != NULL;
    if (!put && (fl_files_are_put() || lstat(path, &st) != 0))
        return NULL;
    *outside = !put && (S_ISLNK(st.st_mode) || !stays_inside(folder, path));
    if (*outside || !read_text(&rules->arena, path, O_NOFOLLOW, &text) ||
        !fl_grow((void **)&rules->modules, &rules->module_capacity, rules->module_count + 1, sizeof *rules->modules))
        return NULL;
    struct module_text *module = &rules->modules[rules->module_count];
    *module = (struct module_text){fl_arena_strdup(&rules->arena, path), text};
    if (module->path == NULL)
        return NULL;
    rules->module_count++;
    return module;
}

const char *fl_lua_module_text(struct fl_lua_rules *rules, const char *lib_folder, const char *rule_file,
                               const char *name, const char **path, size_t *len, char *error, size_t error_bytes)
{
    char own[4096];
    snprintf(own, sizeof own, "%s", rule_file);
    char *slash = strrchr(own, '/');
    if (slash != NULL)
        *slash = '\0';
    const struct module_text *module = NULL;
    bool outside = false;
    if (!module_name_is_safe(name)) {
        snprintf(error, error_bytes, "require takes a plain name such as \"ports\", not \"%.80s\"", name);
        return NULL;
    }
    if (lib_folder != NULL)
        module = find_module(rules, lib_folder, name, &outside);
    if (module == NULL && !outside)
        module = find_module(rules, slash != NULL ? own : ".", name, &outside);
    if (module == NULL) {
        snprintf(error, error_bytes,
                 outside ? "the module %.80s is a link or leads out of its folder"
                         : "there is no module %.80s in rules/lib or beside the rule",
                 name);
        return NULL;
    }
    *path = module->path;
    *len = module->text.len;
    return module->text.ptr;
}

void fl_lua_chunk_name(const char *file, char out[64])
{
    size_t len = strlen(file), most = 55; /* Lua shows 59 bytes */
    if (len <= most)
        snprintf(out, 64, "=%s", file);
    else
        snprintf(out, 64, "=...%s", file + len - (most - 3));
}

/* ---- loading ---- */

static int write_global(lua_State *L)
{
    if (!fl_lua_vm_of(L)->loading)
        return luaL_error(L, "global names are read-only after load");
    lua_rawset(L, lua_upvalueindex(1));
    return 0;
}

/* A metatable whose __index is the value on the top, which it takes. */
static void push_index(lua_State *L)
{
    lua_newtable(L);
    lua_insert(L, -2);
    lua_setfield(L, -2, "__index");
}

/* Pushes a file's own global names and its environment: those, then the library, table behind table so that Lua finds
 * them without a call. The environment itself is always empty, so that every write is seen. */
static void push_environment(lua_State *L)
{
    lua_newtable(L);
    int globals = lua_gettop(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "flowlaw.library");
    lua_pushcfunction(L, fl_lua_unknown_global);
    push_index(L);
    lua_setmetatable(L, -2);
    push_index(L);
    lua_setmetatable(L, globals);
    lua_newtable(L);
    lua_pushvalue(L, globals);
    push_index(L);
    lua_pushvalue(L, globals);
    lua_pushcclosure(L, write_global, 1);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
}

struct chunk {
    struct fl_str text, without_tests; /* .ptr NULL: the tests are wanted, or they have to stay */
    const char *name;
};

static void push_chunk(lua_State *L, const struct chunk *c)
{
    if (c->without_tests.ptr != NULL &&
        luaL_loadbufferx(L, c->without_tests.ptr, c->without_tests.len, c->name, "t") == LUA_OK)
        return;
    lua_settop(L, 0);
    if (luaL_loadbufferx(L, c->text.ptr, c->text.len, c->name, "t") != LUA_OK)
        lua_error(L);
}

void fl_lua_refuse_env(lua_State *L, const char *name, struct fl_str text)
{
    struct fl_lua_token token = {.kind = FL_LUA_MARK};
    size_t at = 0;
    if (memmem(text.ptr, text.len, "_ENV", 4) == NULL)
        return;
    for (int line = 1; token.kind != FL_LUA_END;) {
        size_t from = at;
        token = fl_lua_next(text, &at);
        for (; from < token.from; from++)
            line += text.ptr[from] == '\n';
        if (token.kind == FL_LUA_NAME &&
            fl_str_is((struct fl_str){text.ptr + token.from, token.to - token.from}, "_ENV"))
            luaL_error(L, "%s:%d: _ENV is not available in rules: global names are read-only after load", name + 1,
                       line);
        for (; from < at; from++)
            line += text.ptr[from] == '\n';
    }
}

/* Runs in protected mode: the chunk is light userdata 1. */
static int run_file(lua_State *L)
{
    const struct chunk *c = lua_touserdata(L, 1);
    if (c->text.len > 0 && c->text.ptr[0] == LUA_SIGNATURE[0])
        return luaL_error(L, "this is compiled Lua; a rule file is text");
    fl_lua_refuse_env(L, c->name, c->text);
    push_chunk(L, c);
    int chunk = lua_gettop(L), globals = chunk + 1;
    push_environment(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "flowlaw.env");
    lua_setupvalue(L, chunk, 1);
    lua_newtable(L); /* each rule has modules of its own: what one does to them must not reach another */
    lua_setfield(L, LUA_REGISTRYINDEX, "flowlaw.modules");
    lua_pushvalue(L, chunk);
    lua_call(L, 0, 0);
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    struct fl_lua_rule_code *code = &vm->code[vm->code_count - 1];
    fl_lua_freeze(vm, code, globals, (const int[]){vm->on_flow, vm->on_group}, 2);
    lua_rawgeti(L, LUA_REGISTRYINDEX, vm->on_flow);
    code->is_straight = code->on_flow_alone && fl_lua_find_straight(L, c->text, &code->straight);
    return 0;
}

/* "file.lua:12: text" -> line 12 and "text". */
static void split_place(struct fl_error *err, const char *file)
{
    char chunk[64];
    fl_lua_chunk_name(file, chunk);
    size_t len = strlen(chunk + 1);
    char *text = err->text;
    uint32_t line = 0;
    if (strncmp(text, chunk + 1, len) == 0 && text[len] == ':') {
        char *end;
        unsigned long number = strtoul(text + len + 1, &end, 10);
        if (*end == ':') {
            line = (uint32_t)number;
            memmove(text, end + 1 + (end[1] == ' '), strlen(end + 1 + (end[1] == ' ')) + 1);
        }
    }
    fl_error_at(err, file, line, 0);
}

/* Lua tells lines only. The column is that of what the error quotes, near '}' or there is no "tset", if that is in the
 * line once. */
static uint32_t column_of(const struct fl_error *err, struct fl_str line)
{
    const char *near = strstr(err->text, " near '"), *quote = near != NULL ? near + 6 : strchr(err->text, '"');
    const char *end = quote == NULL || quote[1] == '\0' ? NULL : strchr(quote + 2, near != NULL ? '\'' : '"');
    if (near != NULL)
        end = strrchr(err->text, '\'');
    if (end == NULL || end <= quote + 1)
        return 0;
    struct fl_str quoted = {quote + 1, (size_t)(end - quote) - 1};
    const char *at = memmem(line.ptr, line.len, quoted.ptr, quoted.len);
    if (at == NULL || memmem(at + 1, line.len - (size_t)(at - line.ptr) - 1, quoted.ptr, quoted.len) != NULL)
        return 0;
    return (uint32_t)(at - line.ptr) + 1;
}

/* The code of one more rule: none, until its file is loaded. */
static bool add_code(struct fl_lua_vm *vm)
{
    if (!fl_grow((void **)&vm->code, &vm->code_capacity, vm->code_count + 1, sizeof *vm->code))
        return false;
    vm->code[vm->code_count++] = (struct fl_lua_rule_code){.on_flow = LUA_NOREF, .on_group = LUA_NOREF};
    return true;
}

enum fl_status fl_lua_load_text(struct fl_lua_vm *vm, const char *id, const char *file, const char *lib_folder,
                                struct fl_str text, struct fl_error *err)
{
    if (!add_code(vm))
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    vm->file = file;
    vm->id = id;
    vm->text = text;
    vm->lib_folder = lib_folder;
    vm->on_flow = vm->on_group = LUA_NOREF;
    vm->rule_calls = 0;
    vm->loading = true;
    vm->longest_text = 0;
    lua_State *L = vm->L;
    char name[64];
    fl_lua_chunk_name(file, name);
    char *rest = vm->tests == NULL ? fl_alloc(text.len + 1) : NULL;
    struct chunk chunk = {text, {NULL, 0}, name};
    if (rest != NULL && fl_lua_leave_out_tests(text, rest, &chunk.without_tests.len))
        chunk.without_tests.ptr = rest;
    lua_settop(L, 0);
    lua_pushcfunction(L, run_file);
    lua_pushlightuserdata(L, &chunk);
    enum fl_status status = fl_lua_call(vm, 1, 0, FL_LUA_STEPS_LOAD, err);
    fl_free(rest);
    vm->loading = false;
    struct fl_lua_rule_code *code = &vm->code[vm->code_count - 1];
    code->on_flow = vm->on_flow;
    code->on_group = vm->on_group;
    code->longest_text = vm->longest_text;
    return status;
}

static enum fl_status open_vm(void *context, void **out, struct fl_error *err)
{
    struct fl_lua_rules *rules = context;
    struct fl_lua_vm *vm = fl_lua_vm_new(rules);
    if (vm == NULL)
        return fl_fail(err, FL_E_NOMEM, "out of memory while starting Lua");
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < rules->file_count && status == FL_OK; i++) {
        struct rule_text *f = &rules->files[i];
        if (!f->decl->has_on_flow && !f->decl->has_on_group) {
            status = add_code(vm) ? FL_OK : fl_fail(err, FL_E_NOMEM, "out of memory");
            continue;
        }
        struct fl_rule_decl ignored = {.id = f->id, .file = f->file};
        vm->decl = &ignored;
        status = fl_lua_load_text(vm, f->id, f->file, f->lib_folder, f->text, err);
    }
    vm->decl = NULL;
    if (status != FL_OK) {
        fl_lua_vm_free(vm);
        return status;
    }
    *out = vm;
    return FL_OK;
}

static enum fl_status fail_file(struct fl_error_list *errors, const char *file, enum fl_status code, const char *text)
{
    struct fl_error err;
    fl_fail(&err, code, "%s", text);
    fl_error_at(&err, file, 0, 0);
    fl_error_list_add(errors, &err);
    return code;
}

static struct fl_rule_decl *find_loaded(const struct fl_lua_rules *rules, const char *id, const char *file)
{
    for (uint32_t i = 0; i < rules->file_count; i++)
        if (strcmp(rules->files[i].file, file) == 0 && strcmp(rules->files[i].id, id) == 0)
            return rules->files[i].decl;
    return NULL;
}

static enum fl_status load(struct fl_lua_rules *rules, const char *id, const char *file, const char *lib_folder,
                           struct fl_rule_decl **out, struct fl_rule_tests *tests, struct fl_error_list *errors)
{
    struct rule_text f = {.id = fl_arena_strdup(&rules->arena, id), .file = fl_arena_strdup(&rules->arena, file)};
    f.lib_folder = lib_folder == NULL ? NULL : fl_arena_strdup(&rules->arena, lib_folder);
    if (rules->loader == NULL)
        rules->loader = fl_lua_vm_new(rules);
    struct fl_rule_decl *decl = fl_arena_alloc(&rules->arena, sizeof *decl);
    if (f.id == NULL || f.file == NULL || rules->loader == NULL || decl == NULL)
        return fail_file(errors, file, FL_E_NOMEM, "out of memory");
    if (!read_text(&rules->arena, file, 0, &f.text))
        return fail_file(errors, file, FL_E_IO, errno == EFBIG ? "a rule file holds at most 1 MiB" : "cannot be read");
    *decl = (struct fl_rule_decl){.id = f.id, .base_id = f.id, .file = f.file, .line = 1};
    uint32_t errors_before = errors->count;
    struct fl_lua_vm *vm = rules->loader;
    struct fl_error err;
    vm->decl = decl;
    vm->errors = errors;
    vm->tests = tests;
    enum fl_status status = fl_lua_load_text(vm, f.id, f.file, f.lib_folder, f.text, &err);
    vm->errors = NULL;
    vm->tests = NULL;
    if (status != FL_OK) {
        split_place(&err, f.file);
        if (err.line > 0) {
            struct fl_str line = fl_text_line(f.text, err.line);
            err.column = column_of(&err, line);
            fl_error_show(&err, line);
        }
        fl_error_list_add(errors, &err);
        return status;
    }
    if (vm->rule_calls == 0)
        return fail_file(errors, file, FL_E_VALUE, "the file declares no rule: it has no rule{ ... }");
    if (errors->count > errors_before)
        return FL_E_VALUE;
    decl->file_text = f.text;
    decl->source = rules->file_count;
    f.decl = decl;
    if (!fl_grow((void **)&rules->files, &rules->file_capacity, rules->file_count + 1, sizeof *rules->files))
        return fail_file(errors, file, FL_E_NOMEM, "out of memory");
    rules->files[rules->file_count++] = f;
    *out = decl;
    return FL_OK;
}

enum fl_status fl_lua_rules_load(struct fl_lua_rules *rules, const char *id, const char *file, const char *lib_folder,
                                 struct fl_rule_decl **out, struct fl_error_list *errors)
{
    struct fl_rule_decl *loaded = find_loaded(rules, id, file);
    if (loaded == NULL)
        return load(rules, id, file, lib_folder, out, NULL, errors);
    *out = loaded;
    return FL_OK;
}

enum fl_status fl_lua_rules_load_tests(struct fl_lua_rules *rules, const char *id, const char *file,
                                       const char *lib_folder, struct fl_rule_decl **out, struct fl_rule_tests *tests,
                                       struct fl_error_list *errors)
{
    return load(rules, id, file, lib_folder, out, tests, errors);
}
