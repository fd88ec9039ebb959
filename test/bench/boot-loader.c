/*
 * A boot loader on a pseudo terminal, for measuring who speaks to it: as strict as the protocol says, without any time
 * of its own but what it is told to take, and quick enough not to be what is measured. Compares every byte with the file.
 *
 *   boot-loader [--ack-ms N] [--last-ms N] [--node PATH] [--on-reset FROM=TO]... FILE...
 *
 * The images of a session must be FILE... in that order. An acknowledgement takes --ack-ms, that of an image's last
 * chunk --last-ms instead. At a reset what is mounted on PATH is taken away, and each FROM renamed to TO: the modem in
 * another mode. Says {"tty":...} at the start, then one line of JSON per session, for ever; ends with 1 at the first
 * wrong byte.
 */
#include "qdl.h"
#include <sys/mount.h>

static int port;
static struct file files[16];
static int file_count;
static double ack_ms, last_ms;
static const char *node;
static const char *renames[16];
static int rename_count;

/* What came in and was not looked at yet. */
static uint8_t input[65536];
static size_t input_at, input_end;

/* One session. Times in milliseconds; `asked` is when the last answer went out, 0 once the next message has begun. */
static double started, asked, waited;
static uint64_t received;
static unsigned chunks;
static double *turns;
static size_t turn_count, turn_room;
static int between_chunks;

static void wrong(const char *format, ...) {
  char why[300];
  va_list rest;
  va_start(rest, format);
  vsnprintf(why, sizeof why, format, rest);
  va_end(rest);
  printf("{\"wrong\":\"%s\"}\n", why);
  exit(1);
}

static void begun(void) {
  double now = now_ms();
  if (started == 0) started = now;
  if (asked == 0) return;
  waited += now - asked;
  if (between_chunks) {
    if (turn_count == turn_room && !(turns = realloc(turns, (turn_room += 1024) * sizeof *turns))) die("memory");
    turns[turn_count++] = now - asked;
  }
  asked = 0;
  between_chunks = 0;
}

static void fill(void) {
  ssize_t got;
  do got = read(port, input, sizeof input); while (got < 0 && errno == EINTR);
  if (got <= 0) die("cannot read from the terminal");
  input_at = 0;
  input_end = (size_t)got;
  begun();
}

static uint8_t next_byte(void) {
  if (input_at == input_end) fill();
  return input[input_at++];
}

static void answer(const uint8_t *message, size_t length) {
  uint8_t out[200];
  size_t size = frame(out, message, length);
  asked = now_ms();
  write_all(port, out, size);
}

static void answer_error(uint32_t code) {
  uint8_t message[6] = { ERROR_RESPONSE };
  put32(message + 1, code);
  answer(message, sizeof message);
}

/* 2.2: a framed message, after its first flag. */
static size_t read_frame(uint8_t *body, size_t room) {
  size_t length = 0;
  for (;;) {
    uint8_t byte = next_byte();
    if (byte == FLAG && length == 0) continue;
    if (byte == FLAG) break;
    if (length == room) wrong("a frame of more than %zu bytes", room);
    body[length++] = byte;
  }
  size_t size = unframe(body, length);
  if (size == 0) wrong("a broken frame of %zu bytes, first %02x", length, body[0]);
  return size;
}

/* 3.5: header and data without flags. */
static void read_chunk(const struct file *file, unsigned sequence, size_t at) {
  uint8_t header[WRITE_HEADER] = { WRITE_REQUEST };
  for (size_t i = 1; i < sizeof header; i++) header[i] = next_byte();
  size_t left = file->size - at, wanted = left < MAX_CHUNK ? left : MAX_CHUNK, length = get32(header + 7);
  if (get16(header + 1) != sequence) wrong("chunk %u where %u was next", get16(header + 1), sequence);
  if (get32(header + 3) != 0) wrong("reserved bytes of chunk %u are not zero", sequence);
  if (get16(header + 11) != crc16(header, 11)) wrong("wrong CRC in the header of chunk %u", sequence);
  if (length == 0 || length > wanted) wrong("chunk %u has %zu bytes of %zu", sequence, length, wanted);
  for (size_t done = 0; done < length;) {
    if (input_at == input_end) fill();
    size_t piece = input_end - input_at < length - done ? input_end - input_at : length - done;
    if (memcmp(input + input_at, file->bytes + at + done, piece)) {
      size_t same = 0;
      while (input[input_at + same] == file->bytes[at + done + same]) same++;
      wrong("byte %zu of %s is another one", at + done + same, file->path);
    }
    input_at += piece;
    done += piece;
  }
  int last = length == left;
  received += length;
  chunks++;
  sleep_ms(last ? last_ms : ack_ms);
  uint8_t message[9] = { WRITE_RESPONSE };
  put16(message + 1, sequence);
  between_chunks = !last;
  answer(message, sizeof message);
}

static void greet(const uint8_t *message, size_t length) {
  if (length != 36 || memcmp(message + 1, magic, sizeof magic)) wrong("a Hello of %zu bytes", length);
  if (message[33] != 6) { answer_error(INVALID_COMMAND); return; }
  uint8_t reply[49] = { HELLO_RESPONSE };
  memcpy(reply + 1, magic, sizeof magic);
  reply[33] = reply[34] = 6;
  reply[48] = 0x30;
  answer(reply, sizeof reply);
}

static void check_open(const uint8_t *message, size_t length, const struct file *file) {
  if (length != OPEN_FIXED + CWE_HEADER) wrong("an Open of %zu bytes", length);
  if (message[1] != CWE_TYPE) wrong("an Open of type %02x", message[1]);
  if (get32(message + 2) != file->size) wrong("an Open for %u bytes, not %zu", get32(message + 2), file->size);
  if (message[6] != 1) wrong("an Open with window %u", message[6]);
  if (get32(message + 7) != file->size - CWE_HEADER) wrong("an Open with a payload of %u", get32(message + 7));
  if (get16(message + 11) != 0) wrong("reserved bytes of an Open are not zero");
  if (memcmp(message + OPEN_FIXED, file->bytes, CWE_HEADER)) wrong("an Open with another header than %s", file->path);
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void report(double ended) {
  double sum = 0;
  for (size_t i = 0; i < turn_count; i++) sum += turns[i];
  if (turn_count) qsort(turns, turn_count, sizeof *turns, by_size);
  printf("{\"started\":%.3f,\"ended\":%.3f,\"bytes\":%llu,\"chunks\":%u,\"waitedMs\":%.3f,", started, ended,
    (unsigned long long)received, chunks, waited);
  if (turn_count) printf("\"turnMs\":{\"median\":%.4f,\"max\":%.4f,\"sum\":%.3f}}\n", turns[turn_count / 2], turns[turn_count - 1], sum);
  else printf("\"turnMs\":null}\n");
  fflush(stdout);
}

/* 5: DLOAD, then Hello, Open, chunks and Close for each image, then Reset. */
static void session(void) {
  enum { NOTHING, SWITCHED, GREETED, OPENED, CLOSED } state = NOTHING;
  int image = 0;
  unsigned sequence = 0;
  size_t at = 0;
  started = asked = waited = 0;
  received = chunks = 0;
  turn_count = between_chunks = 0;
  for (;;) {
    uint8_t first = next_byte(), message[1024];
    if (first == WRITE_REQUEST && state == OPENED) {
      if (at == files[image].size) wrong("a chunk behind the end of %s", files[image].path);
      uint64_t before = received;
      read_chunk(&files[image], sequence++, at);
      at += received - before;
      continue;
    }
    if (first != FLAG) wrong("byte %02x where a message begins", first);
    size_t length = read_frame(message, sizeof message);
    switch (message[0]) {
      case DLOAD_SWITCH:
        if (state != NOTHING || length != 3) wrong("a DLOAD switch of %zu bytes in state %d", length, state);
        answer_error(COMMAND_NOT_SUPPORTED);
        state = SWITCHED;
        break;
      case HELLO_REQUEST:
        if (state == NOTHING || state == OPENED) wrong("a Hello in state %d", state);
        greet(message, length);
        state = GREETED;
        break;
      case OPEN_REQUEST: {
        if (state != GREETED || image == file_count) wrong("an Open in state %d, after %d images", state, image);
        check_open(message, length, &files[image]);
        at = CWE_HEADER;
        sequence = 0;
        uint8_t reply[8] = { OPEN_RESPONSE, 0, 0, 1 };
        put32(reply + 4, MAX_CHUNK);
        answer(reply, sizeof reply);
        state = OPENED;
        break;
      }
      case CLOSE_REQUEST: {
        if (state != OPENED || length != 1) wrong("a Close of %zu bytes in state %d", length, state);
        if (at != files[image].size) wrong("a Close after %zu bytes of %s", at, files[image].path);
        uint8_t reply[5] = { CLOSE_RESPONSE, 0, 0, 0x80 };
        answer(reply, sizeof reply);
        image++;
        state = CLOSED;
        break;
      }
      case RESET_REQUEST: {
        double ended = now_ms();
        if (state != CLOSED || image != file_count || length != 1) wrong("a Reset in state %d, after %d images", state, image);
        if (node && (umount2(node, MNT_DETACH) || unlink(node))) die("%s", node);
        for (int i = 0; i < rename_count; i++) {
          char *from = strdup(renames[i]), *to = from ? strchr(from, '=') : NULL;
          if (!to) die("%s: not FROM=TO", renames[i]);
          *to++ = 0;
          if (rename(from, to)) die("cannot rename %s", renames[i]);
          free(from);
        }
        report(ended);
        return;
      }
      default:
        wrong("command %02x", message[0]);
    }
  }
}

int main(int argc, char **argv) {
  int at = 1;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (; at + 1 < argc && !strncmp(argv[at], "--", 2); at += 2) {
    const char *value = argv[at + 1];
    if (!strcmp(argv[at], "--ack-ms")) ack_ms = atof(value);
    else if (!strcmp(argv[at], "--last-ms")) last_ms = atof(value);
    else if (!strcmp(argv[at], "--node")) node = value;
    else if (!strcmp(argv[at], "--on-reset") && rename_count < 16) renames[rename_count++] = value;
    else die("unknown option %s", argv[at]);
  }
  for (; at < argc; at++) {
    if (file_count == 16) die("too many files");
    files[file_count++] = map_file(argv[at]);
  }
  errno = 0;
  if (file_count == 0) die("no files");

  port = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (port < 0 || grantpt(port) || unlockpt(port)) die("cannot make a pseudo terminal");
  const char *name = ptsname(port);
  /* Held open: between two programs that open it, reading would fail. */
  int held = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (held < 0) die("%s", name);
  make_raw(held);
  printf("{\"tty\":\"%s\"}\n", name);
  fflush(stdout);
  for (;;) session();
}
