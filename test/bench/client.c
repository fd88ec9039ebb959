/*
 * The least that a host must do to send images to a boot loader: what a transfer takes with it is the device's time.
 *
 *   client TTY FILE...
 */
#include "qdl.h"

static int port;

static size_t receive(uint8_t *body, size_t room) {
  size_t length = 0;
  for (;;) {
    ssize_t got = read(port, body + length, room - length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) die("cannot read from the tty");
    length += (size_t)got;
    if (length > 1 && body[0] == FLAG && body[length - 1] == FLAG) break;
    if (length == room) die("an endless answer");
  }
  memmove(body, body + 1, length - 2);
  size_t size = unframe(body, length - 2);
  if (size == 0) die("a broken answer");
  return size;
}

static void send_framed(const uint8_t *message, size_t length) {
  uint8_t out[2 * (OPEN_FIXED + CWE_HEADER) + 6];
  write_all(port, out, frame(out, message, length));
}

static void expect(uint8_t code, size_t length, size_t status) {
  uint8_t body[256];
  size_t found = receive(body, sizeof body);
  errno = 0;
  if (body[0] != code || found != length) die("answer %02x of %zu bytes instead of %02x", body[0], found, code);
  if (status && get16(body + status) != 0) die("answer %02x with status %u", code, get16(body + status));
}

static void send_image(const char *path) {
  static uint8_t chunk[WRITE_HEADER + MAX_CHUNK];
  uint8_t hello[36] = { HELLO_REQUEST }, open_request[OPEN_FIXED + CWE_HEADER] = { OPEN_REQUEST, CWE_TYPE };
  struct stat facts;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &facts) || read(fd, open_request + OPEN_FIXED, CWE_HEADER) != CWE_HEADER) die("%s", path);

  memcpy(hello + 1, magic, sizeof magic);
  hello[33] = hello[34] = 6;
  hello[35] = 0x30;
  send_framed(hello, sizeof hello);
  expect(HELLO_RESPONSE, 49, 0);

  uint32_t size = (uint32_t)facts.st_size;
  put32(open_request + 2, size);
  open_request[6] = 1;
  put32(open_request + 7, size - CWE_HEADER);
  send_framed(open_request, sizeof open_request);
  expect(OPEN_RESPONSE, 8, 1);

  for (unsigned sequence = 0;; sequence++) {
    ssize_t length = read(fd, chunk + WRITE_HEADER, MAX_CHUNK);
    if (length < 0) die("%s", path);
    if (length == 0) break;
    memset(chunk, 0, WRITE_HEADER);
    chunk[0] = WRITE_REQUEST;
    put16(chunk + 1, (uint16_t)sequence);
    put32(chunk + 7, (uint32_t)length);
    put16(chunk + 11, crc16(chunk, 11));
    write_all(port, chunk, WRITE_HEADER + (size_t)length);
    expect(WRITE_RESPONSE, 9, 7);
  }
  close(fd);
  send_framed((const uint8_t[]){ CLOSE_REQUEST }, 1);
  expect(CLOSE_RESPONSE, 5, 1);
}

int main(int argc, char **argv) {
  if (argc < 3) die("usage: client TTY FILE...");
  port = open(argv[1], O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (port < 0) die("%s", argv[1]);
  make_raw(port);
  send_framed((const uint8_t[]){ DLOAD_SWITCH, 0, 0 }, 3);
  expect(ERROR_RESPONSE, 6, 0);
  for (int i = 2; i < argc; i++) send_image(argv[i]);
  send_framed((const uint8_t[]){ RESET_REQUEST }, 1);
  return 0;
}
