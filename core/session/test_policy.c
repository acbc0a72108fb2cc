/* test_policy.c: a test's `params` and `policy` as the text of a policy, so that both mean what they mean there. */
#include "core/session/test_bench.h"

static void add_quoted(struct fl_buf *out, struct fl_str text)
{
    fl_buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\')
            fl_buf_add_format(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fl_buf_add_format(out, "\\x%02x", c);
        else
            fl_buf_add_char(out, (char)c);
    }
    fl_buf_add_char(out, '"');
}

static void add_value(struct fl_buf *out, const struct fl_datum *d)
{
    switch (d->kind) {
    case FL_DATUM_FLAG:
    case FL_DATUM_NUMBER:
        fl_buf_add(out, d->text.ptr, d->text.len);
        return;
    case FL_DATUM_TEXT:
    case FL_DATUM_FILE:
        add_quoted(out, d->text);
        return;
    case FL_DATUM_TABLE:
    case FL_DATUM_FLOWS:
        break;
    }
    bool is_map = d->member_count > 0;
    fl_buf_add_char(out, is_map ? '{' : '[');
    for (uint32_t i = 0; i < d->member_count; i++) {
        fl_buf_add_text(out, i > 0 ? ", " : "");
        add_quoted(out, fl_str_of(d->names[i]));
        fl_buf_add_text(out, ": ");
        add_value(out, d->members[i]);
    }
    for (uint32_t i = 0; !is_map && i < d->item_count; i++) {
        fl_buf_add_text(out, i > 0 ? ", " : "");
        add_value(out, d->items[i]);
    }
    fl_buf_add_char(out, is_map ? '}' : ']');
}

static bool is_map(const struct fl_datum *d)
{
    return d->kind == FL_DATUM_TABLE && d->item_count == 0;
}

void fl_test_policy_text(const struct fl_datum *body, const char *rule_id, struct fl_buf *out,
                         struct fl_test_errors *errors)
{
    const struct fl_datum *params = fl_datum_get(body, "params"), *policy = fl_datum_get(body, "policy");
    bool versioned = false, named = false;
    if (policy != NULL && !is_map(policy))
        fl_test_fail(errors, "policy must be a table of the policy's keys: { own = { \"198.51.100.0/24\" } }");
    for (uint32_t i = 0; policy != NULL && is_map(policy) && i < policy->member_count; i++) {
        const char *key = policy->names[i];
        versioned |= strcmp(key, "version") == 0;
        named |= strcmp(key, "name") == 0;
        if (strcmp(key, "rules") == 0) {
            fl_test_fail(errors, "policy: a test runs its own rule; give its parameters in params");
            continue;
        }
        add_quoted(out, fl_str_of(key));
        fl_buf_add_text(out, ": ");
        add_value(out, policy->members[i]);
        fl_buf_add_char(out, '\n');
    }
    fl_buf_add_text(out, versioned ? "" : "version: 1\n");
    fl_buf_add_text(out, named ? "" : "name: test\n");
    fl_buf_add_text(out, "rules:\n- use: ");
    add_quoted(out, fl_str_of(rule_id));
    if (params != NULL && !is_map(params)) {
        fl_test_fail(errors, "params must be a table of the rule's parameters: { run = 5 }");
    } else if (params != NULL && params->member_count > 0) {
        fl_buf_add_text(out, "\n  params: ");
        add_value(out, params);
    }
    fl_buf_add_char(out, '\n');
}
