/* SPDX-License-Identifier: Apache-2.0 */
/* The glossary: each term is explained once, folded, where the page first uses it. */
#include "report/html.h"

static const struct {
	const char *question, *answer; /* answers are markup, and literals */
} terms[TERMS] = {
	[TERM_VERDICT] =
		{"How to read a verdict",
		 "<p>Trials of both sides are compared by a permutation test; the <i>p</i> shown "
		 "is "
		 "adjusted for the number of metrics compared (Benjamini\xe2\x80\x93Hochberg).</p>"
		 "<dl><dt>Regressed</dt><dd>The difference is significant, and the estimate is "
		 "worse "
		 "by more than the smallest effect worth acting on (the plan\xe2\x80\x99s delta, "
		 "the "
		 "shaded band in the plot).</dd>"
		 "<dt>Improved</dt><dd>The same, in the good direction.</dd>"
		 "<dt>Equivalent</dt><dd>The whole interval lies inside that band: a real "
		 "difference, "
		 "if there is one, is too small to matter.</dd>"
		 "<dt>Inconclusive</dt><dd>Everything else. It does not mean \xe2\x80\x9cno "
		 "change\xe2\x80\x9d; the detectable effect says how large a change these trials "
		 "would probably have shown.</dd>"
		 "<dt>Not compared</dt><dd>The sides did not run alike, for instance in hardware "
		 "on "
		 "one and interpreted on the other. Only like is compared with like.</dd></dl>"},
	[TERM_EXACT] =
		{"How to read an exact difference",
		 "<p>In virtual time every instruction counts as one, and a trial repeats to the "
		 "instruction: there is no noise to test against. Each trial of one side is set "
		 "against the trial of the same seed, that is of the same memory layout, on the "
		 "other. The verdict is regressed or improved where the difference is beyond the "
		 "smallest effect worth acting on in every layout, equivalent where it is within "
		 "in every layout, else inconclusive. Any difference at all is stated, also where "
		 "the verdict is equivalent. Instructions are not time: what they cost on a "
		 "processor is not measured here.</p>"},
	[TERM_INTERVAL] =
		{"How to read a median and its interval",
		 "<p>A trial is one freshly booted guest. Each trial gives one median; the figure "
		 "is "
		 "the median of those. The brackets hold its 95\xc2\xa0% confidence interval, from "
		 "order statistics: it assumes no shape of distribution. If the whole run were "
		 "repeated many times, about 95 in 100 such intervals would hold the true median. "
		 "Fewer than six trials cannot give one. Two overlapping intervals do not prove "
		 "that "
		 "two figures are equal.</p>"},
	[TERM_EXECUTION] =
		{"What \xe2\x80\x9chardware\xe2\x80\x9d, \xe2\x80\x9cinterpreted\xe2\x80\x9d and "
		 "\xe2\x80\x9c"
		 "emulated\xe2\x80\x9d mean",
		 "<dl><dt>hardware</dt><dd>The processor itself ran the measured operation.</dd>"
		 "<dt>interpreted</dt><dd>The hypervisor emulated guest code to run it. The figure "
		 "describes an interpreter, not the processor.</dd>"
		 "<dt>emulated</dt><dd>The host itself is emulated.</dd>"
		 "<dt>deterministic</dt><dd>Virtual time counts instructions, and figures are "
		 "counts of them, not times.</dd></dl>"
		 "<p>Everything but hardware is hatched in plots, has a hollow mark, and is never "
		 "ranked against hardware.</p>"},
	[TERM_COLUMNS] =
		{"What the other columns mean",
		 "<dl><dt>p99</dt><dd>The median over trials of each trial\xe2\x80\x99s 99th "
		 "percentile; for rates, the slow end.</dd>"
		 "<dt>Exits/op, emulated/op</dt><dd>Exits and emulated instructions for one "
		 "operation, as the hypervisor itself counted them: the proof that the workload "
		 "was "
		 "what it claims to be.</dd>"
		 "<dt>Disturbed</dt><dd>The share of batches with a recorded reason for doubt, "
		 "such "
		 "as time stolen from the vCPU. They are marked, never deleted.</dd>"
		 "<dt>\xc3\x97\xc2\xa0native</dt><dd>For times, guest over native; for rates, "
		 "native "
		 "over guest. 1\xc3\x97 is no overhead. Where the host is itself a guest, none is "
		 "claimed for operations that trap.</dd></dl>"},
	[TERM_DISTRIBUTION] = {"How to read a distribution",
			       "<p>Each lane shows how often each cost occurred, over all stamped "
			       "operations of all "
			       "trials, with the cost of the time stamps subtracted. The axis is "
			       "logarithmic; the "
			       "height is scaled to each lane\xe2\x80\x99s own peak. The solid "
			       "line is the median, "
			       "the dashed one the 99th percentile, both as in the tables. "
			       "Pictures pool trials; no "
			       "figure does.</p>"},
	[TERM_CUMULATIVE] =
		{"How to read shares and percentiles",
		 "<p>Both hold the same operations as the lanes, with platforms atop each other. "
		 "The share rises from none to all: a curve further left is cheaper, a steep one "
		 "varies little. The percentiles turn that round and give the rarest operations "
		 "the most room: each step to the right is ten times rarer. A curve ends where "
		 "fewer than five operations lie beyond it.</p>"},
	[TERM_TRIALS] =
		{"How to read trials and warm-up",
		 "<p>A trial is one freshly booted guest and gives one figure; verdicts rest on "
		 "how these scatter: \xc2\xb1 is one standard deviation. Dots that slant from "
		 "top "
		 "to bottom are a drift of the host during the run; dots far off are trials worth "
		 "a look (report --trace). The warm-up shows the batches within a trial, each over "
		 "that trial\xe2\x80\x99s median batch: a line that starts above 1\xc3\x97 says "
		 "that the first batches were still warming up.</p>"},
	[TERM_FIT] =
		{"How to read a line fit",
		 "<p>The slope is the cost of one more unit of the parameter, for instance of one "
		 "switch: C\xc2\xa0=\xc2\xa0n\xc2\xa0\xc3\x97\xc2\xa0T<sub>switch</sub> plus a "
		 "fixed "
		 "part, the intercept. The brackets hold the slope\xe2\x80\x99s 95\xc2\xa0% "
		 "interval. "
		 "The residual is how far the points typically lie off the line: where it is large "
		 "beside the cost itself, a line is the wrong description.</p>"},
	[TERM_OUTCOME] =
		{"What the outcomes mean",
		 "<dl><dt>not-activated</dt><dd>The fault was armed but never took effect.</dd>"
		 "<dt>masked</dt><dd>It took effect, yet no service was lost.</dd>"
		 "<dt>degraded</dt><dd>Service went on, slower than before.</dd>"
		 "<dt>auto-recovered</dt><dd>Service was lost and came back without help.</dd>"
		 "<dt>assisted-recovered</dt><dd>The recovery under test brought it back.</dd>"
		 "<dt>hang, crash</dt><dd>Service did not return while we watched; the guest was "
		 "still there, or was gone.</dd>"
		 "<dt>detected-corruption, silent-corruption</dt><dd>Work was damaged, and a check "
		 "caught it; or only our log of acknowledged operations shows it.</dd>"
		 "<dt>collateral</dt><dd>A neighbour guest lost more than under a sham "
		 "injection.</dd></dl>"},
	[TERM_CENSORED] =
		{"How to read a time that is \xe2\x80\x9c"
		 "censored\xe2\x80\x9d",
		 "<p>We watch each trial up to a horizon. A guest that has not recovered by then "
		 "may "
		 "recover later or never: its time is known to be longer, and nothing more. Such "
		 "trials are kept, not dropped. Where they are too many for a median, the page "
		 "says "
		 "\xe2\x80\x9c"
		 "censored (n of m)\xe2\x80\x9d instead of a number. In an interval, \xe2\x80\x9c?"
		 "\xe2\x80\x9d stands for an end that the trials cannot give.</p>"},
	[TERM_RECOVERY] =
		{"How to read a recovery curve",
		 "<p>Of the trials that lost service, the share that had it back by a time after "
		 "the injection (Kaplan and Meier). A cross is a trial that had not recovered when "
		 "we stopped watching: it is censored there, not dropped, and the line beyond "
		 "rests on the others.</p>"},
	[TERM_STAMPS] =
		{"What t0 to t5 are",
		 "<dl class=\"inline\"><dt>t0</dt><dd>fault injected</dd><dt>t1</dt><dd>fault "
		 "active</dd><dt>t2</dt><dd>detected by the platform\xe2\x80\x99s detector</dd>"
		 "<dt>t3</dt><dd>recovery started</dd><dt>t4</dt><dd>first valid service</dd>"
		 "<dt>t5</dt><dd>back at baseline</dd></dl><p>Time to detect is t2\xe2\x88\x92t0, "
		 "repair t4\xe2\x88\x92t2, time to recover t4\xe2\x88\x92t0, full recovery "
		 "t5\xe2\x88\x92t0. Each stamp comes from an observer outside the guest that looks "
		 "at "
		 "intervals: the truth lies between the left edge of a mark\xe2\x80\x99s band and "
		 "the mark.</p>"},
};

void html_term(struct html *h, enum html_term term)
{
	if (h->explained[term]++)
		return;
	fprintf(h->out, "<details class=\"term\"><summary>%s</summary><div>%s</div></details>\n",
		terms[term].question, terms[term].answer);
}
