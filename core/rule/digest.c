/* digest.c: what a plan measures, as text, a line for each thing: plans of equal text measure the same, so that what
 * they gathered can be put together. Thresholds, severities, waivers and texts are the judgement and not in it. */
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/rule/plan.h"

#define PLAN_FORMAT "flowlaw.plan/1"

struct describing {
    const struct fl_plan *plan;
    struct fl_buf *out;
    bool *networks; /* by id: an expression names it */
};

static const char *network_name(void *context, uint32_t id)
{
    struct describing *d = context;
    d->networks[id] = true;
    return d->plan->policy->networks[id].name;
}

static void add_expr(struct describing *d, const char *name, const struct fl_node *node)
{
    if (node == NULL)
        return;
    fl_buf_add_text(d->out, name);
    fl_expr_print(node, network_name, d, d->out);
}

static void add_field_name(struct describing *d, const char *label, uint32_t field)
{
    if (field == FL_FIELD_NONE)
        return;
    fl_buf_add_text(d->out, label);
    fl_buf_add_text(d->out, fl_fields[field].name);
}

static void add_measure(struct describing *d, const struct fl_measure *m)
{
    fl_buf_add_format(d->out, "  measure %s %u", fl_measures[m->kind].name, m->k);
    add_field_name(d, " ", m->field);
    add_field_name(d, " by ", m->by);
    add_expr(d, " where ", m->filter);
    add_expr(d, " against ", m->filter2);
    if (m->spread)
        fl_buf_add_text(d->out, " spread");
    if (m->q.den != 0)
        fl_buf_add_format(d->out, " share %lld/%lld", (long long)m->q.num, (long long)m->q.den);
    if (m->slot_ms != 0)
        fl_buf_add_format(d->out, " slot %lld", (long long)m->slot_ms);
    for (uint32_t s = 0; m->sequence != NULL && s < m->sequence->step_count; s++) {
        fl_buf_add_format(d->out, " step %u", m->sequence->steps[s].times);
        add_expr(d, " where ", m->sequence->steps[s].filter);
    }
    for (uint32_t f = 0; f < m->row_field_count; f++)
        add_field_name(d, " ", m->row_fields[f]);
    fl_buf_add_char(d->out, '\n');
}

static void add_digest(struct describing *d, const char *label, struct fl_str bytes)
{
    uint8_t digest[32];
    struct fl_sha256 *sha = fl_sha256_new();
    if (sha == NULL) {
        d->out->failed = true;
        return;
    }
    fl_sha256_add(sha, bytes.ptr, bytes.len);
    fl_sha256_finish(sha, digest);
    fl_buf_add_text(d->out, label);
    for (unsigned i = 0; i < sizeof digest; i++)
        fl_buf_add_format(d->out, "%02x", digest[i]);
    fl_buf_add_char(d->out, '\n');
}

static void add_table(struct describing *d, uint32_t number, const struct fl_plan_table *table)
{
    const struct fl_plan_rule *first = &d->plan->rules[table->rules[0]];
    fl_buf_add_format(d->out, "table %u\n", number);
    if (first->where != NULL) {
        add_expr(d, "  where ", first->where);
        fl_buf_add_char(d->out, '\n');
    }
    fl_buf_add_format(d->out, "  lines %s\n  group_by", table->reads_status ? "every" : "with data");
    for (uint32_t k = 0; k < first->key_count; k++)
        add_field_name(d, " ", first->keys[k]);
    fl_buf_add_format(d->out, "\n  panes %lld%s\n", (long long)first->pane_ms, first->session ? " session" : "");
    for (uint32_t m = 0; m < table->measure_count; m++)
        add_measure(d, &table->measures[m]);
    if (first->decl->has_on_flow && !first->has_rows) { /* it chooses records as `where` does */
        add_digest(d, "  on_flow ", first->decl->file_text);
        for (const struct fl_rule_module *m = first->decl->modules; m != NULL; m = m->next)
            add_digest(d, "  requires ", m->text);
    }
    for (uint32_t i = 0; i < table->rule_count; i++)
        fl_buf_add_format(d->out, "  of %s %d\n", d->plan->rules[table->rules[i]].decl->id,
                          (int)d->plan->rules[table->rules[i]].role);
}

static void add_prefixes(struct fl_buf *out, const char *label, const struct fl_prefix *prefixes, uint32_t count)
{
    char text[FL_PREFIX_TEXT_BYTES];
    for (uint32_t i = 0; i < count; i++) {
        fl_buf_add_text(out, label);
        fl_buf_add(out, text, fl_prefix_format(prefixes[i], text));
    }
}

static void add_networks(struct describing *d)
{
    const struct fl_policy *policy = d->plan->policy;
    for (uint32_t n = 0; n < policy->network_count; n++) {
        const struct fl_network *network = &policy->networks[n];
        if (!d->networks[n] && n != FL_NET_OURS)
            continue;
        fl_buf_add_format(d->out, "network %s", network->name);
        if (network->vpc != NULL)
            fl_buf_add_format(d->out, " vpc %s", network->vpc);
        if (network->account != NULL)
            fl_buf_add_format(d->out, " account %s", network->account);
        add_prefixes(d->out, " ", network->prefixes, network->prefix_count);
        add_prefixes(d->out, " except ", network->excepts, network->except_count);
        fl_buf_add_char(d->out, '\n');
    }
}

/* Which ports serve decides who opened a conversation. */
static void add_services(struct describing *d)
{
    const struct fl_policy *policy = d->plan->policy;
    for (uint32_t s = 0; s < policy->service_count; s++) {
        fl_buf_add_format(d->out, "service %s", policy->services[s].name);
        for (uint32_t i = 0; i < policy->services[s].item_count; i++) {
            fl_buf_add_char(d->out, ' ');
            fl_buf_add_i64(d->out, policy->services[s].items[i].low);
            fl_buf_add_text(d->out, "..");
            fl_buf_add_i64(d->out, policy->services[s].items[i].high);
        }
        fl_buf_add_char(d->out, '\n');
    }
}

/* Whose interface wrote a record, and what its ends are called: by their hash, for there may be many hosts. */
static bool add_inventory(struct describing *d)
{
    const struct fl_inventory *inv = d->plan->policy->inventory;
    struct fl_sha256 *sha = inv == NULL ? NULL : fl_sha256_new();
    uint8_t digest[32];
    if (sha == NULL)
        return inv == NULL;
    for (uint32_t i = 0; i < inv->count; i++) {
        const struct fl_host_entry *e = &inv->entries[i];
        fl_sha256_add(sha, e->has_addr ? &e->addr : &(struct fl_addr){0}, sizeof e->addr);
        for (uint32_t t = 0; t < FL_HOST_TEXT_COUNT + 2 * e->tag_count; t++) {
            uint32_t tag = t - FL_HOST_TEXT_COUNT;
            uint32_t id = t < FL_HOST_TEXT_COUNT ? e->texts[t]
                          : tag % 2              ? e->tags[tag / 2].value
                                                 : e->tags[tag / 2].key;
            struct fl_str text = id == FL_MAP_NONE ? FL_STR("") : inv->texts.keys[id];
            fl_sha256_add(sha, text.ptr, text.len);
            fl_sha256_add(sha, "", 1);
        }
        fl_sha256_add(sha, "\n", 1);
    }
    fl_sha256_finish(sha, digest);
    fl_buf_add_text(d->out, "inventory ");
    for (size_t i = 0; i < sizeof digest; i++)
        fl_buf_add_format(d->out, "%02x", digest[i]);
    fl_buf_add_char(d->out, '\n');
    return true;
}

static void add_policy(struct describing *d)
{
    const struct fl_policy *p = d->plan->policy;
    fl_buf_add_format(d->out, "%s\nzone %s\nevidence %u\nmax_groups %llu\naggregation %lld\n", PLAN_FORMAT,
                      p->zone_name != NULL ? p->zone_name : "UTC", p->evidence, (unsigned long long)p->max_groups,
                      (long long)p->aggregation_ms);
    fl_buf_add_format(d->out, "max_list_records %llu\ndedupe %s\n", (unsigned long long)p->max_list_records,
                      p->dedupe ? "true" : "false");
    fl_buf_add_format(d->out, "split_by_vpc %s\nown addresses %s\n", p->split_by_vpc ? "true" : "false",
                      d->plan->needs_interfaces ? "of every record"
                      : d->plan->learns_own     ? "of records that are grouped by address"
                                                : "not read");
    fl_buf_add_format(d->out, "dedupe %s\nmax_list_records %llu\n", p->dedupe ? "true" : "false",
                      (unsigned long long)p->max_list_records);
    if (d->plan->scope != NULL) {
        add_expr(d, "scope ", d->plan->scope);
        fl_buf_add_char(d->out, '\n');
    }
}

enum fl_status fl_plan_describe(struct fl_plan *plan)
{
    struct fl_buf text;
    fl_buf_init(&text);
    struct describing d = {plan, &text, fl_alloc_zero((size_t)plan->policy->network_count + 1, sizeof *d.networks)};
    struct fl_sha256 *sha = fl_sha256_new();
    bool ok = d.networks != NULL && sha != NULL && add_inventory(&d);
    if (ok) {
        add_policy(&d);
        for (uint32_t t = 0, number = 0; t < plan->table_count; t++)
            if (plan->rules[plan->tables[t].rules[0]].from == NULL)
                add_table(&d, number++, &plan->tables[t]);
        add_networks(&d);
        add_services(&d);
        plan->text = text.failed ? NULL : fl_arena_strndup(&plan->arena, text.data, text.len);
        plan->text_len = text.len;
        fl_sha256_add(sha, text.data, text.failed ? 0 : text.len);
    }
    if (sha != NULL)
        fl_sha256_finish(sha, plan->digest);
    fl_free(d.networks);
    fl_buf_dispose(&text);
    return plan->text == NULL ? FL_E_NOMEM : FL_OK;
}
