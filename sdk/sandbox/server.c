/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"
#include "moment.h"
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX       (24U << 20) /* Brevo's own 10 MB rule has to be met first */
#define IDLE_TIMEOUT_S 300U
#define MAX_CLIENTS    512U

struct call {
    struct request request;
    bool malformed;
    bool too_big;
    bool started;
};

static bool has_prefix(const struct request *request, const char *prefix)
{
    size_t at = 0;
    for (const char *rest = prefix; *rest; at++) {
        rest++;
        size_t size = strcspn(rest, "/");
        if (at == request->segment_count || strlen(request->segments[at]) != size ||
            memcmp(request->segments[at], rest, size) != 0) {
            return false;
        }
        rest += size;
    }
    return true;
}

static enum side_id find_side(struct sandbox *sandbox, struct request *request)
{
    for (unsigned i = 0; i < SIDE_COUNT; i++) {
        if (has_prefix(request, sandbox->sides[i]->prefix)) {
            request->side = sandbox->sides[i];
            request->route = route_find(request->side, request);
            return (enum side_id)i;
        }
    }
    return SIDE_CONTROL;
}

static void *begin_call(void *context, const char *target, struct MHD_Connection *connection)
{
    (void)context;
    struct call *call = mem_alloc(sizeof(*call));
    call->request.connection = connection;
    call->malformed = !request_parse_target(&call->request, target);
    return call;
}

static void end_call(void *context, struct MHD_Connection *connection, void **state,
                     enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    struct call *call = *state;
    if (call) {
        request_release(&call->request);
        free(call);
        *state = NULL;
    }
}

static void run_route(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    const struct side *side = request->side;
    if (side->guard && !side->guard(sandbox, request, reply)) {
        return;
    }
    route_handler *handler = request->route ? request->route->handler : side->unknown;
    handler(sandbox, request, reply);
}

static void set_fault_reply(const struct fault *fault, struct reply *reply)
{
    bool garbage = fault->action == FAULT_GARBAGE;
    const char *fallback = garbage ? "{\"users\":[{\"user_id\":\"auth0|" : "";
    reply->status = garbage ? MHD_HTTP_OK : fault->status;
    reply->content_type = "application/json; charset=utf-8";
    buffer_add_text(&reply->body, fault->body ? fault->body : fallback);
    const char *name;
    json_t *value;
    json_object_foreach(fault->headers, name, value)
    {
        if (json_is_string(value)) {
            reply_add_header(reply, name, "%s", json_string_value(value));
        }
    }
}

/* Holds the connection until its client gives up or the sandbox ends. */
static void hang(struct sandbox *sandbox, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd client = {.fd = info->connect_fd, .events = POLLRDHUP};
    while (poll(&client, 1, 0) == 0 && sandbox_sleep(sandbox, 100)) {
    }
}

static void log_call(const struct sandbox *sandbox, const struct request *request, unsigned status,
                     int64_t began_ms)
{
    if (!sandbox->settings.quiet) {
        fprintf(stderr, "%s: %s -> %u in %lld ms\n", request->side->name,
                request->route ? request->route->label : "unknown path", status,
                (long long)(moment_now() - began_ms));
    }
}

/* False when the connection is to be closed without an answer. */
static bool make_reply(struct sandbox *sandbox, struct request *request, struct fault *fault,
                       struct reply *reply)
{
    if (fault->delay_ms && !sandbox_sleep(sandbox, fault->delay_ms)) {
        return false;
    }
    switch (fault->action) {
    case FAULT_DROP:
        return false;
    case FAULT_HANG:
        hang(sandbox, request->connection);
        return false;
    case FAULT_STATUS:
    case FAULT_GARBAGE:
        set_fault_reply(fault, reply);
        return true;
    default:
        break;
    }
    request->json = json_loadb(request->body.data, request->body.used, 0, NULL);
    pthread_mutex_lock(&sandbox->lock);
    run_route(sandbox, request, reply);
    /* What a handler kept of it is the sandbox's now, and its counts of references are behind the
     * lock. */
    json_decref(request->json);
    request->json = NULL;
    pthread_mutex_unlock(&sandbox->lock);
    return fault->action != FAULT_DROP_AFTER;
}

static enum MHD_Result answer(struct sandbox *sandbox, struct call *call)
{
    struct request *request = &call->request;
    struct reply reply = {0};
    int64_t began_ms = moment_now();
    enum side_id id = find_side(sandbox, request);
    size_t row =
        request->route ? (size_t)(request->route - request->side->routes) : SANDBOX_MAX_ROUTES;
    pthread_mutex_lock(&sandbox->lock);
    sandbox->counts[id].by_route[row]++;
    struct fault fault = fault_take(&sandbox->faults, request->side->name,
                                    request->route ? request->route->label : "unknown");
    pthread_mutex_unlock(&sandbox->lock);

    enum MHD_Result result = MHD_NO;
    if (make_reply(sandbox, request, &fault, &reply)) {
        pthread_mutex_lock(&sandbox->lock);
        sandbox->counts[id].by_status[reply.status]++;
        pthread_mutex_unlock(&sandbox->lock);
        log_call(sandbox, request, reply.status, began_ms);
        result = wire_send(sandbox, request->connection, &reply, &fault);
    }
    reply_release(&reply);
    fault_release(&fault);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (char *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *data_size, void **state)
{
    (void)url;
    (void)version;
    struct call *call = *state;
    if (!call->started) {
        call->started = true;
        call->request.method = method;
        return MHD_YES;
    }
    if (*data_size) {
        call->too_big = call->too_big || call->request.body.used + *data_size > BODY_MAX;
        if (!call->too_big) {
            buffer_add(&call->request.body, data, *data_size);
        }
        *data_size = 0;
        return MHD_YES;
    }
    if (call->malformed) {
        return refuse(connection, MHD_HTTP_BAD_REQUEST, "the request target is malformed\n");
    }
    if (call->too_big) {
        return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too big\n");
    }
    return answer(context, call);
}

struct MHD_Daemon *server_start(struct sandbox *sandbox, uint16_t *ret_port)
{
    uint16_t port = (uint16_t)sandbox->settings.port;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION, port, NULL, NULL, handle,
        sandbox, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_CONNECTION_TIMEOUT,
        IDLE_TIMEOUT_S, MHD_OPTION_CONNECTION_LIMIT, MAX_CLIENTS, MHD_OPTION_URI_LOG_CALLBACK,
        begin_call, NULL, MHD_OPTION_NOTIFY_COMPLETED, end_call, NULL, MHD_OPTION_END);
    if (!daemon) {
        fprintf(stderr, "tajo-sandbox: cannot listen on 127.0.0.1:%u: %s; choose another --port\n",
                port, strerror(errno));
        return NULL;
    }
    *ret_port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return daemon;
}

void server_stop(struct MHD_Daemon *daemon)
{
    MHD_stop_daemon(daemon);
}
