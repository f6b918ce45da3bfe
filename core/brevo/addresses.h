/* SPDX-License-Identifier: Apache-2.0
 *
 * brevo/addresses.h: a set of e-mail addresses, kept as 64-bit hashes: who of an import is still
 * unaccounted for, without holding a hundred thousand addresses. Zeroed is empty. A collision
 * needs two of one import's addresses to share 64 bits; it would hide one missing row. Pure.
 */
#ifndef TAJO_BREVO_ADDRESSES_H
#define TAJO_BREVO_ADDRESSES_H

#include <stddef.h>
#include <stdint.h>

struct addresses {
    uint64_t *slots; /* 0: free */
    size_t capacity; /* a power of two */
    size_t used;     /* slots that are not free, removed ones included */
    size_t count;
};

void addresses_clear(struct addresses *set);
/* Letters A to Z count as a to z. */
void addresses_add(struct addresses *set, const char *email, size_t len);
void addresses_remove(struct addresses *set, const char *email, size_t len);
int addresses_has(const struct addresses *set, const char *email, size_t len);

/* Adds everything in a CSV text that looks like an address. */
void addresses_add_csv(struct addresses *set, const char *csv, size_t len);

#endif
