/* SPDX-License-Identifier: Apache-2.0
 *
 * base/descriptor.h: a plugin's descriptor as a JSON document, and what must hold of it.
 *
 * The worker turns the C descriptor into this document (worker/describe.c says its shape), asks
 * descriptor_check(), and sends it as HELLO. The host, which does not trust the worker, asks
 * descriptor_check() again before it reads anything from it: one set of rules for both sides.
 *
 * The X-macros list the members of each table once. Keys of the document are the names of the
 * struct members of tajo/plugin.h; T marks a text, U a uint32_t, I an int64_t.
 *
 * Errors are ERR_BUG: the plugin's author has to mend them. Any thread.
 */
#ifndef TAJO_BASE_DESCRIPTOR_H
#define TAJO_BASE_DESCRIPTOR_H

#include "base/error.h"
#include "tajo/plugin.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define DESCRIPTOR_MAX_ENTRIES  512u
#define DESCRIPTOR_MAX_SETTINGS 32u
#define DESCRIPTOR_MAX_TEXT     65536u   /* bytes of one text */
#define DESCRIPTOR_MAX_TEXTS    1048576u /* of all texts: escaped sixfold it still fits a frame */

#define DESCRIPTOR_TOP(T, U, I)                                                                    \
    U(abi_major)                                                                                   \
    U(abi_minor_built)                                                                             \
    U(abi_minor_needed)                                                                            \
    I(capabilities)                                                                                \
    T(platform)                                                                                    \
    T(source)                                                                                      \
    T(version)                                                                                     \
    T(summary)                                                                                     \
    T(licence)                                                                                     \
    T(vendor_url)
#define DESCRIPTOR_AUTH(T, U, I)       U(kind) T(base_url) T(token_path) T(header) T(header_value)
#define DESCRIPTOR_OPTION(T, U, I)     U(type) U(flags) I(min) I(max) T(name) T(def) T(choices) T(help)
#define DESCRIPTOR_RATE(T, U, I)       U(requests) U(period_seconds) U(burst) T(preset) T(rate_class)
#define DESCRIPTOR_PERMISSION(T, U, I) U(required) T(name) T(purpose) T(mend)
#define DESCRIPTOR_FIELD(T, U, I)      U(type) U(role) T(path) T(attribute) T(meaning)
#define DESCRIPTOR_LIST(T, U, I)       U(kind) T(name) T(field) T(help)
#define DESCRIPTOR_EVENT(T, U, I)      T(type) T(category) T(meaning) T(event)
#define DESCRIPTOR_WEBHOOK(T, U, I)    U(max_body) T(name) T(help)
#define DESCRIPTOR_METRIC(T, U, I)     T(name) T(unit) T(help)

int descriptor_check(const json_t *document, struct err_info *e);

/* Values as options write them. 1, or 0 when the text is none. */
int descriptor_parse_integer(const char *text, size_t len, int64_t *ret);
int descriptor_parse_boolean(const char *text, size_t len, int32_t *ret);

/* The next ${name} at or behind *at: 1 with its name and *at behind it, 0 when there is none, -1
 * when a ${ has no end. *ret_start is where the ${ stands. */
int descriptor_next_reference(struct tajo_str text, size_t *at, size_t *ret_start,
                              struct tajo_str *ret_name);

#endif
