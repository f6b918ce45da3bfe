/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "brevo/internal.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#define MAX_ANSWER (16u * 1024 * 1024)

/* A call of a delivery, from when it is asked for until its done. */
struct open_call {
    LIST_ENTRY(open_call) in_brevo;
    struct brevo *brevo;
    struct http_call *call; /* NULL: cancelled, the timer tells */
    http_done done;
    void *arg;
    struct loop_timer timer;
};

static void end_call(struct open_call *open, const struct http_response *response,
                     const struct err_info *e)
{
    http_done done = open->done;
    void *arg = open->arg;
    LIST_REMOVE(open, in_brevo);
    free(open);
    done(arg, response, e);
}

static void answered(void *arg, const struct http_response *response, const struct err_info *e)
{
    end_call(arg, response, e);
}

static void cancelled(void *arg)
{
    struct err_info e = {0};
    err_set(&e, ERR_CANCELLED, NULL, NULL, "delivery was stopped");
    end_call(arg, NULL, &e);
}

static void cancel(struct open_call *open)
{
    http_cancel(take_ptr(open->call));
    loop_timer_set(open->brevo->loop, &open->timer, 0, cancelled, open);
}

void call_request(struct brevo *brevo, const struct http_request *request, http_done done,
                  void *arg)
{
    struct open_call *open = mem_alloc(sizeof(*open));
    open->brevo = brevo;
    open->done = done;
    open->arg = arg;
    LIST_INSERT_HEAD(&brevo->calls, open, in_brevo);
    if (brevo->delivery != NULL && brevo->delivery->stopping)
        cancel(open);
    else
        open->call = http_send(brevo->http, request, answered, open);
}

void calls_cancel(struct brevo *brevo)
{
    struct open_call *open = NULL;
    LIST_FOREACH(open, &brevo->calls, in_brevo)
    {
        if (open->call != NULL)
            cancel(open);
    }
}

void calls_free(struct brevo *brevo)
{
    struct open_call *open = NULL;
    while ((open = LIST_FIRST(&brevo->calls)) != NULL) {
        LIST_REMOVE(open, in_brevo);
        loop_timer_clear(brevo->loop, &open->timer);
        http_cancel(open->call);
        free(open);
    }
}

void call_send(struct brevo *brevo, const struct call *call, http_done done, void *arg)
{
    _cleanup_(strbuf_release) struct strbuf body = STRBUF_INIT;
    struct http_request request = {
        .method = call->method,
        .path = call->path,
        .endpoint = call->endpoint,
        .rate_class = call->rate_class != NULL ? call->rate_class : CLASS_CONTACTS,
        .query = call->query,
        .query_count = call->query_count,
        .flags = call->fresh  ? HTTP_ONCE
                 : call->once ? 0
                              : HTTP_IDEMPOTENT,
        .max_body = MAX_ANSWER,
    };
    if (call->body != NULL) {
        json_write(call->body, &body);
        request.content_type = "application/json";
        request.body = body.data;
        request.body_len = body.len;
    }
    if (call->apart)
        http_send(brevo->http, &request, done, arg);
    else
        call_request(brevo, &request, done, arg);
}

static void send_contact(struct brevo *brevo, const char *method, const char *email,
                         const json_t *body, int fresh, http_done done, void *arg)
{
    _cleanup_(strbuf_release) struct strbuf path = STRBUF_INIT;
    strbuf_add_text(&path, "/contacts/");
    strbuf_add_percent(&path, email, strlen(email));
    char endpoint[40];
    snprintf(endpoint, sizeof(endpoint), "%s /contacts/{identifier}", method);
    const struct tajo_parameter query = parameter("identifierType", "email_id");
    const struct call call = {
        .method = method,
        .path = path.data,
        .endpoint = endpoint,
        .query = &query,
        .query_count = 1,
        .body = body,
        .fresh = fresh,
    };
    call_send(brevo, &call, done, arg);
}

void call_contact(struct brevo *brevo, const char *method, const char *email, const json_t *body,
                  http_done done, void *arg)
{
    send_contact(brevo, method, email, body, 0, done, arg);
}

void call_contact_once(struct brevo *brevo, const char *method, const char *email,
                       const json_t *body, http_done done, void *arg)
{
    send_contact(brevo, method, email, body, 1, done, arg);
}

int reply_stops(const struct http_response *response)
{
    return response->status == 401 || response->status == 402 || response->status == 403;
}

int reply_is_transient(const struct http_response *response)
{
    int status = response->status;
    return status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
}

int reply_error(const struct http_response *response, const char *endpoint, struct err_info *e)
{
    switch (response->status) {
    case 401:
        return err_set(e, ERR_AUTH, endpoint,
                       "check brevo.api_key; Brevo gives a valid key the same answer when it is "
                       "used from an unknown address: see Security > Authorised IPs in Brevo",
                       "Brevo refused the API key (401)");
    case 402:
        return err_set(e, ERR_AUTH, endpoint, "look at the plan and credits in Brevo",
                       "Brevo wants a plan or credits for this (402)");
    case 403:
        return err_set(e, ERR_AUTH, endpoint,
                       "look at the account's status and plan in Brevo, and at the rights of the "
                       "user who made the API key",
                       "Brevo does not permit this (403)");
    default:
        if (reply_is_transient(response))
            return err_set(e, ERR_TRANSIENT, endpoint, "nothing to do: it is tried again",
                           "Brevo could not answer (%d)", response->status);
        return err_set(e, ERR_DATA, endpoint, NULL, "Brevo refused the request (%d)",
                       response->status);
    }
}

int64_t reply_time_ms(const struct http_response *response, int64_t otherwise_ms)
{
    const char *date = http_response_header(response, "date");
    time_t seconds = date != NULL ? curl_getdate(date, NULL) : -1;
    return seconds > 0 ? ((int64_t)seconds - 1) * 1000 : otherwise_ms;
}

json_t *reply_json(const struct http_response *response)
{
    json_t *json = NULL;
    if (json_parse(response->body, response->body_len, MAX_ANSWER, &json, NULL) != 0)
        return NULL;
    return json;
}
