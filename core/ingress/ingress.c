/* SPDX-License-Identifier: Apache-2.0 */
#include "ingress/ingress.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SILENT_AFTER_MS 15000

struct ingress {
    struct MHD_Daemon *daemon;
    int port;
    pthread_mutex_t lock; /* guards what follows */
    char *metrics;
    int64_t published_ms;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                              const char *text)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_health(struct ingress *ingress, struct MHD_Connection *connection)
{
    pthread_mutex_lock(&ingress->lock);
    int alive = clock_monotonic_ms() - ingress->published_ms < SILENT_AFTER_MS;
    pthread_mutex_unlock(&ingress->lock);
    return alive ? answer(connection, MHD_HTTP_OK, "text/plain", "ok\n")
                 : answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain",
                          "the event loop does not answer\n");
}

static enum MHD_Result answer_metrics(struct ingress *ingress, struct MHD_Connection *connection)
{
    pthread_mutex_lock(&ingress->lock);
    _cleanup_free_ char *text = mem_strdup(ingress->metrics);
    pthread_mutex_unlock(&ingress->lock);
    return answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text);
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **context)
{
    static int seen;
    (void)version;
    (void)upload;
    /* Refused before its body is read. */
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain",
                      "only GET and HEAD are served here\n");
    if (*context == NULL || *upload_size > 0) { /* the answer follows when all has been read */
        *context = &seen;
        *upload_size = 0;
        return MHD_YES;
    }
    if (strcmp(url, "/healthz") == 0)
        return answer_health(arg, connection);
    if (strcmp(url, "/metrics") == 0)
        return answer_metrics(arg, connection);
    return answer(connection, MHD_HTTP_NOT_FOUND, "text/plain",
                  "nothing here; try /healthz or /metrics\n");
}

/* "host:port" into an address. Names are not looked up: what is served where is written. */
static int parse_listen(const char *listen, struct sockaddr_storage *ret, struct err_info *e)
{
    const char *colon = strrchr(listen, ':');
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (colon != NULL && colon > listen && strtol(colon + 1, NULL, 10) <= 65535) {
        const char *from = listen[0] == '[' ? listen + 1 : listen;
        const char *to = listen[0] == '[' ? colon - 1 : colon;
        _cleanup_free_ char *host = mem_strndup(from, to > from ? (size_t)(to - from) : 0);
        if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
            found = NULL;
    }
    if (found == NULL)
        return err_set(e, ERR_CONFIG, "host.listen", "write it as 127.0.0.1:8686 or [::1]:8686",
                       "'%s' is not an address and port", listen);
    memset(ret, 0, sizeof(*ret));
    memcpy(ret, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return 0;
}

static unsigned flags_for(const struct sockaddr_storage *address)
{
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD;
    if (address->ss_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    return flags;
}

int ingress_start(const char *listen, struct ingress **ret, struct err_info *e)
{
    struct sockaddr_storage address;
    int r = parse_listen(listen, &address, e);
    if (r < 0)
        return r;
    struct ingress *ingress = mem_alloc(sizeof(*ingress));
    pthread_mutex_init(&ingress->lock, NULL);
    ingress->metrics = mem_strdup("");
    ingress->published_ms = clock_monotonic_ms();
    errno = 0;
    ingress->daemon =
        MHD_start_daemon(flags_for(&address), 0, NULL, NULL, handle, ingress, MHD_OPTION_SOCK_ADDR,
                         &address, MHD_OPTION_CONNECTION_LIMIT, 64u,
                         MHD_OPTION_PER_IP_CONNECTION_LIMIT, 16u, MHD_OPTION_CONNECTION_TIMEOUT,
                         10u, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32768, MHD_OPTION_END);
    if (ingress->daemon == NULL) {
        const char *reason = errno != 0 ? strerror(errno) : "it cannot be opened";
        ingress_stop(ingress);
        return err_set(e, ERR_SYSTEM, "host.listen",
                       "stop what uses it, or set host.listen to another address",
                       "cannot listen on %s: %s", listen, reason);
    }
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(ingress->daemon, MHD_DAEMON_INFO_BIND_PORT);
    ingress->port = info != NULL ? info->port : 0;
    *ret = ingress;
    return 0;
}

int ingress_port(const struct ingress *ingress)
{
    return ingress->port;
}

void ingress_publish(struct ingress *ingress, const char *metrics)
{
    char *copy = mem_strdup(metrics);
    pthread_mutex_lock(&ingress->lock);
    char *old = ingress->metrics;
    ingress->metrics = copy;
    ingress->published_ms = clock_monotonic_ms();
    pthread_mutex_unlock(&ingress->lock);
    free(old);
}

struct ingress *ingress_stop(struct ingress *ingress)
{
    if (ingress == NULL)
        return NULL;
    if (ingress->daemon != NULL)
        MHD_stop_daemon(ingress->daemon);
    pthread_mutex_destroy(&ingress->lock);
    free(ingress->metrics);
    free(ingress);
    return NULL;
}
