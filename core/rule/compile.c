#include "core/rule/compile.h"

#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/when.h"
#include "core/rule/compiling.h"
#include "core/rule/locate.h"

/* Reports an error of the rule, which stands where `text` is the value of key (and name in the table behind it). */
static void report(struct fl_compiling *c, struct fl_error *err, const char *key, const char *name, const char *text)
{
    const struct fl_rule_spot spot = {key, name, text};
    char full[FL_ERROR_TEXT_BYTES], part[128];
    snprintf(part, sizeof part, "%s%s%s", strcmp(key, "params") == 0 ? "parameter" : key, name != NULL ? " " : "",
             name != NULL ? name : "");
    snprintf(full, sizeof full, "rule %s, %s: %.600s", c->decl->id, part, err->text);
    memcpy(err->text, full, sizeof err->text);
    fl_rule_locate(c->decl->file_text, c->decl->line, &spot, err);
    fl_error_at(err, c->decl->file, err->line, err->column);
    fl_error_list_add(c->errors, err);
    c->failed = true;
}

void fl_compiling_fail(struct fl_compiling *c, struct fl_error *err, const char *key, const char *name,
                       const char *text)
{
    report(c, err, key, name, text);
}

void fl_compiling_place_param(const struct fl_compiling *c, const struct fl_param_decl *p, struct fl_error *err)
{
    struct fl_str line = fl_text_line(fl_str_of(c->plan->policy->text), p->line);
    snprintf(err->source_line, sizeof err->source_line, "%.*s", (int)line.len, line.ptr);
    fl_error_at(err, p->file, p->line, p->column);
}

/* A value of the parameter's type, in whose place what reads the parameter can be checked. */
static const struct fl_node *stand_in(enum fl_param_type type)
{
    static const struct fl_node nodes[] = {
        [FL_P_NETWORK] = {.kind = FL_N_SET, .type = FL_T_ADDR},
        [FL_P_SERVICE] = {.kind = FL_N_SET, .type = FL_T_SERVICE},
        [FL_P_PORT] = {.kind = FL_N_SET, .type = FL_T_PORT},
        [FL_P_DURATION] = {.type = FL_T_DURATION, .literal = {.type = FL_T_DURATION, .i = FL_MS_PER_MINUTE}},
        [FL_P_NUMBER] = {.type = FL_T_INT, .literal = {.type = FL_T_INT, .i = 1}},
        [FL_P_TEXT] = {.type = FL_T_STR, .literal = {.type = FL_T_STR, .str = {"", 0}}},
        [FL_P_FLAG] = {.type = FL_T_BOOL, .literal = {.type = FL_T_BOOL, .i = 1}},
        [FL_P_PRICE] = {.type = FL_T_RATIO, .literal = {.type = FL_T_RATIO, .ratio = {1, 1}}},
    };
    return &nodes[type];
}

static void compile_params(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    rule->params = fl_arena_alloc(&c->plan->arena, (c->decl->param_count + 1) * sizeof *rule->params);
    if (rule->params == NULL) {
        c->failed = true;
        return;
    }
    for (uint32_t i = 0; i < c->decl->param_count; i++) {
        const struct fl_param_decl *p = &c->decl->params[i];
        struct fl_expr_env env;
        fl_rule_where_env(&c->names, &env);
        struct fl_error err;
        const struct fl_node *node = NULL;
        enum fl_status status = FL_OK;
        const char *text = p->text;
        if (p->type != FL_P_PRICE || !fl_compiling_price(c, p, &node, &text))
            status = fl_expr_parse_param(fl_str_of(p->text), p->type, &env, &c->plan->arena, &node, &err);
        if (status == FL_E_NAME && !p->from_policy && (p->type == FL_P_NETWORK || p->type == FL_P_SERVICE)) {
            /* A default that the policy does not define: the rule has nothing to judge by. */
            rule->void_reason = fl_arena_printf(&c->plan->arena, "parameter %s: the policy defines no %s \"%s\"%s",
                                                p->name, p->type == FL_P_NETWORK ? "network" : "service", p->text,
                                                strcmp(p->text, "dark") == 0 ? ", which needs an inventory" : "");
            node = stand_in(p->type);
        } else if (status != FL_OK) {
            report(c, &err, "params", p->name, p->text);
            if (p->from_policy && c->errors->count > 0)
                fl_compiling_place_param(c, p, &c->errors->items[c->errors->count - 1]);
            node = stand_in(p->type);
        }
        rule->params[rule->param_count++] = (struct fl_plan_param){p, node, text};
    }
}

static void compile_where(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    struct fl_error err;
    if (c->decl->where != NULL) {
        struct fl_expr_env env;
        fl_rule_where_env(&c->names, &env);
        env.long_text = c->decl->intent != NULL;
        if (fl_expr_parse(fl_str_of(c->decl->where), &env, &c->plan->arena, &rule->where, &err) != FL_OK) {
            report(c, &err, "where", NULL, c->decl->where);
            return;
        }
        rule->reads_status = fl_expr_reads(rule->where, FL_F_LOG_STATUS);
    }
    if (rule->from == NULL && fl_program_add(c->plan->program, rule->where, &rule->root, &err) != FL_OK)
        report(c, &err, "where", NULL, c->decl->where);
}

static bool find_field(struct fl_compiling *c, const char *name, const char *key, const char *measure, uint32_t *out)
{
    if (c->rule->from != NULL)
        return fl_compiling_column(c, name, key, measure, out);
    *out = fl_field_find(fl_str_of(name));
    if (*out != FL_FIELD_NONE)
        return true;
    struct fl_str_guess guess = {NULL, 99};
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        fl_str_guess_try(&guess, fl_str_of(name), fl_fields[f].name);
    struct fl_error err;
    fl_fail(&err, FL_E_NAME, "there is no field \"%s\"%s%s%s", name, guess.best != NULL ? "; did you mean \"" : "",
            guess.best != NULL ? guess.best : "", guess.best != NULL ? "\"?" : "");
    report(c, &err, key, measure, name);
    return false;
}

/* Whose VPC it is: the server's, for it is what has to be mended; the client's where the server is foreign. */
static void find_vpc_ends(struct fl_plan_rule *rule)
{
    static const uint32_t ends[2][2] = {{FL_F_SERVER, FL_F_PAIR_SERVER}, {FL_F_CLIENT, FL_F_PAIR_CLIENT}};
    for (uint32_t e = 0; e < 2; e++)
        for (uint32_t k = 0; k < rule->key_count && rule->vpc_end_count <= e; k++)
            if (rule->keys[k] == ends[e][0] || rule->keys[k] == ends[e][1])
                rule->vpc_ends[rule->vpc_end_count++] = k;
}

/* One address in two VPCs is two hosts: our side's VPC is one more key, and part of the id. */
static void split_by_vpc(struct fl_plan_rule *rule)
{
    uint32_t k = 0, i = 0, column = UINT32_MAX;
    if (rule->from == NULL)
        find_vpc_ends(rule);
    else if ((column = fl_from_column(rule->from, fl_str_of(fl_fields[FL_F_OWN_VPC_ID].name))) == UINT32_MAX)
        return;
    while (k < rule->key_count && rule->keys[k] != FL_F_OWN_VPC_ID)
        k++;
    if (k == rule->key_count) {
        rule->keys[k] = FL_F_OWN_VPC_ID;
        rule->key_types[k] = FL_T_STR;
        rule->key_columns[k] = column;
        rule->key_names[rule->key_count++] = fl_fields[FL_F_OWN_VPC_ID].name;
    }
    rule->vpc_key = rule->from == NULL ? k : UINT32_MAX;
    while (i < rule->identity_count && rule->identity[i] != k)
        i++;
    if (i == rule->identity_count)
        rule->identity[rule->identity_count++] = k;
}

/* The next key: a field of the record, or a column of the groups that are read. */
static bool take_key(struct fl_compiling *c, uint32_t field, const char *name, const char *key)
{
    struct fl_plan_rule *rule = c->rule;
    const struct fl_from_column *column = rule->from != NULL ? &rule->from->columns[field] : NULL;
    if (column != NULL && (column->type == FL_T_LIST || column->type == FL_T_RATIO)) {
        struct fl_error err;
        fl_fail(&err, FL_E_TYPE, "%s is %s: no groups are made by that", name, fl_type_phrase(column->type));
        report(c, &err, key, NULL, name);
        return false;
    }
    rule->keys[rule->key_count] = column != NULL ? column->field : field;
    rule->key_types[rule->key_count] = column != NULL ? column->type : fl_fields[field].type;
    rule->key_columns[rule->key_count] = field;
    return true;
}

static void compile_keys(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    const struct fl_texts *names = c->decl->group_by.count > 0 ? &c->decl->group_by : &c->decl->identity;
    const char *key = c->decl->group_by.count > 0 ? "group_by" : "identity";
    rule->keys = fl_arena_alloc(&c->plan->arena, (names->count + 2) * sizeof *rule->keys);
    rule->key_names = fl_arena_alloc(&c->plan->arena, (names->count + 2) * sizeof *rule->key_names);
    rule->key_types = fl_arena_alloc(&c->plan->arena, (names->count + 2) * sizeof *rule->key_types);
    rule->key_columns = fl_arena_alloc(&c->plan->arena, (names->count + 2) * sizeof *rule->key_columns);
    rule->identity = fl_arena_alloc(&c->plan->arena, (names->count + 2) * sizeof *rule->identity);
    if (rule->keys == NULL || rule->key_types == NULL || rule->key_columns == NULL || rule->key_names == NULL ||
        rule->identity == NULL) {
        c->failed = true;
        return;
    }
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t field;
        if (!find_field(c, names->items[i], key, NULL, &field))
            continue;
        if (!take_key(c, field, names->items[i], key))
            continue;
        /* Intents group by pair_client and so on; for readers and waivers they are client, server, service. */
        bool pair = c->decl->intent != NULL && strncmp(names->items[i], "pair_", 5) == 0;
        rule->key_names[rule->key_count++] = names->items[i] + (pair ? 5 : 0);
    }
    const struct fl_texts *identity = c->decl->identity.count > 0 ? &c->decl->identity : names;
    for (uint32_t i = 0; i < identity->count && !c->failed; i++) {
        uint32_t k = 0;
        while (k < rule->key_count && strcmp(names->items[k], identity->items[i]) != 0)
            k++;
        if (k == rule->key_count) {
            struct fl_error err;
            fl_fail(&err, FL_E_NAME, "identity names \"%s\", which is not in group_by", identity->items[i]);
            report(c, &err, "identity", NULL, identity->items[i]);
        } else if (rule->identity_count < names->count) {
            rule->identity[rule->identity_count++] = k;
        }
    }
    if (c->plan->policy->split_by_vpc && names->count > 0 && c->decl->over == NULL && !c->failed)
        split_by_vpc(rule);
}

bool fl_compiling_duration(struct fl_compiling *c, const char *text, const char *key, int64_t *out)
{
    *out = 0;
    if (text == NULL)
        return true;
    struct fl_error err;
    if (text[0] == '$') {
        for (uint32_t i = 0; i < c->rule->param_count; i++) {
            const struct fl_plan_param *p = &c->rule->params[i];
            if (strcmp(p->decl->name, text + 1) != 0)
                continue;
            if (p->decl->type != FL_P_DURATION || p->node == NULL) {
                fl_fail(&err, FL_E_TYPE, "%s is no duration parameter", text);
                report(c, &err, key, NULL, text);
                return false;
            }
            *out = (int64_t)p->node->literal.i;
        }
        if (*out == 0) {
            fl_fail(&err, FL_E_NAME, "there is no parameter %s, or it is 0", text);
            report(c, &err, key, NULL, text);
        }
        return *out != 0;
    }
    if (!fl_duration_parse(fl_str_of(text), out) || *out == 0) {
        fl_fail(&err, FL_E_VALUE, "\"%s\" is no duration; write 90s, 5m, 1h30m or 7d", text);
        report(c, &err, key, NULL, text);
        return false;
    }
    return true;
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t t = a % b;
        a = b;
        b = t;
    }
    return a;
}

static void compile_session(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    struct fl_error err;
    if (c->decl->window != NULL || c->decl->every != NULL) {
        fl_fail(&err, FL_E_VALUE, "a rule has either `session` or `window`: a session ends where its group is silent");
        report(c, &err, "session", NULL, c->decl->session);
    } else if (fl_compiling_duration(c, c->decl->session, "session", &rule->window_ms)) {
        rule->session = true;
        rule->every_ms = rule->pane_ms = rule->window_ms;
    }
}

static void compile_windows(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    if (c->decl->session != NULL) {
        compile_session(c);
        return;
    }
    if (!fl_compiling_duration(c, c->decl->window, "window", &rule->window_ms) ||
        !fl_compiling_duration(c, c->decl->every, "every", &rule->every_ms))
        return;
    struct fl_error err;
    if (rule->every_ms != 0 && rule->window_ms == 0) {
        fl_fail(&err, FL_E_VALUE, "`every` needs a `window`");
        report(c, &err, "every", NULL, c->decl->every);
        return;
    }
    if (rule->every_ms == 0)
        rule->every_ms = rule->window_ms;
    if (rule->window_ms == 0)
        return;
    rule->pane_ms = gcd(rule->window_ms, rule->every_ms);
    if (rule->every_ms > rule->window_ms) {
        fl_fail(&err, FL_E_VALUE, "`every` is longer than `window`: records between would be lost");
        report(c, &err, "every", NULL, c->decl->every);
    } else if (rule->window_ms / rule->pane_ms > FL_PANES_PER_WINDOW_MAX) {
        fl_fail(&err, FL_E_LIMIT,
                "a window of %lld panes: window and every must share a divisor of at least window / %u",
                (long long)(rule->window_ms / rule->pane_ms), FL_PANES_PER_WINDOW_MAX);
        report(c, &err, "every", NULL, c->decl->every);
    }
}

const struct fl_node *fl_compiling_filter(struct fl_compiling *c, const char *text, const char *measure, uint32_t *root)
{
    *root = UINT32_MAX;
    if (text == NULL)
        return NULL;
    struct fl_expr_env env;
    fl_rule_where_env(&c->names, &env);
    const struct fl_node *node = NULL;
    struct fl_error err;
    enum fl_status status = fl_expr_parse(fl_str_of(text), &env, &c->plan->arena, &node, &err);
    if (status == FL_OK && c->rule->from == NULL)
        status = fl_program_add(c->plan->program, node, root, &err);
    if (status != FL_OK)
        report(c, &err, "measure", measure, text);
    return node;
}

static bool is_key(const struct fl_plan_rule *rule, uint32_t field, uint32_t pair_field)
{
    for (uint32_t k = 0; k < rule->key_count; k++)
        if (rule->keys[k] == field || rule->keys[k] == pair_field)
            return true;
    return false;
}

/* The fold is one over a conversation: what one client was refused says nothing of another. */
static void take_outcome(struct fl_compiling *c, const struct fl_measure_decl *decl)
{
    struct fl_error err;
    c->rule->outcome_measure = (int)c->rule->measure_count;
    if (is_key(c->rule, FL_F_CLIENT, FL_F_PAIR_CLIENT) && is_key(c->rule, FL_F_SERVER, FL_F_PAIR_SERVER) &&
        is_key(c->rule, FL_F_SERVICE, FL_F_PAIR_SERVICE))
        return;
    fl_fail(&err, FL_E_VALUE,
            "outcome() is about one conversation: group_by needs client, server and service; `identity` "
            "says which of them make one finding");
    report(c, &err, "measure", decl->name, NULL);
}

static void take_spread(struct fl_compiling *c, const struct fl_measure_decl *decl, struct fl_measure *m)
{
    struct fl_error err;
    m->spread = true;
    c->rule->spreads = true;
    if (c->rule->from != NULL)
        fl_fail(&err, FL_E_VALUE, "spread is about records; the rule reads groups");
    else if (c->rule->pane_ms == 0 || c->rule->session)
        fl_fail(&err, FL_E_VALUE,
                "spread apportions a sum to windows: it needs a `window`; a session and the whole audit hold records "
                "undivided");
    else
        return;
    report(c, &err, "measure", decl->name, NULL);
}

static void name_members(struct fl_compiling *c, struct fl_measure *m)
{
    uint32_t count = fl_measure_member_count(m->kind);
    if (count == 0)
        return;
    m->member_paths = fl_arena_alloc(&c->plan->arena, count * sizeof *m->member_paths);
    c->failed |= m->member_paths == NULL;
    for (uint32_t i = 0; m->member_paths != NULL && i < count; i++) {
        m->member_paths[i] = fl_arena_printf(&c->plan->arena, "%s.%s", m->name, fl_measure_member_names(m->kind)[i]);
        if (m->member_paths[i] == NULL) {
            m->member_paths = NULL;
            c->failed = true;
        }
    }
}

/* "0.95", "95%" or a number's "$parameter". */
static bool take_quantile(struct fl_compiling *c, const struct fl_measure_decl *decl, struct fl_ratio *out)
{
    struct fl_error err;
    if (decl->q == NULL)
        return true;
    for (uint32_t i = 0; decl->q[0] == '$' && i < c->rule->param_count; i++) {
        const struct fl_plan_param *p = &c->rule->params[i];
        if (strcmp(p->decl->name, decl->q + 1) == 0 && p->decl->type == FL_P_NUMBER && p->node != NULL &&
            fl_ratio_parse(fl_str_of(p->decl->text), out))
            return true;
    }
    if (fl_ratio_parse(fl_str_of(decl->q), out))
        return true;
    fl_fail(&err, FL_E_VALUE, "\"%s\" is no share; write 0.95, \"95%%\" or the \"$name\" of a number parameter",
            decl->q);
    report(c, &err, "measure", decl->name, NULL);
    return false;
}

static void compile_measure(struct fl_compiling *c, const struct fl_measure_decl *decl)
{
    struct fl_plan_rule *rule = c->rule;
    struct fl_measure *m = &rule->measures[rule->measure_count];
    uint32_t *roots = &rule->filters[2 * rule->measure_count];
    *m = (struct fl_measure){.kind = fl_measure_find(fl_str_of(decl->kind)),
                             .name = decl->name,
                             .field = FL_FIELD_NONE,
                             .by = FL_FIELD_NONE,
                             .k = (uint32_t)decl->k};
    struct fl_error err;
    if (m->kind == FL_MEASURE_COUNT) {
        fl_fail(&err, FL_E_NAME, "there is no measure \"%s\"", decl->kind);
        report(c, &err, "measure", decl->name, NULL);
        return;
    }
    if (rule->from != NULL && fl_measure_reads_records(m->kind)) {
        fl_fail(&err, FL_E_TYPE, "%s() is about records; the rule reads groups", decl->kind);
        report(c, &err, "measure", decl->name, NULL);
        return;
    }
    if (decl->field != NULL && !find_field(c, decl->field, "measure", decl->name, &m->field))
        return;
    if (decl->by != NULL && !find_field(c, decl->by, "measure", decl->name, &m->by))
        return;
    if (rule->from != NULL && m->field != FL_FIELD_NONE) {
        m->field_name = rule->from->columns[m->field].name;
        m->field_type = rule->from->columns[m->field].type;
    }
    if (rule->from != NULL && m->by != FL_FIELD_NONE) {
        m->by_name = rule->from->columns[m->by].name;
        m->by_type = rule->from->columns[m->by].type;
    }
    m->filter = fl_compiling_filter(c, decl->filter, decl->name, &roots[0]);
    m->filter2 = fl_compiling_filter(c, decl->filter2, decl->name, &roots[1]);
    if (decl->spread)
        take_spread(c, decl, m);
    m->zone = c->plan->policy->zone;
    m->aggregation_ms = c->plan->policy->aggregation_ms;
    if (!fl_compiling_duration(c, decl->slot, "measure", &m->slot_ms) || !take_quantile(c, decl, &m->q))
        return;
    if (m->kind == FL_M_SEQUENCE)
        fl_compiling_sequence(c, decl, m);
    if (m->kind == FL_M_SEQUENCE && m->sequence == NULL)
        return;
    if (fl_measure_prepare(m, &err) != FL_OK) {
        report(c, &err, "measure", decl->name, NULL);
        return;
    }
    if (m->kind == FL_M_OUTCOME)
        take_outcome(c, decl);
    name_members(c, m);
    rule->measure_count++;
}

static void compile_measures(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    uint32_t count = c->decl->measure_count;
    if (count > FL_MEASURES_PER_RULE_MAX) {
        struct fl_error err;
        fl_fail(&err, FL_E_LIMIT, "%u measures; at most %u are allowed", count, FL_MEASURES_PER_RULE_MAX);
        report(c, &err, "measure", NULL, NULL);
        return;
    }
    rule->measures = fl_arena_alloc(&c->plan->arena, (count + 1) * sizeof *rule->measures);
    rule->filters = fl_arena_alloc(&c->plan->arena, (count + 1) * 2 * sizeof *rule->filters);
    if (rule->measures == NULL || rule->filters == NULL || !fl_compiling_begin_steps(c)) {
        c->failed = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        compile_measure(c, &c->decl->measures[i]);
}

/* The measure first named in `having`, and whether less of it is worse. */
struct having_walk {
    uint32_t first; /* slots from here on count */
    bool negated;   /* below an odd number of `not` */
    bool less;      /* the side of the comparison at hand wants little */
};

static bool find_having_slot(const struct fl_node *node, struct having_walk walk, struct fl_plan_rule *rule)
{
    if (node == NULL)
        return false;
    if (node->kind == FL_N_SLOT && node->slot >= walk.first) {
        rule->having_slot = node->slot;
        rule->having_member = node->member;
        rule->having_least_is_worst = walk.less;
        return true;
    }
    struct having_walk left = walk, right = walk;
    left.negated = right.negated = walk.negated != (node->kind == FL_N_NOT);
    if (node->kind == FL_N_COMPARE) {
        bool wants_less = node->op == FL_OP_LT || node->op == FL_OP_LE;
        bool wants_more = node->op == FL_OP_GT || node->op == FL_OP_GE;
        left.less = walk.negated ? wants_more : wants_less;
        right.less = walk.negated ? wants_less : wants_more;
    }
    return find_having_slot(node->left, left, rule) || find_having_slot(node->right, right, rule);
}

/* The value that a distinct() above its exact range is compared with: its estimate would decide. */
static bool check_exact(struct fl_compiling *c, const struct fl_node *count, const struct fl_node *constant)
{
    const struct fl_plan_rule *rule = c->rule;
    uint32_t measures = rule->key_count + FL_COUNTER_COUNT;
    if (count->kind != FL_N_SLOT || count->slot < measures || constant->kind != FL_N_LITERAL ||
        constant->type != FL_T_INT)
        return true;
    const struct fl_measure *m = &rule->measures[count->slot - measures];
    if (m->kind != FL_M_DISTINCT || m->field_type == FL_T_PORT || constant->literal.i <= m->k)
        return true;
    struct fl_error err;
    long long value = (long long)constant->literal.i;
    fl_fail(&err, FL_E_VALUE,
            "%s is exact to %u values only, and is compared with %lld; write distinct(\"%s\", { exact = %lld })",
            m->name, m->k, value, m->field_name, value);
    report(c, &err, "having", NULL, c->decl->having);
    return false;
}

static bool check_distinct(struct fl_compiling *c, const struct fl_node *node)
{
    if (node == NULL)
        return true;
    if (node->kind == FL_N_COMPARE)
        return check_exact(c, node->left, node->right) && check_exact(c, node->right, node->left);
    return check_distinct(c, node->left) && check_distinct(c, node->right);
}

/* The condition as it reads with the values of its parameters in place. */
static const char *with_params(struct fl_compiling *c, const char *text)
{
    struct fl_buf out;
    fl_buf_init(&out);
    for (const char *p = text; *p != '\0';) {
        const struct fl_plan_param *hit = NULL;
        size_t len = 0;
        if (*p == '$') {
            len = 1 + strspn(p + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
            for (uint32_t i = 0; i < c->rule->param_count; i++)
                if (fl_str_is((struct fl_str){p + 1, len - 1}, c->rule->params[i].decl->name))
                    hit = &c->rule->params[i];
        }
        if (hit != NULL) {
            fl_buf_add_text(&out, hit->text);
            p += len;
        } else {
            fl_buf_add_char(&out, *p++);
        }
    }
    const char *copy = out.failed ? NULL : fl_arena_strndup(&c->plan->arena, out.data, out.len);
    fl_buf_dispose(&out);
    return copy;
}

static void compile_having(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    rule->having_slot = UINT32_MAX;
    struct fl_error err;
    if (c->decl->having != NULL) {
        struct fl_expr_env env;
        fl_rule_having_env(&c->names, &env);
        if (fl_expr_parse(fl_str_of(c->decl->having), &env, &c->plan->arena, &rule->having, &err) != FL_OK) {
            report(c, &err, "having", NULL, c->decl->having);
            return;
        }
        if (!check_distinct(c, rule->having))
            return;
        rule->having_text = with_params(c, c->decl->having);
        struct having_walk measures = {.first = rule->key_count + FL_COUNTER_COUNT};
        struct having_walk counters = {.first = rule->key_count};
        if (!find_having_slot(rule->having, measures, rule))
            find_having_slot(rule->having, counters, rule);
    }
    const char *text = c->decl->finding != NULL ? c->decl->finding : c->decl->title;
    if (fl_template_compile(text, rule, &c->plan->arena, &rule->message, &err) != FL_OK)
        report(c, &err, "finding", NULL, text);
    rule->message.by_core = c->decl->intent != NULL;
}

static void compile_lua_fields(struct fl_compiling *c)
{
    struct fl_error err;
    if (c->rule->from != NULL && c->decl->has_on_flow && c->decl->group_by.count == 0) {
        fl_fail(&err, FL_E_VALUE, "on_flow(flow) is about records; of groups it takes a state and needs group_by");
        report(c, &err, "on_flow", NULL, NULL);
        return;
    }
    for (uint32_t i = 0; i < c->decl->fields.count; i++) {
        uint32_t field;
        if (!find_field(c, c->decl->fields.items[i], "fields", NULL, &field))
            continue;
        if (c->rule->from == NULL) {
            fl_field_set_add(&c->rule->lua_fields, field);
        } else if (c->rule->from->columns[field].type == FL_T_LIST) {
            fl_fail(&err, FL_E_TYPE, "%s is a list, which rows cannot hold", c->decl->fields.items[i]);
            report(c, &err, "fields", NULL, c->decl->fields.items[i]);
        }
    }
}

static void compile_parts(struct fl_compiling *c)
{
    compile_where(c);
    compile_keys(c);
    if (c->rule->role == FL_ROLE_EXPECT && !c->decl->intent->expect_each_host)
        c->rule->identity_count = 0;
    if (!c->wrong_params)
        compile_windows(c);
    if (!c->failed && !c->wrong_params)
        fl_compiling_over(c);
    compile_measures(c);
    compile_lua_fields(c);
    if (!c->failed)
        fl_compiling_rows(c);
    if (!c->failed)
        fl_compiling_values(c);
    if (!c->failed)
        compile_having(c);
    c->rule->asks_coverage = fl_compiling_asks_coverage(c->rule);
}

/* A condition that is never true keeps the rule in the report. */
static enum fl_status never(struct fl_compiling *c)
{
    static const struct fl_node node = {
        .kind = FL_N_LITERAL, .type = FL_T_BOOL, .literal = {.type = FL_T_BOOL, .i = 0}};
    c->rule->where = &node;
    c->rule->having_slot = UINT32_MAX;
    return fl_program_add(c->plan->program, &node, &c->rule->root, NULL);
}

/* A rule that has nothing to judge by: its parts are checked and dropped, so that they cost no column of the input. */
static enum fl_status compile_void(struct fl_compiling *c)
{
    struct fl_program *program = c->plan->program;
    struct fl_plan_rule bare = *c->rule;
    c->plan->program = fl_program_new();
    if (c->plan->program != NULL) {
        compile_parts(c);
        fl_program_free(c->plan->program);
    }
    bool checked = c->plan->program != NULL && !c->failed;
    c->plan->program = program;
    *c->rule = bare;
    return checked ? never(c) : FL_E_VALUE;
}

/* Can it select nothing because the policy has no inventory? Its own columns then cost nothing: it has none. */
static bool lacks_inventory(struct fl_compiling *c)
{
    struct fl_field_set read = {{0}}, all = {{0}};
    struct fl_plan_rule *rule = c->rule;
    if (c->plan->policy->inventory != NULL || rule->from != NULL)
        return false;
    fl_expr_fields(rule->where, &read);
    for (uint32_t k = 0; k < rule->key_count; k++)
        fl_field_set_add(&read, rule->keys[k]);
    for (uint32_t m = 0; m < rule->measure_count; m++)
        fl_measure_fields(&rule->measures[m], &read);
    uint32_t first = FL_F_SRC_NAME;
    while (first < FL_FIELD_COUNT && !fl_field_set_has(&read, first))
        first++;
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++)
        fl_field_set_add(&all, f);
    if (first == FL_FIELD_COUNT || fl_plan_rule_possible(c->plan, rule, &all))
        return false;
    rule->void_reason = fl_arena_printf(&c->plan->arena,
                                        "no inventory: it reads %s, which comes from the policy's "
                                        "inventory: [hosts.csv]",
                                        fl_fields[first].name);
    return true;
}

/* A rule that turned out to have nothing to judge by, when its parts were in the program already. */
static enum fl_status drop_parts(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    rule->key_count = rule->identity_count = rule->measure_count = rule->value_count = 0;
    rule->having = NULL;
    return never(c);
}

enum fl_status fl_rule_compile(struct fl_plan *plan, const struct fl_rule_decl *decl, const struct fl_rule_peers *peers,
                               struct fl_plan_rule *rule, struct fl_error_list *errors)
{
    memset(rule, 0, sizeof *rule);
    rule->decl = decl;
    rule->role = fl_rule_role_of(decl);
    rule->outcome_measure = -1;
    rule->depth = 1;
    rule->vpc_key = UINT32_MAX;
    rule->currency = plan->policy->currency != NULL ? plan->policy->currency : "";
    struct fl_compiling c = {.plan = plan, .decl = decl, .rule = rule, .errors = errors, .names = {plan->policy, rule}};
    if (decl->from.count > 0)
        fl_compiling_from(&c, peers);
    /* Of a rule that is not evaluated it is not known what its groups would have. */
    if (rule->void_reason != NULL)
        return c.failed ? FL_E_NOMEM : never(&c);
    compile_params(&c);
    if (c.failed && rule->param_count == decl->param_count) {
        /* The other parts are checked too, so that all errors are told at once. */
        c.failed = false;
        c.wrong_params = true;
        compile_void(&c);
    }
    if (c.failed || c.wrong_params)
        return FL_E_VALUE;
    if (rule->void_reason != NULL)
        return compile_void(&c);
    compile_parts(&c);
    if (!c.failed && (rule->void_reason != NULL || lacks_inventory(&c)))
        return drop_parts(&c);
    return c.failed ? FL_E_VALUE : FL_OK;
}
