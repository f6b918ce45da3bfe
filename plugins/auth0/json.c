/* SPDX-License-Identifier: Apache-2.0 */
#include "auth0/json.h"

#include "auth0/text.h"

#include <string.h>

#define EXACT_INTEGERS 9007199254740992.0 /* 2^53: below, a double holds every integer */

static int read_hex(const char *text, size_t left)
{
    int value = 0;
    if (left < 6 || text[0] != '\\' || text[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        char c = text[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Replaces halves of surrogate pairs, written as \uD800 and the like, by U+FFFD in place. */
static void mend_surrogates(char *text, size_t len)
{
    size_t i = 0;
    while (i < len) {
        int unit = read_hex(text + i, len - i);
        if (unit < 0) {
            i += text[i] == '\\' ? 2 : 1;
            continue;
        }
        int next = unit >= 0xD800 && unit < 0xDC00 ? read_hex(text + i + 6, len - i - 6) : -1;
        if (next >= 0xDC00 && next < 0xE000)
            i += 6;
        else if (unit >= 0xD800 && unit < 0xE000)
            memcpy(text + i + 2, "fffd", 4);
        i += 6;
    }
}

static json_t *restore_integer(json_t *value)
{
    double real = json_real_value(value);
    if (!json_is_real(value) || real >= EXACT_INTEGERS || real <= -EXACT_INTEGERS)
        return NULL;
    json_int_t whole = (json_int_t)real;
    return (double)whole < real || (double)whole > real ? NULL : json_integer(whole);
}

/* After JSON_DECODE_INT_AS_REAL: whole numbers become integers again. */
static void restore_integers(json_t *value)
{
    const char *key;
    size_t index;
    json_t *child;
    void *next;
    if (json_is_object(value)) {
        json_object_foreach_safe(value, next, key, child)
        {
            json_t *integer = restore_integer(child);
            if (integer != NULL)
                json_object_set_new_nocheck(value, key, integer);
            else
                restore_integers(child);
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, index, child)
        {
            json_t *integer = restore_integer(child);
            if (integer != NULL)
                json_array_set_new(value, index, integer);
            else
                restore_integers(child);
        }
    }
}

json_t *auth0_json_parse(struct tajo_str text)
{
    json_error_t error;
    if (text.len == 0)
        return NULL;
    json_t *root = json_loadb(text.data, text.len, JSON_ALLOW_NUL, &error);
    if (root != NULL)
        return root;
    AUTH0_FREE_TEXT char *mended = auth0_text_allocate(text.len);
    memcpy(mended, text.data, text.len);
    mend_surrogates(mended, text.len);
    root = json_loadb(mended, text.len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    if (root != NULL)
        restore_integers(root);
    return root;
}

struct tajo_str auth0_json_get_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    struct tajo_str text = {json_string_value(value), json_string_length(value)};
    return text;
}

int64_t auth0_json_get_integer(const json_t *object, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : fallback;
}

bool auth0_json_read_page(const json_t *root, const char *key, struct auth0_json_page *ret)
{
    const json_t *items = json_is_array(root) ? root : json_object_get(root, key);
    if (!json_is_array(items))
        return false;
    ret->items = items;
    ret->limit = auth0_json_get_integer(root, "limit", -1);
    ret->total = auth0_json_get_integer(root, "total", -1);
    return true;
}
