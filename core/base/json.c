/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

#define MAX_DEPTH 64
#define MAX_PATH  256
#define MAX_INDEX 1000000 /* of an array element in a path */

/* Jansson's own bound is 2048 levels, enough to exhaust a small stack; so depth is counted before
 * anything is built. Brackets inside strings do not count. */
static int too_deep(const char *data, size_t len)
{
    int depth = 0;
    int in_string = 0;
    for (size_t i = 0; i < len; i++) {
        char c = data[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = 0;
        } else if (c == '"') {
            in_string = 1;
        } else if (c == '{' || c == '[') {
            if (++depth > MAX_DEPTH)
                return 1;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return 0;
}

/* Jansson's own text quotes the document, which may hold personal data. */
static const char *reason_text(enum json_error_code code)
{
    switch (code) {
    case json_error_premature_end_of_input:
        return "it ends too early";
    case json_error_end_of_input_expected:
        return "something follows after its end";
    case json_error_invalid_utf8:
        return "it is not UTF-8";
    case json_error_numeric_overflow:
        return "a number is too large";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "it has a NUL character";
    default:
        return "its syntax is wrong";
    }
}

int json_parse(const char *data, size_t len, size_t max_len, json_t **ret, struct err_info *e)
{
    if (len > max_len)
        return err_set(e, ERR_DATA, NULL, NULL, "the JSON text has %zu bytes, more than %zu", len,
                       max_len);
    if (too_deep(data, len))
        return err_set(e, ERR_DATA, NULL, NULL, "the JSON text is nested deeper than %d levels",
                       MAX_DEPTH);
    json_error_t error;
    json_t *value = json_loadb(len > 0 ? data : "", len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (value == NULL)
        return err_set(e, ERR_DATA, NULL, NULL, "not JSON at line %d, column %d: %s", error.line,
                       error.column, reason_text(json_error_code(&error)));
    *ret = value;
    return 0;
}

static int append(const char *data, size_t len, void *arg)
{
    strbuf_add(arg, data, len);
    return 0;
}

void json_write(const json_t *value, struct strbuf *out)
{
    if (json_dump_callback(value, append, out, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) !=
        0)
        strbuf_add_text(out, "null"); /* only NULL itself cannot be written */
}

static void write_ascii(struct strbuf *out, char c)
{
    switch (c) {
    case '"':
        strbuf_add_text(out, "\\\"");
        break;
    case '\\':
        strbuf_add_text(out, "\\\\");
        break;
    case '\n':
        strbuf_add_text(out, "\\n");
        break;
    case '\r':
        strbuf_add_text(out, "\\r");
        break;
    case '\t':
        strbuf_add_text(out, "\\t");
        break;
    default:
        if ((unsigned char)c < 0x20)
            strbuf_add_format(out, "\\u%04X", (unsigned)(unsigned char)c);
        else
            strbuf_add_char(out, c);
    }
}

void json_write_string(struct strbuf *out, const char *text, size_t len)
{
    strbuf_reserve(out, len + 2);
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < len;) {
        size_t n = text[i] == 0 ? 1 : utf8_character(text + i, len - i);
        if (n == 0)
            strbuf_add_text(out, "\xEF\xBF\xBD");
        else if (n == 1)
            write_ascii(out, text[i]);
        else
            strbuf_add(out, text + i, n);
        i += n == 0 ? 1 : n;
    }
    strbuf_add_char(out, '"');
}

/* Reads "[12]" at *path; 1 and *path behind it, or 0. */
static int take_index(const char **path, size_t *ret)
{
    const char *p = *path;
    size_t index = 0;
    if (*p++ != '[' || *p < '0' || *p > '9')
        return 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        index = index * 10 + (size_t)(*p - '0');
        if (index > MAX_INDEX)
            return 0;
    }
    if (*p++ != ']')
        return 0;
    *path = p;
    *ret = index;
    return 1;
}

const json_t *json_at_path(const json_t *root, const char *path)
{
    const json_t *at = root;
    while (at != NULL && *path != '\0') {
        size_t index = 0;
        if (*path == '[') {
            if (!take_index(&path, &index))
                return NULL;
            at = json_array_get(at, index);
        } else {
            const json_t *whole = json_object_get(at, path);
            if (whole != NULL)
                return whole;
            size_t len = strcspn(path, ".[");
            if (len == 0)
                return NULL;
            at = json_object_getn(at, path, len);
            path += len;
        }
        if (*path == '.')
            path++;
    }
    return at;
}

int json_path_valid(const char *path)
{
    if (*path == '\0' || strlen(path) > MAX_PATH)
        return 0;
    for (;;) {
        size_t len = strcspn(path, ".[]");
        size_t index = 0;
        if (len == 0)
            return 0;
        path += len;
        while (*path == '[')
            if (!take_index(&path, &index))
                return 0;
        if (*path == '\0')
            return 1;
        if (*path++ != '.')
            return 0;
    }
}
