/* SPDX-License-Identifier: Apache-2.0
 *
 * Contacts: finding, checking a write, doing it, and keeping count of what opts people in again.
 *
 * A write is checked first (contact_check), then done (contact_apply): a refused one changes
 * nothing. Contacts belong to the account. The caller holds the sandbox's lock.
 */
#ifndef SANDBOX_CONTACT_H
#define SANDBOX_CONTACT_H

#include "account.h"

#define PHONE_SIZE 20

/* What a request or a row of an import wants of a contact; NULL: leave as it is. */
struct contact_write {
    const json_t *attributes;
    const char *ext_id;
    const json_t *list_ids;
    const json_t *unlink_ids;
    const json_t *email_blacklisted;
    const json_t *sms_blacklisted;
    bool import;      /* wrong dates are ignored, empty values leave data alone */
    bool erase_empty; /* import: they erase it after all */
};

enum contact_problem {
    CONTACT_FINE,
    CONTACT_BAD_EMAIL,
    CONTACT_BAD_PHONE,
    CONTACT_BAD_DATE,
    CONTACT_DUPLICATE_EMAIL,
    CONTACT_DUPLICATE_SMS,
    CONTACT_DUPLICATE_EXT_ID,
};

/* NULL when there is none. Addresses are compared without case. */
struct contact *contact_find_email(const struct account *account, const char *email);
struct contact *contact_find_phone(const struct account *account, const char *phone);
struct contact *contact_find_ext_id(const struct account *account, const char *ext_id);
struct contact *contact_find_id(const struct account *account, uint64_t id);

bool contact_is_email(const char *text);
/* 33612345678, +33612345678 and 0033612345678 as the digits alone; false when it is no number. */
bool contact_read_phone(const char *text, char ret_digits[PHONE_SIZE]);

/* `contact` is NULL when the write would create one. */
enum contact_problem contact_check(const struct account *account, const struct contact *contact,
                                   const struct contact_write *write);
void contact_apply(struct account *account, struct contact *contact,
                   const struct contact_write *write);
struct contact *contact_create(struct account *account, const char *email);
void contact_delete(struct account *account, struct contact *contact);
struct contact *contact_release(struct contact *contact);

/* Whether it changed anything. Joining a list one had unsubscribed from counts as resubscribed. */
bool contact_join_list(struct account *account, struct contact *contact, uint32_t list_id);
bool contact_leave_list(struct account *account, struct contact *contact, uint32_t list_id);
/* The contact's own act, as by the link in a mail. */
void contact_unsubscribe_list(struct account *account, struct contact *contact, uint32_t list_id);
void contact_set_blacklisted(struct account *account, struct contact *contact, bool blacklisted);

/* The object listings show. */
void contact_write_json(const struct account *account, const struct contact *contact,
                        struct buffer *buffer);

#endif
