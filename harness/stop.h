/* SPDX-License-Identifier: Apache-2.0 */
/* The user's wish to stop (SIGINT, SIGTERM, SIGHUP) as a file descriptor that becomes readable. */
#ifndef VQ_STOP_H
#define VQ_STOP_H

/*
 * From now on those signals end nothing: the descriptor that is returned is readable once one
 * came, and stays so. Once a process; it is open until the process ends. -1 with errno: no
 * descriptors left, and the signals are as they were.
 */
int stop_on_signals(void);

/* They are not for this process: a process of the run's, which decides what ends when. The
 * terminal sends them to all of its group. A program that is exec'd ignores them, too. */
void stop_ignore_signals(void);

#endif
