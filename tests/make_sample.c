/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes sample result files for tests of the command line and of the formats.
 *
 *	make-sample BASE.vq REGRESSED.vq [EXTRA-BENCHES]
 *		two of one host: the second is 20 % slower in exit_pio and 10 % in mem_copy on kvm;
 *		with a number, the first file holds that many more benches
 *	make-sample --criteria KEPT.vq FAILED.vq
 *		the same two with limits, requirements, a gate and weights; a limit that the first
 *		file keeps and the second one does not
 *	make-sample --full KEPT.vq FAILED.vq
 *		these with variants, too, a second block, and eight more benches: all that a report
 *		of one host can hold
 *	make-sample --platforms|--hostile HOST.vq AMD.vq XEN.vq [TRIALS]
 *		ten platforms: eight of a host, one of a lab in virtual time, one of an emulated
 *		one; hostile: with labels, reasons and detectors that try to be markup
 */
#include "tests/unit/sample_platforms.h"

enum contents { JUST_FIGURES, WITH_CRITERIA, EVERYTHING };

static int two(int argc, char **argv, enum contents contents)
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

	if (contents >= WITH_CRITERIA) {
		base.limit_ns = 12000;
		other.limit_ns = 5000;
	}
	if (contents == EVERYTHING) {
		base.variants = other.variants = true;
		base.block = "5a3c1e10-0000-4000-8000-000000000003";
		base.extra_benches = 8;
	}
	if (argc == 4)
		base.extra_benches = (unsigned int)strtoul(argv[3], NULL, 10);
	sample_write(argv[1], &base);
	sample_write(argv[2], &other);
	return 0;
}

static int platforms(int argc, char **argv)
{
	const char *const paths[] = {argv[2], argv[3], argv[4]};
	unsigned long trials = argc == 6 ? strtoul(argv[5], NULL, 10) : 8;

	sample_write_three(paths, (uint32_t)trials, !strcmp(argv[1], "--hostile"));
	return 0;
}

int main(int argc, char **argv)
{
	if ((argc == 5 || argc == 6) &&
	    (!strcmp(argv[1], "--platforms") || !strcmp(argv[1], "--hostile")))
		return platforms(argc, argv);
	if ((argc == 3 || argc == 4) && argv[1][0] != '-')
		return two(argc, argv, JUST_FIGURES);
	if (argc == 4 && !strcmp(argv[1], "--criteria"))
		return two(3, argv + 1, WITH_CRITERIA);
	if (argc == 4 && !strcmp(argv[1], "--full"))
		return two(3, argv + 1, EVERYTHING);
	fprintf(stderr,
		"usage: make-sample BASE.vq REGRESSED.vq [EXTRA-BENCHES]\n"
		"       make-sample --criteria|--full KEPT.vq FAILED.vq\n"
		"       make-sample --platforms|--hostile HOST.vq AMD.vq XEN.vq [TRIALS]\n");
	return 2;
}
