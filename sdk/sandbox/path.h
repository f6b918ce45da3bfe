/* SPDX-License-Identifier: Apache-2.0
 *
 * Values inside a JSON object by path: "user_metadata.plan", "identities[0].connection". A name
 * that is a key as a whole goes before its parts. Any thread may call.
 */
#ifndef SANDBOX_PATH_H
#define SANDBOX_PATH_H

#include <jansson.h>
#include <stdbool.h>

typedef bool path_test(const json_t *value, const void *context);

/* The value at the path, borrowed; NULL when there is none. */
const json_t *path_get(const json_t *object, const char *path);
/* Whether a value at the path passes the test, where a step without an index enters all elements
 * of an array, as search does. */
bool path_any(const json_t *object, const char *path, path_test *test, const void *context);

#endif
