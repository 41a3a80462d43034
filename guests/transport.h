/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way out of a guest whose memory nobody shares: records as lines of text (see abi.h) and
 * words for people, over a serial line, the port that emulators print, and the screen.
 *
 *	transport=serial,screen	   which, of serial (COM1), serial2 (COM2), debugcon, screen
 *	repeat=2		   send each line so often, all of them first, then all again
 */
#ifndef VQ_TRANSPORT_H
#define VQ_TRANSPORT_H

#include "guests/payload.h"

void transport_begin(struct payload *p);

/* Send what the ring holds and empty it. */
void transport_drain(struct payload *p);

/* For people. Numbers in decimal; text goes to the screen as well as between the lines. */
void transport_print(const char *text);
void transport_print_number(uint64_t n);

/* guests/screen.c */
void screen_begin(const struct vq_screen *s);
void screen_put(char c);

#endif
