/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/mem.h"
#include "http/internal.h"
#include "http/url.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_URL     16384
#define MAX_HEADERS 64

static int malformed(const struct http_call *call, struct err_info *e, const char *what)
{
    return err_set(e, ERR_BUG, call->endpoint, "This is a mistake in the plugin or the host",
                   "%s: malformed request: %s", call->account->name, what);
}

static int read_method(struct http_call *call, const struct http_request *request,
                       struct err_info *e)
{
    static const char *const repeatable[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
    call->method = mem_strdup(request->method == NULL ? "GET" : request->method);
    size_t len = strlen(call->method);
    if (len == 0 || len > 16 || strspn(call->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != len)
        return malformed(call, e, "the method is not a word in capitals");
    call->idempotent = (request->flags & HTTP_IDEMPOTENT) != 0;
    for (size_t i = 0; i < sizeof(repeatable) / sizeof(repeatable[0]); i++)
        if (strcmp(call->method, repeatable[i]) == 0)
            call->idempotent = 1;
    return 0;
}

/* Percent-encoded already: printable ASCII without blanks. */
static int is_url_text(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~')
            return 0;
    return 1;
}

static void add_query(struct strbuf *url, const struct http_request *request)
{
    char separator = strchr(url->data, '?') == NULL ? '?' : '&';
    for (size_t i = 0; i < request->query_count; i++) {
        const struct tajo_parameter *p = &request->query[i];
        strbuf_add_char(url, separator);
        strbuf_add_percent(url, p->name.data, p->name.len);
        strbuf_add_char(url, '=');
        strbuf_add_percent(url, p->value.data, p->value.len);
        separator = '&';
    }
}

static int read_url(struct http_call *call, const struct http_request *request, struct err_info *e)
{
    _cleanup_(strbuf_release) struct strbuf url = STRBUF_INIT;
    if (request->path == NULL || !is_url_text(request->path))
        return malformed(call, e, "the path is missing or not percent-encoded");
    if (request->path[0] == '/') {
        strbuf_add_text(&url, call->account->base_url);
        call->lane = account_lane(call->account, request->rate_class);
    } else if (request->flags & HTTP_NO_AUTH) {
        int r = url_check_link(request->path, call->account->base_url, "link", e);
        if (r != 0)
            return r;
        call->lane = call->account->links;
    } else {
        return malformed(call, e, "the path does not start with '/'");
    }
    strbuf_add_text(&url, request->path);
    add_query(&url, request);
    if (url.len > MAX_URL)
        return malformed(call, e, "the URL is longer than 16 KiB");
    call->url = strbuf_detach(&url);
    return 0;
}

static int is_name(struct tajo_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c <= ' ' || c >= 0x7F || strchr("()<>@,;:\\\"/[]?={}", c) != NULL)
            return 0;
    }
    return s.len > 0 && s.len < 256;
}

static int is_value(struct tajo_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return 0;
    }
    return s.len < 8192;
}

static int is_ours(struct tajo_str name)
{
    static const char *const ours[] = {"authorization",     "host",           "cookie",
                                       "content-length",    "content-type",   "connection",
                                       "transfer-encoding", "accept-encoding"};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (name.len == strlen(ours[i]) && strncasecmp(name.data, ours[i], name.len) == 0)
            return 1;
    return 0;
}

static void add_line(struct http_call *call, const char *line)
{
    struct curl_slist *longer = curl_slist_append(call->headers, line);
    if (longer == NULL)
        abort();
    call->headers = longer;
}

static void add_header(struct http_call *call, struct tajo_str name, struct tajo_str value)
{
    /* curl leaves a header without value away unless its name ends in ';'. */
    _cleanup_free_ char *line = value.len == 0 ? mem_printf("%.*s;", (int)name.len, name.data)
                                               : mem_printf("%.*s: %.*s", (int)name.len, name.data,
                                                            (int)value.len, value.data);
    add_line(call, line);
}

static int read_headers(struct http_call *call, const struct http_request *request,
                        struct err_info *e)
{
    if (request->header_count > MAX_HEADERS)
        return malformed(call, e, "more than 64 headers");
    for (size_t i = 0; i < request->header_count; i++) {
        struct tajo_str name = request->headers[i].name;
        struct tajo_str value = request->headers[i].value;
        if (!is_name(name) || !is_value(value))
            return malformed(call, e, "a header with characters that are not allowed");
        if (is_ours(name))
            return malformed(call, e, "a header that only the host may set");
        add_header(call, name, value);
    }
    add_line(call, "Expect:"); /* curl would wait a second for 100 Continue */
    if (request->content_type == NULL) {
        add_line(call, "Content-Type:"); /* or curl names a POST a form */
        return 0;
    }
    struct tajo_str type = {request->content_type, strlen(request->content_type)};
    if (!is_value(type))
        return malformed(call, e, "a content type with characters that are not allowed");
    add_header(call, (struct tajo_str)TAJO_STR("Content-Type"), type);
    return 0;
}

static int read_body(struct http_call *call, const struct http_request *request, struct err_info *e)
{
    if (request->has_body_fd) {
        call->body_size = request->body_size;
        call->body_fd = fcntl(request->body_fd, F_DUPFD_CLOEXEC, 0);
        if (call->body_fd < 0 || call->body_size < 0)
            return malformed(call, e, "the file of the body cannot be used");
    } else if (request->body != NULL) {
        call->body_size = (int64_t)request->body_len;
        call->body = mem_strndup(request->body, request->body_len);
    }
    return 0;
}

int request_read(struct http_call *call, const struct http_request *request, struct err_info *e)
{
    int to_file = (request->flags & HTTP_BODY_TO_FD) != 0;
    const char *endpoint = request->endpoint != NULL ? request->endpoint : "";
    call->body_fd = -1;
    call->body_size = -1;
    call->endpoint = mem_strdup(endpoint);
    call->flags = request->flags;
    call->attempts = request->attempts > 0 ? request->attempts : HTTP_ATTEMPTS;
    if (request->flags & HTTP_ONCE)
        call->attempts = 1;
    call->max_body = request->max_body > 0 ? request->max_body
                     : to_file             ? HTTP_MAX_FILE
                                           : HTTP_MAX_BODY;
    call->patience_ms = request->timeout_ms > 0 ? request->timeout_ms : call->account->timeout_ms;
    call->timeout_ms = request->timeout_ms <= 0 && (to_file || request->has_body_fd)
                           ? HTTP_FILE_TIMEOUT
                           : call->patience_ms;
    if (endpoint[0] == '\0')
        return malformed(call, e, "it has no endpoint");
    int r = read_method(call, request, e);
    if (r == 0)
        r = read_url(call, request, e);
    if (r == 0)
        r = read_headers(call, request, e);
    if (r == 0)
        r = read_body(call, request, e);
    return r;
}
