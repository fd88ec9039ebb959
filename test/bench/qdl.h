/* What both ends of the download protocol need: frames, their CRC, the clock, a tty. Sections are of the QDL notes. */
#ifndef BOOTHOLD_BENCH_QDL_H
#define BOOTHOLD_BENCH_QDL_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <signal.h>

enum { FLAG = 0x7e, ESCAPE = 0x7d, MASK = 0x20 };
/* 3: codes */
enum {
  HELLO_REQUEST = 0x01, HELLO_RESPONSE = 0x02, DLOAD_ACK = 0x02, ERROR_RESPONSE = 0x0d, OPEN_REQUEST = 0x25,
  OPEN_RESPONSE = 0x26, WRITE_REQUEST = 0x27, WRITE_RESPONSE = 0x28, CLOSE_REQUEST = 0x29, CLOSE_RESPONSE = 0x2a,
  RESET_REQUEST = 0x2d, DLOAD_SWITCH = 0x70
};
enum { INVALID_COMMAND = 0x05, COMMAND_NOT_SUPPORTED = 0x16 };
enum { CWE_HEADER = 400, OPEN_FIXED = 13, WRITE_HEADER = 13, MAX_CHUNK = 1048576, CWE_TYPE = 0x80 };

static const char magic[32] = "QCOM high speed protocol hst";

static inline _Noreturn void die(const char *format, ...) {
  int cause = errno;
  va_list rest;
  va_start(rest, format);
  vfprintf(stderr, format, rest);
  va_end(rest);
  if (cause) fprintf(stderr, ": %s", strerror(cause));
  fputc('\n', stderr);
  exit(2);
}

/* Milliseconds of the machine's monotonic clock: the same for all processes. */
static inline double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static inline void sleep_ms(double ms) {
  struct timespec t = { (time_t)(ms / 1000), (long)((ms - 1000.0 * (time_t)(ms / 1000)) * 1e6) };
  while (ms > 0 && nanosleep(&t, &t) && errno == EINTR) {}
}

/* 2.1: CRC-16/X-25 */
static inline uint16_t crc16(const uint8_t *bytes, size_t length) {
  uint16_t crc = 0xffff;
  while (length--) {
    crc ^= *bytes++;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  }
  return (uint16_t)~crc;
}

static inline uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }
static inline uint32_t get32(const uint8_t *at) { return get16(at) | (uint32_t)get16(at + 2) << 16; }
static inline void put16(uint8_t *at, uint16_t value) { at[0] = value & 0xff; at[1] = value >> 8; }
static inline void put32(uint8_t *at, uint32_t value) { put16(at, value & 0xffff); put16(at + 2, value >> 16); }

/* 2.1: a whole frame into `out`, which has room for twice the message and six bytes more. */
static inline size_t frame(uint8_t *out, const uint8_t *message, size_t length) {
  uint16_t crc = crc16(message, length);
  size_t end = 0;
  out[end++] = FLAG;
  for (size_t i = 0; i < length + 2; i++) {
    uint8_t byte = i < length ? message[i] : i == length ? crc & 0xff : crc >> 8;
    if (byte == FLAG || byte == ESCAPE) { out[end++] = ESCAPE; byte ^= MASK; }
    out[end++] = byte;
  }
  out[end++] = FLAG;
  return end;
}

/* The message between two flags, in place and without its CRC; 0 where the frame is broken. */
static inline size_t unframe(uint8_t *body, size_t length) {
  size_t end = 0;
  for (size_t i = 0; i < length; i++) {
    uint8_t byte = body[i];
    if (byte == ESCAPE) {
      if (++i == length) return 0;
      byte = body[i] ^ MASK;
    }
    body[end++] = byte;
  }
  return end < 3 || crc16(body, end - 2) != get16(body + end - 2) ? 0 : end - 2;
}

static inline void write_all(int fd, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    ssize_t done = write(fd, bytes, length);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) die("cannot write to the tty");
    bytes += done;
    length -= (size_t)done;
  }
}

static inline void make_raw(int fd) {
  struct termios settings;
  if (tcgetattr(fd, &settings)) die("not a tty");
  cfmakeraw(&settings);
  if (tcsetattr(fd, TCSANOW, &settings)) die("cannot set the tty");
}

struct file { const char *path; const uint8_t *bytes; size_t size; };

static inline struct file map_file(const char *path) {
  struct stat facts;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &facts)) die("%s", path);
  if (facts.st_size <= CWE_HEADER) { errno = 0; die("%s: too small for an image", path); }
  void *bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  if (bytes == MAP_FAILED) die("%s", path);
  close(fd);
  return (struct file){ path, bytes, (size_t)facts.st_size };
}

#endif
