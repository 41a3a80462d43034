/* SPDX-License-Identifier: Apache-2.0 */
/* What in a text could say whose host it was: addresses, names with a domain, paths, numbers. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "report/anonymous.h"

#define HEX    "0123456789abcdefABCDEF"
#define LETTER "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NAME   LETTER "0123456789-"
#define ENDS   " \t\r\n\"'`<>|;,()[]{}" /* what ends a path or an address */

static size_t span(const char *s, const char *accept)
{
	return strspn(s, accept);
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) != 0;
}

/* ---- Numbers ---- */

static size_t uuid(const char *s)
{
	static const unsigned char groups[] = {8, 4, 4, 4, 12};
	size_t at = 0;

	if (span(s, HEX) == 32 && !is_word(s[32])) /* a machine-id */
		return 32;
	for (size_t i = 0; i < sizeof(groups); i++) {
		if (i && s[at++] != '-')
			return 0;
		if (strnlen(s + at, groups[i]) < groups[i] || span(s + at, HEX) < groups[i])
			return 0;
		at += groups[i];
	}
	return is_word(s[at]) ? 0 : at;
}

static size_t mac(const char *s)
{
	size_t at = 0;
	char separator = s[0] && s[1] ? s[2] : '\0';

	if (separator != ':' && separator != '-')
		return 0;
	for (int i = 0; i < 6; i++) {
		if (i && s[at++] != separator)
			return 0;
		if (!isxdigit((unsigned char)s[at]) || !isxdigit((unsigned char)s[at + 1]))
			return 0;
		at += 2;
	}
	return is_word(s[at]) || s[at] == separator ? 0 : at;
}

static size_t address(const char *s)
{
	char text[INET6_ADDRSTRLEN + 1];
	unsigned char binary[16];
	size_t four = span(s, "0123456789."), six = span(s, HEX ":."), length;

	while (four && s[four - 1] == '.')
		four--;
	while (six && s[six - 1] == '.')
		six--;
	for (int family = 0; family < 2; family++) {
		length = family ? six : four;
		if (length < 3 || length >= sizeof(text) || is_word(s[length]))
			continue;
		memcpy(text, s, length);
		text[length] = '\0';
		if (inet_pton(family ? AF_INET6 : AF_INET, text, binary) == 1)
			return length;
	}
	/* An IPv4 address and its port. */
	return 0;
}

/* World wide names, GUIDs, hashes: hexadecimal, with letters and digits. */
static size_t hexadecimal(const char *s)
{
	size_t length = span(s, HEX), digits = 0;

	if (length < 12 || is_word(s[length]))
		return 0;
	for (size_t i = 0; i < length; i++)
		digits += isdigit((unsigned char)s[i]) != 0;
	return digits && digits < length ? length : 0;
}

/* ---- Names ---- */

static size_t url(const char *s)
{
	size_t scheme = span(s, LETTER "0123456789+.-");

	if (!scheme || strncmp(s + scheme, "://", 3))
		return 0;
	return scheme + 3 + strcspn(s + scheme + 3, " \t\r\n\"'`<>|");
}

static size_t mail(const char *s)
{
	size_t user = span(s, NAME "._%+"), host;

	if (!user || s[user] != '@')
		return 0;
	host = span(s + user + 1, NAME "._");
	return host ? user + 1 + host : 0;
}

static bool is_top(const char *s, size_t length, size_t labels)
{
	static const char *const tops[] = {
		"com",	   "net",  "org",  "edu",  "gov",      "mil",	      "int",	  "arpa",
		"biz",	   "info", "io",   "de",   "eu",       "uk",	      "fr",	  "ch",
		"at",	   "nl",   "jp",   "cn",   "in",       "us",	      "dev",	  "cloud",
		"app",	   "ai",   "co",   "test", "example",  "invalid",     "local",	  "lan",
		"intra",   "corp", "home", "site", "internal", "localdomain", "intranet", "private",
		"company", "tech", "box",  "zone", "cluster",  "svc",
	};
	/* What ends with two letters after two dots is a country, or a file. */
	static const char *const files[] = {"so", "py", "sh", "md", "vq", "gz", "xz", "ko", "el"};

	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
		if (strlen(tops[i]) == length && !strncasecmp(s, tops[i], length))
			return true;
	if (labels < 3 || length != 2)
		return false;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!strncmp(s, files[i], 2))
			return false;
	return true;
}

/* "alpha.example.com" */
static size_t domain(const char *s)
{
	size_t at = 0, labels = 0, last = 0, length = 0;

	for (;;) {
		length = span(s + at, NAME "_");
		if (!length)
			return 0;
		labels++;
		last = at;
		at += length;
		if (s[at] != '.' || !span(s + at + 1, NAME "_"))
			break;
		at++;
	}
	if (labels < 2 || span(s + last, LETTER) != length || !is_top(s + last, length, labels))
		return 0;
	return at;
}

/* ---- Paths ---- */

int anonymous_is_common_path(const char *s, size_t length)
{
	static const char *const whole[] = {"/dev/kvm", "/dev/null", "/dev/full", "/dev/vhost-net"};
	static const char *const below[] = {"/sys/devices/system/", "/sys/module/", "/proc/sys/"};

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (strlen(whole[i]) == length && !strncmp(s, whole[i], length))
			return 1;
	if (memmem(s, length, "..", 2))
		return 0;
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		if (strlen(below[i]) < length && !strncmp(s, below[i], strlen(below[i])))
			return 1;
	return 0;
}

/* Of "VMCALL/VMMCALL", "op/s" and "kvm/pinned" nothing is a path: it needs two slashes, or a dot.
 */
static size_t path(const char *s)
{
	size_t length = strcspn(s, ENDS ":="), slashes = 0, dots = 0;

	if (s[0] == '~' && (s[1] == '/' || is_word(s[1])))
		return length;
	if (s[0] == '/' && length > 1)
		return length;
	for (size_t i = 0; i < length; i++) {
		slashes += s[i] == '/' && i + 1 < length;
		dots += s[i] == '.' && i + 1 < length && is_word(s[i + 1]);
	}
	if (s[0] == '.' && (!strncmp(s, "./", 2) || !strncmp(s, "../", 3)))
		return length;
	return slashes > 1 || (slashes && dots) ? length : 0;
}

/* ---- Values by their key ---- */

/* "Serial: X1", "serial number X1": the value has a digit or a capital, or it is a sentence. */
static struct anonymous_match serial(const char *s)
{
	struct anonymous_match m = {ANONYMOUS_SERIAL, 6, 0};
	bool number = false;

	if (strncasecmp(s, "serial", 6))
		return m;
	m.skip += span(s + m.skip, "_- ");
	if (!strncasecmp(s + m.skip, "number", 6))
		m.skip += 6;
	else if (!strncasecmp(s + m.skip, "no", 2) && !is_word(s[m.skip + 2]))
		m.skip += 2;
	m.skip += span(s + m.skip, " \t:=#.\"'");
	m.length = span(s + m.skip, NAME "._/");
	for (size_t i = 0; i < m.length; i++)
		number |= isdigit((unsigned char)s[m.skip + i]) ||
			  isupper((unsigned char)s[m.skip + i]);
	if (m.length < 2 || !number || !strchr(" \t:=#.\"'", s[m.skip - 1]))
		m.length = 0;
	return m;
}

static struct anonymous_match assignment(const char *s)
{
	static const struct {
		const char *key;
		enum anonymous_kind kind;
	} keys[] = {
		{"user", ANONYMOUS_USER},	{"username", ANONYMOUS_USER},
		{"logname", ANONYMOUS_USER},	{"login", ANONYMOUS_USER},
		{"owner", ANONYMOUS_USER},	{"sudo_user", ANONYMOUS_USER},
		{"host", ANONYMOUS_HOST},	{"hostname", ANONYMOUS_HOST},
		{"nodename", ANONYMOUS_HOST},	{"domain", ANONYMOUS_HOST},
		{"server", ANONYMOUS_HOST},	{"ip", ANONYMOUS_ADDRESS},
		{"nfsroot", ANONYMOUS_ADDRESS}, {"uuid", ANONYMOUS_UUID},
		{"mac", ANONYMOUS_MAC},		{"wwn", ANONYMOUS_ID},
		{"asset", ANONYMOUS_SERIAL},	{"asset_tag", ANONYMOUS_SERIAL},
		{"password", ANONYMOUS_ID},	{"passwd", ANONYMOUS_ID},
		{"token", ANONYMOUS_ID},	{"secret", ANONYMOUS_ID},
		{"root", ANONYMOUS_PATH},
	};
	size_t length = span(s, LETTER "_");

	if (!length || s[length] != '=')
		return (struct anonymous_match){0};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strlen(keys[i].key) == length && !strncasecmp(s, keys[i].key, length))
			return (struct anonymous_match){keys[i].kind, length + 1,
							strcspn(s + length + 1, ENDS "&")};
	return (struct anonymous_match){0};
}

/* ---- All ---- */

struct anonymous_match anonymous_match(const char *s, char before)
{
	static const struct {
		size_t (*match)(const char *s);
		enum anonymous_kind kind;
	} matchers[] = {
		{url, ANONYMOUS_URL},	  {mail, ANONYMOUS_USER},	{uuid, ANONYMOUS_UUID},
		{mac, ANONYMOUS_MAC},	  {address, ANONYMOUS_ADDRESS}, {path, ANONYMOUS_PATH},
		{domain, ANONYMOUS_HOST}, {hexadecimal, ANONYMOUS_ID},
	};
	struct anonymous_match m;

	if (is_word(before))
		return (struct anonymous_match){0};
	m = serial(s);
	if (!m.length)
		m = assignment(s);
	if (m.length)
		return m;
	for (size_t i = 0; i < sizeof(matchers) / sizeof(matchers[0]); i++) {
		size_t length = matchers[i].match(s);

		if (length)
			return (struct anonymous_match){matchers[i].kind, 0, length};
	}
	return (struct anonymous_match){0};
}
