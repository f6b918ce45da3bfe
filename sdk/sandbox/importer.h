/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread that works the import queue off.
 *
 * It takes the sandbox's lock for a few hundred rows at a time, so that requests get through, and
 * ends after sandbox_stop(); the caller joins it.
 */
#ifndef SANDBOX_IMPORTER_H
#define SANDBOX_IMPORTER_H

#include "sandbox.h"

pthread_t importer_start(struct sandbox *sandbox);

#endif
