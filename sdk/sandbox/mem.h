/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory, and the macros that every file of the sandbox uses.
 *
 * Every function returns memory or ends the program with a message: a sandbox that runs out of
 * memory has nothing to save. What is returned belongs to the caller, who frees it with free().
 * Any thread may call.
 */
#ifndef SANDBOX_MEM_H
#define SANDBOX_MEM_H

#include <stddef.h>

#define SANDBOX_CLEANUP(function) __attribute__((cleanup(function)))
#define SANDBOX_FORMAT(at, from)  __attribute__((format(printf, at, from)))
#define SANDBOX_COUNT(array)      (sizeof(array) / sizeof((array)[0]))
#define SANDBOX_JSON              __attribute__((cleanup(mem_drop_json)))

struct json_t;

/* Zeroed memory. */
void *mem_alloc(size_t size);
/* An array grown or shrunk to `count` elements of `size` bytes; new elements are not zeroed. */
void *mem_resize(void *array, size_t count, size_t size);
char *mem_copy_text(const char *text);
char *mem_copy_bytes(const char *bytes, size_t size);
char *mem_format(const char *format, ...) SANDBOX_FORMAT(1, 2);

/* For SANDBOX_JSON: releases the reference a variable of type json_t * holds. */
void mem_drop_json(struct json_t **json);

#endif
