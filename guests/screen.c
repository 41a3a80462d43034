/* SPDX-License-Identifier: Apache-2.0 */
/* Words for people on the screen that a boot loader left: 80 x 25 characters of a VGA. */
#include "guests/transport.h"

#define TEXT_CELL 0x0700u /* grey on black */

static struct vq_screen screen;
static uint32_t column, row;

static volatile uint16_t *cell(uint32_t y, uint32_t x)
{
	return (volatile uint16_t *)(uintptr_t)screen.address + y * screen.width + x;
}

static void clear_row(uint32_t y)
{
	for (uint32_t x = 0; x < screen.width; x++)
		*cell(y, x) = TEXT_CELL | ' ';
}

static void new_line(void)
{
	column = 0;
	if (row + 1 < screen.height) {
		row++;
		return;
	}
	for (uint32_t y = 0; y + 1 < screen.height; y++)
		for (uint32_t x = 0; x < screen.width; x++)
			*cell(y, x) = *cell(y + 1, x);
	clear_row(row);
}

void screen_put(char c)
{
	if (c == '\n' || column == screen.width)
		new_line();
	if (c == '\n')
		return;
	*cell(row, column++) = TEXT_CELL | (uint8_t)c;
}

void screen_begin(const struct vq_screen *s)
{
	screen = *s;
	column = row = 0;
	for (uint32_t y = 0; y < screen.height; y++)
		clear_row(y);
}
