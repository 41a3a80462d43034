/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a variant may set. A key is a descriptor; each platform lists those that it takes
 * (struct platform's `settings`). Whoever gives effect to it asks for its value: a platform's guest
 * process by variant_value(m->config.variant, "qemu"), the guest by its command line. A variant
 * with a key that a platform does not take is not run there, and that is told: never as if it were
 * the platform as it is.
 *
 * A key whose name ends in a dot stands for all that begin so: "kvm." for kvm.halt_poll_ns.
 */
#ifndef VQ_SETTING_H
#define VQ_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/plan.h"
#include "harness/platform.h"

struct bench;
struct journal;

struct setting_key {
	const char *name;
	const char *value;   /* what it is set to, for messages: "PATH" */
	const char *summary; /* one line */
	/* It concerns what a guest of ours times by itself: no fault, no bench that is measured
	 * from the host. */
	bool of_guest_operations;
	bool changes_host; /* only with --allow-host-faults */
	/* Is the value one at all? 0, or -1 with a sentence. NULL: whatever it is. */
	int (*check)(const char *key, const char *value, char *why, size_t size);
	/* Can it be had on this host? true, or false with a sentence. NULL: always. */
	bool (*works)(const char *key, const char *value, char *why, size_t size);
	/* Can any value be had on this host? true, with what can be set ("": whatever is written),
	 * or false with a sentence. NULL: whatever is written. */
	bool (*here)(char *text, size_t size);
	/* In words, for reports: "planted 5 %". NULL: KEY=VALUE. */
	void (*describe)(const char *key, const char *value, char *text, size_t size);
	/* Add to the command line of the guest that measures. NULL: nothing. */
	void (*tell_guest)(const char *value, char *command, size_t size);
	/* Change the host for one trial; the journal has the inverse first. 0 with a sentence that
	 * says how it is now, or -1 with one that says why not. NULL: nothing. */
	int (*apply)(struct journal *j, const char *key, const char *value, char *text,
		     size_t size);
};

/* For descriptors of platforms: .settings = SETTINGS(&setting_plant, …) */
#define SETTINGS(...)                                                                              \
	(const struct setting_key *const[])                                                        \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

/* harness/setting_plant.c: plant=5%, a slowness put into every operation that the guest times. */
extern const struct setting_key setting_plant;
/* The share that a variant plants, in parts per million; 0: none. */
uint32_t setting_planted(const struct variant *v);

/* harness/platform/qemu/setting.c: qemu=PATH, another qemu-system-x86_64; machine=TYPE, another of
 * its machine types. */
extern const struct setting_key setting_qemu, setting_machine;

/* harness/setting_kvm.c: kvm.PARAM=VALUE, a parameter of KVM's modules. */
extern const struct setting_key setting_kvm;
/* Where modules and their parameters are: /sys/module, or what a test of it has made. */
extern const char *setting_kvm_modules;

#define SETTING_KEYS_MAX 64

/* The keys that the platforms of a plan take (NULL: those of all), each once; returns how many. */
size_t setting_keys(const struct plan *plan, const void *keys[SETTING_KEYS_MAX]);

/* Does it take that key? */
bool setting_is_taken(const struct platform *p, const struct setting_key *k);

/* The key of that name that a platform takes, or NULL. */
const struct setting_key *setting_find(const struct platform *p, const char *key);

/* Does some chosen platform take each key of a plan's variants, and is each value one? 0, or -1
 * with one line in `error`, which names the nearest key. */
int settings_check(const struct plan *plan, char *error, size_t size);

/* Can the variant be run on that platform on this host? 1, or 0 with a sentence in `why`. */
bool setting_fits_platform(const struct variant *v, const struct platform *p, bool host_faults,
			   char *why, size_t size);
/* And this bench (NULL: a fault) in it? */
bool setting_fits_bench(const struct variant *v, const struct platform *p, const struct bench *b,
			char *why, size_t size);

/* A variant's settings in words: "planted 5 %"; "as it is" where it has none. */
void setting_describe(const struct variant *v, char *text, size_t size);

/* Add what the guest has to know to its command line. */
void setting_tell_guest(const struct variant *v, const struct platform *p, char *command,
			size_t size);

/* Before a trial: change the host as one of the variant's settings says; the journal heals it. 0
 * with a sentence in `text` that says how it is now ("": it changes nothing), or -1 with one that
 * says why not. */
int setting_apply(const struct setting *s, const struct platform *p, struct journal *j, char *text,
		  size_t size);

#endif
