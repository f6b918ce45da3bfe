/* SPDX-License-Identifier: Apache-2.0 */
#include "keymap.h"
#include "mem.h"

#include <stdlib.h>

#define REMOVED (KEYMAP_NONE - 1)

void keymap_free(struct keymap *map)
{
    free(map->slots);
    *map = (struct keymap){0};
}

uint32_t keymap_hash(const char *key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *key; key++) {
        hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    }
    return (uint32_t)(hash ^ (hash >> 32));
}

static void place(struct keymap *map, uint32_t hash, uint32_t value)
{
    size_t at = hash & (map->size - 1);
    while (map->slots[at].value != KEYMAP_NONE) {
        at = (at + 1) & (map->size - 1);
    }
    map->slots[at] = (struct keymap_slot){.hash = hash, .value = value};
    map->taken++;
    map->count++;
}

static void grow(struct keymap *map)
{
    struct keymap old = *map;
    map->size = old.size ? (old.count * 4 > old.size ? old.size * 2 : old.size) : 64;
    map->slots = mem_resize(NULL, map->size, sizeof(*map->slots));
    map->taken = map->count = 0;
    for (size_t i = 0; i < map->size; i++) {
        map->slots[i].value = KEYMAP_NONE;
    }
    for (size_t i = 0; i < old.size; i++) {
        if (old.slots[i].value < REMOVED) {
            place(map, old.slots[i].hash, old.slots[i].value);
        }
    }
    free(old.slots);
}

uint32_t keymap_find(const struct keymap *map, const char *key, keymap_same *same,
                     const void *context)
{
    if (!map->size) {
        return KEYMAP_NONE;
    }
    uint32_t hash = keymap_hash(key);
    size_t at = hash & (map->size - 1);
    for (; map->slots[at].value != KEYMAP_NONE; at = (at + 1) & (map->size - 1)) {
        const struct keymap_slot *slot = &map->slots[at];
        if (slot->hash == hash && slot->value != REMOVED && same(context, slot->value, key)) {
            return slot->value;
        }
    }
    return KEYMAP_NONE;
}

void keymap_add(struct keymap *map, const char *key, uint32_t value)
{
    if (map->taken * 10 >= map->size * 7) {
        grow(map);
    }
    place(map, keymap_hash(key), value);
}

void keymap_remove(struct keymap *map, const char *key, uint32_t value)
{
    if (!map->size) {
        return;
    }
    uint32_t hash = keymap_hash(key);
    size_t at = hash & (map->size - 1);
    for (; map->slots[at].value != KEYMAP_NONE; at = (at + 1) & (map->size - 1)) {
        if (map->slots[at].hash == hash && map->slots[at].value == value) {
            map->slots[at].value = REMOVED;
            map->count--;
            return;
        }
    }
}
