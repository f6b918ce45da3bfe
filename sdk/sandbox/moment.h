/* SPDX-License-Identifier: Apache-2.0
 *
 * Points in time as milliseconds since 1970 (UTC), and the ISO 8601 text both vendors use.
 * Any thread may call.
 */
#ifndef SANDBOX_MOMENT_H
#define SANDBOX_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-10-31T12:00:00.000Z" and the terminating zero. */
#define MOMENT_SIZE 25

int64_t moment_now(void);
void moment_format(int64_t ms, char text[MOMENT_SIZE]);
/* Takes a date, or a date and a time with or without seconds, fraction and zone. */
bool moment_parse(const char *text, int64_t *ret_ms);
/* The date alone: "2026-10-31", valid in the calendar. */
bool moment_is_date(const char *text);

#endif
