/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

uint64_t hash_bytes(const void *data, size_t len)
{
    const unsigned char *at = data;
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++) {
        h ^= at[i];
        h *= UINT64_C(0x100000001b3);
    }
    /* FNV leaves the upper bits of short inputs alike; the finish of MurmurHash3 spreads them. */
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    h *= UINT64_C(0xc4ceb9fe1a85ec53);
    h ^= h >> 33;
    return h;
}
