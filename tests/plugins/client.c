/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin that sends requests, as the option `act` says, and fails when the answer is not what
 * the server of the test gives.
 */
#include "probe.h"

#include <unistd.h>

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return tajo_fail(sdk, TAJO_E_DATA, "expectation", "%s", #condition);                   \
    } while (0)

static struct tajo_http_request request_of(const char *path)
{
    struct tajo_http_request request = {.size = sizeof(request)};
    request.path = tajo_str_from(path);
    request.endpoint = tajo_str_from("GET /probe");
    return request;
}

static int has_header(const struct tajo_http_response *response, const char *name)
{
    for (uint32_t i = 0; i < response->header_count; i++)
        if (tajo_str_equals(response->headers[i].name, name))
            return 1;
    return 0;
}

static int32_t get(const struct tajo_sdk *sdk)
{
    const struct tajo_http_response *response = NULL;
    struct tajo_parameter query = {TAJO_STR("q"), TAJO_STR("a b&c")};
    struct tajo_http_request request = request_of("/echo");
    request.query = &query;
    request.query_count = 1;
    int32_t r = tajo_http(sdk, &request, &response);
    if (r < 0)
        return r;
    EXPECT(response->status == 200 && response->body_fd == -1);
    EXPECT(tajo_str_equals(response->body, "GET /echo?q=a%20b%26c HTTP/1.1"));
    EXPECT(has_header(response, "content-type") && has_header(response, "x-probe"));
    EXPECT(!has_header(response, "set-cookie") && !has_header(response, "server"));
    tajo_http_release(sdk, response);
    tajo_http_release(sdk, response); /* a second time does nothing */
    return TAJO_OK;
}

static int32_t to_fd(const struct tajo_sdk *sdk)
{
    const struct tajo_http_response *response = NULL;
    struct tajo_http_request request = request_of("/echo");
    char text[64] = {0};
    request.flags = TAJO_HTTP_BODY_TO_FD;
    int32_t r = tajo_http(sdk, &request, &response);
    if (r < 0)
        return r;
    EXPECT(response->body_fd >= 0 && response->body.len == 0);
    EXPECT(read(response->body_fd, text, sizeof(text) - 1) == 18);
    EXPECT(strcmp(text, "GET /echo HTTP/1.1") == 0);
    tajo_http_release(sdk, response);
    return TAJO_OK;
}

static int32_t refused(const struct tajo_sdk *sdk)
{
    uint64_t ticket = 7;
    struct tajo_header own = {TAJO_STR("aUTHORIZATION"), TAJO_STR("x")};
    struct tajo_http_request request = request_of("http://127.0.0.1/whole");
    EXPECT(sdk->host->http_submit(sdk->ctx, &request, &ticket) == TAJO_E_BUG);
    request = request_of("/ok");
    request.headers = &own;
    request.header_count = 1;
    EXPECT(sdk->host->http_submit(sdk->ctx, &request, &ticket) == TAJO_E_BUG);
    request = request_of("/ok");
    request.endpoint.len = 0;
    EXPECT(sdk->host->http_submit(sdk->ctx, &request, &ticket) == TAJO_E_BUG);
    EXPECT(sdk->host->http_submit(sdk->ctx, NULL, &ticket) == TAJO_E_BUG);
    EXPECT(ticket == 7);
    return TAJO_OK;
}

static int32_t many(const struct tajo_sdk *sdk)
{
    const struct tajo_http_response *responses[16] = {NULL};
    uint64_t tickets[17] = {0};
    struct tajo_http_request request = request_of("/echo");
    for (int i = 0; i < 16; i++)
        EXPECT(sdk->host->http_submit(sdk->ctx, &request, &tickets[i]) == TAJO_OK);
    EXPECT(sdk->host->http_submit(sdk->ctx, &request, &tickets[16]) == TAJO_E_BUG);
    for (int i = 15; i >= 0; i--)
        EXPECT(sdk->host->http_wait(sdk->ctx, tickets[i], &responses[i]) == TAJO_OK);
    for (int i = 0; i < 16; i++) {
        EXPECT(responses[i]->body.len == 18);
        tajo_http_release(sdk, responses[i]);
    }
    EXPECT(sdk->host->http_wait(sdk->ctx, tickets[0], &responses[0]) == TAJO_E_BUG);
    EXPECT(sdk->host->http_wait(sdk->ctx, 999, &responses[0]) == TAJO_E_BUG);
    /* Left to the end of the operation. */
    EXPECT(sdk->host->http_submit(sdk->ctx, &request, &tickets[0]) == TAJO_OK);
    return TAJO_OK;
}

static int32_t hoard(const struct tajo_sdk *sdk)
{
    const struct tajo_http_response *response = NULL;
    struct tajo_http_request request = request_of("/echo");
    for (int i = 0; i < 64; i++)
        EXPECT(tajo_http(sdk, &request, &response) == TAJO_OK);
    EXPECT(tajo_http(sdk, &request, &response) == TAJO_E_BUG);
    return TAJO_OK;
}

/* What asking for the whole URL comes to: TAJO_OK when the host let it out. */
static int32_t ask(const struct tajo_sdk *sdk, const char *url)
{
    const struct tajo_http_response *response = NULL;
    struct tajo_http_request request = request_of(url);
    request.flags = TAJO_HTTP_NO_AUTH;
    int32_t r = tajo_http(sdk, &request, &response);
    if (r == TAJO_OK)
        tajo_http_release(sdk, response);
    return r;
}

/* The address that the server's /links names, and the same with another name for the host. */
static int32_t learn_links(const struct tajo_sdk *sdk, char own[64], char other[64])
{
    const struct tajo_http_response *response = NULL;
    struct tajo_http_request request = request_of("/links");
    size_t len = 0;
    EXPECT(tajo_http(sdk, &request, &response) == TAJO_OK);
    for (size_t i = 0; i < response->body.len && response->body.data[i] != ' ' && len < 63; i++)
        if (response->body.data[i] != '\\')
            own[len++] = response->body.data[i];
    own[len] = '\0';
    tajo_http_release(sdk, response);
    snprintf(other, 64, "http://localhost%s", strrchr(own, ':'));
    return TAJO_OK;
}

/* /moved names the other one. */
static int32_t named(const struct tajo_sdk *sdk)
{
    const struct tajo_http_response *response = NULL;
    struct tajo_http_request request = request_of("/moved");
    char own[64], other[64];
    EXPECT(learn_links(sdk, own, other) == TAJO_OK);
    EXPECT(tajo_http(sdk, &request, &response) == TAJO_OK);
    tajo_http_release(sdk, response);
    EXPECT(ask(sdk, own) == TAJO_OK);
    EXPECT(ask(sdk, other) == TAJO_OK);
    return TAJO_OK;
}

static int32_t unnamed(const struct tajo_sdk *sdk)
{
    char own[64], other[64];
    EXPECT(learn_links(sdk, own, other) == TAJO_OK);
    EXPECT(ask(sdk, own) == TAJO_OK);
    EXPECT(ask(sdk, other) == TAJO_E_BUG);
    EXPECT(ask(sdk, "https://never-named.invalid/") == TAJO_E_BUG);
    return TAJO_OK;
}

static int32_t client_run(void *instance, const struct tajo_run_request *asked)
{
    const struct probe *p = instance;
    const struct tajo_sdk *sdk = &p->sdk;
    const struct tajo_http_response *response = NULL;
    struct tajo_http_request request = request_of(probe_acts(p, "slow") ? "/slow" : "/big");
    (void)asked;
    if (probe_acts(p, "get"))
        return get(sdk);
    if (probe_acts(p, "to_fd"))
        return to_fd(sdk);
    if (probe_acts(p, "refused"))
        return refused(sdk);
    if (probe_acts(p, "many"))
        return many(sdk);
    if (probe_acts(p, "named"))
        return named(sdk);
    if (probe_acts(p, "unnamed"))
        return unnamed(sdk);
    if (probe_acts(p, "wander"))
        return ask(sdk, "https://never-named.invalid/?what=was-read");
    if (probe_acts(p, "hoard"))
        return hoard(sdk);
    return tajo_http(sdk, &request, &response);
}

static const struct tajo_ops ops = {
    .size = sizeof(struct tajo_ops),
    .create = probe_create,
    .destroy = probe_destroy,
    .run = client_run,
};

static const struct tajo_descriptor descriptor = {PROBE_DESCRIPTOR("client", &ops)};

const struct tajo_descriptor *tajo_plugin_entry_v1(void)
{
    return &descriptor;
}
