/* SPDX-License-Identifier: Apache-2.0 */
/* Text from strangers, made fit to print: a guest's console, a file's rows, a path. */
#ifndef VQ_TEXT_H
#define VQ_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Space that text_clean needs for `length` bytes: a bad byte becomes three, and a NUL. */
#define TEXT_CLEAN_SIZE(length) ((length)*3 + 1)

/*
 * Copy `length` bytes to `to` as valid UTF-8: bytes that are none, control characters, and the
 * marks that reorder or break a line become U+FFFD. `lines` keeps tabs and line feeds (a carriage
 * return before a line feed goes). Ends with a NUL; returns the length without it.
 */
size_t text_clean(char *to, const char *from, size_t length, bool lines);

/*
 * snprintf(3) of valid UTF-8: what does not fit, or is cut off by a precision, is cut between
 * characters and not within one. Returns the length that it has. size > 0.
 */
size_t text_print(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Columns that valid UTF-8 takes on a terminal: wide letters two, combining marks none. */
size_t text_width(const char *s);

#endif
