/*
 * Runs a program and writes what it took to a file, as JSON: wall time, CPU of the user and of the system, peak resident
 * set. Small itself, because a program's peak counts from the fork.
 *
 *   measure OUT PROGRAM [ARG...]
 *
 * Times in milliseconds, `started` on the clock of boot-loader. Ends with 0 whatever PROGRAM's own status, which is in
 * the file: 128 and the signal's number where one ended it.
 */
#include "qdl.h"
#include <sys/resource.h>
#include <sys/wait.h>

static double ms(struct timeval t) { return t.tv_sec * 1e3 + t.tv_usec / 1e3; }

int main(int argc, char **argv) {
  if (argc < 3) die("usage: measure OUT PROGRAM [ARG...]");
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  int status;
  struct rusage usage;
  double started = now_ms();
  pid_t child = fork();
  if (child < 0) die("cannot fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[2], argv + 2);
    die("%s", argv[2]);
  }
  while (wait4(child, &status, 0, &usage) < 0)
    if (errno != EINTR) die("cannot wait");
  double wall = now_ms() - started;
  FILE *out = fopen(argv[1], "w");
  if (!out) die("%s", argv[1]);
  fprintf(out,
    "{\"status\":%d,\"started\":%.3f,\"wallMs\":%.3f,\"userMs\":%.3f,\"systemMs\":%.3f,\"peakKiB\":%ld,"
    "\"voluntary\":%ld,\"involuntary\":%ld}\n",
    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), started, wall, ms(usage.ru_utime),
    ms(usage.ru_stime), usage.ru_maxrss, usage.ru_nvcsw, usage.ru_nivcsw);
  return fclose(out) ? 2 : 0;
}
