/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

size_t utf8_character(const char *text, size_t len)
{
    const unsigned char *data = (const unsigned char *)text;
    if (len == 0)
        return 0;
    unsigned char c = data[0];
    if (c == 0)
        return 0;
    if (c < 0x80)
        return 1;
    size_t want = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || len < want)
        return 0;
    /* The second byte rules out overlong forms, surrogates and what lies above U+10FFFF. */
    unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (data[1] < low || data[1] > high)
        return 0;
    for (size_t i = 2; i < want; i++)
        if ((data[i] & 0xC0) != 0x80)
            return 0;
    return want;
}

int utf8_valid(const char *data, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = utf8_character(data + i, len - i);
        if (n == 0)
            return 0;
        i += n;
    }
    return 1;
}

size_t utf8_cut(const char *data, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max > 0 && ((unsigned char)data[max] & 0xC0) == 0x80)
        max--;
    return max;
}
