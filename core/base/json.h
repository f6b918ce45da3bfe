/* SPDX-License-Identifier: Apache-2.0
 *
 * base/json.h: what we need of JSON beyond Jansson's own calls.
 *
 * Foreign JSON is parsed with json_parse(), which bounds size and depth. Values are Jansson's
 * json_t with its reference rules: _new/parse results belong to the caller.
 */
#ifndef TAJO_BASE_JSON_H
#define TAJO_BASE_JSON_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/strbuf.h"

#include <jansson.h>
#include <stdint.h>

/* json_t *v _cleanup_json_ = ...: dropped at the end of the scope. */
static inline void cleanup_json(json_t **p)
{
    json_decref(*p);
}
#define _cleanup_json_ _cleanup_(cleanup_json)

/* Parses one document of at most max_len bytes and depth 64. ERR_DATA with position, not content:
 * the sentence never quotes what was parsed. */
int json_parse(const char *data, size_t len, size_t max_len, json_t **ret, struct err_info *e);

/* Compact text with sorted keys: equal values give equal bytes. */
void json_write(const json_t *value, struct strbuf *out);

/* JSON text of a string, quotes included, written without building a json_t. Invalid UTF-8 becomes
 * U+FFFD. */
void json_write_string(struct strbuf *out, const char *text, size_t len);

/* Borrowed value at a path such as "user_metadata.phone" or "identities[0].provider"; a key with
 * the whole remaining path as its name, dots included, wins over the walk. NULL: not there. */
const json_t *json_at_path(const json_t *root, const char *path);

/* 1 when the text is a well-formed path: non-empty names, decimal indexes, at most 256 bytes. */
int json_path_valid(const char *path);

#endif
