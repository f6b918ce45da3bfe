/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void reply_add_header(struct reply *reply, const char *name, const char *format, ...)
{
    if (reply->header_count == HTTP_MAX_HEADERS) {
        return;
    }
    struct reply_header *header = &reply->headers[reply->header_count++];
    va_list args;
    snprintf(header->name, sizeof(header->name), "%s", name);
    va_start(args, format);
    vsnprintf(header->value, sizeof(header->value), format, args);
    va_end(args);
}

void reply_set_json(struct reply *reply, unsigned status, json_t *json)
{
    reply->status = status;
    reply->content_type = "application/json; charset=utf-8";
    reply->body.used = 0;
    buffer_add_json(&reply->body, json);
    json_decref(json);
}

static json_t *SANDBOX_FORMAT(1, 0) format_json(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0) {
        return json_string("");
    }
    json_t *json = json_string(text);
    free(text);
    return json;
}

void reply_set_auth0_error(struct reply *reply, unsigned status, const char *code,
                           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    json_t *message = format_json(format, args);
    va_end(args);
    json_t *body = json_pack("{s:i, s:s, s:o}", "statusCode", (int)status, "error",
                             MHD_get_reason_phrase_for(status), "message", message);
    if (code) {
        json_object_set_new(body, "errorCode", json_string(code));
    }
    reply_set_json(reply, status, body);
}

void reply_set_brevo_error(struct reply *reply, unsigned status, const char *code,
                           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    json_t *message = format_json(format, args);
    va_end(args);
    reply_set_json(reply, status, json_pack("{s:s, s:o}", "code", code, "message", message));
}

void reply_set_empty(struct reply *reply, unsigned status)
{
    reply->status = status;
    reply->content_type = NULL;
    reply->body.used = 0;
}

void reply_release(struct reply *reply)
{
    buffer_free(&reply->body);
    if (reply->stream.release) {
        reply->stream.release(reply->stream.context);
    }
    *reply = (struct reply){0};
}
