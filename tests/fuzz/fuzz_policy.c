/* Policy files: YAML, strict keys, networks, services, intents, waivers. */
#include "core/policy/policy.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fl_error_list errors = {0};
    struct fl_policy policy;
    enum fl_status status = fl_policy_parse((struct fl_str){(const char *)data, size}, "fuzz.yaml",
                                            "/nonexistent", &policy, &errors);

    FUZZ_CHECK((status == FL_OK) == (errors.count == 0));
    fl_policy_dispose(&policy);
    fl_error_list_dispose(&errors);
    return 0;
}
