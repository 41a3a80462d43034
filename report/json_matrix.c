/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: platforms side by side. */
#include "report/json.h"

json_t *js_column(const struct report *r, size_t i)
{
	const struct matrix_column *c = &r->matrix->columns[i];
	json_t *o = json_object(), *figures = json_object();

	for (int e = 0; e < EXECUTIONS; e++)
		if (c->figures[e])
			json_object_set_new(figures, execution_name((enum execution)e),
					    json_integer((json_int_t)c->figures[e]));
	json_object_set_new(o, "run", js_text(c->run->uuid));
	json_object_set_new(o, "platform", js_text(c->platform));
	json_object_set_new(o, "variant", js_text(c->variant));
	json_object_set_new(o, "host", js_text(c->host));
	json_object_set_new(o, "version", js_text(c->version));
	json_object_set_new(o, "figures", figures);
	json_object_set_new(o, "skipped", json_integer((json_int_t)c->skipped));
	return o;
}

json_t *js_group(const struct report *r, size_t i)
{
	const struct matrix_mean *x = &r->matrix->means[i];
	const struct matrix_column *c = &r->matrix->columns[x->column];
	const struct matrix_column *over = &r->matrix->columns[x->reference];
	json_t *o = json_object();

	json_object_set_new(o, "group", js_text(x->group));
	json_object_set_new(o, "execution", js_text(execution_name(x->execution)));
	json_object_set_new(o, "run", js_text(c->run->uuid));
	json_object_set_new(o, "platform", js_text(c->platform));
	json_object_set_new(o, "variant", js_text(c->variant));
	json_object_set_new(o, "over_run", js_text(over->run->uuid));
	json_object_set_new(o, "over_platform", js_text(over->platform));
	json_object_set_new(o, "over_variant", js_text(over->variant));
	json_object_set_new(o, "mean_ratio", js_number(x->ratio));
	json_object_set_new(o, "benches", json_integer((json_int_t)x->benches));
	json_object_set_new(o, "of", json_integer((json_int_t)x->of));
	return o;
}
