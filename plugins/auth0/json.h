/* SPDX-License-Identifier: Apache-2.0
 *
 * auth0/json.h: reading Auth0's JSON leniently.
 *
 * Objects come from JavaScript: they can hold integers beyond 64 bits, NUL characters and halves
 * of surrogate pairs, each of which the parser refuses by default. One such user must not make a
 * page of a hundred unreadable.
 */
#ifndef AUTH0_JSON_H
#define AUTH0_JSON_H

#include "tajo/plugin.h"

#include <jansson.h>
#include <stdbool.h>

/* The parsed text, the caller's to json_decref; NULL when it is not JSON. */
json_t *auth0_json_parse(struct tajo_str text);

/* The string at key, borrowed from object; empty when absent or of another type. */
struct tajo_str auth0_json_get_text(const json_t *object, const char *key);

/* The integer at key, or fallback. */
int64_t auth0_json_get_integer(const json_t *object, const char *key, int64_t fallback);

/* A page of a list in either shape Auth0 gives it: a bare array, or an object with totals. */
struct auth0_json_page {
    const json_t *items; /* borrowed from the root */
    int64_t limit;       /* the page size that Auth0 applied; -1: not said */
    int64_t total;       /* never above 1,000, whatever there is; -1: not said */
};

/* False when root is no page; key is the array's name in the object: "users". */
bool auth0_json_read_page(const json_t *root, const char *key, struct auth0_json_page *ret);

#endif
