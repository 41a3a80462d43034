/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few probability distributions that the statistics need. NaN for arguments outside the
 * distribution's domain.
 */
#ifndef VQ_DISTRIBUTION_H
#define VQ_DISTRIBUTION_H

/* Regularized incomplete beta function I_x(a, b): P(X <= x) for X from Beta(a, b). */
double distribution_beta(double x, double a, double b);
double distribution_beta_quantile(double p, double a, double b);

/* Student's t with `freedom` degrees of freedom, which need not be whole. */
double distribution_t(double t, double freedom);
double distribution_t_quantile(double p, double freedom);

double distribution_normal_quantile(double p);

#endif
