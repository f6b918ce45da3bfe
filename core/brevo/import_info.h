/* SPDX-License-Identifier: Apache-2.0
 *
 * brevo/import_info.h: what a Brevo process says about itself. Pure.
 *
 * GET /processes/{id} has `status` and, once completed, `info.import` with what was dropped: by an
 * older description integers, by a newer one addresses of CSV files, both nullable. Everything that
 * is not plainly "nothing" counts as dropped rows: being wrong that way costs calls, the other way
 * contacts.
 */
#ifndef TAJO_BREVO_IMPORT_INFO_H
#define TAJO_BREVO_IMPORT_INFO_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define IMPORT_INFO_URLS 8

enum process_state {
    PROCESS_RUNNING, /* queued, in_process, processing, and whatever is unknown */
    PROCESS_COMPLETED,
    PROCESS_FAILED, /* failed, cancelled */
};

struct import_info {
    enum process_state state;
    int64_t dropped;              /* rows counted as dropped, without those in files */
    char *urls[IMPORT_INFO_URLS]; /* of files that name dropped rows */
    size_t url_count;
};

/* process: the object of GET /processes/{id}; NULL or garbage: running. */
void import_info_read(const json_t *process, struct import_info *ret);
void import_info_clear(struct import_info *info);

#endif
