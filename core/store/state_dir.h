/* SPDX-License-Identifier: Apache-2.0
 *
 * store/state_dir.h: the directory that holds what must survive, and the lock on it.
 *
 * state_dir_prepare, then state_dir_lock unless the directory is only read; closing the descriptor
 * gives the lock back. Any thread. Errors are ERR_CONFIG with the sentence in e.
 */
#ifndef TAJO_STORE_STATE_DIR_H
#define TAJO_STORE_STATE_DIR_H

#include "base/error.h"

#include <stdint.h>

/* Creates the directory and its missing parents with mode 0700; refuses one that is not a
 * directory or that group or others may write. */
int state_dir_prepare(const char *dir, struct err_info *e);

/* Takes the lock or names the process that has it. */
int state_dir_lock(const char *dir, int *ret_fd, struct err_info *e);

/* Creates a missing file with mode 0600 and takes a wider mode away from an existing one, so that
 * no library gets to choose it. */
int state_dir_make_private(const char *path, struct err_info *e);

/* Bytes that may still be written there; INT64_MAX when the system does not tell. */
int64_t state_dir_free_bytes(const char *dir);

#endif
