/* profile.c: `audit --profile`. Times are of this run and machine: they never reach results. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/escape.h"
#include "core/base/memory.h"
#include "core/session/out_file.h"
#include "core/session/session.h"

struct row {
    const struct fl_plan_rule *rule;
    const struct fl_cost *own, *table; /* table: of the rule that its table's cost is counted in */
    uint64_t selected;
};

static uint64_t cost_of(const struct row *r)
{
    return r->table->scan_ns + r->own->judge_ns;
}

static int compare(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    if (cost_of(a) != cost_of(b))
        return cost_of(a) > cost_of(b) ? -1 : 1;
    return a->rule < b->rule ? -1 : 1;
}

static uint32_t list_rows(const struct fl_plan *plan, const struct fl_part *part, struct row *rows)
{
    for (uint32_t r = 0; r < plan->rule_count; r++) {
        const struct fl_plan_rule *rule = &plan->rules[r];
        uint32_t first = rule->table == UINT32_MAX ? r : plan->tables[rule->table].rules[0];
        rows[r] = (struct row){rule, &part->rules[r].cost, &part->rules[first].cost, part->rules[r].selected};
    }
    if (plan->rule_count > 1)
        qsort(rows, plan->rule_count, sizeof *rows, compare);
    return plan->rule_count;
}

static void print_table(FILE *out, const struct fl_phases *phases, const struct row *rows, uint32_t count)
{
    fprintf(out, "%10s %10s %12s %12s %10s %10s %10s %12s %5s  rule\n", "scan ms", "judge ms", "tested", "selected",
            "groups", "Lua calls", "Lua ms", "bytes", "table");
    for (uint32_t i = 0; i < count; i++) {
        const struct row *r = &rows[i];
        struct fl_buf name;
        char table[16] = "-";
        if (r->rule->table != UINT32_MAX)
            snprintf(table, sizeof table, "%u", r->rule->table);
        fl_buf_init(&name);
        fl_escape_terminal(&name, fl_str_of(r->rule->decl->id));
        fprintf(out,
                "%10.3f %10.3f %12" PRIu64 " %12" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10.3f %12" PRIu64 " %5s  %s\n",
                (double)r->table->scan_ns / 1e6, (double)r->own->judge_ns / 1e6, r->own->tested, r->selected,
                r->own->groups, r->own->calls, (double)r->own->code_ns / 1e6, r->table->held_bytes, table,
                name.failed || name.data == NULL ? "" : name.data);
        fl_buf_dispose(&name);
    }
    fprintf(out,
            "rules of one table share its scan, and its bytes; times are processor time of all threads together\n");
    fprintf(out, "scan %.3f ms, judgement %.3f ms, reading evidence again %.3f ms\n", (double)phases->scan_ns / 1e6,
            (double)phases->judge_ns / 1e6, (double)phases->evidence_ns / 1e6);
}

static void add_phases(struct fl_buf *text, const struct fl_phases *phases)
{
    struct fl_json w;
    fl_json_init(&w, text);
    fl_json_object(&w);
    fl_json_key(&w, "type");
    fl_json_text(&w, "phases");
    fl_json_put_u64(&w, "scan_ns", phases->scan_ns);
    fl_json_put_u64(&w, "judge_ns", phases->judge_ns);
    fl_json_put_u64(&w, "evidence_ns", phases->evidence_ns);
    fl_json_end(&w);
    fl_buf_add_char(text, '\n');
}

static void print_json(FILE *out, const struct fl_phases *phases, const struct row *rows, uint32_t count)
{
    struct fl_buf text;
    fl_buf_init(&text);
    add_phases(&text, phases);
    for (uint32_t i = 0; i < count; i++) {
        const struct row *r = &rows[i];
        struct fl_json w;
        fl_json_init(&w, &text);
        fl_json_object(&w);
        fl_json_key(&w, "type");
        fl_json_text(&w, "profile");
        fl_json_key(&w, "rule");
        fl_json_text(&w, r->rule->decl->id);
        fl_json_key(&w, "table");
        if (r->rule->table == UINT32_MAX)
            fl_json_null(&w);
        else
            fl_json_u64(&w, r->rule->table);
        fl_json_put_u64(&w, "scan_ns", r->table->scan_ns);
        fl_json_put_u64(&w, "judge_ns", r->own->judge_ns);
        fl_json_put_u64(&w, "tested", r->own->tested);
        fl_json_put_u64(&w, "selected", r->selected);
        fl_json_put_u64(&w, "groups", r->own->groups);
        fl_json_put_u64(&w, "calls", r->own->calls);
        fl_json_put_u64(&w, "code_ns", r->own->code_ns);
        fl_json_put_u64(&w, "held_bytes", r->table->held_bytes);
        fl_json_end(&w);
        fl_buf_add_char(&text, '\n');
    }
    if (!text.failed && text.len > 0)
        fwrite(text.data, 1, text.len, out);
    fl_buf_dispose(&text);
}

bool fl_session_profile(const struct fl_session_options *options, const struct fl_plan *plan,
                        const struct fl_part *part)
{
    struct row *rows = fl_alloc_zero((size_t)plan->rule_count + 1, sizeof *rows);
    struct fl_out_file file;
    bool to_file = options->profile_path != NULL;
    if (rows == NULL || (to_file && !fl_out_file_open(&file, options->profile_path))) {
        fl_free(rows);
        return false;
    }
    FILE *out = to_file ? file.file : stderr;
    uint32_t count = list_rows(plan, part, rows);
    if (options->profile_json)
        print_json(out, &part->phases, rows, count);
    else
        print_table(out, &part->phases, rows, count);
    fl_free(rows);
    const char *cause = fl_memory_ran_out() ? "out of memory" : ferror(out) != 0 ? strerror(errno) : NULL;
    if (to_file)
        return fl_out_file_close(&file, cause);
    return cause == NULL;
}
