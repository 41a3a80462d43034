#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is promised of verdicts, simulated so often that a percent too many false alarms would show.
B=${B:-build}
VQ_SIMULATIONS=${VQ_SIMULATIONS:-5000} exec "$B/tests/power.t"
