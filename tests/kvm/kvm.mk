# SPDX-License-Identifier: Apache-2.0
# Tests that boot real machines: they link what virt-qualify links, less its main().
kvm_test_src := $(wildcard tests/kvm/*.c)
kvm_test_bin := $(kvm_test_src:tests/kvm/%.c=$(B)/tests/kvm-%.t)
kvm_test_obj := $(core_obj) $(report_obj) $(filter-out $(B)/harness/main.o,$(harness_obj)) \
	$(native_obj) $(preset_obj) $(lab_obj) $(guest_image_obj)

$(B)/tests/kvm-%.t: tests/kvm/%.c $(kvm_test_obj) $(B)/flags
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(BASE) $(CFLAGS) $(WARN) -MMD -MP -MF $@.d $(LDFLAGS) \
		-Wl,--gc-sections -o $@ $< $(kvm_test_obj) \
		$(call pkg,--libs $(all_libs) cmocka) -lpfm -lm
