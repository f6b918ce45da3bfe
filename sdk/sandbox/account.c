/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"
#include "contact.h"
#include "import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const type_names[] = {
    "text", "date", "float", "boolean", "category", "multiple-choice", "id", "user"};

struct default_attribute {
    const char *name;
    enum attribute_type type;
    bool bare;
};

static const struct default_attribute default_attributes[] = {
    {"FIRSTNAME", ATTRIBUTE_TEXT, true},
    {"LASTNAME", ATTRIBUTE_TEXT, true},
    {"SMS", ATTRIBUTE_TEXT, true},
    {"NICKNAME", ATTRIBUTE_TEXT, false},
    {"AVATAR_URL", ATTRIBUTE_TEXT, false},
    {"EMAIL_VERIFIED", ATTRIBUTE_BOOLEAN, false},
    {"LOGIN_COUNT", ATTRIBUTE_FLOAT, false},
    {"LAST_LOGIN_DATE", ATTRIBUTE_DATE, false},
    {"SIGNUP_DATE", ATTRIBUTE_DATE, false},
    {"COMPANY", ATTRIBUTE_TEXT, false},
    {"SUBSCRIPTION_PLAN", ATTRIBUTE_TEXT, false},
    {"USER_ROLE", ATTRIBUTE_TEXT, false},
};

static void set_limits(struct account *account)
{
    static const struct window_pair contacts[] = {
        [BREVO_OFF] = {0},
        [BREVO_GENERAL] = {.per_second = 10, .per_hour = 36000},
        [BREVO_ADVANCED] = {.per_second = 20, .per_hour = 72000},
        [BREVO_EXTENDED] = {.per_second = 60},
    };
    static const uint32_t others_per_hour[] = {0, 100, 200, 600};
    enum brevo_plan plan = account->settings->brevo_plan;
    account->families[BREVO_CONTACTS] = contacts[plan];
    account->families[BREVO_OTHER].per_hour = others_per_hour[plan];
}

struct account *account_create(const struct settings *settings)
{
    struct account *account = mem_alloc(sizeof(*account));
    account->settings = settings;
    for (size_t i = 0; i < SANDBOX_COUNT(default_attributes); i++) {
        const struct default_attribute *row = &default_attributes[i];
        if (row->bare || !settings->bare) {
            account_add_attribute(account, row->name, "normal", row->type, NULL);
        }
    }
    account->folders[0] = (struct folder){.id = 1, .name = mem_copy_text("tajo")};
    account->folder_count = 1;
    account->next_list_id = 20;
    account_add_list(account, "all_users", 1);
    account_add_list(account, "verified_users", 1);
    account_add_list(account, "social_login", 1);
    account_add_list(account, "vip", 1);
    set_limits(account);
    return account;
}

struct account *account_release(struct account *account)
{
    if (!account) {
        return NULL;
    }
    while (account->queue) {
        account->queue = import_release(account->queue);
    }
    for (size_t i = 0; i < account->contact_slots; i++) {
        contact_release(account->contacts[i]);
    }
    for (size_t i = 0; i < account->attribute_count; i++) {
        json_decref(account->attributes[i].options);
    }
    for (size_t i = 0; i < account->list_count; i++) {
        free(account->lists[i].name);
    }
    for (size_t i = 0; i < account->folder_count; i++) {
        free(account->folders[i].name);
    }
    keymap_free(&account->by_email);
    keymap_free(&account->by_sms);
    keymap_free(&account->by_ext_id);
    free(account->contacts);
    free(account->processes);
    free(account);
    return NULL;
}

int account_find_attribute(const struct account *account, const char *name)
{
    for (size_t i = 0; i < account->attribute_count; i++) {
        if (strcasecmp(account->attributes[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

bool account_add_attribute(struct account *account, const char *name, const char *category,
                           enum attribute_type type, json_t *options)
{
    if (account->attribute_count == ACCOUNT_ATTRIBUTES ||
        account_find_attribute(account, name) >= 0) {
        return false;
    }
    struct attribute *attribute = &account->attributes[account->attribute_count++];
    *attribute =
        (struct attribute){.category = category, .type = type, .options = json_incref(options)};
    snprintf(attribute->name, sizeof(attribute->name), "%s", name);
    return true;
}

const char *account_type_name(enum attribute_type type)
{
    return type_names[type];
}

bool account_find_type(const char *name, enum attribute_type *ret_type)
{
    for (unsigned i = 0; i < SANDBOX_COUNT(type_names); i++) {
        if (strcmp(type_names[i], name) == 0) {
            *ret_type = (enum attribute_type)i;
            return true;
        }
    }
    return false;
}

struct list *account_find_list(struct account *account, uint32_t id)
{
    for (size_t i = 0; i < account->list_count; i++) {
        if (account->lists[i].id == id) {
            return &account->lists[i];
        }
    }
    return NULL;
}

struct folder *account_find_folder(struct account *account, uint32_t id)
{
    for (size_t i = 0; i < account->folder_count; i++) {
        if (account->folders[i].id == id) {
            return &account->folders[i];
        }
    }
    return NULL;
}

uint32_t account_add_list(struct account *account, const char *name, uint32_t folder_id)
{
    if (account->list_count == ACCOUNT_LISTS) {
        return 0;
    }
    struct list *list = &account->lists[account->list_count++];
    *list = (struct list){
        .id = account->next_list_id++, .folder_id = folder_id, .name = mem_copy_text(name)};
    return list->id;
}

static uint32_t find_place(const struct id_set *set, uint32_t id)
{
    uint32_t at = 0;
    while (at < set->count && set->ids[at] < id) {
        at++;
    }
    return at;
}

bool id_set_has(const struct id_set *set, uint32_t id)
{
    uint32_t at = find_place(set, id);
    return at < set->count && set->ids[at] == id;
}

bool id_set_add(struct id_set *set, uint32_t id)
{
    uint32_t at = find_place(set, id);
    if (at < set->count && set->ids[at] == id) {
        return false;
    }
    set->ids = mem_resize(set->ids, set->count + 1, sizeof(*set->ids));
    memmove(set->ids + at + 1, set->ids + at, (set->count - at) * sizeof(*set->ids));
    set->ids[at] = id;
    set->count++;
    return true;
}

bool id_set_remove(struct id_set *set, uint32_t id)
{
    uint32_t at = find_place(set, id);
    if (at == set->count || set->ids[at] != id) {
        return false;
    }
    set->count--;
    memmove(set->ids + at, set->ids + at + 1, (set->count - at) * sizeof(*set->ids));
    return true;
}

void id_set_write(const struct id_set *set, struct buffer *buffer)
{
    buffer_add_char(buffer, '[');
    for (uint32_t i = 0; i < set->count; i++) {
        if (i) {
            buffer_add_char(buffer, ',');
        }
        buffer_add_number(buffer, set->ids[i]);
    }
    buffer_add_char(buffer, ']');
}
