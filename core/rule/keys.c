/* keys.c: what a rule groups by, and which of it a finding's id is made of. */
#include <string.h>

#include "core/rule/compiling.h"

bool fl_compiling_field(struct fl_compiling *c, const char *name, const char *key, const char *measure, uint32_t *out)
{
    if (c->rule->from != NULL)
        return fl_compiling_column(c, name, key, measure, out);
    *out = fl_field_find(fl_str_of(name));
    if (*out != FL_FIELD_NONE)
        return true;
    struct fl_str_guess guess = {NULL, 99};
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        fl_str_guess_try(&guess, fl_str_of(name), fl_fields[f].name);
    const char *ours = fl_field_alias(fl_str_of(name));
    if (ours != NULL)
        guess.best = ours;
    struct fl_error err;
    fl_fail(&err, FL_E_NAME, "there is no field \"%s\"%s%s%s", name, guess.best != NULL ? "; did you mean \"" : "",
            guess.best != NULL ? guess.best : "", guess.best != NULL ? "\"?" : "");
    fl_compiling_fail(c, &err, key, measure, name);
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
        fl_compiling_fail(c, &err, key, NULL, name);
        return false;
    }
    rule->keys[rule->key_count] = column != NULL ? column->field : field;
    rule->key_types[rule->key_count] = column != NULL ? column->type : fl_fields[field].type;
    rule->key_columns[rule->key_count] = field;
    return true;
}

void fl_compiling_keys(struct fl_compiling *c)
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
        if (!fl_compiling_field(c, names->items[i], key, NULL, &field))
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
            fl_compiling_fail(c, &err, "identity", NULL, identity->items[i]);
        } else if (rule->identity_count < names->count) {
            rule->identity[rule->identity_count++] = k;
        }
    }
    if (c->plan->policy->split_by_vpc && names->count > 0 && c->decl->over == NULL && !c->failed)
        split_by_vpc(rule);
}
