/* SPDX-License-Identifier: Apache-2.0
 *
 * map/fingerprint.h: which attribute values were delivered, without keeping the values.
 *
 * A fingerprint is a sorted run of (64-bit name hash, 64-bit value hash). It tells which attributes
 * of a wish differ from what Brevo was last given, so that only those are sent and a value that a
 * person edited in Brevo stays until its source changes. Personal data that was delivered is not
 * kept (docs/decisions). Pure functions, any thread.
 */
#ifndef TAJO_MAP_FINGERPRINT_H
#define TAJO_MAP_FINGERPRINT_H

#include "base/strbuf.h"

#include <jansson.h>

/* Removes from `wish` (an object) what the fingerprint already has with an equal value. */
void fingerprint_drop_delivered(const void *fp, size_t fp_len, json_t *wish);

/* The fingerprint after `sent` was delivered on top of it. */
void fingerprint_update(const void *fp, size_t fp_len, const json_t *sent, struct strbuf *ret);

/* 1 when it was delivered last with an equal value. */
int fingerprint_matches(const void *fp, size_t fp_len, const char *attribute, const json_t *value);

#endif
