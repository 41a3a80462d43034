/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/uri.h"

#include <stdio.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const char *objection(const char *text)
{
	static const char plain[] = LETTERS "0123456789+-._~:/?[]@!$&()*,;=%";
	const char *host = strstr(text, "://"), *end, *at;

	if (!*text)
		return "the URI is missing; write, say, libvirt:qemu:///system";
	if (strlen(text) >= sizeof(((struct libvirt_uri *)0)->uri))
		return "the URI is too long; 300 characters at most";
	if (text[strspn(text, plain)])
		return "the URI holds a character that belongs in none; write it as %XX";
	if (!host || host == text || strcspn(text, "+-._~:/?[]@!$&()*,;=%0123456789") == 0)
		return "that is no URI; write DRIVER[+TRANSPORT]://[USER@][HOST][:PORT]/PATH";
	host += strlen("://");
	end = host + strcspn(host, "/?");
	at = memrchr(host, '@', (size_t)(end - host));
	if (at && memchr(host, ':', (size_t)(at - host)))
		return "a password does not belong in a URI; libvirt reads it from its auth.conf";
	if (host[0] == '-' || (at && at[1] == '-'))
		return "a host's name does not begin with -";
	if (memmem(text, (size_t)(host - text), "+ext:", 5) || strcasestr(end, "command="))
		return "a URI that runs a program of its own is not taken; use another transport";
	return NULL;
}

static const char *take_value(char *to, size_t size, const char *from, size_t length)
{
	static const char plain[] = LETTERS "0123456789+-._~:/@=";

	if (!length || length >= size || strspn(from, plain) < length)
		return "what stands behind image=, type= or pool= is empty, too long, or holds odd "
		       "characters";
	memcpy(to, from, length);
	to[length] = '\0';
	return NULL;
}

static const char *take_option(struct libvirt_uri *u, const char *option, size_t length)
{
	const struct {
		const char *name;
		char *to;
		size_t size;
	} options[] = {
		{"image=", u->image, sizeof(u->image)},
		{"type=", u->type, sizeof(u->type)},
		{"pool=", u->pool, sizeof(u->pool)},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		size_t name = strlen(options[i].name);

		if (length >= name && !strncmp(option, options[i].name, name))
			return take_value(options[i].to, options[i].size, option + name,
					  length - name);
	}
	return "behind # stand image=FILE, type=TYPE and pool=NAME, with commas between them";
}

/* Where it names a host, files of this one are of no use there. */
static void choose_pool(struct libvirt_uri *u)
{
	const char *host = strstr(u->uri, "://");

	if (!u->pool[0] && host && host[3] && host[3] != '/')
		snprintf(u->pool, sizeof(u->pool), "default");
}

static const char *take_options(struct libvirt_uri *u, const char *options)
{
	const char *why = NULL;

	while (options && !why) {
		size_t length = strcspn(options, ",");

		why = take_option(u, options, length);
		options = options[length] ? options + length + 1 : NULL;
	}
	return why;
}

int libvirt_uri_parse(const char *text, struct libvirt_uri *u, char *error, size_t size)
{
	const char *options = strchr(text, '#');
	size_t length = options ? (size_t)(options - text) : strlen(text);
	const char *why = NULL;

	memset(u, 0, sizeof(*u));
	if (strlen(text) >= sizeof(u->whole) || length >= sizeof(u->uri)) {
		why = "the URI is too long; 300 characters at most";
	} else {
		memcpy(u->whole, text, strlen(text) + 1);
		memcpy(u->uri, text, length);
		why = objection(u->uri);
	}
	if (!why)
		why = take_options(u, options ? options + 1 : NULL);
	choose_pool(u);
	if (why)
		snprintf(error, size, "-p libvirt:URI: %s", why);
	return why ? -1 : 0;
}
