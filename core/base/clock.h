/* SPDX-License-Identifier: Apache-2.0
 *
 * base/clock.h: times as int64_t milliseconds.
 *
 * Unix time for what is stored or shown, monotonic time for waiting. ISO 8601 in and out. No
 * globals, any thread.
 */
#ifndef TAJO_BASE_CLOCK_H
#define TAJO_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_unix_ms(void);
int64_t clock_monotonic_ms(void);

#define CLOCK_ISO_SIZE 25 /* "2026-11-23T10:00:00.000Z" and NUL */

/* UTC with milliseconds. Returns buf. Years 1970..9999; others are clamped. */
const char *clock_format_iso(int64_t unix_ms, char buf[CLOCK_ISO_SIZE]);

/* "2026-11-23T10:00:00Z", with any fraction, with +hh:mm, or a date alone. 0 or ERR_DATA. */
int clock_parse_iso(const char *text, size_t len, int64_t *ret_unix_ms);

#endif
