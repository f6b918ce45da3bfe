/* SPDX-License-Identifier: Apache-2.0
 *
 * map/convert.h: one source value as a value of a Brevo attribute. Pure, any thread.
 */
#ifndef TAJO_MAP_CONVERT_H
#define TAJO_MAP_CONVERT_H

#include "map/mapping.h"

/* What became of a value. */
enum convert_result {
    CONVERT_OK,
    CONVERT_ABSENT, /* null or empty: the attribute is left out, never blanked */
    CONVERT_LOST    /* it cannot become such a value */
};

/* By attribute->type:
 *   TEXT             string, number, boolean; array of strings joined with ", "
 *   DATE             ISO 8601 text, as YYYY-MM-DD in UTC
 *   FLOAT            number or numeric text
 *   BOOLEAN          boolean, "true", "false" (any case), 0, 1
 *   CATEGORY         label or number that is an option
 *   MULTIPLE_CHOICE  text or array of texts; those that are options
 * *ret belongs to the caller after CONVERT_OK. */
enum convert_result convert_value(const struct attribute *attribute, const json_t *value,
                                  json_t **ret);

/* A number or text as E.164; region as in phone_normalize. */
enum convert_result convert_phone(const char *region, const json_t *value, json_t **ret);

/* 1 when the field's type (TAJO_TYPE_*, 0 unknown) can become the attribute's type at all. */
int convert_possible(int source_type, enum attribute_type type);

/* 1 or 0; -1 when the value is not a boolean. */
int convert_boolean(const json_t *value);

/* Milliseconds of an ISO 8601 text; 0 for anything else. */
int64_t convert_time(const json_t *value);

/* CONSENT_ABSENT for null and "". Given: true, a number other than 0, "true", "yes", "on", "1" (any
 * case) and an ISO date (when it was given). Everything else refuses: consent is not guessed. */
enum mapping_consent convert_consent(const json_t *value);

#endif
