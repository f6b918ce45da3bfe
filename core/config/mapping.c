/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include "base/json.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

#define MAX_ATTRIBUTE 50
#define MAX_LIST_NAME 64

void list_add(struct config_connector *connector, const struct at *at, const char *prefix)
{
    int64_t id = 0;
    int r = read_integer(at, 1, INT64_MAX, &id);
    if (r == UNSET && !at->lenient)
        at_expected(at, "Brevo shows it at Contacts > Lists, as #20", "the list's number");
    if (r != 0)
        return;
    connector->lists =
        mem_resize(connector->lists, connector->list_count + 1, sizeof(*connector->lists));
    connector->lists[connector->list_count++] = (struct config_list){
        .name = mem_printf("%s%s", prefix, at->name), .id = id, .mark = at->mark};
}

static void add_list(void *arg, const struct at *entry)
{
    /* A section such as roles: {admin: 23} belongs to a source: its plugin decides. */
    if (entry->node->kind == NODE_MAPPING)
        return;
    if (strlen(entry->name) > MAX_LIST_NAME)
        at_key_problem(entry, NULL, "a list's name has more than %d characters", MAX_LIST_NAME);
    else
        list_add(arg, entry, "");
}

void load_lists(const struct at *root, const struct at *at, struct config_connector *connector)
{
    each_merged(root, at, "lists", add_list, connector);
}

static int attribute_ok(const char *text)
{
    size_t len = strlen(text);
    return len <= MAX_ATTRIBUTE && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
                                                "wxyz0123456789_-") == len;
}

static const struct config_pair *find_attribute(const struct config_connector *connector,
                                                const char *attribute)
{
    for (size_t i = 0; i < connector->field_mapping_count; i++)
        if (strcasecmp(connector->field_mapping[i].value, attribute) == 0)
            return &connector->field_mapping[i];
    return NULL;
}

static int check_attribute(const struct at *at, const char *attribute,
                           const struct config_connector *connector)
{
    if (!attribute_ok(attribute))
        return at_expected(at,
                           "Brevo's names are up to 50 letters, digits and _, such as FIRSTNAME",
                           "the name of a Brevo attribute, or email");
    const struct config_pair *same = find_attribute(connector, attribute);
    if (same != NULL)
        return at_problem(
            at, "Map one field to each attribute", "%s is filled by %s at line %d already",
            is_expanded(at) ? "this attribute" : attribute, same->key, same->mark.line);
    return 0;
}

static void add_pair(const struct at *at, struct config_connector *connector)
{
    _cleanup_free_ char *attribute = NULL;
    if (!json_path_valid(at->name)) {
        at_key_problem(at, NULL,
                       "this is not a field's path such as user_metadata.company or "
                       "identities[0].provider");
        return;
    }
    int r = read_string(at, &attribute);
    if (r == UNSET)
        at_expected(at, "Remove the line to leave the field out",
                    "the name of a Brevo attribute, or email");
    if (r != 0 || check_attribute(at, attribute, connector) != 0)
        return;
    connector->field_mapping =
        mem_resize(connector->field_mapping, connector->field_mapping_count + 1,
                   sizeof(*connector->field_mapping));
    connector->field_mapping[connector->field_mapping_count++] = (struct config_pair){
        .key = mem_strdup(at->name), .value = take_ptr(attribute), .mark = at->mark};
}

void load_field_mapping(const struct at *root, const struct at *at,
                        struct config_connector *connector)
{
    struct at section = find_section(root, at, "field_mapping");
    if (!is_mapping(&section))
        return;
    for (size_t i = 0; i < section.node->count; i++) {
        struct at entry = at_child(&section, &section.node->entries[i]);
        add_pair(&entry, connector);
    }
    if (section.node->count > 0 && find_attribute(connector, "email") == NULL)
        at_key_problem(&section, "Add the line \"email: email\"",
                       "no field is mapped to email, by which Brevo knows a contact");
}
