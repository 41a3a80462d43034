/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guest and host agree on: the memory layout, the heartbeat, the record stream, the ports.
 *
 * The guest's memory begins with five fixed areas below 640 KiB (usable RAM on every PC platform),
 * then the image at 1 MiB. Both sides map that memory; on platforms that cannot share it, the bytes
 * of the record stream travel over a serial line instead. The host treats all of it as hostile:
 * the guest may write anything, anywhere, at any time.
 *
 * All integers are little-endian; all structures have the same layout for every compiler in use
 * (checked below).
 */
#ifndef VQ_ABI_H
#define VQ_ABI_H

#include <stdint.h>

#define VQ_ABI_VERSION 4u

/* ---- Memory layout, offsets from the start of guest memory (guest-physical addresses) ---- */

#define VQ_BOOT_OFFSET	    0x1000u   /* struct vq_boot: host to guest, written before entry */
#define VQ_CONTROL_OFFSET   0x2000u   /* struct vq_control: host to guest, at any time */
#define VQ_HEARTBEAT_OFFSET 0x3000u   /* struct vq_heartbeat[VQ_MAX_CPUS]: guest to host */
#define VQ_RING_OFFSET	    0x10000u  /* struct vq_ring: guest to host, the record stream */
#define VQ_IMAGE_OFFSET	    0x100000u /* where the guest image is linked */
#define VQ_IMAGE_ROOM	    0xc0000u  /* and how much it takes at the most, zeroed parts included */

#define VQ_MAX_CPUS	  32u
#define VQ_PAGE_SIZE	  4096u
#define VQ_RING_DATA_SIZE 0x40000u /* 256 KiB, a power of two */
#define VQ_COMMAND_LENGTH 1024u

/* A page that all guests of a cast map, for locks between guests; absent unless asked for. */
#define VQ_SHARED_WINDOW 0x40000000u

/* ---- Ports and device addresses ---- */

/* Below 1024, where the guest's I/O bitmap ends; PCs have nothing there. */
#define VQ_PORT_DOORBELL 0xe0u /* OUT al = enum vq_doorbell: host, look at this */
#define VQ_PORT_USER	 0xe2u /* OUT: answered by the VMM in user space with nothing */
#define VQ_PORT_KERNEL	 0xe4u /* OUT: bound to an ioeventfd, answered inside the kernel */
#define VQ_PORT_NOTIFY	 0xe6u /* OUT: wakes the next guest of a ring, inside the kernel */
#define VQ_PORT_CONSOLE	 0xe9u /* OUT al: one character for the console log */
#define VQ_VECTOR_WAKE	 0x20u /* the interrupt that such a wake-up raises */
#define VQ_MMIO_USER	 0xd0000000u
#define VQ_MMIO_KERNEL	 0xd0001000u
#define VQ_MMIO_APIC	 0xfee00000u

/* Devices of PCs, for ring 0. */
#define VQ_PORT_PANIC	    0x505u /* pvpanic (QEMU docs/specs/pvpanic.rst): IN tells what it takes */
#define VQ_PORT_WATCHDOG    0x443u /* ib700: OUT (30 - seconds) / 2 winds it up */
#define VQ_WATCHDOG_SECONDS 2u	   /* the shortest that an ib700 has */
#define VQ_WATCHDOG_FED_MS  100u

enum vq_doorbell {
	VQ_DOORBELL_BATCH = 1, /* a batch begins or ended; records were written */
	VQ_DOORBELL_RING_FULL, /* waiting for the host to drain the ring */
	VQ_DOORBELL_GOODBYE,   /* the guest is done; it halts after this */
	VQ_DOORBELL_READY, /* ring and heartbeat are the guest's: what lay there was firmware's */
};

/* Who answers a doorbell; option doorbell= of a guest that a boot loader starts. */
enum vq_doorbells {
	VQ_DOORBELLS_TRAPPED = 0, /* the VMM, while the vCPU stands still in its OUT */
	VQ_DOORBELLS_ANSWERED,	  /* a device passes the byte on; vq_ring.answered tells when */
	VQ_DOORBELLS_NONE,	  /* nobody: records leave by the serial line alone */
};

/* ---- Boot: how the guest learns its parameters ---- */

#define VQ_BOOT_MAGIC 0x746f6f6276717475ull

/* Where a boot loader left a screen for text or pixels. */
enum vq_screen_kind { VQ_SCREEN_NONE, VQ_SCREEN_TEXT, VQ_SCREEN_PIXELS };

struct vq_screen {
	uint32_t kind;	/* enum vq_screen_kind */
	uint32_t pitch; /* bytes a line */
	uint32_t width; /* characters or pixels */
	uint32_t height;
	uint32_t bytes; /* of a pixel, 3 or 4 */
	uint32_t reserved;
	uint64_t address; /* physical */
};

/* What the guest found out about the machine that it runs on. */
enum vq_machine_flag {
	VQ_MACHINE_HYPERVISOR = 1u << 0,  /* CPUID says that there is one */
	VQ_MACHINE_INTERPRETED = 1u << 1, /* ring 0 takes hundreds of ns for an instruction */
	VQ_MACHINE_NO_APIC = 1u << 2,	  /* none, turned off, or in x2APIC mode */
	VQ_MACHINE_INVARIANT = 1u << 3,	  /* the TSC is said to be invariant */
	VQ_MACHINE_LOADED = 1u << 4,	  /* started by a boot loader, not by a VMM of ours */
	VQ_MACHINE_EFI = 1u << 5,	  /* the boot loader came by UEFI */
	VQ_MACHINE_EMULATOR = 1u << 6,	  /* no hypervisor, but a port that only emulators have */
};

struct vq_boot {
	uint64_t magic;
	uint64_t memory_size;	/* bytes of RAM from address 0 */
	uint64_t untouched;	/* start of RAM that the host did not pre-fault, 0: none */
	uint32_t cpus;		/* 1 to VQ_MAX_CPUS */
	uint32_t tsc_khz;	/* 0: unknown to the host */
	uint32_t shared_window; /* bytes mapped at VQ_SHARED_WINDOW, 0: none */
	uint32_t interpreted;	/* 1: ring 0 is, and not all of its instructions work */
	uint32_t member;	/* index of this guest in its cast */
	uint32_t doorbell;	/* enum vq_doorbells */
	uint32_t flags;		/* mask of enum vq_machine_flag: what the guest found out */
	uint32_t tsc_source;	/* enum vq_tsc_source */
	uint32_t reserved;
	uint64_t work_begin; /* RAM for benches to work on; 0: from 2 MiB to memory_size */
	uint64_t work_end;
	struct vq_screen screen;
	char command[VQ_COMMAND_LENGTH]; /* "key=value key=value", NUL-terminated */
};

/* ---- Control: what the host asks of a running workload ---- */

enum vq_request {
	VQ_REQUEST_NONE = 0,
	VQ_REQUEST_HANG,	    /* interrupts off and halt, on vCPU `argument` */
	VQ_REQUEST_SPIN,	    /* endless loop with interrupts on */
	VQ_REQUEST_TRIPLE_FAULT,    /* an exception with no usable IDT */
	VQ_REQUEST_DEADLOCK_CPUS,   /* ABBA between vCPU 0 and 1 over guest locks 0 and 1 */
	VQ_REQUEST_DEADLOCK_GUESTS, /* ABBA between guest 0 and 1 over locks in the shared window */
	VQ_REQUEST_GARBAGE,	    /* random bytes over ring and heartbeat page */
	VQ_REQUEST_DIRTY_MEMORY,    /* touch `argument` MiB of RAM, then go on working */
	VQ_REQUEST_OVERRUN,	    /* hold the CPU without a pause for `argument` milliseconds */
	VQ_REQUEST_PANIC, /* tell a pvpanic device, where there is one, and halt for ever */
};

struct vq_control {
	uint32_t request; /* enum vq_request; acted on once for each new ticket */
	uint32_t ticket;  /* incremented by the host after request and argument are written */
	uint32_t argument;
	uint32_t epoch; /* copied into the heartbeat: tells one life of a guest from the next */
};

/* ---- Heartbeat: one cell a vCPU, a cache line each, sampled from outside ---- */

#define VQ_LOCK_NONE	    0xffffffffu
#define VQ_SHARED_LOCK_BASE 16u /* lock numbers from here on live in the shared window */
#define VQ_MAX_LOCKS	    32u

struct vq_heartbeat {
	uint32_t epoch;	       /* vq_control.epoch as the vCPU saw it at this acknowledgement */
	uint32_t fault_ticket; /* the ticket of the request whose fault is active on this vCPU */
	uint64_t sequence;     /* acknowledged operations, monotonic within an epoch */
	uint64_t tsc;	       /* guest TSC at the last acknowledgement */
	uint32_t lock_wanted;  /* a lock number, or VQ_LOCK_NONE */
	uint32_t lock_held;    /* bit n: lock n is held */
	uint64_t chain;	       /* running digest of all acknowledged operations */
	uint64_t slowest;      /* longest time between two acknowledgements, TSC ticks */
	uint64_t reserved;
	uint64_t checksum; /* vq_heartbeat_checksum() over what stands above */
};

static inline uint64_t vq_mix(uint64_t x)
{
	/* The finaliser of SplitMix64 (Steele, Lea, Flood: OOPSLA 2014). */
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ull;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static inline uint64_t vq_heartbeat_checksum(const struct vq_heartbeat *h)
{
	uint64_t x = vq_mix(((uint64_t)h->epoch << 32 | h->fault_ticket) + 0x9e3779b97f4a7c15ull);

	x = vq_mix(x ^ h->sequence);
	x = vq_mix(x ^ h->tsc);
	x = vq_mix(x ^ ((uint64_t)h->lock_wanted << 32 | h->lock_held));
	x = vq_mix(x ^ h->chain);
	return vq_mix(x ^ h->slowest);
}

/* ---- Disk: what the harness writes into every block, so that each can be held against it ---- */

#define VQ_DISK_BLOCKS 256u /* of VQ_PAGE_SIZE */
#define VQ_DISK_WORDS  (VQ_PAGE_SIZE / 8u)

static inline uint64_t vq_disk_word(uint32_t block, uint32_t i)
{
	return vq_mix(((uint64_t)block << 32 | i) + 0x9e3779b97f4a7c15ull);
}

static inline int vq_disk_block_is(uint32_t block, const uint64_t *words)
{
	for (uint32_t i = 0; i < VQ_DISK_WORDS; i++)
		if (words[i] != vq_disk_word(block, i))
			return 0;
	return 1;
}

/* The digest after operation `sequence`: the host recomputes it to find silent corruption. */
static inline uint64_t vq_chain_next(uint64_t chain, uint64_t sequence)
{
	return vq_mix(chain ^ vq_mix(sequence + 0x9e3779b97f4a7c15ull));
}

/* ---- Records: a byte stream of frames ---- */

#define VQ_RECORD_MAGIC	      0x56515243u
#define VQ_RECORD_MAX_PAYLOAD 0x8000u

enum vq_record_type {
	VQ_RECORD_HELLO = 1,   /* struct vq_hello: the payload runs */
	VQ_RECORD_CALIBRATION, /* struct vq_calibration */
	VQ_RECORD_BATCH,       /* struct vq_batch */
	VQ_RECORD_HISTOGRAM,   /* struct vq_histogram + entries: of the batch with that number */
	VQ_RECORD_EVENT,       /* struct vq_event */
	VQ_RECORD_UNSUPPORTED, /* text: why this guest cannot run that bench; then goodbye */
	VQ_RECORD_GOODBYE,     /* struct vq_goodbye: the end of a trial */
	/* Where one boot runs many trials (option plan=): */
	VQ_RECORD_MACHINE, /* struct vq_machine: what it runs on; more than once */
	VQ_RECORD_PLAN,	 /* struct vq_plan + names of benches, each ended by NUL; more than once */
	VQ_RECORD_TRIAL, /* struct vq_trial: a trial begins; what follows is its own */
	VQ_RECORD_DONE,	 /* struct vq_done: the end of the plan */
	VQ_RECORD_RAW,	 /* struct vq_raw + ticks: a whole batch in order; option raw=1 */
	/* Where nobody shares memory, each VQ_HEARTBEAT_MS of a guest that serves: */
	VQ_RECORD_HEARTBEAT, /* struct vq_heartbeat of each CPU */
};

#define VQ_HEARTBEAT_MS 10u

struct vq_record {
	uint32_t magic;
	uint16_t type;
	uint16_t cpu;
	uint32_t sequence; /* from 0, without gaps, over the whole stream */
	uint32_t length;   /* payload bytes that follow, at most VQ_RECORD_MAX_PAYLOAD */
	uint64_t checksum; /* vq_record_checksum() over the four fields above and the payload */
};

struct vq_hello {
	uint32_t abi_version;
	uint32_t cpus;
	uint64_t tsc;
	uint32_t vendor;  /* first four bytes of the CPUID vendor string */
	uint32_t ring;	  /* privilege level the benched operation will run in */
	uint32_t tsc_khz; /* as the guest was told or found out; 0: unknown */
	uint32_t reserved;
};

struct vq_calibration {
	uint64_t median_ticks; /* stamped empty operation, this trial, this ring */
	uint64_t min_ticks;
	uint32_t count;
	uint32_t reserved;
};

struct vq_batch {
	uint32_t number;      /* from 0 */
	uint32_t count;	      /* stamped operations; their ticks are in the histogram record */
	uint64_t sum_ticks;   /* exact sum of the stamped ticks */
	uint32_t plain_count; /* operations of the un-instrumented loop, 0: none was run */
	uint32_t reserved;
	uint64_t plain_ticks; /* of the whole un-instrumented loop */
	uint64_t begin_tsc;
	uint64_t end_tsc;
};

struct vq_histogram_entry {
	uint32_t bucket;
	uint32_t count;
};

struct vq_histogram {
	uint32_t batch;
	uint32_t entries; /* struct vq_histogram_entry[entries] follow, buckets ascending */
};

#define VQ_RAW_MAX 1024u /* samples of a batch: larger ones are not sent */

struct vq_raw {
	uint32_t batch;
	uint32_t count; /* uint64_t[count] follow: the ticks of the batch's stamped operations */
};

struct vq_event {
	uint32_t code; /* enum vq_event_code */
	uint32_t reserved;
	uint64_t tsc;
	uint64_t value;
};

enum vq_event_code {
	VQ_EVENT_INTERRUPTS_SEEN = 1, /* value: interrupts that the handler counted */
	VQ_EVENT_EXCEPTION,	      /* value: vector << 32 | low half of the error code */
	VQ_EVENT_DISK_BAD, /* value: operations on the disk that failed or brought other bytes */
	VQ_EVENT_PLANTED,  /* value: ticks that each operation was made longer by, on purpose */
};

struct vq_goodbye {
	uint32_t batches;
	uint32_t status;     /* 0: all batches done */
	uint64_t operations; /* stamped, plain, warm-up and calibration excluded */
};

/* How the guest knows how fast its TSC ticks. */
enum vq_tsc_source {
	VQ_TSC_UNKNOWN,
	VQ_TSC_TOLD,	   /* by its command line */
	VQ_TSC_CPUID,	   /* leaf 0x15 */
	VQ_TSC_HYPERVISOR, /* leaf 0x40000010 */
	VQ_TSC_HYPER_V,	   /* MSR 0x40000022 */
	VQ_TSC_KVM_CLOCK,  /* the scale of its paravirtual clock */
	VQ_TSC_PIT,	   /* measured against the PC's interval timer */
	VQ_TSC_NOMINAL,	   /* CPUID leaf 0x16: the nominal frequency, in MHz */
	VQ_TSC_SOURCES
};

struct vq_machine {
	char hypervisor[16]; /* CPUID leaf 0x40000000; NUL: none */
	char vendor[16];     /* CPUID leaf 0 */
	char cpu[48];	     /* CPUID leaves 0x80000002 to 4 */
	uint32_t signature;  /* CPUID leaf 1, EAX: family, model, stepping */
	uint32_t flags;	     /* enum vq_machine_flag */
	uint32_t cpus;	     /* in use */
	uint32_t tsc_khz;    /* 0: unknown */
	uint32_t tsc_source; /* enum vq_tsc_source */
	uint32_t reserved;
	uint64_t memory; /* bytes for benches to work on */
};

#define VQ_MAX_ROUNDS 1000u

struct vq_plan {
	uint32_t rounds;  /* 1 to VQ_MAX_ROUNDS: trials of each bench that is not refused */
	uint32_t benches; /* names that follow */
	uint64_t seed;	  /* of the order of trials */
};

struct vq_trial {
	uint32_t number; /* in the order of execution, from 0, without gaps */
	uint32_t round;
	uint32_t rounds;
	uint32_t ring;	/* as in vq_hello */
	uint32_t flags; /* enum vq_machine_flag */
	uint32_t tsc_khz;
	uint32_t tsc_source;
	uint32_t abi_version;
	uint64_t seed;
	uint64_t tsc;
	char bench[32];
};

struct vq_done {
	uint32_t trials; /* begun */
	uint32_t reserved;
	uint64_t tsc;
};

/*
 * ---- The stream as lines of text, for consoles ----
 *
 * A line is "VQ1 ", the frame below in base64 (RFC 4648, no padding), and ".": at most 76
 * columns. What stands before and behind it on a line, and blanks and line ends inside of the
 * base64, mean nothing. Integers are little-endian.
 *
 *	bytes	  meaning
 *	4	  number of this boot, at random: tells one stream from the next
 *	4	  offset of the data in the stream of records, modulo 2^32
 *	1 to 41	  data
 *	4	  CRC-32 (IEEE 802.3, as zlib's) of all that stands before
 *
 * Each line stands for itself. Lines may come again (option repeat=), in any order.
 */
#define VQ_LINE_BEGIN  "VQ1 "
#define VQ_LINE_END    '.'
#define VQ_LINE_DATA   41u
#define VQ_LINE_HEADER 8u
#define VQ_LINE_FRAME  (VQ_LINE_HEADER + VQ_LINE_DATA + 4u)
#define VQ_LINE_TEXT   ((VQ_LINE_FRAME * 4 + 2) / 3) /* of base64 */

/* CRC-32 of four bits at a time: a table small enough for the guest. Begin with 0. */
static inline uint32_t vq_crc32(uint32_t crc, const void *data, uint32_t length)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const uint8_t *p = data;

	crc = ~crc;
	for (uint32_t i = 0; i < length; i++) {
		crc ^= p[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* The record ring: `head` and `tail` count bytes since the start and never wrap. */
struct vq_ring {
	uint64_t head;	 /* written by the guest, after the bytes */
	uint64_t rung;	 /* doorbells so far; written before the byte goes to VQ_PORT_DOORBELL */
	uint64_t reason; /* the last one's byte, for hosts that see no ports; written before rung */
	uint8_t pad0[40];
	uint64_t tail;	   /* written by the host, after it has copied the bytes */
	uint64_t answered; /* doorbells that the host has dealt with */
	uint8_t pad1[48];
	uint8_t data[VQ_RING_DATA_SIZE];
};

static inline uint64_t vq_checksum(uint64_t x, const void *data, uint64_t length)
{
	const uint8_t *p = data;

	/* FNV-1a, 64 bit (draft-eastlake-fnv): against accidents and torn writes, not attackers. */
	for (uint64_t i = 0; i < length; i++)
		x = (x ^ p[i]) * 0x100000001b3ull;
	return x;
}

static inline uint64_t vq_record_checksum(const struct vq_record *r, const void *payload)
{
	uint64_t x = vq_checksum(0xcbf29ce484222325ull, r, 16);

	return vq_checksum(x, payload, r->length);
}

_Static_assert(sizeof(struct vq_boot) <= VQ_PAGE_SIZE, "boot page");
_Static_assert(sizeof(struct vq_heartbeat) == 64, "heartbeat cell");
_Static_assert(sizeof(struct vq_heartbeat) * VQ_MAX_CPUS <= VQ_PAGE_SIZE, "heartbeat page");
_Static_assert(sizeof(struct vq_record) == 24, "record header");
_Static_assert(sizeof(struct vq_batch) == 48, "batch record");
_Static_assert(sizeof(struct vq_machine) == 112, "machine record");
_Static_assert(sizeof(struct vq_trial) == 80, "trial record");
_Static_assert(sizeof(VQ_LINE_BEGIN) + VQ_LINE_TEXT <= 76, "a console's line");
_Static_assert(VQ_RING_OFFSET + sizeof(struct vq_ring) <= 0x90000, "below the EBDA");

#endif
