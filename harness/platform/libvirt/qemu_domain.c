/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/qemu_domain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/platform.h"
#include "harness/platform/libvirt/xml.h"
#include "harness/platform/qemu/disk.h"

static void put_argument(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put_argument(FILE *f, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		return; /* the stream's owner sees ENOMEM next */
	fputs("<qemu:arg value='", f);
	xml_put_escaped(f, text);
	fputs("'/>\n", f);
	free(text);
}

/* Within an option of QEMU's a comma is written twice. */
static char *doubled_commas(const char *text)
{
	char *out = NULL;
	size_t length;
	FILE *f = open_memstream(&out, &length);

	for (; f && *text; text++) {
		fputc(*text, f);
		if (*text == ',')
			fputc(',', f);
	}
	if (!f || fclose(f))
		return NULL;
	return out;
}

static void put_socket(FILE *f, const char *id, const char *path)
{
	char *safe = doubled_commas(path);

	put_argument(f, "-chardev");
	put_argument(f, "socket,id=%s,path=%s", id, safe ? safe : "");
	free(safe);
}

static void put_disk_argument(void *to, const char *argument)
{
	put_argument(to, "%s", argument);
}

/*
 * What libvirt has no words for: RAM that is a file of ours (it would name its own), port devices,
 * a disk whose filters are changed while it runs, and a second monitor for that and to read
 * counters. Migration names its memory after the machine's default.
 */
static void put_commandline(FILE *f, const struct qemu_domain *d)
{
	fputs("<qemu:commandline>\n", f);
	put_argument(f, "-object");
	put_argument(f, "memory-backend-file,id=vq.ram,size=%llu,mem-path=%s,share=on",
		     (unsigned long long)d->memory, d->ram);
	put_argument(f, "-machine");
	put_argument(f, "memory-backend=vq.ram");
	put_socket(f, "vq.doorbell", d->doorbell);
	put_argument(f, "-device");
	put_argument(f, "isa-debugcon,iobase=%#x,chardev=vq.doorbell", VQ_PORT_DOORBELL);
	put_socket(f, "vq.console", d->console);
	put_argument(f, "-device");
	put_argument(f, "isa-debugcon,iobase=%#x,chardev=vq.console", VQ_PORT_CONSOLE);
	put_socket(f, "vq.monitor", d->monitor);
	put_argument(f, "-mon");
	put_argument(f, "chardev=vq.monitor,mode=control");
	if (d->disk)
		qemu_disk_describe(d->disk, put_disk_argument, f);
	fputs("</qemu:commandline>\n", f);
}

static void put_emulator_pin(FILE *f, const cpu_set_t *cpus)
{
	const char *before = "<emulatorpin cpuset='";

	for (size_t i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, cpus))
			continue;
		fprintf(f, "%s%zu", before, i);
		before = ",";
	}
	if (before[0] == ',')
		fputs("'/>", f);
}

static void put_placement(FILE *f, const struct qemu_domain *d)
{
	fputs("<cputune>", f);
	for (uint32_t i = 0; d->pin && i < d->cpus; i++)
		if (d->pin[i] >= 0)
			fprintf(f, "<vcpupin vcpu='%u' cpuset='%d'/>", i, d->pin[i]);
	put_emulator_pin(f, &d->others);
	fputs("</cputune>\n", f);
}

char *qemu_domain_xml(const struct qemu_domain *d)
{
	size_t length;
	char *text = NULL;
	FILE *f = open_memstream(&text, &length);

	if (!f)
		return NULL;
	fprintf(f, "<domain type='%s' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n",
		d->kvm ? "kvm" : "qemu");
	xml_put_element(f, "name", d->name);
	xml_put_element(f, "uuid", d->uuid);
	fprintf(f, "<memory unit='KiB'>%llu</memory>\n<vcpu>%u</vcpu>\n",
		(unsigned long long)d->memory >> 10, d->cpus);
	put_placement(f, d);
	fputs("<os><type arch='x86_64' machine='", f);
	xml_put_escaped(f, d->machine);
	fputs("'>hvm</type>\n<loader type='rom'>", f);
	xml_put_escaped(f, d->firmware);
	fputs("</loader>\n", f);
	xml_put_element(f, "kernel", d->kernel);
	xml_put_element(f, "cmdline", d->command);
	fprintf(f, "</os>\n<features><apic/></features>\n<cpu mode='%s'/>\n",
		d->kvm ? "host-passthrough" : "maximum");
	fputs("<clock><timer name='hpet' present='no'/></clock>\n"
	      "<on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot>"
	      "<on_crash>destroy</on_crash>\n<devices>\n",
	      f);
	xml_put_element(f, "emulator", d->emulator);
	fputs("<controller type='usb' model='none'/><memballoon model='none'/>\n", f);
	if (d->devices & CAN_PVPANIC)
		fputs("<panic model='isa'/>\n", f);
	if (d->devices & CAN_WATCHDOG)
		fputs("<watchdog model='ib700' action='pause'/>\n", f);
	fputs("</devices>\n", f);
	put_commandline(f, d);
	fputs("</domain>\n", f);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
