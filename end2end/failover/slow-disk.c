/* Preloaded into PostgreSQL: each fsync and fdatasync first waits for the milliseconds that the file SLOW_DISK holds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void wait_for_disk(void) {
    const char *path = getenv("SLOW_DISK");
    FILE *file = path ? fopen(path, "r") : NULL;
    long ms = 0;
    if (!file) return;
    if (fscanf(file, "%ld", &ms) != 1) ms = 0;
    fclose(file);
    if (ms > 0) {
        struct timespec rest = {ms / 1000, (ms % 1000) * 1000000L};
        nanosleep(&rest, NULL);
    }
}

static int synced(const char *name, int descriptor) {
    int (*next)(int);
    *(void **)&next = dlsym(RTLD_NEXT, name);
    wait_for_disk();
    return next(descriptor);
}

int fsync(int descriptor) {
    return synced("fsync", descriptor);
}

int fdatasync(int descriptor) {
    return synced("fdatasync", descriptor);
}
