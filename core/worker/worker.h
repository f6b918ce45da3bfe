/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/worker.h: the worker's side: what `tajo-connect worker FILE` does.
 *
 * Loads one plugin (after worker_confine(), the place of the sandbox), says hello on the socket
 * that was left at FRAME_WORKER_FD, and serves frames until EXIT or until the host is gone. The
 * host table of tajo/plugin.h is implemented here over that socket. One thread. Includes base/ and
 * tajo/ only.
 */
#ifndef TAJO_WORKER_WORKER_H
#define TAJO_WORKER_WORKER_H

/* The process exit code: 0 ended as asked, 1 refused the plugin, 2 the socket broke. */
int worker_main(const char *file);

#endif
