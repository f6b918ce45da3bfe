/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool request_decode(char *text, bool form)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from == '%') {
            int high = hex_value(from[1]);
            int low = high < 0 ? -1 : hex_value(from[2]);
            if (low < 0 || (high == 0 && low == 0)) {
                return false;
            }
            *to++ = (char)(high * 16 + low);
            from += 2;
        } else {
            *to++ = form && *from == '+' ? ' ' : *from;
        }
    }
    *to = '\0';
    return true;
}

static bool parse_query(struct request *request, char *query)
{
    char *rest = query;
    char *pair;
    while ((pair = strsep(&rest, "&"))) {
        if (!*pair) {
            continue;
        }
        if (request->query_count == HTTP_MAX_QUERY) {
            return false;
        }
        char *name = strsep(&pair, "=");
        char *value = pair ? pair : name + strlen(name);
        if (!request_decode(name, true) || !request_decode(value, true)) {
            return false;
        }
        request->query[request->query_count++] = (struct request_pair){name, value};
    }
    return true;
}

bool request_parse_target(struct request *request, const char *target)
{
    request->path = mem_copy_text(target);
    char *query = strchr(request->path, '?');
    if (query) {
        *query++ = '\0';
        request->query_size = strlen(query);
        if (!parse_query(request, query)) {
            return false;
        }
    }
    char *rest = request->path;
    char *segment;
    while ((segment = strsep(&rest, "/"))) {
        if (!*segment) {
            continue;
        }
        if (request->segment_count == HTTP_MAX_SEGMENTS || !request_decode(segment, false)) {
            return false;
        }
        request->segments[request->segment_count++] = segment;
    }
    return true;
}

const char *request_get_query(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->query_count; i++) {
        if (strcmp(request->query[i].name, name) == 0) {
            return request->query[i].value;
        }
    }
    return NULL;
}

bool request_get_number(const struct request *request, const char *name, int64_t fallback,
                        int64_t low, int64_t high, int64_t *ret_number)
{
    const char *text = request_get_query(request, name);
    if (!text) {
        *ret_number = fallback;
        return true;
    }
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno || end == text || *end || number < low || number > high) {
        return false;
    }
    *ret_number = number;
    return true;
}

bool request_is_true(const struct request *request, const char *name)
{
    const char *text = request_get_query(request, name);
    return text && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

const char *request_get_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

void request_release(struct request *request)
{
    free(request->path);
    buffer_free(&request->body);
    json_decref(request->json);
}

/* One step through a template: the length of its next segment, and where that starts. */
static size_t next_segment(const char **template)
{
    *template += strspn(*template, "/");
    return strcspn(*template, "/");
}

static bool template_fits(const char *template, size_t skip, struct request *request)
{
    size_t params = 0;
    size_t at = skip;
    for (size_t size; (size = next_segment(&template)); template += size, at++) {
        if (at == request->segment_count) {
            return false;
        }
        if (*template == '{') {
            request->params[params++] = request->segments[at];
        } else if (strlen(request->segments[at]) != size ||
                   memcmp(request->segments[at], template, size) != 0) {
            return false;
        }
    }
    return at == request->segment_count;
}

static size_t count_segments(const char *template)
{
    size_t count = 0;
    for (size_t size; (size = next_segment(&template)); template += size) {
        count++;
    }
    return count;
}

const struct route *route_find(const struct side *side, struct request *request)
{
    size_t skip = count_segments(side->prefix);
    size_t method_size = strlen(request->method);
    for (size_t i = 0; i < side->route_count; i++) {
        const char *label = side->routes[i].label;
        if (strncmp(label, request->method, method_size) == 0 && label[method_size] == ' ' &&
            template_fits(label + method_size + 1, skip, request)) {
            return &side->routes[i];
        }
    }
    return NULL;
}
