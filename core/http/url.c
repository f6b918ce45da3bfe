/* SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"

#include "base/cleanup.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

DEFINE_CLEANUP(CURLU *, curl_url_cleanup);
#define _cleanup_url_ _cleanup_(cleanup_curl_url_cleanup)

/* NULL: not a URL. */
static CURLU *parse(const char *url)
{
    CURLU *parsed = curl_url();
    if (parsed == NULL || curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK) {
        curl_url_cleanup(parsed);
        return NULL;
    }
    return parsed;
}

/* Our own copy, "" when the part is missing. */
static char *get_part(CURLU *parsed, CURLUPart part, unsigned flags)
{
    char *found = NULL;
    if (parsed == NULL || curl_url_get(parsed, part, &found, flags) != CURLUE_OK)
        return mem_strdup("");
    char *copy = mem_strdup(found);
    curl_free(found);
    return copy;
}

static int host_is_loopback(const char *host)
{
    struct in_addr v4;
    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return 1;
    return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

static int check(CURLU *parsed, const char *what, struct err_info *e)
{
    if (parsed == NULL)
        return err_set(e, ERR_CONFIG, NULL, "Write a whole URL: https://host/path",
                       "the %s is not a URL", what);
    _cleanup_free_ char *scheme = get_part(parsed, CURLUPART_SCHEME, 0);
    _cleanup_free_ char *host = get_part(parsed, CURLUPART_HOST, 0);
    _cleanup_free_ char *user = get_part(parsed, CURLUPART_USER, 0);
    _cleanup_free_ char *password = get_part(parsed, CURLUPART_PASSWORD, 0);
    if (user[0] != '\0' || password[0] != '\0')
        return err_set(e, ERR_CONFIG, NULL, "Take them out; credentials have settings of their own",
                       "the %s has a user or password in it", what);
    if (strcmp(scheme, "https") == 0)
        return 0;
    if (strcmp(scheme, "http") != 0)
        return err_set(e, ERR_CONFIG, NULL, "Use https", "the %s begins with %.20s, not https",
                       what, scheme);
    if (host_is_loopback(host))
        return 0;
    return err_set(e, ERR_CONFIG, NULL,
                   "Use https; plain http is for 127.0.0.1, ::1 and localhost only",
                   "the %s is plain http to %.100s, where anybody on the way reads it", what, host);
}

int url_check(const char *url, const char *what, struct err_info *e)
{
    CURLU *parsed _cleanup_url_ = parse(url);
    return check(parsed, what, e);
}

int url_check_link(const char *url, const char *from, const char *what, struct err_info *e)
{
    int r = url_check(url, what, e);
    if (r == 0 && url_is_loopback(url) && !url_is_loopback(from))
        return err_set(e, ERR_CONFIG, NULL, "Ask who made the link; it is not followed",
                       "the %s leads from another host to this machine", what);
    return r;
}

int url_check_base(const char *url, const char *what, struct err_info *e)
{
    CURLU *parsed _cleanup_url_ = parse(url);
    int r = check(parsed, what, e);
    if (r != 0)
        return r;
    if (strpbrk(url, "?#") != NULL)
        return err_set(e, ERR_CONFIG, NULL, "End it before the '?' or '#'",
                       "the %s has a query or fragment", what);
    return 0;
}

int url_is_loopback(const char *url)
{
    _cleanup_free_ char *host = url_host(url);
    return host_is_loopback(host);
}

char *url_host(const char *url)
{
    CURLU *parsed _cleanup_url_ = parse(url);
    return get_part(parsed, CURLUPART_HOST, 0);
}

char *url_origin(const char *url)
{
    CURLU *parsed _cleanup_url_ = parse(url);
    _cleanup_free_ char *scheme = get_part(parsed, CURLUPART_SCHEME, 0);
    _cleanup_free_ char *host = get_part(parsed, CURLUPART_HOST, 0);
    _cleanup_free_ char *port = get_part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    size_t len = strlen(host);
    if (len == 0)
        return mem_strdup("");
    if (len > 1 && host[len - 1] == '.')
        host[len - 1] = '\0'; /* the root's: the same host */
    for (char *at = host; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return mem_printf("%s://%s:%s", scheme, host, port);
}

char *url_path(const char *url)
{
    CURLU *parsed _cleanup_url_ = parse(url);
    return get_part(parsed, CURLUPART_PATH, 0);
}

char *url_password(const char *url)
{
    CURLU *parsed _cleanup_url_ = parse(url);
    return get_part(parsed, CURLUPART_PASSWORD, CURLU_URLDECODE);
}

char *url_resolve(const char *url, const char *location)
{
    CURLU *parsed _cleanup_url_ = parse(url);
    if (parsed == NULL || curl_url_set(parsed, CURLUPART_URL, location, 0) != CURLUE_OK)
        return NULL;
    return get_part(parsed, CURLUPART_URL, 0);
}
