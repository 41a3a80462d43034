# SPDX-License-Identifier: Apache-2.0
#
# make iso [PLAN="plan=exit_* rounds=20"]
#
# One hybrid image, CD and disk, for BIOS and UEFI, and the same in the formats that hypervisors and
# clouds take. docs/import.md says what stands in PLAN and how to boot it where.

PLAN         ?= plan=* rounds=20
ISO          := $(B)/iso
ISO_NAME     := $(ISO)/virt-qualify
ISO_RESERVED := 2048
ISO_MODULES  := normal multiboot2 iso9660 part_msdos part_gpt serial terminal echo

.PHONY: iso
iso: $(ISO_NAME).iso
	$(Q)command -v qemu-img >/dev/null || \
		{ echo 'iso: no qemu-img for the other formats; run: ci/install.sh iso' >&2; exit 1; }
	$(say) IMAGE "$(ISO_NAME).{raw,qcow2,vmdk,vhd,vdi}"
	$(Q)cp $(ISO_NAME).iso $(ISO_NAME).raw && truncate -s %1M $(ISO_NAME).raw
	$(Q)qemu-img convert -f raw -O qcow2 $(ISO_NAME).raw $(ISO_NAME).qcow2
	$(Q)qemu-img convert -f raw -O vmdk $(ISO_NAME).raw $(ISO_NAME).vmdk
	$(Q)qemu-img convert -f raw -O vpc -o force_size $(ISO_NAME).raw $(ISO_NAME).vhd
	$(Q)qemu-img convert -f raw -O vdi $(ISO_NAME).raw $(ISO_NAME).vdi
	$(Q)ls -l $(ISO_NAME).*

# GRUB takes a # for a comment, and quotes and semicolons for its own.
iso_plan_bad := $(shell printf '%s' '$(subst ','\'',$(PLAN))' | tr -d 'a-zA-Z0-9_=*?,. -')

$(ISO_NAME).iso: $(B)/guest.elf guests/grub.cfg $(ISO)/plan
	$(Q)[ -z '$(subst ','\'',$(iso_plan_bad))' ] || \
		{ echo 'iso: PLAN may hold letters, digits, blanks and _=*?,.- only' >&2; exit 1; }
	$(Q)for tool in grub-mkrescue xorriso mformat; do command -v $$tool >/dev/null || \
		{ echo "iso: no $$tool; run: ci/install.sh iso" >&2; exit 1; }; done
	$(say) ISO $@
	@rm -rf $(ISO)/root && mkdir -p $(ISO)/root/boot/grub
	$(Q)objcopy --strip-all $(B)/guest.elf $(ISO)/root/boot/guest.elf
	$(Q)sed -e 's/@PLAN@/$(PLAN)/' -e "s/@RESERVED@/$$(printf '%$(ISO_RESERVED)s' | tr ' ' '#')/" \
		guests/grub.cfg > $(ISO)/root/boot/grub/grub.cfg
	$(Q)grub-mkrescue -o $@ --install-modules='$(ISO_MODULES)' --fonts= --themes= --locales= \
		--compress=xz $(ISO)/root > $(ISO)/log 2>&1 || { cat $(ISO)/log >&2; exit 1; }

# Rebuild when the plan changes.
$(ISO)/plan: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(PLAN))' | cmp -s - $@ || echo '$(subst ','\'',$(PLAN))' > $@
