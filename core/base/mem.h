/* SPDX-License-Identifier: Apache-2.0
 *
 * base/mem.h: allocation that does not fail.
 *
 * Everything the host holds is bounded, so running out of memory means a broken machine or a bug.
 * These end the process with a message then: being killed at any instruction loses nothing
 * (docs/decisions/0002). Freed with free(). Any thread.
 */
#ifndef TAJO_BASE_MEM_H
#define TAJO_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);               /* zeroed; size 0 gives a pointer that can be freed */
void *mem_array(size_t count, size_t size); /* zeroed, checks the product */
void *mem_resize(void *p, size_t count, size_t size); /* new bytes are not zeroed */
char *mem_strdup(const char *text);                   /* NULL gives NULL */
char *mem_strndup(const char *data, size_t len);      /* len bytes and a NUL */
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
