/* SPDX-License-Identifier: Apache-2.0
 *
 * Export jobs and the download links they give out.
 *
 * A job is made by POST /jobs/users-exports, is done after a while without anybody working on it,
 * and each GET of it then gives a fresh link. The data is made while it is downloaded. Jobs are
 * counted references: the table has one, each link and each running download another. The caller
 * holds the sandbox's lock.
 */
#ifndef SANDBOX_JOB_H
#define SANDBOX_JOB_H

#include "http.h"
#include "tenant.h"

struct job *job_keep(struct job *job);
/* Gives one reference back; takes NULL and returns NULL. */
struct job *job_drop(struct job *job);

route_handler job_post_export;
route_handler job_get;

/* A stream of the job's file, gzipped; takes a reference of its own. */
struct stream export_open(struct sandbox *sandbox, struct job *job);

#endif
