# SPDX-License-Identifier: Apache-2.0
# make bench: our own performance as ratios against baselines measured in the same run.
# BENCH_ARGS=--check makes it fail where a target is missed beyond the noise.

perf_src := $(filter-out tests/perf/bare.c,$(wildcard tests/perf/*.c))
perf_obj := $(perf_src:%.c=$(B)/%.o)

# Everything but main(): it calls trial_run() and machine_*() as the runner does.
$(B)/tests/perf/perf: LDLIBS += $(call pkg,--libs $(all_libs)) -lpfm -lm
$(B)/tests/perf/perf: $(perf_obj) $(core_obj) $(report_obj) \
		$(filter-out $(B)/harness/main.o,$(harness_obj)) $(native_obj) $(preset_obj) $(lab_obj) \
		$(guest_image_obj)
	$(say) LINK $@
	$(Q)$(CC) $(BASE) $(LDFLAGS) -Wl,--gc-sections -o $@ $^ $(LDLIBS)

# Static: no dynamic linker in the baseline's start.
$(B)/tests/perf/bare: $(B)/tests/perf/bare.o $(B)/harness/vmm/image.o \
		$(B)/harness/core/record_reader.o $(B)/harness/core/histogram.o $(guest_image_obj)
	$(say) LINK $@
	$(Q)$(CC) $(BASE) $(LDFLAGS) -static -Wl,--gc-sections -o $@ $^

.PHONY: bench
bench: $(B)/tests/perf/perf $(B)/tests/perf/bare $(B)/virt-qualify $(B)/tests/make-log
	$(Q)$(B)/tests/perf/perf $(BENCH_ARGS) $(B)/virt-qualify $(B)/tests/perf/bare
