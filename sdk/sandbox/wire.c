/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 65536

/* Feeds one body to libmicrohttpd piece by piece, cutting it short or slowing it down. */
struct feed {
    struct sandbox *sandbox;
    struct buffer body; /* without a stream: all of it */
    size_t at;
    struct stream stream;
    bool truncate;
    bool cut; /* the next call breaks the connection */
    int64_t bytes_per_second;
};

static size_t read_stream(struct feed *feed, char *bytes, size_t size)
{
    size_t got = feed->stream.read(feed->stream.context, bytes, size);
    if (feed->truncate && got && feed->stream.is_half_done(feed->stream.context)) {
        feed->cut = true;
        return (got + 1) / 2;
    }
    return got;
}

static size_t read_body(struct feed *feed, char *bytes, size_t size)
{
    size_t end = feed->truncate ? feed->body.used / 2 : feed->body.used;
    size_t got = end - feed->at < size ? end - feed->at : size;
    if (got) {
        memcpy(bytes, feed->body.data + feed->at, got);
        feed->at += got;
    }
    feed->cut = feed->truncate && !got;
    return got;
}

static ssize_t feed_read(void *context, uint64_t position, char *bytes, size_t size)
{
    (void)position;
    struct feed *feed = context;
    if (feed->cut) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (feed->bytes_per_second) {
        int64_t piece = feed->bytes_per_second / 10 + 1;
        size = (int64_t)size < piece ? size : (size_t)piece;
        if (!sandbox_sleep(feed->sandbox, 100)) {
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
    }
    size_t got = feed->stream.read ? read_stream(feed, bytes, size) : read_body(feed, bytes, size);
    if (got) {
        return (ssize_t)got;
    }
    return feed->cut ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
}

static void feed_release(void *context)
{
    struct feed *feed = context;
    buffer_free(&feed->body);
    if (feed->stream.release) {
        feed->stream.release(feed->stream.context);
    }
    free(feed);
}

static struct MHD_Response *make_fed(struct sandbox *sandbox, struct reply *reply,
                                     const struct fault *fault)
{
    struct feed *feed = mem_alloc(sizeof(*feed));
    *feed = (struct feed){
        .sandbox = sandbox,
        .body = reply->body,
        .stream = reply->stream,
        .truncate = fault->action == FAULT_TRUNCATE,
        .bytes_per_second = fault->action == FAULT_SLOW ? fault->bytes_per_second : 0,
    };
    uint64_t size = reply->stream.read ? MHD_SIZE_UNKNOWN : reply->body.used;
    reply->body = (struct buffer){0};
    reply->stream = (struct stream){0};
    return MHD_create_response_from_callback(size, BLOCK, feed_read, feed, feed_release);
}

static struct MHD_Response *make_response(struct sandbox *sandbox, struct reply *reply,
                                          const struct fault *fault)
{
    if (reply->stream.read || fault->action == FAULT_TRUNCATE || fault->action == FAULT_SLOW) {
        return make_fed(sandbox, reply, fault);
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->body.used, reply->body.data, MHD_RESPMEM_MUST_FREE);
    reply->body = (struct buffer){0};
    return response;
}

enum MHD_Result wire_send(struct sandbox *sandbox, struct MHD_Connection *connection,
                          struct reply *reply, const struct fault *fault)
{
    struct MHD_Response *response = make_response(sandbox, reply, fault);
    if (!response) {
        return MHD_NO;
    }
    if (reply->content_type) {
        MHD_add_response_header(response, "content-type", reply->content_type);
    }
    for (size_t i = 0; i < reply->header_count; i++) {
        MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
    }
    enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}
