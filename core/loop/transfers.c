/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "log/log.h"
#include "loop/internal.h"

#include <stdlib.h>

int loop_transfer_add(struct loop *loop, CURL *easy,
                      void (*done)(void *arg, CURL *easy, CURLcode code), void *arg)
{
    CURLMcode code = curl_multi_add_handle(loop->multi, easy);
    if (code != CURLM_OK) {
        log_line(LOG_LEVEL_ERROR, "loop", "cannot start a transfer", "reason=%s",
                 log_quote(curl_multi_strerror(code)));
        return ERR_SYSTEM;
    }
    struct loop_transfer *transfer = mem_alloc(sizeof(*transfer));
    *transfer =
        (struct loop_transfer){.easy = easy, .done = done, .arg = arg, .next = loop->transfers};
    loop->transfers = transfer;
    return 0;
}

/* Takes the entry out of the list; the caller frees it. NULL: not ours. */
static struct loop_transfer *take_transfer(struct loop *loop, const CURL *easy)
{
    for (struct loop_transfer **at = &loop->transfers; *at != NULL; at = &(*at)->next) {
        if ((*at)->easy == easy) {
            struct loop_transfer *found = *at;
            *at = found->next;
            return found;
        }
    }
    return NULL;
}

void loop_transfer_remove(struct loop *loop, CURL *easy)
{
    struct loop_transfer *transfer = take_transfer(loop, easy);
    if (transfer == NULL)
        return;
    curl_multi_remove_handle(loop->multi, easy);
    free(transfer);
}

void transfers_run(struct loop *loop)
{
    int running = 0;
    int left = 0;
    CURLMsg *message = NULL;
    if (loop->transfers == NULL)
        return;
    curl_multi_perform(loop->multi, &running);
    while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; /* gone with the handle */
        struct loop_transfer *transfer = take_transfer(loop, message->easy_handle);
        if (transfer == NULL)
            continue;
        curl_multi_remove_handle(loop->multi, transfer->easy);
        struct loop_transfer ended = *transfer;
        free(transfer);
        ended.done(ended.arg, ended.easy, code);
    }
}
