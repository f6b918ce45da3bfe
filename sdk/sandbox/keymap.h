/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table from keys the caller holds to small numbers (places in the caller's array).
 *
 * Start from a zeroed struct. The table stores a 32-bit hash and a number of 32 bits per entry and
 * asks the caller's `same` whether an entry with the wanted hash is the wanted one. Keys are
 * hashed with keymap_hash(). No entry may be added twice. One thread at a time.
 */
#ifndef SANDBOX_KEYMAP_H
#define SANDBOX_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYMAP_NONE UINT32_MAX

struct keymap_slot {
    uint32_t hash;
    uint32_t value; /* KEYMAP_NONE free, KEYMAP_NONE - 1 removed */
};

struct keymap {
    struct keymap_slot *slots;
    size_t size;  /* a power of two, or 0 */
    size_t taken; /* entries and removed ones */
    size_t count;
};

typedef bool keymap_same(const void *context, uint32_t value, const char *key);

void keymap_free(struct keymap *map);
uint32_t keymap_hash(const char *key);
/* The number stored for `key`, or KEYMAP_NONE. */
uint32_t keymap_find(const struct keymap *map, const char *key, keymap_same *same,
                     const void *context);
void keymap_add(struct keymap *map, const char *key, uint32_t value);
void keymap_remove(struct keymap *map, const char *key, uint32_t value);

#endif
