# SPDX-License-Identifier: Apache-2.0
#
# make            build/virt-qualify
# make run        set up, build, run the smoke plan on every platform that works, say where the
#                 report is
# make test       set up, build, run all tests through prove
# make help       the other targets

prefix  ?= /usr/local
bindir   = $(prefix)/bin
mandir   = $(prefix)/share/man
B       ?= build
VERSION := $(shell git describe --always --dirty --tags 2>/dev/null || cat VERSION 2>/dev/null || echo unknown)

CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wvla $(WERROR)
CPPFLAGS += -I. -D_GNU_SOURCE
BASE     = -std=gnu17 -ffunction-sections -fdata-sections -fno-common -pthread

ifneq ($(SAN),)
BASE    += -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
LDFLAGS += -fsanitize=$(SAN)
# The sanitizer looks for the functions that libvirt's client takes from there when it starts:
# loaded later, with libvirt, they would be null.
ifneq ($(wildcard /lib/*/libtirpc.so.3 /usr/lib/*/libtirpc.so.3),)
LDFLAGS += -Wl,--push-state,--no-as-needed -l:libtirpc.so.3 -Wl,--pop-state
endif
endif

ifeq ($(V),1)
Q =
say = @:
else
Q = @
say = @printf '  %-7s %s\n'
endif

# ---- What is built from what -----------------------------------------------------------------

core_src     := $(wildcard harness/core/*.c)
report_src   := $(wildcard report/*.c)
harness_src  := $(wildcard harness/*.c harness/platform/*.c harness/platform/*/*.c harness/vmm/*.c \
	harness/lab/*.c)
harness_asm  := $(wildcard harness/platform/*/*.S)
fault_src    := $(wildcard faults/*.c faults/recovery/*.c)
bench_src    := $(wildcard bench/*.c)
preset_src   := $(wildcard harness/presets/*.yaml)
lab_text     := ci/install.sh ci/hosts/image.sh ci/hosts/lab.sh ci/hosts/init.sh ci/hosts/bochsrc \
	ci/hosts/xen.sh ci/hosts/xen-init.sh

core_obj     := $(core_src:%.c=$(B)/%.o)
report_obj   := $(report_src:%.c=$(B)/%.o)
harness_obj  := $(harness_src:%.c=$(B)/%.o) $(fault_src:%.c=$(B)/%.o) $(bench_src:%.c=$(B)/%.o) \
	$(harness_asm:%.S=$(B)/%.o)
preset_obj   := $(preset_src:%=$(B)/%.o)
lab_obj      := $(lab_text:%=$(B)/%.o)

report_libs  := sqlite3 jansson
all_libs     := $(report_libs) yaml-0.1 hwloc
pkg           = $(shell pkg-config $(1) 2>/dev/null)

.PHONY: all libraries
all: libraries $(B)/virt-qualify

# Said in a line, and before the first file is compiled.
libraries:
	@for tool in $(firstword $(CC)) pkg-config; do command -v $$tool >/dev/null || \
		{ echo "make: $$tool is missing; ci/install.sh installs what is, or says how" >&2; exit 1; }; done
	@for library in $(all_libs) libvirt; do pkg-config --exists $$library || lacks="$$lacks $$library"; done; \
	echo '#include <perfmon/pfmlib.h>' | $(CC) -E -x c - >/dev/null 2>&1 || lacks="$$lacks pfm"; \
	[ -z "$$lacks" ] || \
		{ echo "make: libraries are missing:$$lacks; ci/install.sh installs what is, or says how" >&2; exit 1; }

include guests/guest.mk

$(B)/virt-qualify: LDLIBS += $(call pkg,--libs $(all_libs)) -lpfm -lm
$(B)/virt-qualify: $(core_obj) $(report_obj) $(harness_obj) $(native_obj) $(preset_obj) $(lab_obj) $(guest_image_obj)
	$(say) LINK $@
	$(Q)$(CC) $(BASE) $(LDFLAGS) -Wl,--gc-sections -o $@ $^ $(LDLIBS)

# The report half alone: no KVM headers, no libvirt, no hwloc.
$(B)/virt-qualify-report: LDLIBS += $(call pkg,--libs $(report_libs)) -lm
$(B)/virt-qualify-report: $(core_obj) $(report_obj) $(B)/harness/main.o
	$(say) LINK $@
	$(Q)$(CC) $(BASE) $(LDFLAGS) -Wl,--gc-sections -o $@ $^ $(LDLIBS)

# Result files name the version that made them: it must follow each commit.
$(B)/harness/core/command.o $(B)/harness/main.o: CPPFLAGS += -DVQ_VERSION='"$(VERSION)"'
$(B)/harness/core/command.o $(B)/harness/main.o: $(B)/version
$(B)/version: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@

$(B)/%.o: %.c $(B)/flags
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(BASE) $(CFLAGS) $(WARN) -MMD -MP -c -o $@ $<

$(B)/%.o: %.S $(B)/flags
	$(say) AS $<
	@mkdir -p $(@D)
	$(Q)$(CC) -I. -MMD -MP -c -o $@ $<

# A preset's text, as an object whose symbols are named for the file.
$(B)/harness/presets/%.yaml.o: harness/presets/%.yaml $(B)/flags
	$(say) EMBED $<
	@mkdir -p $(@D)
	$(Q)$(LD) -r -b binary -z noexecstack -o $@ $<

# What a lab is made by, in the same way.
$(B)/ci/%.o: ci/% $(B)/flags
	$(say) EMBED $<
	@mkdir -p $(@D)
	$(Q)$(LD) -r -b binary -z noexecstack -o $@ $<

# Rebuild when the flags or the compiler change.
flags_now = $(CC) $(CPPFLAGS) $(BASE) $(CFLAGS) $(WARN) $(LDFLAGS)
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(flags_now))' | cmp -s - $@ || echo '$(subst ','\'',$(flags_now))' > $@
.PHONY: FORCE
FORCE:

include guests/iso.mk
include tests/tests.mk
-include tests/perf/perf.mk

# ---- What a user asks for -----------------------------------------------------------------------

# A missing library must not stop the set-up that installs it: each step is a make of its own.
.PHONY: setup-run setup-test run
setup-run:
	@ci/install.sh run
setup-test:
	@ci/install.sh test

run: setup-run
	@$(MAKE) --no-print-directory all
	@B=$(B) ci/smoke.sh

man_src := $(wildcard docs/*.scd)
man     := $(man_src:docs/%.scd=$(B)/%)

.PHONY: man
man: $(man)
$(B)/%.1: docs/%.1.scd
	$(say) MAN $@
	@mkdir -p $(@D)
	$(Q)scdoc < $< > $@

.PHONY: install
install: all man
	install -D -m 755 $(B)/virt-qualify $(DESTDIR)$(bindir)/virt-qualify
	install -D -m 644 $(B)/virt-qualify.1 $(DESTDIR)$(mandir)/man1/virt-qualify.1
	[ ! -f $(ISO_NAME).iso ] || install -D -m 644 $(ISO_NAME).iso \
		$(DESTDIR)$(prefix)/share/virt-qualify/virt-qualify.iso

# ---- What keeps the house in order --------------------------------------------------------------

c_files := $(shell git ls-files '*.c' '*.h' 2>/dev/null)

.PHONY: style format lint clean help
style:
	@clang-format --dry-run -Werror $(c_files)
	shellcheck ci/*.sh ci/hosts/*.sh tests/long/*.t tests/long/*.sh .ci/run $(scripts)

format:
	@clang-format -i $(c_files)

# Bugs that compilers do not see. Guest code and tests are the compiler's and the fuzzers' business.
lint:
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -I. -D_GNU_SOURCE \
		--enable=warning,portability --suppress=missingIncludeSystem \
		--suppress=checkersReport -j2 harness report faults

clean:
	rm -rf $(B)

help:
	@echo 'make            build $(B)/virt-qualify'
	@echo 'make run        set up, build, run the smoke plan, say where the report is'
	@echo 'make test       set up, build, run all tests'
	@echo 'make check      the tests without the set-up'
	@echo 'make check-lab    boot emulated hosts and hold them to their figures'
	@echo 'make check-gate   is a gate on this machine right? (GATE_AA=200 GATE_PLANTED=30)'
	@echo 'make check-report  build and test the report half alone'
	@echo 'make test-long  the tests, sanitized runs, longer fuzzing, the ci plan'
	@echo 'make iso        a disk image for platforms elsewhere (PLAN="plan=* rounds=20")'
	@echo 'make bench      our own performance, as ratios'
	@echo 'make fuzz       fuzz plans, result files and records (FUZZ_SECONDS=60)'
	@echo 'make style lint formatting, shell scripts, static analysis'
	@echo 'make install    DESTDIR= prefix=$(prefix)'
	@echo 'variables: V=1 shows commands, SAN=address,undefined, CC=clang, B=build'

-include $(shell find $(B) -name '*.d' 2>/dev/null)
