/* SPDX-License-Identifier: Apache-2.0
 *
 * map/mapping_internal.h: what mapping.c (building, applying) and bind.c (the account's attributes)
 * share. Nobody else includes it.
 */
#ifndef TAJO_MAP_MAPPING_INTERNAL_H
#define TAJO_MAP_MAPPING_INTERNAL_H

#include "map/mapping.h"

/* A line of field_mapping that is not the key. Owns its texts. */
struct bound_field {
    struct mapping_field source;
    struct attribute attribute; /* a copy of the account's; name NULL: not bound, not sent */
    int is_phone;
};

struct mapping {
    struct bound_field *fields;
    size_t field_count;
    struct mapping_list *lists;
    size_t list_count;
    char *email_path;
    char *email_verified_path;
    int verified_only;
    char *last_login_path;
    char *created_at_path;
    char *consent_field;
    char *phone_region;
    const char **paths; /* borrowed from the above, NULL-terminated */
    size_t path_count;
    json_t *decides; /* names of the bound attributes */
};

void attribute_copy(struct attribute *to, const struct attribute *from);
void attribute_clear(struct attribute *attribute);

#endif
