/* SPDX-License-Identifier: Apache-2.0 */
#include "base/request.h"

#include <string.h>
#include <strings.h>

#define MAX_BODY       (1u * 1024 * 1024)
#define MAX_METHOD     16u
#define MAX_PATH       65536u
#define MAX_ENDPOINT   128u
#define MAX_NAME       256u
#define MAX_VALUE      65536u
#define MAX_PAIR_BYTES 1048576u /* of all parameters and headers together */
#define ALL_FLAGS      (TAJO_HTTP_NO_AUTH | TAJO_HTTP_BODY_TO_FD | TAJO_HTTP_IDEMPOTENT)

static int is_there(struct tajo_str text, size_t max)
{
    return text.len <= max && (text.len == 0 || text.data != NULL);
}

/* Without bytes that could end a header line. */
static int is_line(struct tajo_str text, size_t max)
{
    if (!is_there(text, max))
        return 0;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7F)
            return 0;
    return 1;
}

static int starts_with(struct tajo_str text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

static int is_method(struct tajo_str method)
{
    if (!is_there(method, MAX_METHOD))
        return 0;
    for (size_t i = 0; i < method.len; i++)
        if (method.data[i] < 'A' || method.data[i] > 'Z')
            return 0;
    return 1;
}

static int is_path(const struct tajo_http_request *request)
{
    struct tajo_str path = request->path;
    if (path.len == 0 || !is_line(path, MAX_PATH) || memchr(path.data, ' ', path.len) != NULL)
        return 0;
    if (path.data[0] == '/')
        return 1;
    return (request->flags & TAJO_HTTP_NO_AUTH) != 0 &&
           (starts_with(path, "https://") || starts_with(path, "http://"));
}

static int is_named(struct tajo_str name, const char *text)
{
    return name.len == strlen(text) && strncasecmp(name.data, text, name.len) == 0;
}

static int is_hosts_own(struct tajo_str name)
{
    static const char *const own[] = {"authorization",       "host",           "cookie",
                                      "proxy-authorization", "content-length", "transfer-encoding",
                                      "connection"};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (is_named(name, own[i]))
            return 1;
    return 0;
}

static int is_header_name(struct tajo_str name)
{
    if (name.len == 0 || !is_line(name, MAX_NAME))
        return 0;
    for (size_t i = 0; i < name.len; i++)
        if (strchr(" ()<>@,;:\\\"/[]?={}", name.data[i]) != NULL)
            return 0;
    return 1;
}

static const char *pairs_problem(const struct tajo_http_request *request)
{
    size_t bytes = 0;
    if (request->query_count > REQUEST_MAX_PAIRS || request->header_count > REQUEST_MAX_PAIRS)
        return "it has more than 128 parameters or headers";
    if ((request->query_count > 0 && request->query == NULL) ||
        (request->header_count > 0 && request->headers == NULL))
        return "its parameters or headers are NULL, but have a count";
    for (size_t i = 0; i < request->query_count; i++) {
        const struct tajo_parameter *p = &request->query[i];
        if (!is_there(p->name, MAX_VALUE) || !is_there(p->value, MAX_VALUE))
            return "a parameter is NULL or has more than 64 KiB";
        bytes += p->name.len + p->value.len;
    }
    for (size_t i = 0; i < request->header_count; i++) {
        const struct tajo_header *h = &request->headers[i];
        if (!is_header_name(h->name) || !is_line(h->value, MAX_VALUE))
            return "a header is malformed";
        if (is_hosts_own(h->name))
            return "it sets a header that is the host's, such as Authorization, Host or Cookie";
        bytes += h->name.len + h->value.len;
    }
    return bytes > MAX_PAIR_BYTES ? "its parameters and headers have more than 1 MiB" : NULL;
}

const char *request_problem(const struct tajo_http_request *request)
{
    if ((request->flags & ~ALL_FLAGS) != 0)
        return "it has flags that this host does not know";
    if (!is_method(request->method))
        return "its method is not up to 16 capital letters";
    if (!is_path(request))
        return "its path is malformed or does not start with / (a whole URL needs NO_AUTH)";
    if (request->endpoint.len == 0 || !is_line(request->endpoint, MAX_ENDPOINT))
        return "its endpoint is not 1..128 printable bytes";
    if (!is_line(request->rate_class, 31) || !is_line(request->content_type, MAX_NAME))
        return "its rate_class or content_type is malformed";
    if (!is_there(request->body, MAX_BODY))
        return "its body is NULL or has more than 1 MiB";
    return pairs_problem(request);
}
