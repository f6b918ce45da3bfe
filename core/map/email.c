/* SPDX-License-Identifier: Apache-2.0 */
#include "map/email.h"

#include "base/error.h"

#include <string.h>

#define LOCAL_MAX 64
#define LABEL_MAX 63

static int is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* RFC 5321's dot-string: atoms of "atext" between single dots. */
static int local_part_valid(const char *at, size_t len)
{
    if (len == 0 || len > LOCAL_MAX || at[0] == '.' || at[len - 1] == '.')
        return 0;
    for (size_t i = 0; i < len; i++) {
        if (at[i] == '.' && at[i + 1] == '.')
            return 0;
        if (at[i] == '\0' || (!is_letter(at[i]) && !is_digit(at[i]) &&
                              strchr("!#$%&'*+-/=?^_`{|}~.", at[i]) == NULL))
            return 0;
    }
    return 1;
}

static int label_valid(const char *at, size_t len)
{
    if (len == 0 || len > LABEL_MAX || at[0] == '-' || at[len - 1] == '-')
        return 0;
    for (size_t i = 0; i < len; i++)
        if (!is_letter(at[i]) && !is_digit(at[i]) && at[i] != '-')
            return 0;
    return 1;
}

static int domain_valid(const char *domain)
{
    size_t labels = 0;
    const char *last = domain;
    for (const char *at = domain;; at++) {
        size_t len = strcspn(at, ".");
        if (!label_valid(at, len))
            return 0;
        last = at;
        labels++;
        at += len;
        if (*at == '\0')
            break;
    }
    /* The last label of a name is never all digits: that would be an IPv4 address. */
    return labels >= 2 && strspn(last, "0123456789") < strlen(last);
}

int email_normalize(const char *text, size_t len, char ret[EMAIL_MAX + 1])
{
    char buf[EMAIL_MAX + 1];
    while (len > 0 && is_blank(text[0])) {
        text++;
        len--;
    }
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    if (len == 0 || len > EMAIL_MAX)
        return ERR_DATA;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\0')
            return ERR_DATA;
        buf[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
    }
    buf[len] = '\0';
    const char *at = strchr(buf, '@');
    if (at == NULL || !local_part_valid(buf, (size_t)(at - buf)) || !domain_valid(at + 1))
        return ERR_DATA;
    memcpy(ret, buf, len + 1);
    return 0;
}
