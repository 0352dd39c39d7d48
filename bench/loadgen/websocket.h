/* WebSocket frames as a client writes and reads them (RFC 6455), never fragmented and without extensions. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { FRAME_HEAD = 8, LONGEST_SAID = 65535, TEXT = 1, PING = 9, PONG = 10 };

/* Writes the masked frame of a payload of at most LONGEST_SAID bytes to `out`; returns how long it is. */
static size_t build_frame(uint8_t *out, int opcode, const void *payload, size_t n) {
    static const uint8_t mask[4] = {0x11, 0x22, 0x33, 0x44};
    uint8_t *at = out;
    *at++ = (uint8_t)(0x80 | opcode);
    if (n < 126) {
        *at++ = (uint8_t)(0x80 | n);
    } else {
        *at++ = 0x80 | 126;
        *at++ = (uint8_t)(n >> 8);
        *at++ = (uint8_t)n;
    }
    for (int i = 0; i < 4; i++)
        *at++ = mask[i];
    for (size_t i = 0; i < n; i++)
        *at++ = ((const uint8_t *)payload)[i] ^ mask[i & 3];
    return (size_t)(at - out);
}

typedef struct {
    int opcode;
    const uint8_t *payload;
    size_t length;
} Frame;

/* Reads the frame at the start of `n` bytes; returns how long it is, or 0 where it is not whole yet. */
static size_t read_frame(const uint8_t *b, size_t n, Frame *frame) {
    size_t head = 2;
    if (n < head)
        return 0;
    uint64_t length = b[1] & 127;
    if (length >= 126) {
        head = length == 126 ? 4 : 10;
        if (n < head)
            return 0;
        length = 0;
        for (size_t i = 2; i < head; i++)
            length = length << 8 | b[i];
    }
    if (n < head + length)
        return 0;
    *frame = (Frame){b[0] & 15, b + head, length};
    return head + length;
}

/* The handshake's request; the key may be the same for all, for nobody checks the answer. */
static size_t build_handshake(char *out, size_t size, const char *path, int port, const char *more_headers) {
    int n = snprintf(out, size,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                     path, port, more_headers);
    return (size_t)n < size ? (size_t)n : size - 1;
}
