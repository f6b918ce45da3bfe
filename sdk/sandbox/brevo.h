/* SPDX-License-Identifier: Apache-2.0
 *
 * The endpoints of the Brevo account, by the file that holds them, and what they share. Handlers:
 * the caller holds the sandbox's lock.
 */
#ifndef SANDBOX_BREVO_H
#define SANDBOX_BREVO_H

#include "account.h"
#include "contact.h"
#include "http.h"

/* brevo.c */
route_handler brevo_get_account;

/* brevo_contacts.c */
route_handler brevo_post_contact;
route_handler brevo_get_contacts;
route_handler brevo_get_contact;
route_handler brevo_put_contact;
route_handler brevo_delete_contact;

/* brevo_lists.c */
route_handler brevo_get_lists;
route_handler brevo_get_list;
route_handler brevo_post_list;
route_handler brevo_get_folders;
route_handler brevo_get_list_contacts;
route_handler brevo_add_to_list;
route_handler brevo_remove_from_list;

/* brevo_attributes.c */
route_handler brevo_get_attributes;
route_handler brevo_post_attribute;

/* import.c */
route_handler brevo_post_import;
route_handler brevo_get_process;
route_handler brevo_get_processes;

/* The limit and offset of a listing; false when the reply says what is wrong. */
bool brevo_read_paging(const struct request *request, int64_t fallback, int64_t high,
                       int64_t *ret_limit, int64_t *ret_offset, struct reply *reply);
/* Whether `ids` is absent or an array of ids of lists there are; else the reply says so. */
bool brevo_check_lists(struct account *account, const json_t *ids, const char *name,
                       struct reply *reply);
/* The listing of contacts that `list_id` (0: all) and the request's parameters pick. */
void brevo_write_contacts(struct account *account, const struct request *request, uint32_t list_id,
                          int64_t high, struct reply *reply);

#endif
