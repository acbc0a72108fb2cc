"""Includes go up the list of core folders only, and each third-party header stays in its one place."""
import pathlib
import re
import sys

ORDER = re.search(r"^FOLDERS := (.*)$", pathlib.Path("Makefile").read_text(), re.M).group(1).split()
PLUGINS_MAY = {"base", "text", "record", "plugin"}
ONLY = {  # header pattern -> places that may include it
    r"lua\.h|lauxlib\.h|lualib\.h": r"core/lua/",
    r"yaml\.h": r"core/text/yaml\.c",
    r"zlib\.h": r"core/input/inflate_zlib\.c",
    r"zstd\.h": r"core/(input/inflate_zstd|base/pack)\.c",
    r"isa-l/.*": r"core/input/inflate_isal\.c",
    r"xxhash\.h|nettle/.*": r"core/base/hash\.c",
}
# The engine calls struct fl_rule_ops: Lua implements it and must not know the engine, nor the engine Lua.
APART = {"engine": "lua", "lua": "engine"}

bad = []
for path in sorted(pathlib.Path(".").glob("core/*/*.[ch]")) + sorted(pathlib.Path(".").glob("plugins/*/*/*.[ch]")):
    text = path.read_text()
    name = path.as_posix()
    folder = path.parts[1] if path.parts[0] == "core" else None
    for line, include in enumerate(text.splitlines(), 1):
        match = re.match(r'#include "core/(\w+)/', include)
        if match:
            target = match.group(1)
            if folder is None:
                allowed = target in PLUGINS_MAY
            else:
                allowed = ORDER.index(target) <= ORDER.index(folder) and APART.get(folder) != target
            if not allowed:
                bad.append(f"{name}:{line}: {include}")
        match = re.match(r"#include <(.*)>", include)
        for pattern, places in ONLY.items():
            if match and re.fullmatch(pattern, match.group(1)) and not re.match(places, name):
                bad.append(f"{name}:{line}: {include} belongs to {places}")
for path in sorted(pathlib.Path("tests/unit").glob("**/test_*.c")):
    folder = path.parent.relative_to("tests/unit").as_posix()
    if folder not in ORDER + ["plugins"]:
        bad.append(f"{path.as_posix()}: {folder} is no folder of core; see FOLDERS in the Makefile")
print("\n".join(bad), end="\n" if bad else "")
sys.exit(bool(bad))
