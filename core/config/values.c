/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include "base/cron.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/timezone.h"
#include "config/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_RATE 10000

int at_expected(const struct at *at, const char *mend, const char *format, ...)
{
    char expected[256];
    char written[TEXT_CLEAN_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(expected, sizeof(expected), format, args);
    va_end(args);
    if (at->node == NULL || at->node->kind != NODE_SCALAR)
        return at_problem(at, mend, "expected %s", expected);
    return at_problem(at, mend, "expected %s, not \"%s\"", expected,
                      text_clean(at->node->text, written));
}

static int is_written(const struct at *at)
{
    return at->node != NULL && !at->node->is_null;
}

int is_mapping(const struct at *at)
{
    if (!is_written(at))
        return 0;
    if (at->node->kind == NODE_MAPPING)
        return 1;
    at_problem(at, "Write its keys below it, indented",
               at->node->kind == NODE_SEQUENCE ? "expected keys with values, not a list"
                                               : "expected keys with values, not a single value");
    return 0;
}

static int read_text(const struct at *at, char **ret, int *ret_exposed)
{
    _cleanup_free_ char *text = NULL;
    if (!is_written(at))
        return UNSET;
    if (at->node->kind != NODE_SCALAR)
        return at_problem(at, NULL, "expected a single value, not a %s",
                          at->node->kind == NODE_SEQUENCE ? "list" : "section with keys");
    int r = expand(at, &text, ret_exposed);
    if (r == 0 && text[0] == '\0')
        return UNSET;
    if (r == 0)
        *ret = take_ptr(text);
    return r;
}

int read_string(const struct at *at, char **ret)
{
    int exposed = 0;
    return read_text(at, ret, &exposed);
}

void read_value(const struct at *at, const char *name, struct config_value *ret)
{
    struct config_value value = {.name = mem_strdup(name), .mark = at->node->mark};
    int r = read_text(at, &value.text, &value.exposed);
    value.is_set = r == 0;
    value.broken = r < 0;
    if (r != 0)
        value.text = mem_strdup("");
    *ret = value;
}

int read_secret(const struct at *at, char **ret)
{
    int exposed = 0;
    int r = read_text(at, ret, &exposed);
    if (r != 0)
        return r;
    log_hide(*ret);
    if (exposed)
        warn_exposed(at);
    return 0;
}

int parse_boolean(const char *text, int *ret)
{
    int is_true = strcasecmp(text, "true") == 0;
    if (!is_true && strcasecmp(text, "false") != 0)
        return ERR_CONFIG;
    *ret = is_true;
    return 0;
}

int parse_integer(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    char *end = NULL;
    size_t digits = strspn(text + (text[0] == '-'), "0123456789");
    if (digits == 0)
        return ERR_CONFIG;
    errno = 0;
    int64_t v = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || v < min || v > max)
        return ERR_CONFIG;
    *ret = v;
    return 0;
}

int read_boolean(const struct at *at, int *ret)
{
    _cleanup_free_ char *text = NULL;
    int r = read_string(at, &text);
    if (r != 0)
        return r;
    return parse_boolean(text, ret) == 0 ? 0 : at_expected(at, BOOLEAN_MEND, "true or false");
}

int read_integer(const struct at *at, int64_t min, int64_t max, int64_t *ret)
{
    _cleanup_free_ char *text = NULL;
    int r = read_string(at, &text);
    if (r != 0)
        return r;
    if (parse_integer(text, min, max, ret) == 0)
        return 0;
    return at_expected(at, NULL, "a whole number from %" PRId64 " to %" PRId64, min, max);
}

int read_choice(const struct at *at, const char *const *words, size_t count, int *ret_index)
{
    _cleanup_free_ char *text = NULL;
    struct strbuf list _cleanup_(strbuf_release) = STRBUF_INIT;
    int r = read_string(at, &text);
    if (r != 0)
        return r;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret_index = (int)i;
            return 0;
        }
        strbuf_add_format(&list, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    const char *near = text_nearest(text, words, count);
    _cleanup_free_ char *mend = near != NULL ? mem_printf("Did you mean %s?", near) : NULL;
    return at_expected(at, mend, "one of %s", list.data);
}

/* The host of a URL: 1 when it can only be this machine. */
static int is_loopback(const char *host, size_t len)
{
    static const char *const names[] = {"localhost", "[::1]"};
    for (size_t i = 0; i < 2; i++)
        if (len == strlen(names[i]) && strncasecmp(host, names[i], len) == 0)
            return 1;
    return len > 4 && strncmp(host, "127.", 4) == 0 &&
           strspn(host, "0123456789.") >= len; /* not 127.0.0.1.example.org */
}

int read_url(const struct at *at, char **ret)
{
    _cleanup_free_ char *text = NULL;
    int r = read_string(at, &text);
    if (r != 0)
        return r;
    int https = strncasecmp(text, "https://", 8) == 0;
    int http = strncasecmp(text, "http://", 7) == 0;
    if (!https && !http)
        return at_expected(at, "Write it whole, such as https://api.example.com/v3",
                           "a URL that begins with https://");
    const char *host = text + (https ? 8 : 7);
    size_t host_len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    if (strcspn(host, "@?# \t\r\n\"\\") != strlen(host) || host_len == 0 ||
        host_len > strlen(host) || (strchr(":/", host[host_len]) == NULL))
        return at_expected(at, NULL,
                           "a URL of host, port and path only: no user, query, fragment or space");
    if (http && !is_loopback(host, host_len))
        return at_expected(at, "Credentials would travel unencrypted: use https://",
                           "https://; plain http is for this machine (127.0.0.1, localhost)");
    for (size_t len = strlen(text); len > 0 && text[len - 1] == '/'; len--)
        text[len - 1] = '\0';
    *ret = take_ptr(text);
    return 0;
}

/* e quotes the value, which must not be shown when ${...} stood there. */
static int refuse_value(const struct at *at, const char *kind, const struct err_info *e)
{
    if (is_expanded(at))
        return at_problem(at, e->mend[0] != '\0' ? e->mend : NULL,
                          "what ${...} stands for is not %s", kind);
    return at_error(at, e);
}

int read_cron(const struct at *at, char **ret)
{
    _cleanup_free_ char *text = NULL;
    struct cron cron;
    struct err_info e = {0};
    int r = read_string(at, &text);
    if (r != 0)
        return r;
    if (strcmp(text, "never") == 0)
        text[0] = '\0';
    else if (cron_parse(text, &cron, &e) != 0)
        return refuse_value(at, "a schedule that can be used", &e);
    *ret = take_ptr(text);
    return 0;
}

int read_zone(const struct at *at, char **ret)
{
    _cleanup_free_ char *text = NULL;
    struct tz *zone _cleanup_(cleanup_tz_free) = NULL;
    struct err_info e = {0};
    int r = read_string(at, &text);
    if (r != 0)
        return r;
    if (tz_open(text, &zone, &e) != 0)
        return refuse_value(at, "a time zone of this machine", &e);
    *ret = take_ptr(text);
    return 0;
}

static int read_rate_numbers(const struct at *at, struct config_rate *ret)
{
    static const char *const keys[] = {"requests_per_second", "burst"};
    struct at rate_at = at_find(at, "requests_per_second");
    struct at burst_at = at_find(at, "burst");
    struct config_rate rate = {.mark = at->node->mark};
    at_check_keys(at, keys, 2);
    int r = read_integer(&rate_at, 1, MAX_RATE, &rate.requests_per_second);
    if (r == UNSET)
        r = at_problem(at, "Add requests_per_second: 10", "requests_per_second is missing");
    if (r != 0)
        return r;
    rate.burst = rate.requests_per_second;
    r = read_integer(&burst_at, 1, MAX_RATE, &rate.burst);
    if (r < 0)
        return r;
    *ret = rate;
    return 0;
}

int read_rate(const struct at *at, struct config_rate *ret)
{
    _cleanup_free_ char *text = NULL;
    if (is_written(at) && at->node->kind == NODE_MAPPING)
        return read_rate_numbers(at, ret);
    int r = read_string(at, &text);
    if (r != 0)
        return r;
    struct config_rate rate = {.mark = at->node->mark};
    if (parse_integer(text, 1, MAX_RATE, &rate.requests_per_second) == 0)
        rate.burst = rate.requests_per_second;
    else if (strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(text) &&
             strspn(text, "-0123456789") != strlen(text))
        rate.preset = take_ptr(text);
    else
        return at_expected(at, NULL,
                           "a preset's name, a number of requests a second (1 to %d), or "
                           "{requests_per_second: 50, burst: 50}",
                           MAX_RATE);
    *ret = rate;
    return 0;
}

int read_field_path(const struct at *at, char **ret)
{
    _cleanup_free_ char *text = NULL;
    int r = read_string(at, &text);
    if (r != 0)
        return r;
    if (!json_path_valid(text))
        return at_expected(at, NULL,
                           "a field's path such as user_metadata.company or "
                           "identities[0].provider");
    *ret = take_ptr(text);
    return 0;
}
