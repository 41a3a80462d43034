/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's accelerator of the emulated hosts.
 *
 * One thread for all CPUs. QEMU 7.2 enters a block that it translated into the list of its page
 * after it has read the code (tb_gen_code(), tb_link_page()): what another CPU's thread writes there
 * in between goes unnoticed, and the stale block stays. Linux changes its code all the time: KVM's
 * first guest and its last switch a branch in the scheduler, where Linux plants an INT3 for a
 * moment. In one of some 300 guests it was run for ever: both CPUs hung in an endless #BP.
 */
#ifndef VQ_LAB_QEMU_TCG_H
#define VQ_LAB_QEMU_TCG_H

#define LAB_QEMU_TCG "tcg,thread=single"

#endif
