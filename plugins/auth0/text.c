/* SPDX-License-Identifier: Apache-2.0 */
#include "auth0/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void *auth0_text_allocate(size_t size)
{
    void *memory = malloc(size == 0 ? 1 : size);
    if (memory == NULL) {
        fputs("auth0: out of memory\n", stderr);
        abort();
    }
    return memory;
}

char *auth0_text_format(const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size = len < 0 ? 1 : (size_t)len + 1;
    char *text = auth0_text_allocate(size);
    text[0] = '\0';
    vsnprintf(text, size, format, again);
    va_end(again);
    return text;
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

char *auth0_text_encode_segment(struct tajo_str segment)
{
    static const char digits[] = "0123456789ABCDEF";
    char *text = auth0_text_allocate(segment.len * 3 + 1);
    char *to = text;
    /* A segment of dots alone would be taken for a step in the path. */
    bool dots = segment.len > 0 && segment.len <= 2;
    for (size_t i = 0; i < segment.len && dots; i++)
        dots = segment.data[i] == '.';
    for (size_t i = 0; i < segment.len; i++) {
        unsigned char c = (unsigned char)segment.data[i];
        if (is_unreserved(c) && !dots) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '%';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    *to = '\0';
    return text;
}

char *auth0_text_quote_phrase(struct tajo_str value)
{
    char *text = auth0_text_allocate(value.len * 2 + 3);
    char *to = text;
    *to++ = '"';
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '"' || value.data[i] == '\\')
            *to++ = '\\';
        *to++ = value.data[i];
    }
    *to++ = '"';
    *to = '\0';
    return text;
}

void auth0_text_copy_printable(struct tajo_str text, char *room, size_t room_size)
{
    size_t n = text.len < room_size - 1 ? text.len : room_size - 1;
    for (size_t i = 0; i < n; i++)
        room[i] = text.data[i] >= ' ' && text.data[i] <= '~' ? text.data[i] : '?';
    room[n] = '\0';
}

static bool is_personal(struct tajo_str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.data[i] == '@' || word.data[i] == '|')
            return true;
        if (word.len - i >= 3 && (strncasecmp(word.data + i, "%40", 3) == 0 ||
                                  strncasecmp(word.data + i, "%7c", 3) == 0))
            return true;
    }
    return false;
}

void auth0_text_copy_sentence(struct tajo_str text, char *room, size_t room_size)
{
    static const struct tajo_str hidden = TAJO_STR("(hidden)");
    size_t done = 0;
    room[0] = '\0';
    for (size_t from = 0; from < text.len && done < room_size - 1;) {
        struct tajo_str word = {text.data + from, 0};
        while (from + word.len < text.len && word.data[word.len] != ' ')
            word.len++;
        from += word.len;
        if (is_personal(word))
            word = hidden;
        auth0_text_copy_printable(word, room + done, room_size - done);
        done += strlen(room + done);
        for (; from < text.len && text.data[from] == ' ' && done < room_size - 1; from++)
            room[done++] = ' ';
        room[done] = '\0';
    }
}
