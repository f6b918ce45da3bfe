/* SPDX-License-Identifier: Apache-2.0 */
#include "buffer.h"
#include "moment.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
    if (buffer->size - buffer->used < size) {
        size_t wanted = buffer->size ? buffer->size * 2 : 256;
        while (wanted - buffer->used < size) {
            wanted *= 2;
        }
        buffer->data = mem_resize(buffer->data, wanted, 1);
        buffer->size = wanted;
    }
    return buffer->data + buffer->used;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
    if (size) {
        memcpy(buffer_reserve(buffer, size), bytes, size);
        buffer->used += size;
    }
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char c)
{
    *buffer_reserve(buffer, 1) = c;
    buffer->used++;
}

void buffer_add_number(struct buffer *buffer, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    buffer_add(buffer, digits + at, sizeof(digits) - at);
}

void buffer_add_format(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int size = vasprintf(&text, format, args);
    va_end(args);
    if (size > 0) {
        buffer_add(buffer, text, (size_t)size);
    }
    free(text);
}

static void add_escaped(struct buffer *buffer, unsigned char c)
{
    switch (c) {
    case '"':
        buffer_add_text(buffer, "\\\"");
        break;
    case '\\':
        buffer_add_text(buffer, "\\\\");
        break;
    case '\n':
        buffer_add_text(buffer, "\\n");
        break;
    default:
        buffer_add_format(buffer, "\\u%04x", (unsigned)c);
    }
}

void buffer_add_string(struct buffer *buffer, const char *text, size_t size)
{
    buffer_add_char(buffer, '"');
    size_t plain = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == '"' || c == '\\') {
            buffer_add(buffer, text + plain, i - plain);
            add_escaped(buffer, c);
            plain = i + 1;
        }
    }
    buffer_add(buffer, text + plain, size - plain);
    buffer_add_char(buffer, '"');
}

static int dump_piece(const char *bytes, size_t size, void *buffer)
{
    buffer_add(buffer, bytes, size);
    return 0;
}

void buffer_add_json(struct buffer *buffer, const json_t *json)
{
    json_dump_callback(json, dump_piece, buffer, JSON_COMPACT | JSON_ENCODE_ANY);
}

void buffer_add_moment(struct buffer *buffer, int64_t ms)
{
    char text[MOMENT_SIZE];
    moment_format(ms, text);
    buffer_add_char(buffer, '"');
    buffer_add(buffer, text, MOMENT_SIZE - 1);
    buffer_add_char(buffer, '"');
}

const char *buffer_text(struct buffer *buffer)
{
    *buffer_reserve(buffer, 1) = '\0';
    return buffer->data;
}

void buffer_drop_front(struct buffer *buffer, size_t size)
{
    memmove(buffer->data, buffer->data + size, buffer->used - size);
    buffer->used -= size;
}
