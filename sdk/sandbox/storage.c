/* SPDX-License-Identifier: Apache-2.0
 *
 * The place export files are downloaded from. It is no part of Auth0's API: it takes the link as
 * the only credential and refuses any other, and its errors are XML.
 */
#include "job.h"
#include "moment.h"
#include "sandbox.h"

#include <string.h>

static void refuse(struct reply *reply, unsigned status, const char *code, const char *message)
{
    reply->status = status;
    reply->content_type = "application/xml";
    buffer_add_format(&reply->body,
                      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<Error><Code>%s</Code><Message>%s</Message></Error>",
                      code, message);
}

static const struct link *find_link(const struct tenant *tenant, const char *name)
{
    for (size_t i = 0; i < TENANT_LINKS; i++) {
        const struct link *link = &tenant->links[i];
        size_t size = strlen(link->key);
        if (link->job && strncmp(link->key, name, size) == 0 && name[size] == '.') {
            return link;
        }
    }
    return NULL;
}

static void get_file(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    const struct link *link = find_link(sandbox->tenant, request->params[0]);
    if (request_get_header(request, "Authorization")) {
        refuse(reply, 400, "InvalidArgument",
               "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
               "Signature query string parameter or the Authorization header should be specified");
    } else if (!link) {
        refuse(reply, 404, "NoSuchKey", "The specified key does not exist.");
    } else if (moment_now() >= link->expires_ms) {
        refuse(reply, 403, "AccessDenied", "Request has expired");
    } else {
        reply->status = 200;
        reply->content_type = "application/x-gzip";
        reply->stream = export_open(sandbox, link->job);
    }
}

static void refuse_unknown(struct sandbox *sandbox, const struct request *request,
                           struct reply *reply)
{
    (void)sandbox;
    (void)request;
    refuse(reply, 404, "NoSuchKey", "The specified key does not exist.");
}

static const struct route routes[] = {
    {"GET /{file}", get_file, "", 0},
};

const struct side storage_side = {
    .name = "storage",
    .prefix = "/storage",
    .routes = routes,
    .route_count = SANDBOX_COUNT(routes),
    .unknown = refuse_unknown,
};
