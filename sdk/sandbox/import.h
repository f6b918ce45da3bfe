/* SPDX-License-Identifier: Apache-2.0
 *
 * Bulk imports: a queue that the importer's thread works off, one import at a time.
 *
 * POST /contacts/import puts an import into the account's queue and makes a process for it; the
 * importer (importer.h) runs it in steps with import_step(). The caller holds the sandbox's lock.
 */
#ifndef SANDBOX_IMPORT_H
#define SANDBOX_IMPORT_H

#include "account.h"

struct import {
    struct import *next;
    uint32_t process_id;
    json_t *body;     /* the whole request */
    json_t *list_ids; /* of listIds and newList */
    size_t row;       /* the next one */
    int64_t began_ms; /* 0: still queued */
};

/* Returns the next one. */
struct import *import_release(struct import *import);
/* Works up to `rows` rows off; true when none is left. */
bool import_step(struct account *account, struct import *import, size_t rows);
/* How long the import takes in all. */
int64_t import_duration_ms(const struct account *account, const struct import *import);
/* Tells its process that it runs, or that it is complete. */
void import_set_status(struct account *account, const struct import *import,
                       enum process_status status);

#endif
