/* parser.h: the state of the parser, and what all its files read tokens and make nodes with.
 *
 * parse.c holds conditions, and calls the others: a condition is made of operands and sets. Inside core/expr.
 */
#ifndef FL_EXPR_PARSER_H
#define FL_EXPR_PARSER_H

#include "core/expr/check.h"
#include "core/expr/token.h"

struct parser {
    struct fl_str text;
    const struct fl_expr_env *env;
    struct fl_arena *arena;
    struct fl_error *err;
    struct fl_token now;
    uint32_t before_end; /* end of the token before */
    unsigned depth;
};

/* What a bare name beside it may mean. */
struct hint {
    enum fl_type type;
    bool is_protocol;
    const struct fl_node *beside; /* the value that is tested, or NULL */
};

enum fl_status fl_parse_fail(struct parser *p, uint32_t at, enum fl_status code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
enum fl_status fl_parse_advance(struct parser *p);
bool fl_parse_at_mark(const struct parser *p, const char *mark);
bool fl_parse_at_word(const struct parser *p, const char *word);
enum fl_status fl_parse_expect(struct parser *p, const char *mark);
/* Is it one of marks, which end with NULL? Then *op is its operator. */
bool fl_parse_at_operator(const struct parser *p, const char *const marks[], const enum fl_op ops[], enum fl_op *op);
struct fl_node *fl_parse_node(struct parser *p, enum fl_node_kind kind, enum fl_type type, uint32_t at);
enum fl_status fl_parse_literal(struct parser *p, struct fl_value value, uint32_t at, const struct fl_node **out);
enum fl_status fl_parse_binary(struct parser *p, enum fl_node_kind kind, enum fl_op op, enum fl_type type,
                               const struct fl_node *left, const struct fl_node *right, uint32_t at,
                               const struct fl_node **out);

/* parse_name.c */
enum fl_status fl_parse_unknown(struct parser *p, struct fl_str name, uint32_t at, struct hint hint);
bool fl_parse_find_service(struct parser *p, struct fl_str name, const struct fl_set_item **items, uint32_t *count);
bool fl_parse_find_network(struct parser *p, struct fl_str name, uint32_t *id);
/* Is it protocol/port, without blanks? The token behind the name is the slash. */
bool fl_parse_at_service(struct parser *p, struct fl_str name, int *protocol);
/* Behind "tcp": "/443" or "/53..55". */
enum fl_status fl_parse_ports(struct parser *p, int protocol, struct fl_set_item *item);
enum fl_status fl_parse_param(struct parser *p, const struct fl_node **out);
/* An error of type: what it says, of a list with the members that could be named instead. */
enum fl_status fl_parse_fail_type(struct parser *p, uint32_t at, const struct fl_node *list, const char *text);
/* A name that is a value, not a set. */
enum fl_status fl_parse_name(struct parser *p, struct hint hint, const struct fl_node **out);

/* parse_operand.c: one value; a sum of products of them. */
enum fl_status fl_parse_primary(struct parser *p, struct hint hint, const struct fl_node **out);
enum fl_status fl_parse_sum(struct parser *p, struct hint hint, const struct fl_node **out);

/* parse.c: a condition, or the value in its place. */
enum fl_status fl_parse_or(struct parser *p, const struct fl_node **out);

/* parse_texts.c: is it a field that holds several texts? The tests of one then. */
bool fl_parse_is_set(const struct fl_node *node);
enum fl_status fl_parse_some_matches(struct parser *p, const struct fl_node *left, struct fl_str pattern, uint32_t at,
                                     const struct fl_node **out);
enum fl_status fl_parse_some_in(struct parser *p, const struct fl_node *left, const struct fl_node *set, uint32_t at,
                                const struct fl_node **out);
enum fl_status fl_parse_some_equal(struct parser *p, enum fl_op op, const struct fl_node *left,
                                   const struct fl_node *right, uint32_t at, const struct fl_node **out);

/* parse_set.c: the right side of `in`. */
enum fl_status fl_parse_set(struct parser *p, struct hint hint, const struct fl_node **out);

/* propose.c: what is written here in place of how other languages write it. Texts begin with "; ", or are empty. */
#define FL_PROPOSAL_BYTES 128
/* For a text in quotes beside a value of another type. */
void fl_propose_unquoted(struct hint hint, struct fl_str text, char out[FL_PROPOSAL_BYTES]);
/* For the name of a TCP flag beside tcp_flags; false when it is none. */
bool fl_propose_flags(struct hint hint, struct fl_str text, char out[FL_PROPOSAL_BYTES]);
/* For a plain number beside a duration. */
void fl_propose_duration(struct fl_ratio number, char out[FL_PROPOSAL_BYTES]);
/* Errors that begin at the token that is read now. `from`: where what stands before it begins. */
enum fl_status fl_propose_range(struct parser *p, uint32_t from);
enum fl_status fl_propose_braces(struct parser *p, uint32_t from);
enum fl_status fl_propose_set(struct parser *p); /* it begins with a ( */
/* FL_OK when nothing foreign stands there. */
enum fl_status fl_propose_behind_member(struct parser *p, uint32_t from, const struct fl_set_item *item);
enum fl_status fl_propose_test(struct parser *p, const struct fl_node *left);

#endif
