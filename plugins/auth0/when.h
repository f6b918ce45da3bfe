/* SPDX-License-Identifier: Apache-2.0
 *
 * auth0/when.h: the times of Auth0 as Unix milliseconds.
 *
 * Parsers return false, with *ret_ms untouched, for what is not a time between the years 1970 and
 * 9999. No time zone or locale of the machine takes part.
 */
#ifndef AUTH0_WHEN_H
#define AUTH0_WHEN_H

#include "tajo/plugin.h"

#include <stdbool.h>

/* "2026-11-23T10:00:00.000Z" and its NUL. */
#define AUTH0_WHEN_SIZE 25

/* ISO 8601 date and time with "Z" or an offset; any number of fraction digits, three are kept. */
bool auth0_when_parse_iso(struct tajo_str text, int64_t *ret_ms);

/* An HTTP date in the form that servers send: "Sun, 06 Nov 1994 08:49:37 GMT". */
bool auth0_when_parse_http(struct tajo_str text, int64_t *ret_ms);

/* Milliseconds always, because a bound of whole seconds would read its rows again and again. */
void auth0_when_format_iso(int64_t ms, char room[AUTH0_WHEN_SIZE]);

#endif
