/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Percentiles as HdrHistogram prints them (.hgrm), which its plotters read: a section for each
 * metric, begun by lines that say what it is. Five lines for each halving of the distance to
 * 100 %, as is HdrHistogram's habit.
 *
 * The time of one operation, the stamp's cost taken off, over the operations of all trials: trials
 * are pooled, so this is for looking at, never for a verdict. Values are the middles of buckets, at
 * most 0.2 % off.
 */
#include <math.h>
#include <string.h>

#include "report/label.h"

#define TICKS_PER_HALF 5

/* Ticks to the time of one operation. */
struct scale {
	double overhead, tick_ns;
};

static double value_of(const struct scale *s, uint32_t bucket)
{
	return (double)histogram_bucket_middle(bucket) * s->tick_ns - s->overhead;
}

/* The next percentile to report, 0 to 1: smaller steps the nearer it is to 1. */
static double next_percentile(double p)
{
	double halves = floor(log2(1 / (1 - p))) + 1;

	return p + 1 / (TICKS_PER_HALF * exp2(halves));
}

static void print_line(FILE *out, double value, double percentile, uint64_t total)
{
	fprintf(out, "%12.3f %14.12f %10llu", value, percentile, (unsigned long long)total);
	if (percentile < 1)
		fprintf(out, " %14.2f\n", 1 / (1 - percentile));
	else
		fputs("            inf\n", out);
}

static void print_percentiles(FILE *out, const struct histogram *h, const struct scale *s)
{
	double percentile = 0;
	uint64_t total = 0;
	uint32_t last = 0;

	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		"1/(1-Percentile)");
	for (uint32_t b = 0; b < HISTOGRAM_BUCKETS; b++) {
		if (!h->count[b])
			continue;
		last = b;
		total += h->count[b];
		while (percentile <= (double)total / (double)h->total) {
			print_line(out, value_of(s, b), percentile, total);
			percentile = next_percentile(percentile);
			if (total == h->total) /* what follows is the line of 100 % */
				break;
		}
	}
	print_line(out, value_of(s, last), 1, total);
}

static void print_footer(FILE *out, const struct histogram *h, const struct scale *s)
{
	double mean = 0, square = 0;
	uint32_t last = 0;

	for (uint32_t b = 0; b < HISTOGRAM_BUCKETS; b++)
		mean += h->count[b] * (value_of(s, b) / (double)h->total);
	for (uint32_t b = 0; b < HISTOGRAM_BUCKETS; b++) {
		double d = value_of(s, b) - mean;

		square += h->count[b] * (d * d / (double)h->total);
		last = h->count[b] ? b : last;
	}
	fprintf(out,
		"#[Mean    = %12.3f, StdDeviation   = %12.3f]\n"
		"#[Max     = %12.3f, Total count    = %12llu]\n"
		"#[Buckets = %12u, SubBuckets     = %12u]\n",
		mean, sqrt(square), value_of(s, last), (unsigned long long)h->total,
		HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS, 2u << HISTOGRAM_SUB_BITS);
}

static void print_file(const struct report_file *f, FILE *out)
{
	fprintf(out, "#[File: %s, sha256 %s]\n", f->path, f->sha256);
}

static void print_section(const struct report *r, const struct metric *m, FILE *out)
{
	const struct report_file *file = label_file(r, m->run);
	const struct scale s = {m->overhead, m->tick_ns};
	char name[LABEL_SIZE], platform[LABEL_SIZE];

	fprintf(out, "#[%s on %s, %s, %zu trials, run %s]\n", label_metric(name, m),
		label_platform(platform, m->platform, m->variant), execution_name(m->execution),
		m->trials, m->run->uuid);
	fprintf(out, "#[Value: %s of one operation, the stamp's %.15g taken off]\n",
		unit_name(unit_of_figure(NANOSECONDS, m->execution)), m->overhead);
	if (file)
		print_file(file, out);
	print_percentiles(out, m->histogram, &s);
	print_footer(out, m->histogram, &s);
}

static int print_hdr(const struct report *r, FILE *out)
{
	bool first = true;
	char s[LABEL_SIZE];

	for (int i = 0; i < GIVEN; i++)
		if (label_given(s, r, (enum given)i)[0])
			fprintf(out, "#[%s]\n", s);
	for (size_t i = 0; i < r->metric_count; i++) {
		if (!r->metrics[i].histogram || !r->metrics[i].histogram->total)
			continue;
		if (!first)
			fputc('\n', out);
		first = false;
		print_section(r, &r->metrics[i], out);
	}
	if (!first)
		return ferror(out) ? -1 : 0;
	fputs("#[No metric here has a histogram]\n", out);
	for (size_t i = 0; i < r->file_count; i++)
		print_file(&r->files[i], out);
	return ferror(out) ? -1 : 0;
}

FORMAT(hdr, .summary = "HdrHistogram percentiles, a section a metric", .suffix = ".hgrm",
       .print = print_hdr);
