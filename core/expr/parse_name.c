/* parse_name.c: what bare names and $parameters stand for. */
#include <ctype.h>
#include <string.h>

#include "core/expr/parser.h"

struct name_guess {
    struct fl_str_guess guess;
    struct fl_str text;
};

static const char *const words[] = {"and", "or", "not", "in", "is", "matches", "null", "true", "false"};
/* The last ones stand for values. */
enum { WORD_COUNT = sizeof words / sizeof words[0], WORDS_OF_VALUES = 3 };

static void guess_name(void *context, const char *name)
{
    struct name_guess *g = context;
    fl_str_guess_try(&g->guess, g->text, name);
}

/* What could stand in place of an unknown name: "; an outcome is wanted here: blocked, allowed or answered". */
static void say_wanted(const struct parser *p, struct hint hint, struct fl_buf *out)
{
    const char *text = fl_enum_text(hint.type, 0), *next;
    if (hint.is_protocol)
        fl_buf_add_text(out, "; a protocol is wanted here: tcp, udp, icmp or its number");
    else if (hint.type == FL_T_ADDR)
        fl_buf_add_text(out, "; a network or an address is wanted here");
    else if (hint.type == FL_T_SERVICE)
        fl_buf_add_text(out, "; a service is wanted here, such as tcp/443");
    else if (hint.type == FL_T_STR)
        fl_buf_add_text(out, "; a text in quotes is wanted here");
    else if (hint.type != FL_T_NULL && hint.type != FL_T_BOOL)
        fl_buf_add_format(out, "; %s is wanted here", fl_type_phrase(hint.type));
    else if (p->env->fields)
        fl_buf_add_text(out, "; here stand fields of records (flowlaw list fields)");
    else if (p->env->slot != NULL)
        fl_buf_add_text(out, "; here stand group keys, measures, values and counters");
    for (uint32_t i = 0; text != NULL; i++, text = next) {
        next = fl_enum_text(hint.type, i + 1);
        fl_buf_add_format(out, "%s%s", i == 0 ? ": " : next == NULL ? " or " : ", ", text);
    }
}

static enum fl_status fail_wanting(struct parser *p, struct fl_str name, uint32_t at, struct hint hint)
{
    struct fl_buf wanted;
    fl_buf_init(&wanted);
    say_wanted(p, hint, &wanted);
    enum fl_status status = wanted.failed ? FL_E_NOMEM
                                          : fl_parse_fail(p, at, FL_E_NAME, "nothing is called \"%.*s\"%s",
                                                          (int)name.len, name.ptr, wanted.len > 0 ? wanted.data : "");
    fl_buf_dispose(&wanted);
    return status;
}

enum fl_status fl_parse_unknown(struct parser *p, struct fl_str name, uint32_t at, struct hint hint)
{
    struct name_guess guess = {{NULL, 99}, name};
    enum fl_type type = hint.type;
    bool is_operand = type != FL_T_NULL && type != FL_T_BOOL;
    const char *ours = p->env->fields ? fl_field_alias(name) : NULL;
    char flags[FL_PROPOSAL_BYTES];
    if (fl_str_is(name, "null"))
        return fl_parse_fail(p, at, FL_E_NAME, "null is no value to compare with; write `is null` or `is not null`");
    for (size_t i = 0; i < WORD_COUNT - WORDS_OF_VALUES; i++)
        if (fl_str_is(name, words[i]))
            return fl_parse_fail(p, at, FL_E_SYNTAX, "a value is missing before \"%s\"", words[i]);
    if (ours != NULL)
        return fl_parse_fail(p, at, FL_E_NAME, "nothing is called \"%.*s\"; did you mean \"%s\"?", (int)name.len,
                             name.ptr, ours);
    if (fl_propose_flags(hint, name, flags))
        return fl_parse_fail(p, at, FL_E_NAME, "nothing is called \"%.*s\"%s", (int)name.len, name.ptr, flags);
    if (fl_str_is(name, "outcome"))
        return fl_parse_fail(p, at, FL_E_NAME,
                             "the outcome is a measure, which `having` tests: measure = { outcome = outcome() }");
    for (size_t i = 0; i < WORD_COUNT && !is_operand; i++)
        guess_name(&guess, words[i]);
    if (p->env->fields)
        for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
            guess_name(&guess, fl_fields[f].name);
    if (p->env->names != NULL)
        p->env->names(p->env->context, guess_name, &guess);
    const char *enum_text;
    for (uint32_t i = 0; (enum_text = fl_enum_text(type, i)) != NULL; i++)
        guess_name(&guess, enum_text);
    const char *dash = memchr(name.ptr, '-', name.len);
    if (dash != NULL && p->env->fields &&
        fl_field_find((struct fl_str){name.ptr, (size_t)(dash - name.ptr)}) != FL_FIELD_NONE)
        return fl_parse_fail(p, at, FL_E_NAME, "nothing is called \"%.*s\"; put blanks around a minus", (int)name.len,
                             name.ptr);
    if (!p->env->fields && p->env->slot != NULL && fl_field_find(name) != FL_FIELD_NONE)
        return fl_parse_fail(p, at, FL_E_NAME,
                             "%.*s is a field of records; here stand group keys, measures and counters", (int)name.len,
                             name.ptr);
    if (guess.guess.best != NULL && fl_str_is(name, guess.guess.best)) /* it is known, but not as a value */
        return fl_parse_fail(p, at, FL_E_NAME, "%.*s is no value; two names are compared by == and the like",
                             (int)name.len, name.ptr);
    if (guess.guess.best != NULL)
        return fl_parse_fail(p, at, FL_E_NAME, "nothing is called \"%.*s\"; did you mean \"%s\"?", (int)name.len,
                             name.ptr, guess.guess.best);
    return fail_wanting(p, name, at, hint);
}

bool fl_parse_find_service(struct parser *p, struct fl_str name, const struct fl_set_item **items, uint32_t *count)
{
    return p->env->service != NULL && p->env->service(p->env->context, name, items, count);
}

bool fl_parse_find_network(struct parser *p, struct fl_str name, uint32_t *id)
{
    return p->env->network != NULL && p->env->network(p->env->context, name, id);
}

bool fl_parse_at_service(struct parser *p, struct fl_str name, int *protocol)
{
    *protocol = fl_protocol_find(name);
    return *protocol >= 0 && fl_parse_at_mark(p, "/") && p->now.at == p->before_end;
}

static enum fl_status take_int(struct parser *p, int64_t low, int64_t high, const char *what, int64_t *out)
{
    if (p->now.kind != FL_TOKEN_NUMBER || p->now.number.den != 1)
        return fl_parse_fail(p, p->now.at, FL_E_SYNTAX, "%s is missing here", what);
    if (p->now.number.num < low || p->now.number.num > high)
        return fl_parse_fail(p, p->now.at, FL_E_VALUE, "%s lies in %lld..%lld", what, (long long)low, (long long)high);
    *out = (int64_t)p->now.number.num;
    return fl_parse_advance(p);
}

enum fl_status fl_parse_ports(struct parser *p, int protocol, struct fl_set_item *item)
{
    int64_t low = 0, high;
    uint32_t from = p->now.at;
    while (from > 0 && isalnum((unsigned char)p->text.ptr[from - 1]))
        from--;
    enum fl_status status = fl_parse_advance(p);
    if (status == FL_OK)
        status = take_int(p, 0, 65535, "a port", &low);
    if (status != FL_OK)
        return status;
    high = low;
    if (fl_parse_at_mark(p, "..")) {
        status = fl_parse_advance(p);
        if (status == FL_OK)
            status = take_int(p, low, 65535, "the last port", &high);
    }
    if (fl_parse_at_mark(p, "-") && p->now.at == p->before_end)
        return fl_propose_range(p, from);
    *item = (struct fl_set_item){
        .kind = FL_ITEM_RANGE, .low = FL_SERVICE(protocol, low), .high = FL_SERVICE(protocol, high)};
    return status;
}

enum fl_status fl_parse_param(struct parser *p, const struct fl_node **out)
{
    const struct fl_node *node = p->env->param != NULL ? p->env->param(p->env->context, p->now.text) : NULL;
    if (node == NULL) {
        struct name_guess guess = {{NULL, 99}, p->now.text};
        if (p->env->params != NULL)
            p->env->params(p->env->context, guess_name, &guess);
        const char *best = guess.guess.best;
        return fl_parse_fail(p, p->now.at, FL_E_NAME, "there is no parameter $%.*s%s%s%s", (int)p->now.text.len,
                             p->now.text.ptr, best != NULL ? "; did you mean $" : "", best != NULL ? best : "",
                             best != NULL ? "?" : "");
    }
    /* A copy, so that errors point at $name and not into the parameter's own text. */
    struct fl_node *copy = fl_parse_node(p, node->kind, node->type, p->now.at);
    if (copy == NULL)
        return FL_E_NOMEM;
    *copy = *node;
    copy->at = p->now.at;
    copy->flag = NULL;
    if (node->kind == FL_N_LITERAL && node->type == FL_T_BOOL) {
        copy->flag = fl_arena_strndup(p->arena, p->now.text.ptr, p->now.text.len);
        if (copy->flag == NULL)
            return FL_E_NOMEM;
    }
    *out = copy;
    return fl_parse_advance(p);
}

struct member_names {
    struct fl_str list;
    struct fl_buf *out;
};

static void add_member(void *context, const char *name)
{
    struct member_names *names = context;
    if (strncmp(name, names->list.ptr, names->list.len) == 0 && name[names->list.len] == '.')
        fl_buf_add_format(names->out, "%s%s", names->out->len == 0 ? "; name a member: " : ", ", name);
}

enum fl_status fl_parse_fail_type(struct parser *p, uint32_t at, const struct fl_node *list, const char *text)
{
    struct fl_buf members;
    fl_buf_init(&members);
    struct member_names names = {{p->text.ptr + list->at, 0}, &members};
    while (list->at + names.list.len < p->text.len &&
           (isalnum((unsigned char)names.list.ptr[names.list.len]) || names.list.ptr[names.list.len] == '_'))
        names.list.len++;
    if (list->type == FL_T_LIST && list->kind == FL_N_SLOT && p->env->names != NULL)
        p->env->names(p->env->context, add_member, &names);
    enum fl_status status = members.failed
                                ? FL_E_NOMEM
                                : fl_parse_fail(p, at, FL_E_TYPE, "%s%s", text, members.len > 0 ? members.data : "");
    fl_buf_dispose(&members);
    return status;
}

enum fl_status fl_parse_name(struct parser *p, struct hint hint, const struct fl_node **out)
{
    struct fl_str name = p->now.text;
    uint32_t at = p->now.at;
    enum fl_status status = fl_parse_advance(p);
    if (status != FL_OK)
        return status;
    int value = fl_enum_find(hint.type, name);
    if (value >= 0)
        return fl_parse_literal(p, fl_value_int(hint.type, value), at, out);
    if (hint.is_protocol && (value = fl_protocol_find(name)) >= 0)
        return fl_parse_literal(p, fl_value_int(FL_T_U8, value), at, out);
    if (fl_parse_at_service(p, name, &value)) {
        struct fl_set_item item = {0};
        status = fl_parse_ports(p, value, &item);
        if (status == FL_OK && item.low != item.high)
            return fl_parse_fail(p, at, FL_E_TYPE, "a range of ports belongs behind `in`: `in %.*s`",
                                 (int)(p->before_end - at), p->text.ptr + at);
        return status != FL_OK ? status : fl_parse_literal(p, fl_value_int(FL_T_SERVICE, item.low), at, out);
    }
    if (hint.type == FL_T_SERVICE && (value = fl_protocol_find(name)) >= 0 && !fl_protocol_has_ports((unsigned)value))
        return fl_parse_literal(p, fl_value_int(FL_T_SERVICE, FL_SERVICE(value, 0)), at, out);
    if (fl_str_is(name, "true") || fl_str_is(name, "false"))
        return fl_parse_literal(p, fl_value_int(FL_T_BOOL, fl_str_is(name, "true")), at, out);
    struct fl_node *node;
    uint32_t field = p->env->fields ? fl_field_find(name) : FL_FIELD_NONE;
    if (field != FL_FIELD_NONE) {
        node = fl_parse_node(p, FL_N_FIELD, fl_fields[field].type, at);
        if (node == NULL)
            return FL_E_NOMEM;
        node->field = field;
        *out = node;
        return FL_OK;
    }
    const char *dot = memchr(name.ptr, '.', name.len);
    size_t head = dot == NULL ? name.len : (size_t)(dot - name.ptr);
    struct fl_str base = {name.ptr, head};
    struct fl_str member = {dot == NULL ? "" : dot + 1, dot == NULL ? 0 : name.len - head - 1};
    uint32_t slot, network, number = 0;
    enum fl_type type;
    const struct fl_str none = {"", 0};
    if (p->env->slot != NULL && (p->env->slot(p->env->context, name, none, &slot, &number, &type) ||
                                 (dot != NULL && p->env->slot(p->env->context, base, member, &slot, &number, &type)))) {
        node = fl_parse_node(p, FL_N_SLOT, type, at);
        if (node == NULL)
            return FL_E_NOMEM;
        node->slot = slot;
        node->member = number;
        if (number > 0 && (node->member_name = fl_arena_strndup(p->arena, member.ptr, member.len)) == NULL)
            return FL_E_NOMEM;
        *out = node;
        return FL_OK;
    }
    const struct fl_set_item *items;
    uint32_t count;
    if (fl_parse_find_network(p, name, &network) || fl_parse_find_service(p, name, &items, &count))
        return fl_parse_fail(p, at, FL_E_TYPE, "\"%.*s\" is a set: write `in %.*s`", (int)name.len, name.ptr,
                             (int)name.len, name.ptr);
    return fl_parse_unknown(p, name, at, hint);
}
