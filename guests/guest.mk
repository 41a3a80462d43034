# The guest image, and the payload's second build for the native platform.
#
# Guest code runs without an operating system below it: general registers only, no stack
# protector, no position independence, and no sanitizer. The native build of the payload uses the
# same optimisation, so that `native` and guests run the same machine code.

PAYLOAD_FLAGS := -std=gnu17 -O2 -g -march=x86-64 -mgeneral-regs-only -fno-stack-protector \
	-fcf-protection=none -ffunction-sections -fno-common -fno-tree-loop-distribute-patterns
ifneq ($(shell $(CC) --version 2>/dev/null | grep -c clang),0)
PAYLOAD_FLAGS := $(filter-out -fno-tree-loop-distribute-patterns,$(PAYLOAD_FLAGS))
endif
GUEST_FLAGS   := -DVQ_GUEST -fno-delete-null-pointer-checks $(PAYLOAD_FLAGS) -ffreestanding -fno-pic -fno-pie -mno-red-zone \
	-mcmodel=small -fno-asynchronous-unwind-tables
NATIVE_FLAGS  := -DVQ_NATIVE $(PAYLOAD_FLAGS)

payload_src   := guests/payload.c guests/measure.c guests/plant.c guests/workload.c
guest_src     := $(payload_src) guests/kernel.c guests/boot.c guests/clock.c \
	guests/plan.c guests/transport.c guests/screen.c guests/disk.c harness/core/histogram.c \
	harness/core/record_writer.c $(bench_src)

guest_obj     := $(guest_src:%.c=$(B)/guest/%.o) $(B)/guest/guests/entry.o $(B)/guest/guests/boot_entry.o
native_obj    := $(payload_src:%.c=$(B)/native/%.o) $(bench_src:%.c=$(B)/native/%.o)
guest_image_obj := $(B)/guests/image.o $(B)/guests/init_image.o

# The init of containers: what `native` runs, as a static program of its own.
init_src      := guests/init.c guests/init_guest.c harness/platform/process.c harness/machine_ended.c \
	harness/batch_counters.c harness/events.c harness/cpu_watch.c \
	harness/private_memory.c harness/host_time.c \
	harness/core/histogram.c harness/core/record_writer.c
init_obj      := $(init_src:%.c=$(B)/init/%.o) $(native_obj)

$(B)/guest/%.o: %.c $(B)/flags
	$(say) GUEST $<
	@mkdir -p $(@D)
	$(Q)$(CC) -I. $(GUEST_FLAGS) $(WARN) -MMD -MP -c -o $@ $<

$(B)/guest/%.o: %.S $(B)/flags
	$(say) GUEST $<
	@mkdir -p $(@D)
	$(Q)$(CC) -I. -MMD -MP -c -o $@ $<

$(B)/native/%.o: %.c $(B)/flags
	$(say) NATIVE $<
	@mkdir -p $(@D)
	$(Q)$(CC) -I. $(NATIVE_FLAGS) $(WARN) -MMD -MP -c -o $@ $<

$(B)/guest/image.ld: guests/image.ld guests/layout.h $(B)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) -E -P -x c -I. -D__ASSEMBLER__ -o $@ $<

$(B)/guest.elf: $(guest_obj) $(B)/guest/image.ld
	$(say) LINK $@
	$(Q)$(LD) -m elf_x86_64 -static -nostdlib --no-warn-rwx-segments -z noexecstack \
		-z max-page-size=4096 --build-id=none --gc-sections -T $(B)/guest/image.ld -o $@ $(guest_obj)

# No sanitizer: they do not go into a static program.
$(B)/init/%.o: %.c $(B)/flags
	$(say) INIT $<
	@mkdir -p $(@D)
	$(Q)$(CC) -I. -D_GNU_SOURCE $(filter-out -fsanitize% -fno-sanitize%,$(BASE)) $(CFLAGS) $(WARN) \
		-MMD -MP -c -o $@ $<

$(B)/vq-init: $(init_obj)
	$(say) LINK $@
	$(Q)$(CC) -static -pthread -Wl,--gc-sections -s -o $@ $^

$(B)/guests/image.o: guests/image.S $(B)/guest.elf
	$(say) EMBED $(B)/guest.elf
	@mkdir -p $(@D)
	$(Q)$(CC) -DIMAGE_NAME=guest_image -DIMAGE_FILE='"$(B)/guest.elf"' -c -o $@ $<

$(B)/guests/init_image.o: guests/image.S $(B)/vq-init
	$(say) EMBED $(B)/vq-init
	@mkdir -p $(@D)
	$(Q)$(CC) -DIMAGE_NAME=init_image -DIMAGE_FILE='"$(B)/vq-init"' -c -o $@ $<
