/* SPDX-License-Identifier: Apache-2.0 */
/* What only the outside of a deterministic lab knows of its run. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "harness/core/result_private.h"

static const char sql[] =
	"UPDATE run SET uuid = lower(substr(?1, 1, 8) || '-' || substr(?1, 9, 4) || '-4' || "
	"substr(?1, 14, 3) || '-a' || substr(?1, 18, 3) || '-' || substr(?1, 21, 12)), "
	"started = strftime('%Y-%m-%dT%H:%M:%SZ', ?2, 'unixepoch'), "
	"finished = CASE WHEN finished IS NULL THEN NULL ELSE "
	"strftime('%Y-%m-%dT%H:%M:%SZ', ?3, 'unixepoch') END, command = ?4";

static int update(sqlite3 *db, const char *digits, int64_t started, int64_t finished,
		  const char *command)
{
	sqlite3_stmt *s = NULL;
	int ret = -1;

	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
		sqlite3_bind_text(s, 1, digits, -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 2, started);
		sqlite3_bind_int64(s, 3, finished);
		sqlite3_bind_text(s, 4, command, -1, SQLITE_STATIC);
		ret = sqlite3_step(s) == SQLITE_DONE ? 0 : -1;
	}
	sqlite3_finalize(s);
	return ret;
}

int result_stamp(const char *path, int64_t started, int64_t finished, const char *command,
		 char *error, size_t size)
{
	unsigned char random[16];
	char digits[33];
	sqlite3 *db = NULL;
	int ret = -1;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		memset(random, 0, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(digits + 2 * i, 3, "%02x", random[i]);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
		ret = update(db, digits, started, finished, command);
	if (ret)
		snprintf(error, size, "%s: cannot be stamped: %s", path,
			 db ? sqlite3_errmsg(db) : "no memory");
	sqlite3_close(db);
	return ret;
}
