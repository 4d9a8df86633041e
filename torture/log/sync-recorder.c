/*
 * Records what a power cut would leave: preloaded into a process (LD_PRELOAD), it notes in a journal, in the order in
 * which they took effect, every change of a directory entry under a folder and every sync of a file or directory
 * there. What is removed is kept under another name, so that a removal that was not durable can be taken back.
 *
 * QUORATE_RECORD_UNDER    folder to watch, an absolute path
 * QUORATE_RECORD_JOURNAL  file to append to, one event a line:
 *     create INODE PATH | rename FROM TO | unlink PATH | directory INODE PATH | remove PATH
 *     written INODE BYTES | sync INODE BYTES | syncdir INODE | truncate INODE BYTES | overwrite INODE
 * QUORATE_RECORD_GRAVES   folder that keeps what was removed, named by its inode, on the same file system
 *
 * Paths have no blanks: the campaigns choose them so. What is written is not recorded, and need not be: LevelDB only
 * appends, through stdio, so the size of a file after a flush says what was written and at a sync what was durable.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static const char *under;
static const char *graves;
static int journal = -1;

__attribute__((constructor)) static void start(void) {
  under = getenv("QUORATE_RECORD_UNDER");
  graves = getenv("QUORATE_RECORD_GRAVES");
  const char *path = getenv("QUORATE_RECORD_JOURNAL");
  if (path != NULL) journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

#define REAL(name, ...) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))(__VA_ARGS__)

static int watched(const char *path) {
  return journal >= 0 && under != NULL && path != NULL && strncmp(path, under, strlen(under)) == 0;
}

static void note(const char *format, ...) {
  char line[2 * PATH_MAX + 64];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  int saved = errno;
  if (syscall(SYS_write, journal, line, length) != length) abort();
  errno = saved;
}

/* Another name for what is about to be removed. It stays what it is: a crash of this process loses nothing. */
static void keep(const char *path) {
  struct stat file;
  char grave[PATH_MAX];
  if (stat(path, &file) != 0 || !S_ISREG(file.st_mode)) return;
  snprintf(grave, sizeof grave, "%s/%lu", graves, (unsigned long)file.st_ino);
  int saved = errno;
  link(path, grave);
  errno = saved;
}

/* Which of the files under the folder `fd` is; 0 for everything else. */
static ino_t inode_of(int fd, struct stat *file) {
  char link[64], path[PATH_MAX];
  if (journal < 0 || fstat(fd, file) != 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return watched(path) ? file->st_ino : 0;
}

/* Notes what opening `path` did: `before` is how it was, if it was there. */
static void note_open(const char *path, int existed, const struct stat *before, int truncates) {
  struct stat file;
  if (!existed && stat(path, &file) == 0) note("create %lu %s\n", (unsigned long)file.st_ino, path);
  else if (existed && truncates && before->st_size > 0) note("truncate %lu 0\n", (unsigned long)before->st_ino);
}

static int recorded_open(const char *path, int flags, mode_t mode) {
  if (!watched(path) || !(flags & (O_CREAT | O_TRUNC))) return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  pthread_mutex_lock(&order);
  struct stat before;
  int existed = stat(path, &before) == 0;
  int fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  if (fd >= 0) note_open(path, existed, &before, flags & O_TRUNC);
  pthread_mutex_unlock(&order);
  return fd;
}

#define MODE_OF(flags)                       \
  mode_t mode = 0;                           \
  if ((flags) & (O_CREAT | O_TMPFILE)) {     \
    va_list arguments;                       \
    va_start(arguments, flags);              \
    mode = va_arg(arguments, mode_t);        \
    va_end(arguments);                       \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags)
  return recorded_open(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE_OF(flags)
  return recorded_open(path, flags | O_LARGEFILE, mode);
}

static FILE *recorded_fopen(FILE *(*real)(const char *, const char *), const char *path, const char *mode) {
  if (!watched(path) || mode[0] == 'r') return real(path, mode);
  pthread_mutex_lock(&order);
  struct stat before;
  int existed = stat(path, &before) == 0;
  FILE *file = real(path, mode);
  if (file != NULL) note_open(path, existed, &before, mode[0] == 'w');
  pthread_mutex_unlock(&order);
  return file;
}

FILE *fopen(const char *path, const char *mode) {
  return recorded_fopen((__typeof__(&fopen))dlsym(RTLD_NEXT, "fopen"), path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
  return recorded_fopen((__typeof__(&fopen))dlsym(RTLD_NEXT, "fopen64"), path, mode);
}

int rename(const char *from, const char *to) {
  if (!watched(to)) return REAL(rename, from, to);
  pthread_mutex_lock(&order);
  keep(to);
  int result = REAL(rename, from, to);
  if (result == 0) note("rename %s %s\n", from, to);
  pthread_mutex_unlock(&order);
  return result;
}

int unlink(const char *path) {
  if (!watched(path)) return REAL(unlink, path);
  pthread_mutex_lock(&order);
  keep(path);
  int result = REAL(unlink, path);
  if (result == 0) note("unlink %s\n", path);
  pthread_mutex_unlock(&order);
  return result;
}

/* What a library of C++ removes a tree with. */
int unlinkat(int directory, const char *name, int flags) {
  char link[64], path[PATH_MAX];
  size_t length = 0;
  if (name[0] != '/' && directory != AT_FDCWD) {
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    ssize_t read = readlink(link, path, sizeof path - 1);
    length = read < 0 ? 0 : (size_t)read;
    path[length++] = '/';
  }
  snprintf(path + length, sizeof path - length, "%s", name);
  if (!watched(path)) return syscall(SYS_unlinkat, directory, name, flags);
  pthread_mutex_lock(&order);
  if (!(flags & AT_REMOVEDIR)) keep(path);
  int result = syscall(SYS_unlinkat, directory, name, flags);
  if (result == 0) note("%s %s\n", flags & AT_REMOVEDIR ? "remove" : "unlink", path);
  pthread_mutex_unlock(&order);
  return result;
}

int mkdir(const char *path, mode_t mode) {
  if (!watched(path)) return REAL(mkdir, path, mode);
  pthread_mutex_lock(&order);
  int result = REAL(mkdir, path, mode);
  struct stat made;
  if (result == 0 && stat(path, &made) == 0) note("directory %lu %s\n", (unsigned long)made.st_ino, path);
  pthread_mutex_unlock(&order);
  return result;
}

int rmdir(const char *path) {
  if (!watched(path)) return REAL(rmdir, path);
  pthread_mutex_lock(&order);
  int result = REAL(rmdir, path);
  if (result == 0) note("remove %s\n", path);
  pthread_mutex_unlock(&order);
  return result;
}

/* The size counts from before the call: what is appended meanwhile may or may not be durable. */
static int recorded_sync(int fd, int (*real)(int)) {
  struct stat file;
  ino_t inode = inode_of(fd, &file);
  int result = real(fd);
  if (inode == 0 || result != 0) return result;
  if (S_ISDIR(file.st_mode)) note("syncdir %lu\n", (unsigned long)inode);
  else note("sync %lu %lld\n", (unsigned long)inode, (long long)file.st_size);
  return result;
}

int fsync(int fd) { return recorded_sync(fd, (__typeof__(&fsync))dlsym(RTLD_NEXT, "fsync")); }

int fdatasync(int fd) { return recorded_sync(fd, (__typeof__(&fdatasync))dlsym(RTLD_NEXT, "fdatasync")); }

int fflush_unlocked(FILE *file) {
  int result = REAL(fflush_unlocked, file);
  struct stat flushed;
  if (journal < 0 || file == NULL || result != 0) return result;
  ino_t inode = inode_of(fileno(file), &flushed);
  if (inode != 0) note("written %lu %lld\n", (unsigned long)inode, (long long)flushed.st_size);
  return result;
}

static int recorded_truncate(int fd, off_t bytes) {
  struct stat file;
  ino_t inode = inode_of(fd, &file);
  int result = syscall(SYS_ftruncate, fd, bytes);
  if (inode != 0 && result == 0) note("truncate %lu %lld\n", (unsigned long)inode, (long long)bytes);
  return result;
}

int ftruncate(int fd, off_t bytes) { return recorded_truncate(fd, bytes); }

int ftruncate64(int fd, off64_t bytes) { return recorded_truncate(fd, bytes); }

/* A file that is changed in place is none whose past can be had back from its present: the campaign must know. */
static ssize_t recorded_pwrite(int fd, const void *bytes, size_t count, off_t position) {
  struct stat file;
  ino_t inode = inode_of(fd, &file);
  if (inode != 0 && position < file.st_size) note("overwrite %lu\n", (unsigned long)inode);
  return syscall(SYS_pwrite64, fd, bytes, count, position);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t position) {
  return recorded_pwrite(fd, bytes, count, position);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t position) {
  return recorded_pwrite(fd, bytes, count, position);
}
