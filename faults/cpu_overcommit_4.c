/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_overcommit_4: four vCPUs on one CPU. */
#include "faults/cpu_overcommit.h"

CPU_OVERCOMMIT(cpu_overcommit_4, 4);
