/* SPDX-License-Identifier: Apache-2.0 */
#include "brevo.h"
#include "sandbox.h"

#include <ctype.h>
#include <string.h>

static json_t *describe(const struct attribute *attribute)
{
    json_t *json =
        json_pack("{s:s, s:s}", "name", attribute->name, "category", attribute->category);
    if (strcmp(attribute->category, "category") == 0) {
        json_object_set_new(json, "type", json_string("text"));
        json_object_set(json, "enumeration", attribute->options);
        return json;
    }
    json_object_set_new(json, "type", json_string(account_type_name(attribute->type)));
    if (attribute->options) {
        json_object_set(json, "multiCategoryOptions", attribute->options);
    }
    return json;
}

void brevo_get_attributes(struct sandbox *sandbox, const struct request *request,
                          struct reply *reply)
{
    (void)request;
    const struct account *account = sandbox->account;
    json_t *items = json_array();
    for (size_t i = 0; i < account->attribute_count; i++) {
        json_array_append_new(items, describe(&account->attributes[i]));
    }
    reply_set_json(reply, 200, json_pack("{s:o}", "attributes", items));
}

static const char *find_category(const char *name)
{
    static const char *const categories[] = {"normal", "transactional", "category", "calculated",
                                             "global"};
    for (size_t i = 0; i < SANDBOX_COUNT(categories); i++) {
        if (strcmp(categories[i], name) == 0) {
            return categories[i];
        }
    }
    return NULL;
}

static bool is_good_name(const char *name)
{
    size_t size = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    return size && !name[size] && size < ACCOUNT_NAME_SIZE && isalpha((unsigned char)name[0]);
}

/* Which type the body asks for, and the options that go with it. */
static bool read_type(const char *category, const json_t *body, enum attribute_type *ret_type,
                      json_t **ret_options)
{
    const char *name = json_string_value(json_object_get(body, "type"));
    *ret_options = NULL;
    if (strcmp(category, "category") == 0) {
        *ret_type = ATTRIBUTE_CATEGORY;
        *ret_options = json_object_get(body, "enumeration");
        return json_is_array(*ret_options);
    }
    if (strcmp(category, "normal") != 0) {
        *ret_type = ATTRIBUTE_ID;
        return true;
    }
    if (!name || !account_find_type(name, ret_type) || *ret_type == ATTRIBUTE_ID ||
        *ret_type == ATTRIBUTE_CATEGORY) {
        return false;
    }
    if (*ret_type == ATTRIBUTE_CHOICE) {
        *ret_options = json_object_get(body, "multiCategoryOptions");
        return json_is_array(*ret_options);
    }
    return true;
}

static void upper_copy(const char *name, char copy[ACCOUNT_NAME_SIZE])
{
    size_t i = 0;
    for (; name[i]; i++) {
        copy[i] = (char)toupper((unsigned char)name[i]);
    }
    copy[i] = '\0';
}

void brevo_post_attribute(struct sandbox *sandbox, const struct request *request,
                          struct reply *reply)
{
    struct account *account = sandbox->account;
    const char *category = find_category(request->params[0]);
    enum attribute_type type;
    json_t *options;
    char name[ACCOUNT_NAME_SIZE];
    if (!json_object_size(request->json)) {
        reply_set_brevo_error(reply, 400, "missing_parameter", "The body is missing");
    } else if (!category || !is_good_name(request->params[1])) {
        reply_set_brevo_error(reply, 400, "invalid_parameter", "Attribute %s is not valid",
                              category ? "name" : "category");
    } else if (!read_type(category, request->json, &type, &options)) {
        reply_set_brevo_error(reply, 400, "invalid_parameter", "Attribute type is not valid");
    } else if (account_find_attribute(account, request->params[1]) >= 0) {
        reply_set_brevo_error(reply, 400, "duplicate_parameter", "Attribute name already exists");
    } else {
        upper_copy(request->params[1], name);
        if (account_add_attribute(account, name, category, type, options)) {
            reply_set_empty(reply, 201);
        } else {
            reply_set_brevo_error(reply, 400, "out_of_range",
                                  "Maximum number of attributes reached");
        }
    }
}
