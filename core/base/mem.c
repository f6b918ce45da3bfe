/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(size_t count, size_t size)
{
    fprintf(stderr,
            "tajo-connect: out of memory asking for %zu x %zu bytes; ending. Nothing that was "
            "committed is lost: start it again, with more memory\n",
            count, size);
    abort();
}

void *mem_alloc(size_t size)
{
    void *p = calloc(1, size > 0 ? size : 1);
    if (p == NULL)
        out_of_memory(1, size);
    return p;
}

void *mem_array(size_t count, size_t size)
{
    void *p = count > 0 && size > 0 ? calloc(count, size) : calloc(1, 1);
    if (p == NULL)
        out_of_memory(count, size);
    return p;
}

void *mem_resize(void *p, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size)
        out_of_memory(count, size);
    size_t bytes = count * size;
    void *grown = realloc(p, bytes > 0 ? bytes : 1);
    if (grown == NULL)
        out_of_memory(count, size);
    return grown;
}

char *mem_strdup(const char *text)
{
    return text == NULL ? NULL : mem_strndup(text, strlen(text));
}

char *mem_strndup(const char *data, size_t len)
{
    if (len == SIZE_MAX)
        out_of_memory(1, len);
    char *copy = mem_alloc(len + 1);
    if (len > 0)
        memcpy(copy, data, len);
    return copy;
}

char *mem_printf(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        out_of_memory(1, strlen(format));
    return text;
}
