/* SPDX-License-Identifier: Apache-2.0
 *
 * map/email.h: is this an address, and how do we write it. Pure, any thread.
 *
 * The written form is lower-case ASCII without surrounding blanks: Brevo compares without case.
 * Refused: more than 254 bytes, a local part above 64, quoted local parts, address literals,
 * domains without a dot, and any byte outside ASCII. Whether Brevo takes UTF-8 domains is not
 * documented, so an international domain has to come in its xn-- form.
 */
#ifndef TAJO_MAP_EMAIL_H
#define TAJO_MAP_EMAIL_H

#include <stddef.h>

#define EMAIL_MAX 254

/* 0 and the written form, or ERR_DATA. */
int email_normalize(const char *text, size_t len, char ret[EMAIL_MAX + 1]);

#endif
