/* SPDX-License-Identifier: Apache-2.0 */
#include "mem.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
    if (!memory) {
        fputs("tajo-sandbox: out of memory; start it with fewer users or more memory\n", stderr);
        abort();
    }
    return memory;
}

void *mem_alloc(size_t size)
{
    return checked(calloc(1, size ? size : 1));
}

void *mem_resize(void *array, size_t count, size_t size)
{
    return checked(reallocarray(array, count ? count : 1, size));
}

char *mem_copy_text(const char *text)
{
    return checked(strdup(text));
}

char *mem_copy_bytes(const char *bytes, size_t size)
{
    char *copy = checked(malloc(size + 1));
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

char *mem_format(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) {
        text = NULL;
    }
    va_end(args);
    return checked(text);
}

void mem_drop_json(struct json_t **json)
{
    json_decref(*json);
}
