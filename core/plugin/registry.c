#include "core/plugin/registry.h"

#include <string.h>

const struct flp_plugin *fl_plugin_at(unsigned index)
{
    for (unsigned i = 0; i <= index; i++)
        if (fl_builtin_plugins[i] == NULL)
            return NULL;
    return fl_builtin_plugins[index];
}

const struct flp_plugin *fl_plugin_find(enum flp_kind kind, const char *name)
{
    for (unsigned i = 0; fl_builtin_plugins[i] != NULL; i++)
        if (fl_builtin_plugins[i]->kind == kind && strcmp(fl_builtin_plugins[i]->name, name) == 0)
            return fl_builtin_plugins[i];
    return NULL;
}
