/* Conditions and parameters: parsing, printing, folding, and a program made from them. */
#include "core/expr/program.h"
#include "core/policy/policy.h"
#include "tests/fuzz/fuzz.h"

static const char policy_text[] = "version: 1\nname: fuzz\n"
                                  "networks:\n  db: 10.0.10.0/24\n  app: [10.0.1.0/24, 2001:db8::/32]\n"
                                  "services:\n  postgres: [tcp/5432, tcp/6432]\n";

static void no_value(void *context, const struct fl_node *node, struct fl_value *out)
{
    (void)context;
    (void)node;
    *out = FL_VALUE_NULL;
}

static bool in_network(void *context, uint32_t network, struct fl_addr addr)
{
    (void)context;
    return (network + addr.lo) % 2;
}

static void use_condition(const struct fl_policy *policy, const struct fl_node *node)
{
    struct fl_field_set none = {0};
    struct fl_absence absence = {.present = &none};
    struct fl_eval eval = {NULL, no_value, in_network};
    struct fl_program *program = fl_program_new();
    struct fl_network_source networks = fl_policy_network_source(policy);
    struct fl_buf text;
    uint32_t root;

    fl_buf_init(&text);
    fl_expr_print(node, NULL, NULL, &text);
    fl_buf_dispose(&text);
    /* What cannot be true without any field is not true when every field is null. */
    struct fl_value value = fl_expr_eval(node, &eval);
    FUZZ_CHECK(fl_expr_can_be_true(node, &absence) || value.type == FL_T_NULL || value.i == 0);
    if (program && fl_program_add(program, node, &root, NULL) == FL_OK)
        fl_program_seal(program, &networks, NULL);
    if (program)
        fl_program_free(program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fl_str text = {(const char *)data, size};
    struct fl_expr_env env = {.fields = true};
    struct fl_error_list errors = {0};
    struct fl_policy policy;
    struct fl_arena arena;
    const struct fl_node *node;
    struct fl_error err;

    FUZZ_CHECK(fl_policy_parse(FL_STR(policy_text), "fuzz", ".", &policy, &errors) == FL_OK);
    env.context = &policy;
    fl_policy_expr_env(&policy, &env);
    fl_arena_init(&arena);
    if (fl_expr_parse(text, &env, &arena, &node, &err) == FL_OK)
        use_condition(&policy, node);
    for (int type = FL_P_NETWORK; type <= FL_P_FLAG; type++)
        fl_expr_parse_param(text, (enum fl_param_type)type, &env, &arena, &node, &err);
    fl_arena_dispose(&arena);
    fl_policy_dispose(&policy);
    fl_error_list_dispose(&errors);
    return 0;
}
