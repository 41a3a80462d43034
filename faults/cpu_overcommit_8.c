/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_overcommit_8: eight vCPUs on one CPU. */
#include "faults/cpu_overcommit.h"

CPU_OVERCOMMIT(cpu_overcommit_8, 8);
