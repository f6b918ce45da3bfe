/* SPDX-License-Identifier: Apache-2.0
 *
 * tajo-sandbox: a local Auth0 tenant and a local Brevo account for demos, tests and plugin authors.
 */
#include "importer.h"
#include "server.h"
#include "tenant.h"

#include <signal.h>
#include <stdio.h>

static bool write_port_file(const char *path, uint16_t port)
{
    if (!path) {
        return true;
    }
    FILE *file = fopen(path, "w");
    bool written = file && fprintf(file, "%u\n", port) > 0;
    if (!file || fclose(file) != 0 || !written) {
        fprintf(stderr, "tajo-sandbox: cannot write --port-file %s: %m\n", path);
        return false;
    }
    return true;
}

static int serve(struct sandbox *sandbox, const sigset_t *ends)
{
    uint16_t port = 0;
    struct MHD_Daemon *daemon = server_start(sandbox, &port);
    if (!daemon) {
        return 1;
    }
    pthread_t importer = importer_start(sandbox);
    bool ready = write_port_file(sandbox->settings.port_file, port);
    if (ready) {
        printf("listening on http://127.0.0.1:%u\n", port);
        fflush(stdout);
        int signal_number;
        sigwait(ends, &signal_number);
    }
    sandbox_stop(sandbox);
    server_stop(daemon);
    pthread_join(importer, NULL);
    return ready ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct settings settings;
    switch (settings_parse(argc, argv, &settings)) {
    case SETTINGS_HELP:
        return 0;
    case SETTINGS_WRONG:
        return 2;
    case SETTINGS_RUN:
        break;
    }
    signal(SIGPIPE, SIG_IGN);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);

    struct sandbox *sandbox = sandbox_create(&settings);
    int result = 1;
    if (!settings.load_file || tenant_load_file(sandbox->tenant, settings.load_file)) {
        result = serve(sandbox, &ends);
    }
    sandbox_release(sandbox);
    return result;
}
