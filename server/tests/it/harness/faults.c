// Faults of the system for one process, preloaded by LD_PRELOAD. The test sets them in a file that both map.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

// The same order as in faults.rs.
struct faults {
  int64_t clock_offset_secs;
  int64_t fails_sync;
  int64_t syncs_after_failure;
  int64_t dies_at;
};

enum { BEFORE_WRITE = 1, MID_WRITE = 2, BEFORE_SYNC = 3, AFTER_SYNC = 4 };

static struct faults none;
static struct faults *faults = &none;
static int has_failed;

__attribute__((constructor)) static void map_faults(void) {
  const char *path = getenv("FAULTS_FILE");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *mapped = mmap(NULL, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) faults = mapped;
  close(file);
}

static int64_t read_fault(int64_t *fault) { return __atomic_load_n(fault, __ATOMIC_SEQ_CST); }

// Whether the file is the database or its log.
static int is_database(int file, const char *end) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  size_t wanted = strlen(end);
  if (length < (ssize_t)wanted) return 0;
  path[length] = 0;
  return strcmp(path + length - wanted, end) == 0;
}

static int is_log(int file) { return is_database(file, "dues.db-wal"); }

static int is_step(int64_t step, int file) { return read_fault(&faults->dies_at) == step && is_log(file); }

static void die(void) {
  for (;;) kill(getpid(), SIGKILL);
}

static int sync_file(long call, int file) {
  if (is_step(BEFORE_SYNC, file)) die();
  if (read_fault(&faults->fails_sync) && is_log(file) && __atomic_exchange_n(&faults->fails_sync, 0, __ATOMIC_SEQ_CST)) {
    __atomic_store_n(&has_failed, 1, __ATOMIC_SEQ_CST);
    errno = EIO;
    return -1;
  }
  // As Linux does, report success after the failure.
  if (__atomic_load_n(&has_failed, __ATOMIC_SEQ_CST) && (is_log(file) || is_database(file, "dues.db")))
    __atomic_add_fetch(&faults->syncs_after_failure, 1, __ATOMIC_SEQ_CST);
  int result = (int)syscall(call, file);
  if (result == 0 && is_step(AFTER_SYNC, file)) die();
  return result;
}

int fsync(int file) { return sync_file(SYS_fsync, file); }

int fdatasync(int file) { return sync_file(SYS_fdatasync, file); }

static void die_at_write(int file, const void *bytes, size_t length, off_t at) {
  if (is_step(BEFORE_WRITE, file)) die();
  if (is_step(MID_WRITE, file)) {
    // A torn write.
    if (syscall(SYS_pwrite64, file, bytes, length / 2, at) >= 0) die();
  }
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
  die_at_write(file, bytes, length, at);
  return syscall(SYS_pwrite64, file, bytes, length, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off_t at) { return pwrite(file, bytes, length, at); }

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += read_fault(&faults->clock_offset_secs);
  return result;
}
