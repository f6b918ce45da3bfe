/* SPDX-License-Identifier: Apache-2.0
 *
 * One Brevo account: attributes, lists, contacts, processes, limits, and what was counted on the
 * way so that a test can prove what did not happen.
 *
 * account_create() makes the default state. contact.h changes contacts, import.h works off the
 * import queue. The caller holds the sandbox's lock.
 */
#ifndef SANDBOX_ACCOUNT_H
#define SANDBOX_ACCOUNT_H

#include "buffer.h"
#include "keymap.h"
#include "limit.h"
#include "settings.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define ACCOUNT_ATTRIBUTES 204 /* 200 of one's own and the built-in ones */
#define ACCOUNT_LISTS      300
#define ACCOUNT_FOLDERS    300
#define ACCOUNT_NAME_SIZE  64

enum brevo_family { BREVO_CONTACTS, BREVO_BARE_CONTACTS, BREVO_OTHER, BREVO_FAMILIES };

enum attribute_type {
    ATTRIBUTE_TEXT,
    ATTRIBUTE_DATE,
    ATTRIBUTE_FLOAT,
    ATTRIBUTE_BOOLEAN,
    ATTRIBUTE_CATEGORY,
    ATTRIBUTE_CHOICE,
    ATTRIBUTE_ID,
    ATTRIBUTE_USER,
};

struct attribute {
    char name[ACCOUNT_NAME_SIZE];
    const char *category;
    enum attribute_type type;
    json_t *options; /* enumeration or multiCategoryOptions; NULL without */
};

struct folder {
    uint32_t id;
    char *name;
};

struct list {
    uint32_t id;
    uint32_t folder_id;
    char *name;
    uint64_t members;
};

struct id_set {
    uint32_t *ids; /* ascending */
    uint32_t count;
};

struct contact {
    uint32_t id; /* its place in the array plus one; never used again */
    bool deleted;
    bool email_blacklisted;
    bool sms_blacklisted;
    char *email;
    char *ext_id; /* NULL: none */
    char *values; /* see contact_values.h */
    uint32_t values_size;
    uint32_t import_id; /* the last import that wrote it */
    struct id_set lists;
    struct id_set unsubscribed;
    int64_t created_ms;
    int64_t modified_ms;
};

enum process_status { PROCESS_QUEUED, PROCESS_RUNNING, PROCESS_COMPLETED };

struct import_counts {
    uint64_t invalid_emails;
    uint64_t duplicate_ext_id;
    uint64_t duplicate_email_id;
    uint64_t duplicate_phone_id;
};

struct process {
    uint32_t id;
    enum process_status status;
    int64_t created_ms;
    int64_t completed_ms;
    struct import_counts counts;
};

struct import; /* import.h */

/* What a connector must be able to account for. */
struct account_counts {
    uint64_t resubscribed; /* somebody who had opted out was opted in again */
    uint64_t owner_mails;  /* notifications the owner of the account got */
    uint64_t lost_values;  /* attributes dropped in silence: unknown name or wrong type */
    uint64_t dropped_rows; /* rows of imports that were not written */
};

struct account {
    const struct settings *settings;
    struct attribute attributes[ACCOUNT_ATTRIBUTES];
    size_t attribute_count;
    struct folder folders[ACCOUNT_FOLDERS];
    size_t folder_count;
    struct list lists[ACCOUNT_LISTS];
    size_t list_count;
    uint32_t next_list_id;

    struct contact **contacts; /* by id - 1 */
    size_t contact_slots;
    size_t contact_room;
    size_t contact_count; /* without the deleted ones */
    struct keymap by_email;
    struct keymap by_sms;
    struct keymap by_ext_id;

    struct process *processes;
    size_t process_count;
    struct import *queue; /* the first one is the running one */
    struct account_counts counts;
    struct window_pair families[BREVO_FAMILIES];
    uint64_t request_count;
};

struct account *account_create(const struct settings *settings);
struct account *account_release(struct account *account);

/* -1 when there is none. Names are compared without case, as Brevo does. */
int account_find_attribute(const struct account *account, const char *name);
/* False when it exists or there are too many. Takes a reference of `options`. */
bool account_add_attribute(struct account *account, const char *name, const char *category,
                           enum attribute_type type, json_t *options);
const char *account_type_name(enum attribute_type type);
bool account_find_type(const char *name, enum attribute_type *ret_type);

struct list *account_find_list(struct account *account, uint32_t id);
struct folder *account_find_folder(struct account *account, uint32_t id);
/* The new list's id, 0 when there are too many. */
uint32_t account_add_list(struct account *account, const char *name, uint32_t folder_id);

bool id_set_has(const struct id_set *set, uint32_t id);
/* Whether it was missing. */
bool id_set_add(struct id_set *set, uint32_t id);
/* Whether it was there. */
bool id_set_remove(struct id_set *set, uint32_t id);
void id_set_write(const struct id_set *set, struct buffer *buffer);

#endif
