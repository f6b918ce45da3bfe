/* SPDX-License-Identifier: Apache-2.0
 *
 * map/phone.h: telephone numbers as E.164, the form in which Brevo takes them. Pure, any thread.
 */
#ifndef TAJO_MAP_PHONE_H
#define TAJO_MAP_PHONE_H

#include <stddef.h>

#define PHONE_SIZE 17 /* "+", 15 digits and NUL */

/* "+49 (0)30 1234", "0049-30-1234" and, with a region, "030/1234" become "+49301234": '+' and 7 to
 * 15 digits, the first not 0. The blank and any of "()-./" separate. A number without country code
 * needs `region`, its calling code ("49"): the trunk prefix 0 is taken off, except in Italy (39)
 * where it belongs to the number, and in North America (1) it is a 1 before ten digits. NULL: such
 * numbers are invalid. 0 or ERR_DATA. */
int phone_normalize(const char *text, size_t len, const char *region, char ret[PHONE_SIZE]);

/* 1 when the text is a calling code: one to three digits, the first not 0. */
int phone_region_valid(const char *region);

#endif
