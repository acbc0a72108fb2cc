/* expr.h: the expression language: text -> typed tree. DESIGN of the language: docs/expressions.md.
 *
 * Trees are immutable and live in the caller's arena. The same trees serve `where` (compiled by program.h
 * to run over batches) and `having`, waivers and texts (walked by fl_expr_eval()).
 */
#ifndef FL_EXPR_EXPR_H
#define FL_EXPR_EXPR_H

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/record/value.h"

enum fl_node_kind {
    FL_N_LITERAL, /* literal */
    FL_N_FIELD,   /* field of the record */
    FL_N_SLOT,    /* measure, key or counter: index given by the environment */
    FL_N_SET,     /* items; only as the right side of IN, or a network/service/port parameter */
    FL_N_AND,
    FL_N_OR,
    FL_N_NOT,
    FL_N_COMPARE, /* op */
    FL_N_IN,      /* left in right (a SET) */
    FL_N_MATCHES, /* left matches glob (literal STR on the right) */
    FL_N_ARITH,   /* op: + - * / % */
    FL_N_IS_NULL,
};
enum fl_op {
    FL_OP_EQ,
    FL_OP_NE,
    FL_OP_LT,
    FL_OP_LE,
    FL_OP_GT,
    FL_OP_GE,
    FL_OP_ADD,
    FL_OP_SUB,
    FL_OP_MUL,
    FL_OP_DIV,
    FL_OP_MOD
};

enum fl_item_kind {
    FL_ITEM_RANGE,   /* low..high of integers (ports, services, enumerations, durations, ...), inclusive */
    FL_ITEM_PREFIX,  /* addresses */
    FL_ITEM_NETWORK, /* network id of the environment */
    FL_ITEM_TEXT,
};
struct fl_set_item {
    enum fl_item_kind kind;
    union {
        struct {
            int64_t low, high;
        };
        struct fl_prefix prefix;
        uint32_t network;
        struct fl_str text;
    };
};

struct fl_node {
    enum fl_node_kind kind;
    enum fl_op op;
    enum fl_type type; /* of the result; FL_T_BOOL for tests; for SET the type of its members */
    uint32_t at;       /* byte offset in the expression's text */
    uint32_t height;   /* operators below it, along the longest way */
    const struct fl_node *left, *right;
    struct fl_value literal;
    uint32_t field, slot;
    uint32_t member;         /* of the slot: fl_value_member() */
    const char *member_name; /* NULL without one */
    const struct fl_set_item *items;
    uint32_t item_count;
    const char *flag; /* name of the flag parameter that the literal is the value of; NULL without one */
};

enum fl_param_type {
    FL_P_NETWORK,
    FL_P_SERVICE,
    FL_P_DURATION,
    FL_P_PORT,
    FL_P_NUMBER,
    FL_P_TEXT,
    FL_P_FLAG,
    FL_P_PRICE
};

/* The word that makes such a parameter; NULL behind the last type. */
const char *fl_param_type_name(enum fl_param_type type);

/* What names mean. Every callback gets `context`; any may be NULL (no such names). */
struct fl_expr_env {
    void *context;
    bool fields;    /* record fields may be named */
    bool long_text; /* written by the core, so as long as it has to be: FL_EXPR_BYTES_MAX does not hold */
    /* Network by name -> id. */
    bool (*network)(void *context, struct fl_str name, uint32_t *id);
    /* Policy service by name -> items (service ranges). */
    bool (*service)(void *context, struct fl_str name, const struct fl_set_item **items, uint32_t *count);
    /* $name -> the parameter's tree (LITERAL or SET). NULL when there is none. */
    const struct fl_node *(*param)(void *context, struct fl_str name);
    /* Measure, key or counter -> slot and type; member is empty or the text after the dot, and *number which it is. */
    bool (*slot)(void *context, struct fl_str name, struct fl_str member, uint32_t *slot, uint32_t *number,
                 enum fl_type *type);
    /* Calls visit for every name that could stand bare, for did-you-mean. Fields are added by the parser. */
    void (*names)(void *context, void (*visit)(void *guess, const char *name), void *guess);
    /* The same of parameters, without $. */
    void (*params)(void *context, void (*visit)(void *guess, const char *name), void *guess);
};

/* Parses and types a condition (result FL_T_BOOL). Errors carry line and column within text, the offending
 * source line, and a did-you-mean for unknown names; the caller adds the file. */
enum fl_status fl_expr_parse(struct fl_str text, const struct fl_expr_env *env, struct fl_arena *arena,
                             const struct fl_node **out, struct fl_error *err);

/* Parses and types a value of any type but a set: `bytes / 1G * $price`. Errors as above. */
enum fl_status fl_expr_parse_value(struct fl_str text, const struct fl_expr_env *env, struct fl_arena *arena,
                                   const struct fl_node **out, struct fl_error *err);

/* Parses one operand as the value of a parameter: `db`, `10.0.0.0/8`, `{app, bastion}`, `tcp/443`, `90s`, `22`,
 * `{22, 3389}`, `0.8`, `true`. FLAG is BOOL, PRICE a number, TEXT takes the text as it stands. NETWORK, SERVICE and
 * PORT give a SET, the others a LITERAL. A network or service that env does not know: FL_E_NAME. */
enum fl_status fl_expr_parse_param(struct fl_str text, enum fl_param_type type, const struct fl_expr_env *env,
                                   struct fl_arena *arena, const struct fl_node **out, struct fl_error *err);

/* Fields that the tree reads, added to *fields. */
void fl_expr_fields(const struct fl_node *node, struct fl_field_set *fields);
bool fl_expr_reads(const struct fl_node *node, uint32_t field);

/* Canonical text: equal meaning of equally written conditions gives equal bytes; networks by `network_name`. */
void fl_expr_print(const struct fl_node *node, const char *(*network_name)(void *context, uint32_t id), void *context,
                   struct fl_buf *out);

/* The condition for people: services, durations and names of slots as they are written, networks by name. */
struct fl_expr_words {
    void *context;
    const char *(*network)(void *context, uint32_t id);
    const char *(*slot)(void *context, uint32_t slot);
};
void fl_expr_show(const struct fl_node *node, const struct fl_expr_words *words, struct fl_buf *out);

/* Three-valued evaluation of a tree, exact (SEMANTICS 1). get() supplies FIELD and SLOT values; in_network()
 * tests membership. Result: value of the node's type, null = unknown. */
struct fl_eval {
    void *context;
    void (*get)(void *context, const struct fl_node *node, struct fl_value *out);
    bool (*in_network)(void *context, uint32_t network, struct fl_addr addr);
};
struct fl_value fl_expr_eval(const struct fl_node *node, const struct fl_eval *eval);
/* Does the comparison hold for what a compare function returned? */
bool fl_op_holds(enum fl_op op, int c);

/* What an object lacks: columns, and with them measures and networks. Callbacks may be NULL (nothing of that kind). */
struct fl_absence {
    const struct fl_field_set *present; /* fields that it has */
    void *context;
    bool (*slot)(void *context, uint32_t slot);       /* is the measure, key or counter unknown there? */
    bool (*network)(void *context, uint32_t network); /* can nobody be known to be in the network? */
};
/* Can the condition be true there? Folds the tree with missing = unknown. */
bool fl_expr_can_be_true(const struct fl_node *node, const struct fl_absence *absence);

/* Is the value null there for certain? */
bool fl_expr_is_null(const struct fl_node *node, const struct fl_absence *absence);

bool fl_glob_match(struct fl_str pattern, struct fl_str text); /* * ? [a-z] [!x] \x; linear time */

#endif
