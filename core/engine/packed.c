#include "core/engine/packed.h"

#include <string.h>

#include "core/base/memory.h"

enum { TYPE = 0x1f, TWICE = 0x80, SHORT = 0x40 }; /* of the byte that a value begins with */
enum { MORE = 1, WEIGHTED = 2 };                  /* of a list */

/* ---- values ---- */

void fl_wide_pack(struct fl_buf *out, __int128 value)
{
    fl_varint_add(out, (uint64_t)value);
    fl_varint_add_signed(out, (int64_t)(value >> 64));
}

__int128 fl_wide_take(struct fl_taking *in)
{
    uint64_t low = fl_take(in);
    return (__int128)((unsigned __int128)fl_take_signed(in) << 64 | low);
}

/* Members are named by the kind of measure that they come from. */
static uint32_t kind_of_names(const char *const *names)
{
    uint32_t kind = 0;
    while (kind < FL_MEASURE_COUNT && (names == NULL || fl_measure_member_names((enum fl_measure_kind)kind) != names))
        kind++;
    return kind;
}

static void pack_value(struct fl_buf *out, const struct fl_value *v);

static void pack_list(struct fl_buf *out, const struct fl_value *v)
{
    fl_varint_add(out, v->list.count);
    fl_buf_add_char(out, (char)((v->list.more ? MORE : 0) | (v->list.weighted ? WEIGHTED : 0)));
    fl_varint_add(out, kind_of_names(v->list.names));
    for (uint32_t i = 0; i < v->list.count * (v->list.weighted ? 2 : 1); i++)
        pack_value(out, &v->list.items[i]);
}

static void pack_value(struct fl_buf *out, const struct fl_value *v)
{
    bool is_number = v->type != FL_T_NULL && v->type < FL_T_ADDR;
    bool is_short = v->type == FL_T_ADDR ? fl_addr_is_v4(v->addr) : is_number && v->i == (int64_t)v->i;
    fl_buf_add_char(out, (char)(v->type | (v->may_count_twice ? TWICE : 0) | (is_short ? SHORT : 0)));
    if (v->type == FL_T_STR) {
        fl_varint_add(out, v->str.len);
        fl_buf_add(out, v->str.ptr, v->str.len);
    } else if (v->type == FL_T_LIST) {
        pack_list(out, v);
    } else if (v->type == FL_T_RATIO) {
        fl_wide_pack(out, v->ratio.num);
        fl_wide_pack(out, v->ratio.den);
    } else if (v->type == FL_T_ADDR) {
        fl_buf_add(out, &v->addr.lo, is_short ? 4 : 8);
        if (!is_short)
            fl_buf_add(out, &v->addr.hi, 8);
    } else if (is_short) {
        fl_varint_add_signed(out, (int64_t)v->i);
    } else if (is_number) {
        fl_wide_pack(out, v->i);
    }
}

/* false when memory is out, or there is no value. arena: NULL when it is no list. */
static bool take_value(struct fl_taking *in, struct fl_arena *arena, struct fl_value *out);

static bool take_list(struct fl_taking *in, struct fl_arena *arena, struct fl_value *out)
{
    uint64_t count = fl_take(in);
    const uint8_t *flags = fl_take_bytes(in, 1);
    uint64_t kind = fl_take(in);
    if (in->bad || arena == NULL || count > in->left || kind > FL_MEASURE_COUNT)
        return false;
    bool weighted = (*flags & WEIGHTED) != 0;
    uint64_t n = weighted ? 2 * count : count;
    struct fl_value *items = fl_arena_alloc(arena, (size_t)(n + 1) * sizeof *items);
    if (items == NULL)
        return false;
    for (uint64_t i = 0; i < n; i++)
        if (!take_value(in, arena, &items[i]))
            return false;
    out->list.items = items;
    out->list.count = (uint32_t)count;
    out->list.more = (*flags & MORE) != 0;
    out->list.weighted = weighted;
    out->list.names = kind < FL_MEASURE_COUNT ? fl_measure_member_names((enum fl_measure_kind)kind) : NULL;
    return true;
}

static bool take_addr(struct fl_taking *in, bool is_short, struct fl_value *out)
{
    const uint8_t *p = fl_take_bytes(in, is_short ? 4 : 16);
    uint32_t v4;
    if (p == NULL)
        return false;
    memcpy(&v4, p, sizeof v4);
    if (is_short) {
        out->addr = fl_addr_v4(v4);
    } else {
        memcpy(&out->addr.lo, p, 8);
        memcpy(&out->addr.hi, p + 8, 8);
    }
    return true;
}

static bool take_value(struct fl_taking *in, struct fl_arena *arena, struct fl_value *out)
{
    const uint8_t *head = fl_take_bytes(in, 1);
    if (head == NULL)
        return false;
    memset(out, 0, sizeof *out);
    out->type = (enum fl_type)(*head & TYPE);
    out->may_count_twice = (*head & TWICE) != 0;
    bool is_short = (*head & SHORT) != 0;
    switch (out->type) {
    case FL_T_NULL:
        break;
    case FL_T_STR:
        out->str.len = (size_t)fl_take(in);
        out->str.ptr = (const char *)fl_take_bytes(in, out->str.len);
        break;
    case FL_T_LIST:
        return take_list(in, arena, out);
    case FL_T_RATIO:
        out->ratio.num = fl_wide_take(in);
        out->ratio.den = fl_wide_take(in);
        break;
    case FL_T_ADDR:
        return take_addr(in, is_short, out);
    default:
        out->i = is_short ? fl_take_signed(in) : fl_wide_take(in);
    }
    return !in->bad;
}

/* ---- texts, or none ---- */

static void pack_text(struct fl_buf *out, const char *text)
{
    size_t bytes = text == NULL ? 0 : strlen(text) + 1;
    fl_varint_add(out, bytes);
    fl_buf_add(out, text != NULL ? text : "", bytes);
}

static const char *take_text(struct fl_taking *in)
{
    uint64_t bytes = fl_take(in);
    return bytes == 0 ? NULL : (const char *)fl_take_bytes(in, bytes);
}

/* ---- hits ---- */

struct fl_rank fl_rank_of(const struct fl_judging *j, const struct fl_hit *hit)
{
    const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
    struct fl_value having = FL_VALUE_NULL;
    if (rule->having_slot != UINT32_MAX)
        having = fl_value_member(&hit->slots[rule->having_slot], rule->having_member);
    if (having.type == FL_T_LIST) /* no list is worse than another */
        having = FL_VALUE_NULL;
    return (struct fl_rank){fl_hit_severity(j, hit), having, hit->counters.flows};
}

bool fl_rank_worse(const struct fl_plan_rule *rule, const struct fl_rank *a, const struct fl_rank *b)
{
    if (a->severity != b->severity)
        return a->severity > b->severity;
    int c = fl_value_compare(&a->having, &b->having);
    if (c != 0 && a->having.type != FL_T_NULL && b->having.type != FL_T_NULL)
        return rule->having_least_is_worst ? c < 0 : c > 0;
    return c != 0 ? c < 0 : a->flows > b->flows;
}

static void pack_rank(const struct fl_rank *rank, struct fl_buf *out)
{
    fl_buf_add_char(out, (char)rank->severity);
    fl_varint_add(out, rank->flows);
    pack_value(out, &rank->having);
}

void fl_hit_pack(const struct fl_judging *j, const struct fl_hit *hit, struct fl_buf *out)
{
    uint32_t slots = fl_plan_rule_slots(&j->plan->rules[hit->rule]);
    struct fl_rank rank = fl_rank_of(j, hit);
    pack_rank(&rank, out);
    fl_buf_add_char(out, (char)hit->severity);
    fl_varint_add_signed(out, hit->waiver);
    fl_varint_add_signed(out, hit->window_start_ms);
    fl_varint_add_signed(out, (int64_t)((uint64_t)hit->window_end_ms - (uint64_t)hit->window_start_ms));
    for (uint32_t i = 0; i < slots; i++)
        pack_value(out, &hit->slots[i]);
    pack_text(out, hit->title);
    pack_text(out, hit->message);
    fl_varint_add(out, hit->extra.count);
    for (uint32_t i = 0; i < hit->extra.count; i++) {
        pack_text(out, hit->extra.items[i].name);
        pack_value(out, &hit->extra.items[i].value);
    }
}

struct fl_rank fl_rank_take(struct fl_taking *in)
{
    const uint8_t *severity = fl_take_bytes(in, 1);
    struct fl_rank rank = {.severity = severity != NULL ? (enum fl_severity) * severity : FL_SEV_NONE};
    rank.flows = fl_take(in);
    in->bad |= !take_value(in, NULL, &rank.having);
    return rank;
}

static enum fl_status fail(void)
{
    return fl_memory_ran_out() ? FL_E_NOMEM : FL_E_DATA;
}

static enum fl_status take_extra(struct fl_taking *in, struct fl_arena *arena, struct fl_pairs *out)
{
    uint64_t count = fl_take(in);
    *out = (struct fl_pairs){NULL, 0};
    if (in->bad || count > in->left)
        return FL_E_DATA;
    struct fl_pair *items = fl_arena_alloc(arena, (size_t)(count + 1) * sizeof *items);
    for (uint64_t i = 0; i < count && items != NULL; i++) {
        items[i].name = take_text(in);
        if (!take_value(in, arena, &items[i].value))
            return fail();
    }
    *out = (struct fl_pairs){items, (uint32_t)count};
    return items == NULL ? FL_E_NOMEM : FL_OK;
}

enum fl_status fl_hit_unpack(const struct fl_judging *j, uint32_t rule, struct fl_taking *in, struct fl_arena *arena,
                             struct fl_hit *out)
{
    uint32_t slots = fl_plan_rule_slots(&j->plan->rules[rule]);
    struct fl_rank rank = fl_rank_take(in);
    *out = (struct fl_hit){.rule = rule, .slots = fl_arena_alloc(arena, slots * sizeof *out->slots)};
    const uint8_t *severity = fl_take_bytes(in, 1);
    if (out->slots == NULL || severity == NULL)
        return fail();
    out->counters.flows = rank.flows;
    out->severity = (enum fl_severity) * severity;
    out->waiver = (int)fl_take_signed(in);
    out->window_start_ms = fl_take_signed(in);
    out->window_end_ms = (int64_t)((uint64_t)out->window_start_ms + (uint64_t)fl_take_signed(in));
    for (uint32_t i = 0; i < slots; i++)
        if (!take_value(in, arena, &out->slots[i]))
            return fail();
    out->title = take_text(in);
    out->message = take_text(in);
    return take_extra(in, arena, &out->extra);
}
