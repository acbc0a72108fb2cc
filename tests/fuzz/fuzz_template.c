/* Texts with {names}. */
#include "core/rule/compile.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *key_names[] = {"client", "server"};
    uint32_t keys[] = {fl_field_find(FL_STR("client")), fl_field_find(FL_STR("server"))};
    enum fl_type key_types[] = {FL_T_ADDR, FL_T_ADDR};
    struct fl_measure measures[] = {{.name = "ports", .type = FL_T_INT}};
    struct fl_param_decl decl = {.name = "run", .text = "8"};
    struct fl_plan_param params[] = {{&decl, NULL, "8"}};
    struct fl_plan_rule rule = {.keys = keys,
                                .key_types = key_types,
                                .key_names = key_names,
                                .key_count = 2,
                                .measures = measures,
                                .measure_count = 1,
                                .params = params,
                                .param_count = 1};
    struct fl_value slots[2 + FL_COUNTER_COUNT + 1];
    struct fl_template template;
    struct fl_arena arena;
    struct fl_error err;
    struct fl_buf out;

    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
        slots[i] = i % 2 ? fl_value_int(FL_T_INT, (__int128)i) : FL_VALUE_NULL;
    fl_arena_init(&arena);
    fl_buf_init(&out);
    char *text = fl_arena_strndup(&arena, (const char *)data, size);
    FUZZ_CHECK(text);
    if (fl_template_compile(text, &rule, &arena, &template, &err) == FL_OK)
        fl_template_print(&template, slots, &out);
    fl_buf_dispose(&out);
    fl_arena_dispose(&arena);
    return 0;
}
