/* vm.h: one sandboxed Lua state: counted memory, counted steps, one protected way in. Inside core/lua.
 *
 * One VM belongs to one thread. A call that exceeds its budget ends with an error that code of the rule cannot catch.
 */
#ifndef FL_LUA_VM_H
#define FL_LUA_VM_H

#include <lua.h>

#include "core/base/buf.h"
#include "core/lua/test_file.h"

#define FL_LUA_BYTES_PER_STEP 16
#define FL_LUA_HOOK_STEPS     1000 /* instructions are counted by so many */
#define FL_LUA_LOOP_ROWS      256

struct fl_lua_rules;

/* A value that code of a rule must not change between calls: an upvalue of one of its functions. */
struct fl_lua_upvalue {
    int function; /* registry reference */
    int index;
    int value; /* registry reference of what it was after loading */
};

/* A field that code may read. */
struct fl_lua_field {
    const char *name;
    size_t len;
    uint32_t field;
    bool fits_column; /* its values cost little: numbers, flags, enumerations */
    bool has_column;  /* a straight on_flow reads it from a table of values */
    int column;       /* which table it is */
};

/* A function whose body may stand in a loop (straight.c): views of the text of the rule file. */
struct fl_lua_straight {
    struct fl_str argument, body;
};

struct fl_lua_rule_code {
    int on_flow, on_group;       /* registry references or LUA_NOREF */
    struct fl_lua_field *fields; /* as declared; looked up when code first reads one */
    struct fl_lua_upvalue *upvalues;
    uint32_t upvalue_count, upvalue_capacity;
    size_t longest_text; /* made while its file loaded */
    uint32_t functions;  /* met while freezing */
    bool on_flow_alone;  /* no other Lua function can be reached from on_flow */
    bool is_straight;    /* on_flow is */
    struct fl_lua_straight straight;
    int loop; /* that calls it (flows.c): a registry reference, 0 before it is made */
};

struct fl_lua_vm {
    lua_State *L;
    struct fl_lua_rules *rules;
    size_t used_bytes, limit_bytes;
    int64_t steps_left;
    size_t
        longest_text; /* that the code at hand may hold: made while its file loaded or in this call; 0: none is long */
    const char *overrun; /* what was exceeded, or NULL; code of the rule cannot catch it */
    bool exhausted;      /* the machine refused memory in this call */
    bool calling;
    bool loading;
    struct fl_lua_rule_code *code; /* by rule number; in a worker's VM empty for rules without code */
    uint32_t code_count, code_capacity;
    /* While a file loads. */
    const char *file, *id, *lib_folder;
    struct fl_str text;
    struct fl_rule_decl *decl;
    struct fl_error_list *errors;
    struct fl_rule_tests *tests; /* where tests are kept, or NULL: they are ignored */
    uint32_t rule_calls;
    int on_flow, on_group;
    /* The flow or group that code may read, NULL between calls. */
    const struct fl_rule_decl *at_decl;
    struct fl_lua_field *fields; /* at_decl->fields.count of them */
    uint64_t *rows;              /* asked about one after the other, up to rows_end */
    uint32_t rows_end;
    uint32_t at_rule;
    uint32_t loop_rows[FL_LUA_LOOP_ROWS]; /* those that the loop runs over */
    uint32_t loop_from, loop_to;          /* from 1: those of them that it is asked about */
    int loop_tables;                      /* registry reference or 0 */
    bool looping;
    void (*said)(void *context, uint32_t row, const struct fl_verdict *verdict);
    void *said_context;
    const struct fl_batch *batch;
    uint32_t row;
    const struct fl_value *row_values; /* instead of a batch: by the rule's fields */
    bool fresh_state;                  /* the call at hand begins a group */
    const struct fl_group_view *view;
    const struct fl_group_names *names;
    uintptr_t calls, handle; /* number of the call at hand, and the handle made from it; 0 between calls */
    /* Where the verdict of the call at hand goes. */
    struct fl_arena *arena;
    struct fl_verdict *verdict;
    struct fl_error *verdict_error;
    enum fl_status verdict_status;
};

struct fl_lua_vm *fl_lua_vm_new(struct fl_lua_rules *rules);
void fl_lua_vm_free(struct fl_lua_vm *vm);
static inline struct fl_lua_vm *fl_lua_vm_of(lua_State *L)
{
    return *(struct fl_lua_vm **)lua_getextraspace(L);
}

/* Takes `bytes` of work from the budget; raises when it is used up. */
void fl_lua_charge(lua_State *L, size_t bytes);
/* The same for so many values of so many bytes: # of a table that has gaps may be any number. */
void fl_lua_charge_values(lua_State *L, lua_Integer count, size_t bytes);
/* Raises an overrun that pcall of a rule passes on. */
int fl_lua_overrun(lua_State *L, const char *what);
/* After LUA_ERRMEM: it was the limit of this VM, or the machine has no more. */
void fl_lua_note_memory(struct fl_lua_vm *vm);
/* A fresh budget for what is called next; fl_lua_renew does not count its instructions. */
void fl_lua_renew(struct fl_lua_vm *vm, int64_t steps);
void fl_lua_arm(struct fl_lua_vm *vm, int64_t steps);
/* lua_pcall with a fresh budget; the error, if any, is taken from the stack into err. */
enum fl_status fl_lua_call(struct fl_lua_vm *vm, int arguments, int results, int64_t steps, struct fl_error *err);

/* library.c: pushes the environment that rule files see. seal.c: makes the one on the top read-only. */
void fl_lua_push_library(lua_State *L);
void fl_lua_seal_library(lua_State *L);
/* Whether the function on the top is one of the library; others in C are iterators, which hold state. */
bool fl_lua_in_library(lua_State *L);
/* freeze.c: makes tables reachable from the values of `globals` (a stack index) and from functions (references or
 * LUA_NOREF) read-only, and notes the upvalues of all functions found. */
void fl_lua_freeze(struct fl_lua_vm *vm, struct fl_lua_rule_code *code, int globals, const int functions[], int count);
bool fl_lua_upvalues_unchanged(struct fl_lua_vm *vm, const struct fl_lua_rule_code *code);
bool fl_lua_push_origin(lua_State *L, int index); /* of a frozen table: pushes what it stands for */
/* straight.c: of the Lua function on the top, which stands in this text or in a module. */
bool fl_lua_find_straight(lua_State *L, struct fl_str text, struct fl_lua_straight *out);
/* Its body, with FL_c<i>[FL_i] for fields in columns, which it marks, FL_row.name for others, and FL_said set where it
 * returns; then it goes to FL_answered or falls through. */
void fl_lua_write_body(struct fl_buf *buf, const struct fl_lua_straight *straight, struct fl_lua_field *fields,
                       uint32_t field_count);
/* constructors.c: adds rule{}, test and what stands in them to the table on the top. */
void fl_lua_add_constructors(lua_State *L);
/* verdict.c: of the value at 1. Runs in protected mode, as every access may raise. */
enum fl_status fl_lua_take_verdict(lua_State *L, struct fl_arena *arena, struct fl_verdict *out, struct fl_error *err);
/* cursor.c */
void fl_lua_make_handles(lua_State *L);
void fl_lua_push_cell(lua_State *L, const struct fl_batch *batch, uint32_t field, uint32_t row);
int fl_lua_index_flow(lua_State *L); /* the field of the row at hand that the text at 2 names */
/* Before code of a rule runs. */
enum fl_status fl_lua_begin_rule(struct fl_lua_vm *vm, uint32_t rule, const struct fl_rule_decl *decl,
                                 struct fl_error *err);
/* Puts the rule's file and the line of its function (a registry reference) before an error without a place there. */
void fl_lua_name_place(struct fl_lua_vm *vm, int function, struct fl_error *err);
enum fl_status fl_lua_on_flow(void *context, uint32_t rule, const struct fl_rule_decl *decl,
                              const struct fl_batch *batch, uint32_t row, struct fl_arena *arena,
                              struct fl_verdict *out, struct fl_error *err);
enum fl_status fl_lua_on_row(void *context, uint32_t rule, const struct fl_rule_decl *decl, bool first,
                             const struct fl_value *values, struct fl_arena *arena, struct fl_verdict *out,
                             struct fl_error *err);
enum fl_status fl_lua_on_group(void *context, uint32_t rule, const struct fl_rule_decl *decl,
                               const struct fl_group_names *names, const struct fl_group_view *view,
                               struct fl_arena *arena, struct fl_verdict *out, struct fl_error *err);
/* flows.c */
enum fl_status fl_lua_on_flows(void *context, uint32_t rule, const struct fl_rule_decl *decl,
                               const struct fl_batch *batch, uint64_t *rows, uint32_t *from, struct fl_arena *arena,
                               void (*said)(void *context, uint32_t row, const struct fl_verdict *verdict),
                               void *said_context, struct fl_error *err);
/* rule_file.c: loads a file's text into a VM, which it must outlive; its code gets the next number. */
enum fl_status fl_lua_load_text(struct fl_lua_vm *vm, const char *id, const char *file, const char *lib_folder,
                                struct fl_str text, struct fl_error *err);
/* plain_tests.c: writes the text without its tests, every line where it was, into out[0..text.len]. False when there
 * are none that can be left out. Where what is written loads, the text itself loads, and to the same end. */
bool fl_lua_leave_out_tests(struct fl_str text, char *out, size_t *len);
/* Raises where a text names _ENV, a variable in which code could keep state unseen. name: of the chunk. */
void fl_lua_refuse_env(lua_State *L, const char *name, struct fl_str text);
struct fl_arena *fl_lua_rules_arena(struct fl_lua_rules *rules);
static inline struct fl_arena *fl_lua_arena_of(lua_State *L)
{
    return fl_lua_rules_arena(fl_lua_vm_of(L)->rules);
}
/* The module that a rule requires; read once, so that every VM sees the same. *path names it: two folders may each
 * have one of this name. NULL and an error text. */
const char *fl_lua_module_text(struct fl_lua_rules *rules, const char *lib_folder, const char *rule_file,
                               const char *name, const char **path, size_t *len, char *error, size_t error_bytes);
/* A chunk's name for messages: "=file", its beginning left out where Lua would cut its end off. */
void fl_lua_chunk_name(const char *file, char out[64]);

#endif
