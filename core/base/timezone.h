/* SPDX-License-Identifier: Apache-2.0
 *
 * base/timezone.h: what a clock on the wall of some region shows.
 *
 *     struct tz *zone = NULL;
 *     if (tz_open("Europe/Berlin", &zone, e) == 0) { tz_offset(zone, seconds); tz_free(zone); }
 *
 * Reads the system's compiled time zone files (RFC 8536) itself: localtime_r() knows one zone a
 * process, and changing it is not thread-safe. A struct tz is constant after tz_open. Any thread.
 */
#ifndef TAJO_BASE_TIMEZONE_H
#define TAJO_BASE_TIMEZONE_H

#include "base/cleanup.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct tz;

/* "UTC", "local" (/etc/localtime, UTC where there is none) or an IANA name. ERR_CONFIG: no such
 * zone on this machine; ERR_DATA: its file is damaged. */
int tz_open(const char *name, struct tz **ret, struct err_info *e);

/* The content of a zone file instead of its name; name is for sentences. */
int tz_parse(const char *name, const char *data, size_t len, struct tz **ret, struct err_info *e);
struct tz *tz_free(struct tz *zone);
DEFINE_CLEANUP(struct tz *, tz_free);

/* Seconds east of UTC at a Unix time. */
int64_t tz_offset(const struct tz *zone, int64_t unix_seconds);

/* The Unix times at which the wall shows local (seconds since 1970 as if the wall were UTC): in
 * order, 1 or 2 of them. Returns 0 for a time that the clock skips; ret[0] is then when it skips.
 */
int tz_instants(const struct tz *zone, int64_t local, int64_t ret[2]);

#endif
