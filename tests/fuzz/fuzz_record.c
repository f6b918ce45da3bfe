/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of a plugin: any bytes are mapped or refused; who is mapped has an address or a reason.
 */
#include "map/mapping.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mapping *make_mapping(void)
{
    static const struct mapping_field fields[] = {
        {.path = "email", .attribute = "email", .where = "f:1:1"},
        {.path = "given_name", .attribute = "FIRSTNAME", .where = "f:2:1"},
        {.path = "user_metadata.phone", .attribute = "SMS", .where = "f:3:1"},
        {.path = "last_login", .attribute = "LAST", .where = "f:4:1"},
        {.path = "logins_count", .attribute = "COUNT", .where = "f:5:1"},
        {.path = "email_verified", .attribute = "VERIFIED", .where = "f:6:1"},
        {.path = "identities[0].provider", .attribute = "PROVIDER", .where = "f:7:1"},
    };
    static const struct mapping_list lists[] = {
        {.name = "all", .id = 1},
        {.name = "verified", .field = "email_verified", .id = 2},
    };
    static struct attribute attributes[] = {
        {.name = "FIRSTNAME", .type = ATTRIBUTE_TEXT},
        {.name = "SMS", .type = ATTRIBUTE_TEXT},
        {.name = "LAST", .type = ATTRIBUTE_DATE},
        {.name = "COUNT", .type = ATTRIBUTE_FLOAT},
        {.name = "VERIFIED", .type = ATTRIBUTE_BOOLEAN},
        {.name = "PROVIDER", .type = ATTRIBUTE_TEXT},
    };
    const struct mapping_options options = {
        .fields = fields,
        .field_count = sizeof(fields) / sizeof(fields[0]),
        .lists = lists,
        .list_count = sizeof(lists) / sizeof(lists[0]),
        .email_verified_path = "email_verified",
        .last_login_path = "last_login",
        .created_at_path = "created_at",
        .consent_field = "user_metadata.consent",
        .phone_region = "49",
    };
    const struct attribute_table table = {attributes, sizeof(attributes) / sizeof(attributes[0])};
    struct mapping_problem *problems = NULL;
    struct mapping *mapping = NULL;
    size_t count = 0;
    if (mapping_new(&options, &mapping, NULL) < 0)
        abort();
    mapping_bind(mapping, &table, &problems, &count);
    mapping_problems_free(problems, count);
    return mapping;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mapping *mapping;
    struct mapped_person person = {0};
    struct err_info e = {0};
    if (mapping == NULL)
        mapping = make_mapping();
    if (mapping_apply(mapping, (const char *)data, size, &person, &e) == 0) {
        if (person.skip == SKIP_NONE && (person.email == NULL || person.attributes == NULL))
            abort();
        mapped_person_clear(&person);
    }
    return 0;
}
