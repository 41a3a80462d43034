/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's records, checked, into what a trial found. */
#include "harness/intake.h"

#include <string.h>

static int garbage(struct trial *t, const struct record *r)
{
	return trial_fail(t, TRIAL_FAILED,
			  "the guest sent a %s record of %u bytes that makes no sense",
			  record_type_name(r->header.type), r->header.length);
}

static int take_batch(struct trial *t, struct intake *in, const struct record *r)
{
	const struct vq_batch *b = (const void *)r->payload;
	struct result_batch *out;

	if (r->header.length != sizeof(*b) || b->number >= TRIAL_MAX_BATCHES ||
	    b->number != t->result->batch_count)
		return garbage(t, r);
	out = &t->result->batch[b->number];
	out->number = b->number;
	out->count = b->count;
	out->sum_ticks = b->sum_ticks;
	out->plain_count = b->plain_count;
	out->plain_ticks = b->plain_ticks;
	in->window_ticks[b->number] = (int64_t)(b->end_tsc - b->begin_tsc);
	t->result->batch_count++;
	return 0;
}

static int take_histogram(struct trial *t, const struct record *r)
{
	const struct vq_histogram *h = (const void *)r->payload;
	const struct vq_histogram_entry *e = (const void *)(h + 1);

	if (r->header.length < sizeof(*h) || h->batch >= t->result->batch_count ||
	    h->entries != (r->header.length - sizeof(*h)) / sizeof(*e))
		return garbage(t, r);
	for (uint32_t i = 0; i < h->entries; i++) {
		if (e[i].bucket >= HISTOGRAM_BUCKETS ||
		    t->result->bucket_count >= TRIAL_MAX_BUCKETS)
			return garbage(t, r);
		t->result->bucket[t->result->bucket_count++] = (struct trial_bucket){
			.batch = h->batch, .bucket = e[i].bucket, .count = e[i].count};
	}
	return 0;
}

static int take_raw(struct trial *t, const struct record *r)
{
	const struct vq_raw *raw = (const void *)r->payload;
	const uint64_t *ticks = (const void *)(raw + 1);

	if (!t->spec->raw || r->header.length < sizeof(*raw) || raw->count > VQ_RAW_MAX ||
	    r->header.length != sizeof(*raw) + raw->count * sizeof(*ticks) ||
	    raw->batch >= t->result->batch_count || t->result->raw_count[raw->batch] ||
	    trial_raw(t, raw->batch, ticks, raw->count))
		return garbage(t, r);
	return 0;
}

static int take_event(struct trial *t, struct intake *in, const struct record *r)
{
	const struct vq_event *e = (const void *)r->payload;

	if (r->header.length != sizeof(*e))
		return garbage(t, r);
	if (e->code == VQ_EVENT_INTERRUPTS_SEEN)
		in->interrupts = e->value;
	else if (e->code == VQ_EVENT_PLANTED)
		in->planted = e->value;
	else if (e->code == VQ_EVENT_EXCEPTION)
		return trial_fail(t, TRIAL_FAILED, "exception %u (error code %#x) inside the guest",
				  (unsigned int)(e->value >> 32), (unsigned int)e->value);
	else if (e->code == VQ_EVENT_DISK_BAD && e->value)
		return trial_fail(
			t, TRIAL_FAILED,
			"%llu operations on the guest's disk failed or brought other bytes",
			(unsigned long long)e->value);
	return 0;
}

static int take_unsupported(struct trial *t, const struct record *r)
{
	char why[160];
	uint32_t n = r->header.length < sizeof(why) - 1 ? r->header.length : sizeof(why) - 1;

	memcpy(why, r->payload, n);
	why[n] = '\0';
	return trial_fail(t, TRIAL_UNSUPPORTED, "%s", *why ? why : "the guest does not say why");
}

void intake_begin(struct intake *in)
{
	in->hello = in->goodbye = in->failed = false;
	in->batches = in->ring = 0;
	in->operations = in->planted = 0;
	in->interrupts = UINT64_MAX;
}

int intake_record(struct trial *t, struct intake *in)
{
	const struct record *r = &in->record;
	const struct vq_hello *hello = (const void *)r->payload;
	const struct vq_calibration *c = (const void *)r->payload;
	const struct vq_goodbye *bye = (const void *)r->payload;

	switch (r->header.type) {
	case VQ_RECORD_HELLO:
		if (r->header.length != sizeof(*hello) || hello->abi_version != VQ_ABI_VERSION ||
		    (hello->ring != 0 && hello->ring != 3))
			return garbage(t, r);
		in->hello = true;
		in->ring = hello->ring;
		return 0;
	case VQ_RECORD_CALIBRATION:
		if (r->header.length != sizeof(*c) || c->median_ticks > 1ull << 40)
			return garbage(t, r);
		t->result->overhead_ticks = (int64_t)c->median_ticks;
		return 0;
	case VQ_RECORD_BATCH:
		return take_batch(t, in, r);
	case VQ_RECORD_HISTOGRAM:
		return take_histogram(t, r);
	case VQ_RECORD_RAW:
		return take_raw(t, r);
	case VQ_RECORD_EVENT:
		return take_event(t, in, r);
	case VQ_RECORD_UNSUPPORTED:
		return take_unsupported(t, r);
	case VQ_RECORD_GOODBYE:
		if (r->header.length != sizeof(*bye))
			return garbage(t, r);
		in->goodbye = true;
		in->batches = bye->batches;
		in->failed = bye->status != 0;
		in->operations = bye->operations;
		return 0;
	}
	return garbage(t, r);
}
