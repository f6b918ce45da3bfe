/* SPDX-License-Identifier: Apache-2.0 */
#include "map/phone.h"

#include "base/error.h"

#include <string.h>

#define DIGITS_MIN 7
#define DIGITS_MAX 15
#define RAW_MAX    24 /* digits as typed: "00" and a trunk prefix come on top */

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The digits of text, separators left out; *ret_plus tells a leading '+'. */
static int collect_digits(const char *text, size_t len, char ret[RAW_MAX + 1], int *ret_plus)
{
    size_t count = 0;
    int plus = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (is_digit(c)) {
            /* "+49 (0)30": the trunk prefix in brackets is not dialled from abroad. */
            int in_brackets =
                c == '0' && i > 0 && text[i - 1] == '(' && i + 1 < len && text[i + 1] == ')';
            if (in_brackets && count > 0)
                continue;
            if (count == RAW_MAX)
                return ERR_DATA;
            ret[count++] = c;
        } else if (c == '+' && count == 0 && !plus) {
            plus = 1;
        } else if (c == '\0' || strchr("()-./ ", c) == NULL) {
            return ERR_DATA;
        }
    }
    ret[count] = '\0';
    *ret_plus = plus;
    return 0;
}

static const char *skip_trunk_prefix(const char *digits, const char *region)
{
    if (strcmp(region, "39") == 0)
        return digits;
    if (strcmp(region, "1") == 0)
        return digits[0] == '1' && strlen(digits) == 11 ? digits + 1 : digits;
    return digits[0] == '0' ? digits + 1 : digits;
}

int phone_normalize(const char *text, size_t len, const char *region, char ret[PHONE_SIZE])
{
    char digits[RAW_MAX + 1];
    int plus = 0;
    if (collect_digits(text, len, digits, &plus) < 0)
        return ERR_DATA;
    const char *code = "";
    const char *rest = digits;
    if (!plus && strncmp(digits, "00", 2) == 0) {
        rest = digits + 2;
    } else if (!plus) {
        if (region == NULL)
            return ERR_DATA;
        code = region;
        rest = skip_trunk_prefix(digits, region);
        if (*rest == '\0')
            return ERR_DATA;
    }
    size_t code_len = strlen(code);
    size_t rest_len = strlen(rest);
    char first = code_len > 0 ? code[0] : rest[0];
    if (code_len + rest_len < DIGITS_MIN || code_len + rest_len > DIGITS_MAX || first == '0')
        return ERR_DATA;
    ret[0] = '+';
    memcpy(ret + 1, code, code_len);
    memcpy(ret + 1 + code_len, rest, rest_len + 1);
    return 0;
}

int phone_region_valid(const char *region)
{
    size_t len = strspn(region, "0123456789");
    return len >= 1 && len <= 3 && region[len] == '\0' && region[0] != '0';
}
