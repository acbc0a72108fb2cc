# flowlaw: `make` builds build/flowlaw; `make help` lists every target.
BUILD ?= build
PREFIX ?= /usr/local
CC ?= cc
AR ?= ar
PYTHON ?= python3

CFLAGS ?= -O3 -g
WARN = -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings
STD = -std=c11 -D_GNU_SOURCE -ffp-contract=off -fno-strict-aliasing
ASAN_CFLAGS = -O1 -g -fno-omit-frame-pointer
SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=all
PKGS = lua5.4 yaml-0.1 zlib libzstd nettle
HAVE_ISAL := $(shell pkg-config --exists libisal && echo 1)
ifeq ($(HAVE_ISAL),1)
PKGS += libisal
FEATURES += -DFL_HAVE_ISAL
endif
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS := $(shell pkg-config --libs $(PKGS))
ifdef TORTURE
TORTURE_OBJ := $(BUILD)/tests/torture/fail_alloc.o
LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=posix_memalign
else ifeq ($(SANITIZE)$(findstring clang,$(shell $(CC) --version)),)
# The program itself is optimised as a whole and holds the libraries that are there as archives: it starts sooner, and
# calls into Lua cost less. Tests link the same objects without that.
FAT = -ffat-lto-objects -flto=auto
archive = $(filter /%,$(if $(filter -l%,$(1)),$(shell $(CC) -print-file-name=$(1:-l%=lib%.a))))
PROGRAM_LIBS := $(foreach lib,$(filter-out -lm -ldl,$(PKG_LIBS)),$(or $(call archive,$(lib)),$(lib))) -lm -ldl -pthread
endif
ALL_CFLAGS = $(STD) $(WARN) $(CFLAGS) -fno-lto $(SANITIZE) $(FEATURES) -I. $(PKG_CFLAGS) -MMD -MP -pthread
LIBS = $(PKG_LIBS) -pthread

# In include order: a folder includes only itself and folders to its left; tests/lint/include_order.py reads this line.
FOLDERS := base text record plugin input expr measure group inventory policy derive rule engine lua session cli

CORE_SRC := $(sort $(wildcard core/*/*.c))
PLUGIN_SRC := $(sort $(wildcard plugins/*/*/*.c))
MAIN_SRC := core/cli/main.c
LIB_SRC := $(filter-out $(MAIN_SRC),$(CORE_SRC)) $(PLUGIN_SRC)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o)
UNIT_SRC := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
REPLAY_BIN := $(FUZZERS:%=$(BUILD)/fuzz/replay_%)
FUZZ_BIN := $(FUZZERS:%=$(BUILD)/fuzz/fuzz_%)
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 180
BENCH_BIN := $(patsubst %,$(BUILD)/bench/%,gen timed inflate decode_bench)

all: $(BUILD)/flowlaw ## build the program (the default)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(FAT) $(EXTRA_$(subst /,_,$*)) -c $< -o $@

# Kernels for wider vectors are chosen at run time; only these files may use the instructions.
EXTRA_plugins_decoders_aws_vpc_kernels_avx2 = -mavx2 -mbmi -mbmi2 -mpopcnt
EXTRA_plugins_decoders_aws_vpc_kernels_avx512 = -mavx2 -mbmi -mbmi2 -mpopcnt -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vbmi -mavx512vbmi2

$(BUILD)/plugins.c: $(wildcard plugins/*/*) tests/lint/plugin_table.sh
	@mkdir -p $(@D)
	sh tests/lint/plugin_table.sh > $@

$(BUILD)/plugins.o: $(BUILD)/plugins.c
	$(CC) $(ALL_CFLAGS) -c $< -o $@

$(BUILD)/libflowlaw.a: $(LIB_OBJ) $(BUILD)/plugins.o
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/flowlaw: $(BUILD)/core/cli/main.o $(TORTURE_OBJ) $(BUILD)/libflowlaw.a
	$(CC) $(ALL_CFLAGS) $(FAT) $(LDFLAGS) $^ -o $@ $(or $(PROGRAM_LIBS),$(LIBS))

# tests/unit/<folder>/test_<module>.c links core/<folder> and the folders before it, nothing else; tests/unit/plugins
# links up to core/plugin and all plugins, which the registry of core/plugin names.
up_to = $(if $(filter-out $(1),$(lastword $(2))),$(call up_to,$(1),$(wordlist 2,$(words $(2)),: $(2))),$(2))
unit_folders = $(filter-out $(if $(filter lua,$(1)),engine),$(call up_to,$(1:plugins=plugin),$(FOLDERS)))
unit_objects = $(filter $(foreach f,$(unit_folders),$(BUILD)/core/$(f)/%),$(LIB_OBJ)) \
    $(if $(filter plugin,$(unit_folders)),$(PLUGIN_SRC:%.c=$(BUILD)/%.o) $(BUILD)/plugins.o)
.SECONDEXPANSION:
$(BUILD)/unit/%: tests/unit/%.c $$(call unit_objects,$$(*D))
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(filter %.c %.o,$^) -o $@ -lcmocka $(LIBS)

$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $< -o $@ $(LIBS)

$(BUILD)/bench/decode_bench: tests/bench/decode_bench.c $(BUILD)/libflowlaw.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $< $(BUILD)/libflowlaw.a -o $@ $(LIBS)

$(BUILD)/fuzz/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(BUILD)/libflowlaw.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MF $@.d $< tests/fuzz/replay.c $(BUILD)/libflowlaw.a -o $@ $(LIBS)

$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(BUILD)/libflowlaw.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $< $(BUILD)/libflowlaw.a -o $@ $(LIBS)

fuzzers: $(FUZZ_BIN) ## build the fuzzers; CC=clang with -fsanitize=fuzzer-no-link (make fuzz does)

demo: $(BUILD)/flowlaw ## audit examples/quickstart, which holds planted violations: status 1 is success
	@$(BUILD)/flowlaw audit -p examples/quickstart/policy.yaml examples/quickstart/logs; \
	status=$$?; test $$status -eq 1 || { echo "demo: status $$status, not 1" >&2; exit 1; }

unit: $(BUILD)/flowlaw $(UNIT_BIN) ## build the unit tests

test: unit $(REPLAY_BIN) ## run unit tests, golden cases, the kept inputs of fuzzers, the commands of documents
	@bash tests/run.sh $(BUILD)

golden: $(BUILD)/flowlaw ## run the golden command-line cases
	@FLOWLAW=$(CURDIR)/$(BUILD)/flowlaw bash tests/golden/run.sh

days: $(BUILD)/flowlaw ## judge the bundled rules on an innocent and on a bad day (DAYS="--only scan/* --seed x")
	@$(PYTHON) tests/days/run.py $(BUILD)/flowlaw $(DAYS)

verdicts: $(BUILD)/flowlaw ## write the verdicts of both days into docs/catalogue.md
	@$(PYTHON) tests/days/run.py $(BUILD)/flowlaw --table

reference: $(BUILD)/flowlaw ## write docs/rule_reference.md from the bundled rules
	@$(PYTHON) tests/docs/reference.py $(BUILD)/flowlaw --write

docs: $(BUILD)/flowlaw ## run the commands and examples of README.md and docs/
	@$(PYTHON) tests/docs/run.py $(BUILD)/flowlaw
	@$(PYTHON) tests/docs/reference.py $(BUILD)/flowlaw

asan: ## build with the address and undefined-behaviour sanitizers into build-asan and run the tests
	@$(MAKE) -s -j$$(nproc) BUILD=build-asan CFLAGS="$(ASAN_CFLAGS)" SANITIZE="$(SANITIZERS)" test

torture: ## let each allocation fail in turn, under the sanitizers; TORTURE_STEP=n tries every n-th
	@$(MAKE) -s -j$$(nproc) BUILD=build-torture TORTURE=1 CFLAGS="$(ASAN_CFLAGS)" SANITIZE="$(SANITIZERS)" all
	@bash tests/torture/run.sh build-torture

TSAN = BUILD=build-tsan CFLAGS="-O1 -g -fno-omit-frame-pointer" SANITIZE="-fsanitize=thread"
tsan: ## audit by several threads under the thread sanitizer, in build-tsan
	@$(MAKE) -s -j$$(nproc) $(TSAN) build-tsan/flowlaw build-tsan/bench/gen
	@bash tests/tsan.sh build-tsan

valgrind: unit ## run the quickstart and the unit tests under memcheck
	@bash tests/valgrind.sh $(BUILD)

fuzz: ## run the fuzzers for FUZZ_SECONDS (60) in all, with clang and its sanitizers, into build-fuzz
	@command -v clang >/dev/null || { echo "make fuzz: there is no clang; ./bootstrap fuzz installs it" >&2; exit 1; }
	@$(MAKE) -s -j$$(nproc) BUILD=build-fuzz CC=clang CFLAGS="-O1 -g -fno-omit-frame-pointer" \
	    SANITIZE="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all" fuzzers
	@bash tests/fuzz/run.sh build-fuzz $(FUZZ_SECONDS)

conformance: $(BUILD)/flowlaw ## compare the real samples of ../shared/data, when that folder is there
	@$(PYTHON) tests/conformance/run.py $(BUILD)/flowlaw ../shared/data

lint: ## include order, headers alone, file lengths, clang-tidy, shell scripts, Lua rules, documents
	@bash tests/lint/run.sh

bench: $(BUILD)/flowlaw $(BENCH_BIN) ## speed against wc -l, mawk and bare inflate, in one run (BENCH_SMALL=1: a short one)
	@$(PYTHON) tests/bench/run.py $(BUILD)

soak: $(BUILD)/flowlaw $(BUILD)/bench/gen $(BUILD)/bench/timed ## audit generated logs in many ways for SOAK_SECONDS (180)
	@$(PYTHON) tests/soak/run.py $(BUILD) $(SOAK_SECONDS)

FORMATTED = $(sort $(wildcard core/*/*.[ch] plugins/*/*/*.[ch] tests/unit/*.[ch] tests/bench/*.[ch]))
format: ## rewrite sources with clang-format
	clang-format -i $(FORMATTED)

format-check: ## does clang-format agree with every source?
	clang-format --dry-run -Werror $(FORMATTED)

install: $(BUILD)/flowlaw ## install under PREFIX (default /usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/flowlaw
	install -m 755 $(BUILD)/flowlaw $(DESTDIR)$(PREFIX)/bin/flowlaw
	cp -r rules policies $(DESTDIR)$(PREFIX)/share/flowlaw/

clean: ## remove what was built
	rm -rf build build-asan build-torture build-fuzz build-tsan

help: ## list every target
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 16

-include $(LIB_OBJ:.o=.d) $(BUILD)/core/cli/main.d $(UNIT_BIN:=.d) $(BENCH_BIN:=.d) $(REPLAY_BIN:=.d)
.PHONY: all demo unit test golden days verdicts reference docs asan torture tsan valgrind fuzz fuzzers soak conformance lint bench
.PHONY: format format-check install clean help
