/* SPDX-License-Identifier: Apache-2.0 */
#include "config/text.h"

#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

#define MAX_WORD  64
#define MAX_SLIPS 2

size_t text_utf8_length(const char *data, size_t len)
{
    size_t n = utf8_character(data, len);
    return n == 0 ? 1 : n;
}

/* What YAML does not take although it is UTF-8: controls, U+FEFF, U+FFFE and U+FFFF. */
static int is_control(const char *character, size_t n)
{
    const unsigned char *c = (const unsigned char *)character;
    switch (n) {
    case 1:
        return (*c < 0x20 && *c != '\t' && *c != '\n' && *c != '\r') || *c == 0x7F;
    case 2:
        return c[0] == 0xC2 && c[1] < 0xA0 && c[1] != 0x85;
    case 3:
        return memcmp(c, "\xEF\xBB\xBF", 3) == 0 || memcmp(c, "\xEF\xBF\xBE", 3) == 0 ||
               memcmp(c, "\xEF\xBF\xBF", 3) == 0;
    default:
        return 0;
    }
}

int text_check(const char **data, size_t *len, struct config_mark *ret_mark, struct err_info *e)
{
    const unsigned char *at = (const unsigned char *)*data;
    const unsigned char *end = at + *len;
    struct config_mark mark = {1, 1};
    if (*len >= 2 && ((at[0] == 0xFF && at[1] == 0xFE) || (at[0] == 0xFE && at[1] == 0xFF))) {
        *ret_mark = mark;
        return err_set(e, ERR_CONFIG, NULL, "Save it as UTF-8", "the file is UTF-16 or UTF-32");
    }
    if (*len >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
        at += 3;
    *data = (const char *)at;
    *len = (size_t)(end - at);
    while (at < end) {
        /* NUL is a character, but none that may stand in a text. */
        size_t n = *at == 0 ? 1 : utf8_character((const char *)at, (size_t)(end - at));
        if (n == 0 || is_control((const char *)at, n)) {
            *ret_mark = mark;
            return err_set(e, ERR_CONFIG, NULL, "Save the file as UTF-8 text",
                           n == 0
                               ? "the byte 0x%02X is not UTF-8"
                               : "a control character (it begins with 0x%02X) stands in the file",
                           (unsigned)*at);
        }
        mark.column++;
        if (*at == '\n')
            mark = (struct config_mark){mark.line + 1, 1};
        at += n;
    }
    return 0;
}

const char *text_clean(const char *word, char buf[TEXT_CLEAN_SIZE])
{
    size_t len = 0;
    size_t left = strlen(word);
    while (left > 0) {
        size_t n = text_utf8_length(word, left);
        if (len + n > TEXT_CLEAN_SIZE - 4) {
            memcpy(buf + len, "...", 3);
            len += 3;
            break;
        }
        memcpy(buf + len, word, n);
        if (is_control(word, n) || strchr("\t\n\r", *word) != NULL)
            memset(buf + len, '?', n);
        len += n;
        word += n;
        left -= n;
    }
    buf[len] = '\0';
    return buf;
}

static int min3(int a, int b, int c)
{
    int m = a < b ? a : b;
    return m < c ? m : c;
}

/* Damerau-Levenshtein distance (optimal string alignment): insert, drop, change, swap. */
static int distance(const char *a, const char *b)
{
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    int rows[3][MAX_WORD + 1];
    if (a_len > MAX_WORD || b_len > MAX_WORD)
        return MAX_WORD;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= a_len; i++) {
        int *row = rows[i % 3];
        const int *above = rows[(i - 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= b_len; j++) {
            int differs = a[i - 1] != b[j - 1];
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + differs);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                int swapped = rows[(i + 1) % 3][j - 2] + 1; /* two rows up */
                row[j] = swapped < row[j] ? swapped : row[j];
            }
        }
    }
    return rows[a_len % 3][b_len];
}

const char *text_nearest(const char *word, const char *const *known, size_t count)
{
    const char *best = NULL;
    size_t len = strlen(word);
    /* In a short word two slips leave nothing of it. */
    int limit = len <= 3 ? 1 : MAX_SLIPS;
    for (size_t i = 0; i < count; i++) {
        int d = known[i] == NULL ? MAX_WORD : distance(word, known[i]);
        if (d <= limit) {
            best = known[i];
            limit = d - 1;
        }
    }
    for (size_t i = 0; best == NULL && len >= 3 && i < count; i++)
        if (known[i] != NULL &&
            (strncmp(known[i], word, len) == 0 || strncmp(known[i], word, strlen(known[i])) == 0))
            best = known[i];
    return best;
}
