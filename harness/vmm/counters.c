/* SPDX-License-Identifier: Apache-2.0 */
/* KVM's binary statistics (api.rst 4.133): exits and emulated instructions as batches go, and all
 * of them over a guest's life. */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/vmm/vmm.h"

#define MAX_DESCRIPTORS 256u
#define MAX_NAME	256u
#define MAX_DATA	16384u

struct descriptor {
	char name[sizeof(((struct vm_statistic *)NULL)->name)];
	const char *unit;
	uint32_t at; /* in the data block, bytes */
	uint32_t size;
	bool peak;
};

/* The same for all vCPUs, or VMs, of this kernel: learned once, inherited by fork. */
struct layout {
	struct descriptor descriptor[MAX_DESCRIPTORS];
	uint32_t count;
	uint32_t data_offset, data_size;
	const struct descriptor *exits, *emulated; /* NULL: this kernel does not count it */
	bool known;
};

static struct layout of_vcpu, of_vm;

/* "count", "ns", "bytes level": see struct result_counter. */
static const char *unit_of(const struct kvm_stats_desc *d)
{
	uint32_t type = d->flags & KVM_STATS_TYPE_MASK, unit = d->flags & KVM_STATS_UNIT_MASK;
	bool level = type == KVM_STATS_TYPE_INSTANT || type == KVM_STATS_TYPE_PEAK;

	if (unit == KVM_STATS_UNIT_BYTES)
		return level ? "bytes level" : "bytes";
	if (unit == KVM_STATS_UNIT_CYCLES)
		return level ? "cycles level" : "cycles";
	if (unit == KVM_STATS_UNIT_SECONDS && d->exponent == -9)
		return level ? "ns level" : "ns";
	if (unit == KVM_STATS_UNIT_SECONDS)
		return level ? "time level" : "time";
	return level ? "count level" : "count";
}

static const struct descriptor *find(const struct layout *l, const char *name)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (!strcmp(l->descriptor[i].name, name))
			return &l->descriptor[i];
	return NULL;
}

static int learn_one(struct layout *l, int fd, off_t at, uint32_t name_size)
{
	char entry[sizeof(struct kvm_stats_desc) + MAX_NAME + 1];
	size_t step = sizeof(struct kvm_stats_desc) + name_size;
	struct descriptor *out = &l->descriptor[l->count];
	struct kvm_stats_desc d;
	uint32_t end;

	if (pread(fd, entry, step, at) != (ssize_t)step)
		return -1;
	memcpy(&d, entry, sizeof(d));
	entry[step] = '\0';
	end = d.offset + 8 * d.size;
	if (!d.size || end > MAX_DATA)
		return 0; /* of no use here */
	snprintf(out->name, sizeof(out->name), "%.40s", entry + sizeof(d));
	out->unit = unit_of(&d);
	out->peak = (d.flags & KVM_STATS_TYPE_MASK) == KVM_STATS_TYPE_PEAK;
	out->at = d.offset;
	out->size = d.size;
	if (end > l->data_size)
		l->data_size = end;
	l->count++;
	return 0;
}

static int learn(struct layout *l, int fd)
{
	struct kvm_stats_header h;

	if (l->known)
		return 0;
	if (pread(fd, &h, sizeof(h), 0) != sizeof(h) || h.num_desc > MAX_DESCRIPTORS ||
	    h.name_size > MAX_NAME)
		return -1;
	l->count = 0;
	for (uint32_t i = 0; i < h.num_desc; i++) {
		off_t step = (off_t)(sizeof(struct kvm_stats_desc) + h.name_size);

		if (learn_one(l, fd, (off_t)h.desc_offset + i * step, h.name_size))
			return -1;
	}
	l->data_offset = h.data_offset;
	l->exits = find(l, "exits");
	l->emulated = find(l, "insn_emulation");
	l->known = true;
	return 0;
}

static bool read_one(int fd, const struct layout *l, const struct descriptor *d, uint64_t *value)
{
	return pread(fd, value, sizeof(*value), (off_t)l->data_offset + d->at) == sizeof(*value);
}

void vcpu_open_statistics(struct vcpu *v)
{
	if (v->stats_fd < 0)
		v->stats_fd = ioctl(v->fd, KVM_GET_STATS_FD, NULL);
}

int vm_counters(struct vm *vm, uint32_t cpu, struct vm_counters *out)
{
	struct vcpu *v = &vm->vcpu[cpu];

	vcpu_open_statistics(v);
	if (v->stats_fd < 0 || learn(&of_vcpu, v->stats_fd) || !of_vcpu.exits || !of_vcpu.emulated)
		return -1;
	return read_one(v->stats_fd, &of_vcpu, of_vcpu.exits, &out->exits) &&
			       read_one(v->stats_fd, &of_vcpu, of_vcpu.emulated, &out->emulated)
		       ? 0
		       : -1;
}

/* ---- All of them ---- */

struct collection {
	struct vm_statistic *out;
	size_t count, max;
};

/* Of several vCPUs: added up, the highest of peaks. */
static void collect_value(struct collection *c, const struct descriptor *d, uint32_t index,
			  const char *scope, uint64_t value)
{
	char name[sizeof(c->out->name)];
	struct vm_statistic *s = c->out, *end = c->out + c->count;

	if (!value)
		return;
	snprintf(name, sizeof(name), d->size > 1 ? "%s.%u" : "%s", d->name, index);
	while (s < end && (strcmp(s->name, name) || strcmp(s->scope, scope)))
		s++;
	if (s == c->out + c->max)
		return;
	if (s == end) {
		*s = (struct vm_statistic){.unit = d->unit, .scope = scope};
		memcpy(s->name, name, sizeof(s->name));
		c->count++;
	}
	if (d->peak)
		s->value = value > s->value ? value : s->value;
	else
		s->value += value;
}

static int collect(struct collection *c, int fd, struct layout *l, const char *scope)
{
	static uint64_t data[MAX_DATA / 8];

	if (fd < 0 || learn(l, fd) ||
	    pread(fd, data, l->data_size, l->data_offset) != (ssize_t)l->data_size)
		return -1;
	for (uint32_t i = 0; i < l->count; i++) {
		const struct descriptor *d = &l->descriptor[i];

		for (uint32_t k = 0; k < d->size; k++)
			collect_value(c, d, k, scope, data[d->at / 8 + k]);
	}
	return 0;
}

size_t vm_statistics(struct vm *vm, struct vm_statistic *out, size_t max)
{
	struct collection c = {.out = out, .max = max};
	int fd;

	for (uint32_t i = 0; i < vm->config.cpus; i++)
		if (collect(&c, vm->vcpu[i].stats_fd, &of_vcpu, "vcpus"))
			return 0;
	fd = ioctl(vm->fd, KVM_GET_STATS_FD, NULL);
	if (collect(&c, fd, &of_vm, "vm"))
		c.count = 0;
	if (fd >= 0)
		close(fd);
	return c.count;
}
