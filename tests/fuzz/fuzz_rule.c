/* Rule files in the sandbox, with its budget: whatever the text does, loading ends. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/lua/rule_file.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("rule", MFD_CLOEXEC);
    struct fl_lua_rules *rules = fl_lua_rules_new();
    struct fl_error_list errors = {0};
    struct fl_rule_decl *decl = NULL;
    char path[64];

    FUZZ_CHECK(fd >= 0 && rules && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    enum fl_status status = fl_lua_rules_load(rules, "fuzz/rule", path, NULL, &decl, &errors);
    FUZZ_CHECK((status == FL_OK) == (errors.count == 0));
    if (status == FL_OK) {
        const struct fl_rule_ops *ops = fl_lua_rules_ops(rules);
        struct fl_error err;
        void *vm;

        FUZZ_CHECK(decl);
        /* A worker loads the same text again; a rule near its budget may fail then, but must end. */
        if (ops->open_vm(ops->context, &vm, &err) == FL_OK)
            ops->close_vm(vm);
    }
    fl_lua_rules_free(rules);
    fl_error_list_dispose(&errors);
    close(fd);
    return 0;
}
