# SPDX-License-Identifier: Apache-2.0
# How tests are built and run: programs from tests/unit and tests/kvm, scripts in tests/*.t, all
# TAP, all through prove.

unit_src := $(wildcard tests/unit/*.c)
unit_bin := $(unit_src:tests/unit/%.c=$(B)/tests/%.t)
scripts  := $(wildcard tests/*.t)
# Two at a time: most of them wait for guests.
PROVE    ?= prove -j2

# The longest go first, so that none is left to run alone. Under sanitizers, those that build
# without them, or test a page or text that the host's code has no part in, tell nothing more.
long_scripts := $(addprefix tests/,qemu.t readme.t iso.t containers.t)
unsanitized  := $(addprefix tests/,readme.t iso.t html-report.t man.t)
run_scripts   = $(filter-out $(if $(SAN),$(unsanitized)), \
	$(filter $(scripts),$(long_scripts)) $(filter-out $(long_scripts),$(scripts)))

# What a unit test links beside core/ and report/.
obj = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)))
plan_unit    := $(call obj,harness/plan*.c harness/setting.c) $(preset_obj)
host_unit    := $(call obj,harness/host*.c harness/vmm/capabilities.c harness/cgroup_own.c)
watch_unit   := $(host_unit) $(call obj,harness/events*.c harness/cpu_watch*.c harness/disturbance.c)
journal_unit := $(call obj,harness/journal*.c harness/home.c)
order_unit   := $(call obj,harness/run_order.c)
setting_kvm_unit := $(call obj,harness/setting_kvm.c)
budget_unit  := $(call obj,harness/budget.c harness/plan_value.c)
oracle_unit  := $(call obj,harness/oracle.c)
judge_unit   := $(oracle_unit) $(call obj,harness/trial_judge.c)
lab_unit     := $(call obj,harness/lab/stream.c harness/lab/port.c)
container_unit := $(call obj,harness/platform/oci_bundle.c harness/platform/lxc_domain.c harness/platform/libvirt/xml.c \
	harness/cgroup_own.c)
program_unit := $(call obj,harness/platform/program.c)
any_domain_unit := $(call obj,harness/platform/libvirt/any_domain.c harness/platform/libvirt/guard.c harness/stop.c \
	harness/platform/libvirt/api.c harness/platform/libvirt/xml.c harness/platform/libvirt/uri.c \
	harness/platform/libvirt/boot_image.c)
answers_unit := $(call obj,harness/platform/libvirt/answers.c harness/platform/libvirt/api.c) $(host_unit)
serial_guest_unit := $(call obj,harness/platform/serial_guest.c harness/machine_ended.c) $(host_unit)
linux_program_unit := $(call obj,harness/platform/linux_*.c harness/lab/port.c harness/home.c) $(host_unit) \
	$(guest_image_obj)
plant_unit   := $(addprefix $(B)/native/guests/,measure.o payload.o plant.o)
qmp_unit     := $(call obj,harness/platform/qemu/qmp.c) $(host_unit)

journal_remove_unit := $(journal_unit) $(call obj,harness/cgroup*.c)

# A test of a part of the harness: its name, the objects that it links, and libraries for these.
define links
harness_tests += $(B)/tests/$(1).t
$(B)/tests/$(1).t: $(2)
$(B)/tests/$(1).t: unit_obj = $(2)
$(B)/tests/$(1).t: unit_libs = $(3)
endef
comma := ,
host_libs = $$(call pkg,--libs hwloc) -lpfm
$(eval $(call links,plan,$(plan_unit),$$(call pkg,--libs yaml-0.1)))
$(eval $(call links,plan_criteria,$(plan_unit),$$(call pkg,--libs yaml-0.1)))
$(eval $(call links,host,$(host_unit),$(host_libs)))
$(eval $(call links,watch,$(watch_unit),$(host_libs)))
$(eval $(call links,budget,$(budget_unit)))
$(eval $(call links,order,$(order_unit)))
$(eval $(call links,plant,$(plant_unit),-Wl$$(comma)--wrap=plant_stamped_ring3))
$(eval $(call links,setting_kvm,$(setting_kvm_unit)))
$(eval $(call links,journal,$(journal_unit)))
$(eval $(call links,journal_remove,$(journal_remove_unit)))
$(eval $(call links,journal_lock,$(journal_unit)))
$(eval $(call links,lab_stream,$(lab_unit)))
$(eval $(call links,home,$(call obj,harness/home.c)))
$(eval $(call links,oracle,$(oracle_unit)))
$(eval $(call links,judge,$(judge_unit)))
$(eval $(call links,vm_image,$(call obj,harness/vmm/image.c) $(guest_image_obj)))
$(eval $(call links,container,$(container_unit)))
$(eval $(call links,program,$(program_unit)))
$(eval $(call links,any_domain,$(any_domain_unit)))
$(eval $(call links,answers,$(answers_unit),$(host_libs)))
$(eval $(call links,serial_guest,$(serial_guest_unit),$(host_libs)))
$(eval $(call links,linux_program,$(linux_program_unit),$(host_libs)))
$(eval $(call links,qmp,$(qmp_unit),$(host_libs)))
$(B)/tests/stats.t $(B)/tests/compare.t $(B)/tests/power.t: unit_libs = $(call pkg,--libs gsl)

# The header that names what a test links is the test's own business; core/ and report/ always.
$(B)/tests/%.t: tests/unit/%.c $(core_obj) $(report_obj) $(B)/flags
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(BASE) $(CFLAGS) $(WARN) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< \
		$(unit_obj) $(core_obj) $(report_obj) $(call pkg,--libs $(report_libs) cmocka) \
		$(unit_libs) -lm

# Result files for tests of the command line and of the HTML report.
$(B)/tests/make-sample: tests/make_sample.c $(core_obj) $(B)/flags
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(BASE) $(CFLAGS) $(WARN) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< \
		$(core_obj) $(call pkg,--libs $(report_libs)) -lm

# Console logs for tests of import.
$(B)/tests/make-log: tests/make_log.c $(core_obj) $(B)/flags
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(BASE) $(CFLAGS) $(WARN) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< \
		$(core_obj) $(call pkg,--libs $(report_libs)) -lm

-include tests/kvm/kvm.mk

test_programs := $(unit_bin) $(kvm_test_bin)

.PHONY: test check check-report
test: setup-test
	@$(MAKE) --no-print-directory check

# The same without the set-up.
check: all $(B)/virt-qualify-report $(B)/tests/make-sample $(B)/tests/make-log $(test_programs)
	B=$(B) $(PROVE) --timer --exec '' $(run_scripts) $(test_programs)

# The report half alone, which needs neither KVM nor libvirt: build and test it.
report_tests := $(filter-out $(harness_tests),$(unit_bin))
check-report: $(B)/virt-qualify-report $(B)/tests/make-sample $(report_tests)
	B=$(B) $(PROVE) --exec '' $(report_tests)

# Whole hosts, emulated: real AMD-V and VT-x code under KVM, the two side by side. LONG=1 boots VT-x
# more than once.
.PHONY: check-lab
check-lab: all
	B=$(B) LONG=$(LONG) $(PROVE) --exec '' -j2 --timer -v tests/long/lab-amd-v.t tests/long/lab-vt-x.t

# Is a gate on this machine's KVM ever red without cause, and does it find a slowness of 5 %? GATE_AA=200
# GATE_PLANTED=30 for the shares; a few runs by default.
.PHONY: check-gate
check-gate: all
	B=$(B) $(PROVE) --exec '' -v tests/long/gate.t

# ---- Fuzzing: libFuzzer, with ASan and UBSan ----

FUZZ_SECONDS ?= 60
FUZZ_CC      ?= clang
fuzzers      := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_src      = $(core_src) $(filter-out report/command_%,$(report_src)) harness/plan.c \
	harness/plan_node.c harness/plan_parse.c harness/plan_parse_variant.c harness/plan_variant.c \
	harness/plan_criteria.c harness/plan_limit_unit.c harness/plan_yaml.c harness/plan_value.c harness/plan_text.c

$(B)/fuzz/fuzz_import: harness/import_trial.c harness/intake.c
$(B)/fuzz/fuzz_qmp: harness/platform/qemu/qmp.c
$(B)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(fuzz_src)
	$(say) FUZZ $<
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(CPPFLAGS) -std=gnu17 -g -O1 -pthread -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -DVQ_VERSION='"fuzz"' -o $@ $^ \
		$(call pkg,--libs $(report_libs) yaml-0.1) -lm

# What they start from, beside what an earlier run found; true: nothing.
corpus = $(B)/fuzz/corpus-$*
fuzz-%: seed = true
fuzz-plan: seed = cp harness/presets/*.yaml $(corpus)
fuzz-serial: seed = { printf '\001\377'; $(B)/tests/make-log 1; } > $(corpus)/log
fuzz-result: seed = rm -f $(corpus)/*.vq; $(B)/tests/make-sample $(corpus)/1.vq $(corpus)/2.vq; \
	$(B)/tests/make-sample --criteria $(corpus)/3.vq $(corpus)/4.vq

# One a core, with make -j.
.PHONY: fuzz $(addprefix fuzz-,$(fuzzers))
fuzz: $(addprefix fuzz-,$(fuzzers))
$(addprefix fuzz-,$(fuzzers)): fuzz-%: $(B)/fuzz/fuzz_% $(B)/tests/make-sample $(B)/tests/make-log
	$(Q)mkdir -p $(corpus)
	$(Q)$(seed)
	$(Q)$(B)/fuzz/fuzz_$* -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=4096 \
		-artifact_prefix=$(B)/fuzz/ -print_final_stats=1 $(corpus) > $(B)/fuzz/$*.log 2>&1 || \
		{ tail -40 $(B)/fuzz/$*.log; exit 1; }
	$(Q)sed -n 's/^stat::number_of_executed_units: */fuzzed $* for $(FUZZ_SECONDS) s: /p' \
		$(B)/fuzz/$*.log

# ---- What takes too long for every push -----------------------------------------------------------

.PHONY: test-long
test-long: setup-test
	@$(MAKE) --no-print-directory check
	B=$(B) $(PROVE) --exec '' -v tests/long/power.t
	@ci/install.sh lab
	@$(MAKE) --no-print-directory check-lab LONG=1
	@$(MAKE) --no-print-directory SAN=address,undefined B=$(B)-san check
	@$(MAKE) --no-print-directory SAN=address,undefined B=$(B)-san smoke-sanitized
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=120
	@mkdir -p $(B)/results && rm -f $(B)/results/long.vq
	$(B)/virt-qualify run --preset ci -o $(B)/results/long.vq
	$(B)/virt-qualify report -F brief $(B)/results/long.vq
	B=$(B) $(PROVE) --exec '' -v tests/long/lab-kernel.t tests/long/lab-xen.t

.PHONY: smoke-sanitized
smoke-sanitized: all
	@mkdir -p $(B)/results && rm -f $(B)/results/smoke.vq
	$(B)/virt-qualify run --preset smoke -o $(B)/results/smoke.vq
