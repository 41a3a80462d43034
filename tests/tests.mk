# How tests are built and run.
unit_src := $(wildcard tests/unit/*.c)
unit_bin := $(unit_src:tests/unit/%.c=$(B)/tests/%.t)

# Unit tests link everything that core/ and report/ hold, and cmocka.
$(B)/tests/%.t: tests/unit/%.c $(core_obj) $(report_obj) $(B)/flags
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(BASE) $(CFLAGS) $(WARN) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< \
		$(core_obj) $(report_obj) $(call pkg,--libs $(report_libs) cmocka) $(unit_libs) -lm

$(B)/tests/stats.t: unit_libs = $(call pkg,--libs gsl)
