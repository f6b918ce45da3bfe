/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "worker/internal.h"

#include <stdlib.h>

/* u32 n, n x str. NULL when there are none. */
static struct tajo_str *read_texts(struct wire_reader *r, uint32_t max, size_t max_len,
                                   size_t *ret_count)
{
    uint32_t count = wire_get_u32(r);
    if (count > max)
        r->bad = 1;
    if (!wire_ok(r) || count == 0)
        return NULL;
    struct tajo_str *texts = mem_array(count, sizeof(*texts));
    for (uint32_t i = 0; i < count; i++)
        texts[i] = wire_get_str(r, max_len);
    *ret_count = count;
    return texts;
}

int run_request_read(const struct frame *frame, struct run_request *ret)
{
    struct wire_reader r = wire_read(frame->payload, frame->len);
    *ret = (struct run_request){.public = {.size = sizeof(ret->public)}};
    ret->public.mode = wire_get_u32(&r);
    ret->public.since_ms = (int64_t)wire_get_u64(&r);
    ret->public.cursor = wire_get_str(&r, MAX_CURSOR);
    ret->subjects = read_texts(&r, MAX_SUBJECTS, MAX_SUBJECT, &ret->public.subject_count);
    ret->fields = read_texts(&r, MAX_FIELDS, 256, &ret->public.field_count);
    ret->public.subjects = ret->subjects;
    ret->public.fields = ret->fields;
    if (wire_done(&r))
        return 0;
    run_request_release(ret);
    return -1;
}

void run_request_release(struct run_request *request)
{
    free(request->subjects);
    free(request->fields);
    *request = (struct run_request){0};
}
