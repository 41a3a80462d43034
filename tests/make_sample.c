/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes two sample result files for tests of the command line and of the formats: the second
 * is 20 % slower in exit_pio and 10 % in mem_copy on kvm. With a number, the first file holds that
 * many more benches.
 *
 *	gcc -std=gnu17 -D_GNU_SOURCE -I. -O2 -o build/tests/make-sample tests/make_sample.c \
 *		harness/core/{result*,arena,text,words,histogram}.c -lsqlite3 -lm
 */
#include "tests/unit/sample_full.h"

int main(int argc, char **argv)
{
	struct sample_options base = {.uuid = "5a3c1e10-0000-4000-8000-000000000001",
				      .version = "1.0-sample",
				      .host = "alpha",
				      .seed = 1,
				      .exit_pio_factor = 1,
				      .mem_copy_factor = 1};
	struct sample_options other = {.uuid = "5a3c1e10-0000-4000-8000-000000000002",
				       .version = "1.1-sample",
				       .host = "beta",
				       .seed = 2,
				       .exit_pio_factor = 1.2,
				       .mem_copy_factor = 0.9};

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: make-sample BASE.vq REGRESSED.vq [EXTRA-BENCHES]\n");
		return 2;
	}
	if (argc == 4)
		base.extra_benches = (unsigned int)strtoul(argv[3], NULL, 10);
	sample_write(argv[1], &base);
	sample_write(argv[2], &other);
	return 0;
}
