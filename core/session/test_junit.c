/* test_junit.c: verdicts as JUnit XML. */
#include <string.h>

#include "core/base/escape.h"
#include "core/session/test_bench.h"

/* Printable text as XML; what a terminal must not see is spelled out already. */
static void add_xml(struct fl_buf *out, struct fl_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&':
            fl_buf_add_text(out, "&amp;");
            break;
        case '<':
            fl_buf_add_text(out, "&lt;");
            break;
        case '>':
            fl_buf_add_text(out, "&gt;");
            break;
        case '"':
            fl_buf_add_text(out, "&quot;");
            break;
        default:
            fl_buf_add_char(out, text.ptr[i]);
        }
    }
}

static void add_attribute(struct fl_buf *out, const char *name, struct fl_str text)
{
    struct fl_buf safe;
    fl_buf_init(&safe);
    fl_escape_terminal(&safe, text);
    fl_buf_add_format(out, " %s=\"", name);
    add_xml(out, (struct fl_str){safe.data, safe.len});
    fl_buf_add_char(out, '"');
    out->failed |= safe.failed;
    fl_buf_dispose(&safe);
}

static void add_case(struct fl_buf *out, const struct fl_test_verdict *v)
{
    struct fl_str text = {v->text.data, v->text.len};
    fl_buf_add_text(out, "    <testcase");
    add_attribute(out, "classname", fl_str_of(v->bench->found.id));
    add_attribute(out, "name", fl_str_of(v->test->name));
    add_attribute(out, "file", fl_str_of(v->bench->shown));
    fl_buf_add_format(out, " line=\"%u\"", v->test->line);
    if (v->passed) {
        fl_buf_add_text(out, "/>\n");
        return;
    }
    const char *end = text.len > 0 ? memchr(text.ptr, '\n', text.len) : NULL;
    size_t first = end == NULL ? text.len : (size_t)(end - text.ptr);
    size_t blanks = first >= 2 ? 2 : 0;
    fl_buf_add_text(out, ">\n      <failure");
    add_attribute(out, "message", (struct fl_str){text.ptr + blanks, first - blanks});
    fl_buf_add_char(out, '>');
    add_xml(out, text);
    fl_buf_add_text(out, "</failure>\n    </testcase>\n");
}

static void add_suite(struct fl_buf *out, const struct fl_bench *bench, const struct fl_test_verdict *verdicts,
                      uint32_t count)
{
    uint32_t tests = 0, failures = 0;
    for (uint32_t i = 0; i < count; i++) {
        tests += verdicts[i].bench == bench;
        failures += verdicts[i].bench == bench && !verdicts[i].passed;
    }
    if (tests == 0 && bench->load_errors.len == 0)
        return;
    fl_buf_add_text(out, "  <testsuite");
    add_attribute(out, "name", fl_str_of(bench->found.id));
    fl_buf_add_format(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\">\n", tests + (bench->load_errors.len > 0),
                      failures, bench->load_errors.len > 0);
    if (bench->load_errors.len > 0) {
        fl_buf_add_text(out, "    <testcase");
        add_attribute(out, "classname", fl_str_of(bench->found.id));
        fl_buf_add_text(out, " name=\"load\">\n      <error message=\"the rule file does not load\">");
        add_xml(out, (struct fl_str){bench->load_errors.data, bench->load_errors.len});
        fl_buf_add_text(out, "</error>\n    </testcase>\n");
    }
    for (uint32_t i = 0; i < count; i++)
        if (verdicts[i].bench == bench)
            add_case(out, &verdicts[i]);
    fl_buf_add_text(out, "  </testsuite>\n");
}

void fl_test_junit(const struct fl_bench *benches, uint32_t bench_count, const struct fl_test_verdict *verdicts,
                   uint32_t count, struct fl_buf *out)
{
    uint32_t failures = 0, errors = 0;
    for (uint32_t i = 0; i < count; i++)
        failures += !verdicts[i].passed;
    for (uint32_t i = 0; i < bench_count; i++)
        errors += benches[i].load_errors.len > 0;
    fl_buf_add_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    fl_buf_add_format(out, "<testsuites name=\"flowlaw test\" tests=\"%u\" failures=\"%u\" errors=\"%u\">\n",
                      count + errors, failures, errors);
    for (uint32_t i = 0; i < bench_count; i++)
        add_suite(out, &benches[i], verdicts, count);
    fl_buf_add_text(out, "</testsuites>\n");
}
