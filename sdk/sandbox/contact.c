/* SPDX-License-Identifier: Apache-2.0 */
#include "contact.h"
#include "contact_keys.h"
#include "contact_values.h"
#include "moment.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define EMAIL_MAX 254

static bool same_email(const void *context, uint32_t value, const char *key)
{
    const struct account *account = context;
    return strcmp(account->contacts[value]->email, key) == 0;
}

static bool same_ext_id(const void *context, uint32_t value, const char *key)
{
    const struct account *account = context;
    return strcmp(account->contacts[value]->ext_id, key) == 0;
}

static struct value phone_of(const struct account *account, const struct contact *contact)
{
    return values_get(contact, account_find_attribute(account, "SMS"));
}

static bool same_phone(const void *context, uint32_t value, const char *key)
{
    const struct account *account = context;
    struct value phone = phone_of(account, account->contacts[value]);
    return phone.size == strlen(key) + 2 && memcmp(phone.text + 1, key, phone.size - 2) == 0;
}

static struct contact *contact_at(const struct account *account, uint32_t place)
{
    return place == KEYMAP_NONE ? NULL : account->contacts[place];
}

static char *lower_copy(const char *text)
{
    char *copy = mem_copy_text(text);
    for (char *at = copy; *at; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return copy;
}

struct contact *contact_find_email(const struct account *account, const char *email)
{
    char *key = lower_copy(email);
    uint32_t place = keymap_find(&account->by_email, key, same_email, account);
    free(key);
    return contact_at(account, place);
}

struct contact *contact_find_phone(const struct account *account, const char *phone)
{
    char digits[PHONE_SIZE];
    if (!contact_read_phone(phone, digits)) {
        return NULL;
    }
    return contact_at(account, keymap_find(&account->by_sms, digits, same_phone, account));
}

struct contact *contact_find_ext_id(const struct account *account, const char *ext_id)
{
    return contact_at(account, keymap_find(&account->by_ext_id, ext_id, same_ext_id, account));
}

struct contact *contact_find_id(const struct account *account, uint64_t id)
{
    if (id == 0 || id > account->contact_slots || account->contacts[id - 1]->deleted) {
        return NULL;
    }
    return account->contacts[id - 1];
}

/* A part between dots: not empty, no spaces, nothing that never stands in an address. */
static bool is_dotted(const char *text, size_t size)
{
    if (!size || text[0] == '.' || text[size - 1] == '.') {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == 127 || strchr("\"(),:;<>[\\]@", c) ||
            (c == '.' && text[i + 1] == '.')) {
            return false;
        }
    }
    return true;
}

bool contact_is_email(const char *text)
{
    const char *at = strrchr(text, '@');
    if (!at || strlen(text) > EMAIL_MAX || at - text > 64) {
        return false;
    }
    return is_dotted(text, (size_t)(at - text)) && is_dotted(at + 1, strlen(at + 1)) &&
           strchr(at + 1, '.');
}

bool contact_read_phone(const char *text, char ret_digits[PHONE_SIZE])
{
    if (*text == '+') {
        text++;
    } else if (strncmp(text, "00", 2) == 0) {
        text += 2;
    }
    size_t size = strlen(text);
    if (size < 8 || size > 15 || *text == '0' || strspn(text, "0123456789") != size) {
        return false;
    }
    memcpy(ret_digits, text, size + 1);
    return true;
}

static bool is_other(const struct contact *found, const struct contact *contact)
{
    return found && found != contact;
}

static enum contact_problem check_phone(const struct account *account,
                                        const struct contact *contact, const json_t *value)
{
    char digits[PHONE_SIZE];
    if (!value || json_is_null(value) || (json_is_string(value) && !json_string_length(value)) ||
        account_find_attribute(account, "SMS") < 0) {
        return CONTACT_FINE;
    }
    if (!json_is_string(value) || !contact_read_phone(json_string_value(value), digits)) {
        return CONTACT_BAD_PHONE;
    }
    return is_other(contact_find_phone(account, digits), contact) ? CONTACT_DUPLICATE_SMS
                                                                  : CONTACT_FINE;
}

static enum contact_problem check_email(const struct account *account,
                                        const struct contact *contact, const json_t *value)
{
    if (!value || !contact) {
        return CONTACT_FINE;
    }
    if (!json_is_string(value) || !contact_is_email(json_string_value(value))) {
        return CONTACT_BAD_EMAIL;
    }
    return is_other(contact_find_email(account, json_string_value(value)), contact)
               ? CONTACT_DUPLICATE_EMAIL
               : CONTACT_FINE;
}

static enum contact_problem check_dates(const struct account *account,
                                        const struct contact_write *write)
{
    const char *name;
    json_t *value;
    BUFFER_AUTO text = {0};
    json_object_foreach((json_t *)(uintptr_t)write->attributes, name, value)
    {
        int at = account_find_attribute(account, name);
        if (at >= 0 && account->attributes[at].type == ATTRIBUTE_DATE &&
            values_encode(&account->attributes[at], value, &text) == VALUE_BAD_DATE) {
            return CONTACT_BAD_DATE;
        }
    }
    return CONTACT_FINE;
}

enum contact_problem contact_check(const struct account *account, const struct contact *contact,
                                   const struct contact_write *write)
{
    enum contact_problem problem =
        check_phone(account, contact, json_object_get(write->attributes, "SMS"));
    if (problem == CONTACT_FINE && !write->import) {
        problem = check_email(account, contact, json_object_get(write->attributes, "EMAIL"));
    }
    if (problem == CONTACT_FINE && write->ext_id &&
        is_other(contact_find_ext_id(account, write->ext_id), contact)) {
        problem = CONTACT_DUPLICATE_EXT_ID;
    }
    if (problem == CONTACT_FINE && !write->import) {
        problem = check_dates(account, write);
    }
    return problem;
}

void contact_forget_phone(struct account *account, const struct contact *contact)
{
    struct value phone = phone_of(account, contact);
    if (phone.text) {
        char *key = mem_copy_bytes(phone.text + 1, phone.size - 2);
        keymap_remove(&account->by_sms, key, contact->id - 1);
        free(key);
    }
}

void contact_set_email(struct account *account, struct contact *contact, const char *email)
{
    char *key = lower_copy(email);
    if (contact->email) {
        keymap_remove(&account->by_email, contact->email, contact->id - 1);
        free(contact->email);
    }
    contact->email = key;
    keymap_add(&account->by_email, key, contact->id - 1);
}

void contact_set_ext_id(struct account *account, struct contact *contact, const char *ext_id)
{
    if (contact->ext_id) {
        keymap_remove(&account->by_ext_id, contact->ext_id, contact->id - 1);
        free(contact->ext_id);
    }
    contact->ext_id = mem_copy_text(ext_id);
    keymap_add(&account->by_ext_id, ext_id, contact->id - 1);
}

struct contact *contact_create(struct account *account, const char *email)
{
    if (account->contact_slots == account->contact_room) {
        account->contact_room = account->contact_room ? account->contact_room * 2 : 1024;
        account->contacts =
            mem_resize(account->contacts, account->contact_room, sizeof(*account->contacts));
    }
    struct contact *contact = mem_alloc(sizeof(*contact));
    account->contacts[account->contact_slots++] = contact;
    account->contact_count++;
    contact->id = (uint32_t)account->contact_slots;
    contact->created_ms = contact->modified_ms = moment_now();
    contact_set_email(account, contact, email);
    return contact;
}

static void release_parts(struct contact *contact)
{
    free(contact->email);
    free(contact->ext_id);
    free(contact->values);
    free(contact->lists.ids);
    free(contact->unsubscribed.ids);
}

struct contact *contact_release(struct contact *contact)
{
    if (contact) {
        release_parts(contact);
        free(contact);
    }
    return NULL;
}

void contact_delete(struct account *account, struct contact *contact)
{
    contact_forget_phone(account, contact);
    keymap_remove(&account->by_email, contact->email, contact->id - 1);
    if (contact->ext_id) {
        keymap_remove(&account->by_ext_id, contact->ext_id, contact->id - 1);
    }
    for (uint32_t i = 0; i < contact->lists.count; i++) {
        account_find_list(account, contact->lists.ids[i])->members--;
    }
    release_parts(contact);
    *contact = (struct contact){.id = contact->id, .deleted = true};
    account->contact_count--;
}

bool contact_join_list(struct account *account, struct contact *contact, uint32_t list_id)
{
    if (!id_set_add(&contact->lists, list_id)) {
        return false;
    }
    account_find_list(account, list_id)->members++;
    account->counts.resubscribed += id_set_remove(&contact->unsubscribed, list_id);
    return true;
}

bool contact_leave_list(struct account *account, struct contact *contact, uint32_t list_id)
{
    if (!id_set_remove(&contact->lists, list_id)) {
        return false;
    }
    account_find_list(account, list_id)->members--;
    return true;
}

void contact_unsubscribe_list(struct account *account, struct contact *contact, uint32_t list_id)
{
    contact_leave_list(account, contact, list_id);
    id_set_add(&contact->unsubscribed, list_id);
    contact->modified_ms = moment_now();
}

void contact_set_blacklisted(struct account *account, struct contact *contact, bool blacklisted)
{
    account->counts.resubscribed += contact->email_blacklisted && !blacklisted;
    contact->email_blacklisted = blacklisted;
}

void contact_write_json(const struct account *account, const struct contact *contact,
                        struct buffer *buffer)
{
    buffer_add_text(buffer, "{\"email\":");
    buffer_add_string(buffer, contact->email, strlen(contact->email));
    buffer_add_format(buffer, ",\"id\":%u", contact->id);
    if (contact->ext_id) {
        buffer_add_text(buffer, ",\"ext_id\":");
        buffer_add_string(buffer, contact->ext_id, strlen(contact->ext_id));
    }
    buffer_add_text(buffer, contact->email_blacklisted ? ",\"emailBlacklisted\":true"
                                                       : ",\"emailBlacklisted\":false");
    buffer_add_text(buffer, contact->sms_blacklisted ? ",\"smsBlacklisted\":true"
                                                     : ",\"smsBlacklisted\":false");
    buffer_add_text(buffer, ",\"createdAt\":");
    buffer_add_moment(buffer, contact->created_ms);
    buffer_add_text(buffer, ",\"modifiedAt\":");
    buffer_add_moment(buffer, contact->modified_ms);
    buffer_add_text(buffer, ",\"listIds\":");
    id_set_write(&contact->lists, buffer);
    buffer_add_text(buffer, ",\"listUnsubscribed\":");
    id_set_write(&contact->unsubscribed, buffer);
    buffer_add_text(buffer, ",\"attributes\":");
    values_write(account, contact, buffer);
    buffer_add_char(buffer, '}');
}
