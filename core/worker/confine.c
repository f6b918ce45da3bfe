/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(struct err_info *e, const char *what)
{
    return err_set(e, ERR_SYSTEM, NULL, NULL, "cannot %s: %s", what, strerror(errno));
}

/* The host made the socket, so its credentials are the host's. Asked after PDEATHSIG was set: a
 * host that died before that is not our parent any more. */
static int check_parent(struct err_info *e)
{
    struct ucred host = {0};
    socklen_t size = sizeof(host);
    if (getsockopt(FRAME_WORKER_FD, SOL_SOCKET, SO_PEERCRED, &host, &size) != 0)
        return fail(e, "ask who is at the other end of the socket; tajo-connect starts workers "
                       "itself, nobody else should");
    if (host.pid != getppid())
        return err_set(e, ERR_SYSTEM, NULL, NULL, "the host that started this worker is gone");
    return 0;
}

static int close_descriptors(struct err_info *e)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        return fail(e, "open /dev/null");
    if (fcntl(FRAME_WORKER_FD, F_SETFD, FD_CLOEXEC) != 0)
        return fail(e, "use the socket");
    if (close_range(FRAME_WORKER_FD + 1, ~0U, 0) != 0)
        return fail(e, "close inherited descriptors");
    return 0;
}

int worker_confine(struct err_info *e)
{
    struct rlimit none = {0, 0};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return fail(e, "tie this process to its host");
    int r = check_parent(e);
    if (r == 0)
        r = close_descriptors(e);
    if (r < 0)
        return r;
    if (clearenv() != 0)
        return fail(e, "empty the environment");
    /* A core would hold what the plugin read of people. */
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return fail(e, "forbid core dumps");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(e, "forbid new privileges");
    return 0;
}
