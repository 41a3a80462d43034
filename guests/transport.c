/* SPDX-License-Identifier: Apache-2.0 */
/* Records as lines of text, over whatever port takes characters. */
#include "guests/transport.h"
#include "guests/payload_private.h"

#define DEFAULT_TRANSPORT "serial,screen"
#define MAX_REPEAT	  8u

/* 16550 UART: PC16550D data sheet, section 8. */
#define UART_DATA	 0 /* divisor, low byte, while LINE says so */
#define UART_INTERRUPTS	 1 /* divisor, high byte */
#define UART_FIFO	 2
#define UART_LINE	 3
#define UART_MODEM	 4
#define UART_STATUS	 5
#define UART_DIVISOR	 0x80 /* in LINE */
#define UART_8N1	 0x03
#define UART_FIFO_ON	 0x07 /* and emptied */
#define UART_FIFO_WORKS	 0xc0 /* read back */
#define UART_READY	 0x03 /* DTR, RTS */
#define UART_ROOM	 0x20 /* in STATUS: the FIFO is empty */
#define UART_FIFO_LENGTH 16u
#define UART_WAIT_TICKS	 10000000000ull /* seconds: a line that takes nothing is dead */

enum port_kind { PORT_UART, PORT_DEBUGCON };

struct port {
	const char *name;
	enum port_kind kind;
	uint16_t base;
	bool on;
	uint32_t fifo, room; /* characters */
};

static struct port ports[] = {
	{"serial", PORT_UART, 0x3f8, false, 1, 0},
	{"serial2", PORT_UART, 0x2f8, false, 1, 0},
	{"debugcon", PORT_DEBUGCON, VQ_PORT_CONSOLE, false, 1, 0},
};

#define PORTS (sizeof(ports) / sizeof(ports[0]))

static bool screen_is_on;
static uint32_t boot_number, repeat;

static bool uart_open(struct port *u)
{
	if (inb(u->base + UART_STATUS) == 0xff)
		return false;
	outb(u->base + UART_INTERRUPTS, 0);
	outb(u->base + UART_LINE, UART_DIVISOR);
	outb(u->base + UART_DATA, 1); /* 115200 */
	outb(u->base + UART_INTERRUPTS, 0);
	outb(u->base + UART_LINE, UART_8N1);
	outb(u->base + UART_FIFO, UART_FIFO_ON);
	outb(u->base + UART_MODEM, UART_READY);
	if ((inb(u->base + UART_FIFO) & UART_FIFO_WORKS) == UART_FIFO_WORKS)
		u->fifo = UART_FIFO_LENGTH;
	return true;
}

static void uart_put(struct port *u, char c)
{
	uint64_t begin = rdtsc();

	while (!u->room) {
		if (inb(u->base + UART_STATUS) & UART_ROOM) {
			u->room = u->fifo;
		} else if (rdtsc() - begin > UART_WAIT_TICKS) {
			u->on = false;
			transport_print(
				"virt-qualify: this serial line takes no more characters\n");
			return;
		}
	}
	u->room--;
	outb(u->base + UART_DATA, (uint8_t)c);
}

static void port_put(struct port *o, char c)
{
	if (!o->on)
		return;
	if (o->kind == PORT_UART)
		uart_put(o, c);
	else
		outb(o->base, (uint8_t)c);
}

static void port_print(struct port *o, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			port_put(o, '\r');
		port_put(o, *text);
	}
}

void transport_print(const char *text)
{
	for (uint32_t i = 0; i < PORTS; i++)
		port_print(&ports[i], text);
	while (screen_is_on && *text)
		screen_put(*text++);
}

void transport_print_number(uint64_t n)
{
	char text[24];
	uint32_t at = sizeof(text) - 1;

	text[at] = '\0';
	do {
		text[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	transport_print(text + at);
}

/* Is `name` one of the words that commas part? */
static bool names(const char *list, int length, const char *name)
{
	int at = 0, n = payload_strlen(name);

	while (at < length) {
		int end = at, i = 0;

		while (end < length && list[end] != ',')
			end++;
		while (i < n && at + i < end && list[at + i] == name[i])
			i++;
		if (i == n && at + i == end)
			return true;
		at = end + 1;
	}
	return false;
}

static bool open_port(struct port *o)
{
	if (o->kind == PORT_UART)
		return uart_open(o);
	return true;
}

void transport_begin(struct payload *p)
{
	const char *list = payload_option(p->boot, "transport");
	int length = list ? payload_word_length(list) : payload_strlen(DEFAULT_TRANSPORT);

	if (!list)
		list = DEFAULT_TRANSPORT;
	for (uint32_t i = 0; i < PORTS; i++)
		if (names(list, length, ports[i].name))
			ports[i].on = open_port(&ports[i]);
	screen_is_on = names(list, length, "screen") && p->boot->screen.kind != VQ_SCREEN_NONE;
	if (screen_is_on)
		screen_begin(&p->boot->screen);
	boot_number = (uint32_t)vq_mix(rdtsc());
	repeat = payload_number(p->boot, "repeat", 1);
	if (!repeat || repeat > MAX_REPEAT)
		repeat = 1;
}

/* ---- Lines ---- */

static char *base64(char *out, const uint8_t *in, uint32_t length)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0, held = 0;

	for (uint32_t i = 0; i < length; i++) {
		bits = bits << 8 | in[i];
		for (held += 8; held >= 6; held -= 6)
			*out++ = digit[bits >> (held - 6) & 63];
	}
	if (held)
		*out++ = digit[bits << (6 - held) & 63];
	return out;
}

static void send_line(const uint8_t *frame, uint32_t length)
{
	char line[sizeof(VQ_LINE_BEGIN) + VQ_LINE_TEXT + 3] = VQ_LINE_BEGIN;
	char *end = base64(line + sizeof(VQ_LINE_BEGIN) - 1, frame, length);

	*end++ = VQ_LINE_END;
	*end++ = '\n';
	*end = '\0';
	for (uint32_t i = 0; i < PORTS; i++)
		port_print(&ports[i], line);
}

static void send_chunk(const struct vq_ring *ring, uint64_t at, uint32_t length)
{
	uint8_t frame[VQ_LINE_FRAME];
	uint32_t offset = (uint32_t)at, crc;

	__builtin_memcpy(frame, &boot_number, 4);
	__builtin_memcpy(frame + 4, &offset, 4);
	for (uint32_t i = 0; i < length; i++)
		frame[VQ_LINE_HEADER + i] = ring->data[(at + i) % VQ_RING_DATA_SIZE];
	crc = vq_crc32(0, frame, VQ_LINE_HEADER + length);
	__builtin_memcpy(frame + VQ_LINE_HEADER + length, &crc, 4);
	send_line(frame, VQ_LINE_HEADER + length + 4);
}

void transport_drain(struct payload *p)
{
	struct vq_ring *ring = p->writer->ring;
	uint64_t head = ring->head;

	for (uint32_t pass = 0; pass < repeat; pass++)
		for (uint64_t at = ring->tail; at < head; at += VQ_LINE_DATA)
			send_chunk(ring, at,
				   head - at < VQ_LINE_DATA ? (uint32_t)(head - at) : VQ_LINE_DATA);
	ring->tail = head;
}
