/* SPDX-License-Identifier: Apache-2.0
 *
 * base/hash.h: a 64-bit hash (FNV-1a with a finishing mix) for telling equal content from changed
 * content and for tables of our own keys. Stable over versions: it is stored. Not for secrets.
 */
#ifndef TAJO_BASE_HASH_H
#define TAJO_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *data, size_t len);

#endif
