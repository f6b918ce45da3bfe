/* SPDX-License-Identifier: Apache-2.0
 *
 * A request as the endpoints see it, the reply they fill, and the tables that join the two.
 *
 * The server (server.h) fills a struct request, finds its route, and calls first the side's guard
 * (credentials, limits), then the route's handler, both with the sandbox's lock held. They write a
 * struct reply: status, headers, and either a body or a stream. Everything a request points to
 * lives until the reply is sent; what a reply holds is released by the server.
 */
#ifndef SANDBOX_HTTP_H
#define SANDBOX_HTTP_H

#include "buffer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define HTTP_MAX_SEGMENTS 12
#define HTTP_MAX_QUERY    32
#define HTTP_MAX_PARAMS   4
#define HTTP_MAX_HEADERS  16

struct sandbox;
struct request;
struct reply;
struct MHD_Connection;

typedef void route_handler(struct sandbox *sandbox, const struct request *request,
                           struct reply *reply);
/* False when the request ends here: the reply says why. */
typedef bool side_guard(struct sandbox *sandbox, const struct request *request,
                        struct reply *reply);

struct route {
    const char *label; /* "GET /users/{id}": method, template below the side's prefix */
    route_handler *handler;
    const char *scopes; /* auth0: scopes of which one is needed, separated by commas */
    int family;         /* which rate limit counts it; the side's own numbering */
};

struct side {
    const char *name;   /* under which it is counted and faults match: auth0, brevo, ... */
    const char *prefix; /* "/auth0/api/v2" */
    const struct route *routes;
    size_t route_count;
    side_guard *guard;      /* NULL: everybody may */
    route_handler *unknown; /* answers a path or a method that no route has */
};

struct request_pair {
    const char *name;
    const char *value;
};

struct request {
    struct MHD_Connection *connection;
    const char *method;
    char *path; /* decoded segments point into this copy */
    const char *segments[HTTP_MAX_SEGMENTS];
    size_t segment_count;
    const char *params[HTTP_MAX_PARAMS]; /* what stands at the {...} of the route's template */
    struct request_pair query[HTTP_MAX_QUERY];
    size_t query_count;
    size_t query_size; /* bytes after the '?', for 414 */
    struct buffer body;
    json_t *json; /* the body parsed, NULL when it is no JSON */
    const struct side *side;
    const struct route *route; /* NULL: unknown */
};

/* Splits and decodes a raw target ("/a%7Cb?x=1") into the request; false when it is malformed. */
bool request_parse_target(struct request *request, const char *target);
/* NULL when the parameter is absent. */
const char *request_get_query(const struct request *request, const char *name);
/* A whole number within [low, high], `fallback` when absent; false when it is anything else. */
bool request_get_number(const struct request *request, const char *name, int64_t fallback,
                        int64_t low, int64_t high, int64_t *ret_number);
bool request_is_true(const struct request *request, const char *name);
const char *request_get_header(const struct request *request, const char *name);
void request_release(struct request *request);
/* Decodes %XX (and '+' when `form`) in place; false on a broken escape. */
bool request_decode(char *text, bool form);

/* Finds the route whose method and template fit and fills in `params`. */
const struct route *route_find(const struct side *side, struct request *request);

/* A body made while it is sent. `read` writes up to `size` bytes and returns how many, 0 at the
 * end; `is_half_done` serves the fault that cuts a body short; `release` frees the context. */
struct stream {
    void *context;
    size_t (*read)(void *context, char *bytes, size_t size);
    bool (*is_half_done)(const void *context);
    void (*release)(void *context);
};

struct reply_header {
    char name[40];
    char value[200];
};

struct reply {
    unsigned status;
    const char *content_type;
    struct reply_header headers[HTTP_MAX_HEADERS];
    size_t header_count;
    struct buffer body;
    struct stream stream; /* used instead of `body` when `read` is set */
};

void reply_add_header(struct reply *reply, const char *name, const char *format, ...)
    SANDBOX_FORMAT(3, 4);
/* Takes over `json`. */
void reply_set_json(struct reply *reply, unsigned status, json_t *json);
/* {"statusCode","error","message","errorCode"}; no errorCode when `code` is NULL. */
void reply_set_auth0_error(struct reply *reply, unsigned status, const char *code,
                           const char *format, ...) SANDBOX_FORMAT(4, 5);
/* {"code","message"}. */
void reply_set_brevo_error(struct reply *reply, unsigned status, const char *code,
                           const char *format, ...) SANDBOX_FORMAT(4, 5);
void reply_set_empty(struct reply *reply, unsigned status);
void reply_release(struct reply *reply);

#endif
