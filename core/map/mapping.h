/* SPDX-License-Identifier: Apache-2.0
 *
 * map/mapping.h: from a platform's object to what a Brevo contact should be. Pure.
 *
 * mapping_new from the checked configuration and the plugin's field table, mapping_bind once the
 * account's attributes are known (unbound attributes are reported and not sent), mapping_apply for
 * each record. Immutable after binding; apply may be called on any thread.
 */
#ifndef TAJO_MAP_MAPPING_H
#define TAJO_MAP_MAPPING_H

#include "base/error.h"
#include "base/json.h"
#include "store/tables.h"

#include <jansson.h>
#include <stdint.h>

enum attribute_type {
    ATTRIBUTE_TEXT,
    ATTRIBUTE_DATE,
    ATTRIBUTE_FLOAT,
    ATTRIBUTE_BOOLEAN,
    ATTRIBUTE_CATEGORY,
    ATTRIBUTE_MULTIPLE_CHOICE,
    ATTRIBUTE_OTHER /* transactional, calculated, user: never written */
};

/* One attribute of the Brevo account. */
struct attribute {
    char *name; /* as Brevo spells it */
    enum attribute_type type;
    json_t *options; /* CATEGORY: object label or number -> number or label to send;
                        MULTIPLE_CHOICE: array of labels; else NULL */
};

/* All attributes of the account. The brevo module fills it. */
struct attribute_table {
    struct attribute *items;
    size_t count;
};
void attribute_table_clear(struct attribute_table *table);
const struct attribute *attribute_find(const struct attribute_table *table, const char *name);

/* One line of field_mapping. */
struct mapping_field {
    char *path;      /* of the source object */
    char *attribute; /* in Brevo; "email" (any case) names the contact's key */
    char *where;     /* "tajo.yaml:18:5", for sentences */
    int source_type; /* TAJO_TYPE_* of the plugin's field table; 0: unknown */
};

/* One name under `lists:`. */
struct mapping_list {
    char *name;
    char *field; /* NULL: everyone; else the path that must be true */
    int64_t id;
};

struct mapping_options {
    const struct mapping_field *fields;
    size_t field_count;
    const struct mapping_list *lists;
    size_t list_count;
    const char *email_verified_path; /* from field roles; NULL: the platform has none */
    int verified_only;               /* 1: whose address is not verified is skipped */
    const char *last_login_path;
    const char *created_at_path;
    const char *consent_field; /* NULL: nobody is asked */
    const char *phone_region;  /* calling code such as "49" for numbers without one; NULL: such
                                  numbers are invalid */
};

struct mapping;
/* Copies. ERR_CONFIG: no email field, a bad path, an attribute twice. */
int mapping_new(const struct mapping_options *options, struct mapping **ret, struct err_info *e);
struct mapping *mapping_free(struct mapping *mapping);

/* A mapped attribute that the account does not have, or of a type that cannot take the field. */
struct mapping_problem {
    char *attribute; /* in capitals when it can be created */
    char *where;
    int missing;                   /* 1: not there; 0: unsuitable type */
    enum attribute_type suggested; /* type that would fit the field, for create_attributes, which
                                      then uses `attribute` as it is; OTHER: nothing can be
                                      created */
    char *sentence;
};
/* Attributes with a problem are left out by apply. Caller frees with mapping_problems_free. */
void mapping_bind(struct mapping *mapping, const struct attribute_table *table,
                  struct mapping_problem **ret, size_t *ret_count);
void mapping_problems_free(struct mapping_problem *problems, size_t count);
/* Over what the last bind bound: another figure when another attribute is written, or one as
 * another type. */
uint64_t mapping_bound_hash(const struct mapping *mapping);

/* Why a person does not become a contact. Counted, not failures. */
enum mapping_skip {
    SKIP_NONE,
    SKIP_NO_EMAIL,
    SKIP_INVALID_EMAIL,
    SKIP_NOT_VERIFIED, /* verified_only of the connector */
    SKIP_NO_CONSENT,
    SKIP_FILTERED,
    SKIP_COUNT
};
const char *mapping_skip_name(enum mapping_skip skip); /* "no_email" ... */

/* What a value could not become; counted, the contact goes without it. */
enum mapping_loss { LOSS_INVALID_PHONE, LOSS_SHARED_PHONE, LOSS_UNCONVERTIBLE, LOSS_COUNT };
const char *mapping_loss_name(enum mapping_loss loss); /* "invalid_phone" ... */

enum mapping_consent { CONSENT_NOT_ASKED, CONSENT_ABSENT, CONSENT_GIVEN, CONSENT_REFUSED };

struct mapped_person {
    enum mapping_skip skip;
    enum mapping_consent consent;
    char *email;        /* lower-cased; NULL when skipped for it */
    json_t *attributes; /* object, Brevo names, converted; SMS in E.164; absent and null source
                           values are left out, never blanked */
    struct id_set lists;
    int64_t last_ms;
    int64_t created_ms;
    uint64_t content_hash; /* over email, attributes, lists, consent, skip */
    unsigned losses[LOSS_COUNT];
    json_t *decides; /* array of the Brevo names that the mapping writes: what is still pending of
                        them and not in attributes is withdrawn */
};
void mapped_person_clear(struct mapped_person *person);

/* ERR_DATA: not a JSON object. */
int mapping_apply(const struct mapping *mapping, const char *json, size_t len,
                  struct mapped_person *ret, struct err_info *e);

/* Source paths that the mapping reads, for tajo_run_request.fields. Borrowed; NULL-terminated. */
const char *const *mapping_paths(const struct mapping *mapping);

#endif
