/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing run of bytes, and the JSON text written into it by hand where speed counts.
 *
 * Start from a zeroed struct, add, read data/used, and release with buffer_free(), which leaves a
 * zeroed struct again. `data` is not terminated unless buffer_text() was called last. One thread
 * at a time.
 */
#ifndef SANDBOX_BUFFER_H
#define SANDBOX_BUFFER_H

#include "mem.h"

#include <jansson.h>
#include <stdint.h>

struct buffer {
    char *data;
    size_t used;
    size_t size;
};

#define BUFFER_AUTO SANDBOX_CLEANUP(buffer_free) struct buffer

void buffer_free(struct buffer *buffer);
/* Room for `size` more bytes; the caller writes there and adds to `used` himself. */
char *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_add(struct buffer *buffer, const void *bytes, size_t size);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_add_number(struct buffer *buffer, uint64_t number);
void buffer_add_format(struct buffer *buffer, const char *format, ...) SANDBOX_FORMAT(2, 3);
/* `text` as a JSON string with its quotes; bytes above 127 are taken as UTF-8 and kept. */
void buffer_add_string(struct buffer *buffer, const char *text, size_t size);
/* A JSON value in compact form, keys in the order they have. */
void buffer_add_json(struct buffer *buffer, const json_t *json);
/* `ms` since 1970 as a JSON string "2026-10-31T12:00:00.000Z". */
void buffer_add_moment(struct buffer *buffer, int64_t ms);
/* The content as a terminated string, owned by the buffer. */
const char *buffer_text(struct buffer *buffer);
/* Forgets the first `size` bytes. */
void buffer_drop_front(struct buffer *buffer, size_t size);

#endif
