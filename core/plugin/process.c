/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/mem.h"
#include "plugin/plugin_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Our own program, even when its file was replaced meanwhile. */
static const char *program = "/proc/self/exe";

void plugin_set_program(const char *path)
{
    program = path;
}

/* A process group of its own: an interrupt from the terminal is the host's to handle. */
static int spawn(const char *file, int socket, pid_t *ret_pid)
{
    static const char *const environment[] = {NULL};
    const char *arguments[] = {"tajo-connect", "worker", file, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, socket, FRAME_WORKER_FD);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    int r = posix_spawn(ret_pid, program, &actions, &attributes, (char *const *)arguments,
                        (char *const *)environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

static int fail(struct err_info *e, const char *file, int error)
{
    return err_set(e, ERR_SYSTEM, plugin_short_name(file),
                   "Look whether processes or open files are limited too low, and whether /proc "
                   "is there",
                   "no worker process could be started: %s", strerror(error));
}

int process_start(const char *file, struct plugin *plugin, struct err_info *e)
{
    int ends[2];
    pid_t pid = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(e, file, errno);
    _cleanup_close_ int ours = ends[0];
    _cleanup_close_ int theirs = ends[1];
    if (fcntl(ours, F_SETFL, O_NONBLOCK) != 0)
        return fail(e, file, errno);
    int r = spawn(file, theirs, &pid);
    if (r != 0)
        return fail(e, file, r);
    int pidfd = pidfd_open(pid, 0);
    if (pidfd < 0) {
        r = errno;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return fail(e, file, r);
    }
    plugin->pid = pid;
    plugin->pidfd = pidfd;
    plugin->fd = take_fd(&ours);
    return 0;
}

void process_kill(const struct plugin *plugin)
{
    if (!plugin->reaped)
        pidfd_send_signal(plugin->pidfd, SIGKILL, NULL, 0);
}

void process_reap(struct plugin *plugin)
{
    struct rusage used = {0};
    if (plugin->reaped)
        return;
    while (wait4(plugin->pid, &plugin->exit_status, 0, &used) < 0 && errno == EINTR)
        ;
    plugin->reaped = 1;
    /* Only when it was never sampled: this figure starts with what the host had at the fork. */
    if (plugin->peak_rss_kb == 0)
        plugin->peak_rss_kb = used.ru_maxrss;
}

int64_t plugin_process_peak_kb(int pid)
{
    char path[48];
    char line[128];
    long long kb = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *status = fopen(path, "re");
    if (status == NULL)
        return 0;
    while (fgets(line, sizeof(line), status) != NULL)
        if (sscanf(line, "VmHWM: %lld kB", &kb) == 1)
            break;
    fclose(status);
    return kb;
}

void process_sample_rss(struct plugin *plugin)
{
    int64_t kb = plugin->reaped ? 0 : plugin_process_peak_kb((int)plugin->pid);
    if (kb > plugin->peak_rss_kb)
        plugin->peak_rss_kb = kb;
}

static const char *phase_words(const struct plugin *plugin)
{
    switch (plugin->phase) {
    case PHASE_LOADING:
        return "while it was loaded";
    case PHASE_CREATING:
        return "while it read its options";
    case PHASE_CHECKING:
        return "during a check";
    case PHASE_RUNNING:
        return "during a run";
    default:
        return "while nothing was asked of it";
    }
}

void process_end_sentence(const struct plugin *plugin, struct err_info *e)
{
    int status = plugin->exit_status;
    const char *file = plugin_short_name(plugin->file);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        err_set(e, ERR_BUG, file,
                "Look whether the system ran out of memory; otherwise somebody killed it",
                "the plugin's process was killed by SIGKILL %s", phase_words(plugin));
        return;
    }
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        err_set(e, ERR_BUG, file, "Report this to the plugin's author",
                "the plugin's process was killed by SIG%s (%s) %s", name == NULL ? "?" : name,
                strsignal(WTERMSIG(status)), phase_words(plugin));
        return;
    }
    err_set(e, ERR_BUG, file, "Report this to the plugin's author",
            "the plugin's process exited with status %d %s", WEXITSTATUS(status),
            phase_words(plugin));
}
