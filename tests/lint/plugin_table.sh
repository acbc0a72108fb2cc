#!/bin/sh
# Prints the table of built-in plugins: one for every folder plugins/<kind>/<name>.
set -eu
echo '#include "core/plugin/registry.h"'
for folder in plugins/*/*/; do
    echo "extern const struct flp_plugin flp_plugin_$(basename "$folder");"
done
echo 'const struct flp_plugin *const fl_builtin_plugins[] = {'
for folder in plugins/*/*/; do
    echo "    &flp_plugin_$(basename "$folder"),"
done
echo '    0};'
