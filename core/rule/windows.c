/* windows.c: the panes and windows, or sessions, that a rule cuts the time into. */
#include "core/base/limits.h"
#include "core/rule/compiling.h"

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
        fl_compiling_fail(c, &err, "session", NULL, c->decl->session);
    } else if (fl_compiling_duration(c, c->decl->session, "session", &rule->window_ms)) {
        rule->session = true;
        rule->every_ms = rule->pane_ms = rule->window_ms;
    }
}

void fl_compiling_windows(struct fl_compiling *c)
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
        fl_compiling_fail(c, &err, "every", NULL, c->decl->every);
        return;
    }
    if (rule->every_ms == 0)
        rule->every_ms = rule->window_ms;
    if (rule->window_ms == 0)
        return;
    rule->pane_ms = gcd(rule->window_ms, rule->every_ms);
    if (rule->every_ms > rule->window_ms) {
        fl_fail(&err, FL_E_VALUE, "`every` is longer than `window`: records between would be lost");
        fl_compiling_fail(c, &err, "every", NULL, c->decl->every);
    } else if (rule->window_ms / rule->pane_ms > FL_PANES_PER_WINDOW_MAX) {
        fl_fail(&err, FL_E_LIMIT,
                "a window of %lld panes: window and every must share a divisor of at least window / %u",
                (long long)(rule->window_ms / rule->pane_ms), FL_PANES_PER_WINDOW_MAX);
        fl_compiling_fail(c, &err, "every", NULL, c->decl->every);
    }
}
