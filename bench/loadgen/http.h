/* GETs over a connection that stays open: one request at a time, answers with a Content-Length. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_HEAD = 8192 };

typedef struct {
    char head[LONGEST_HEAD];
    size_t head_len, left; /* of the head so far; of the body, once the head is whole */
    bool in_body;
} Answer;

typedef enum { UNFINISHED, WHOLE, REFUSED } Progress;

static size_t build_get(char *out, size_t size, const char *path, int port) {
    int n = snprintf(out, size, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: application/json\r\n\r\n", path,
                     port);
    return (size_t)n < size ? (size_t)n : size - 1;
}

/* The head is there up to its empty line: takes the length of the body from it. */
static Progress read_head(Answer *answer, char *end) {
    size_t body_so_far = answer->head_len - (size_t)(end + 4 - answer->head);
    *end = 0;
    const char *length = strcasestr(answer->head, "\r\ncontent-length:");
    if (strncmp(answer->head + 8, " 200", 4) || !length)
        return REFUSED;
    answer->left = strtoul(length + 17, NULL, 10);
    answer->in_body = true;
    if (body_so_far > answer->left)
        return REFUSED;
    answer->left -= body_so_far;
    return answer->left ? UNFINISHED : WHOLE;
}

/* Takes `n` bytes of an answer; the head is kept, the body only counted. */
static Progress take_answer(Answer *answer, const char *bytes, size_t n) {
    if (answer->in_body) {
        answer->left -= n < answer->left ? n : answer->left;
        return answer->left ? UNFINISHED : WHOLE;
    }
    size_t kept = n < LONGEST_HEAD - 1 - answer->head_len ? n : LONGEST_HEAD - 1 - answer->head_len;
    memcpy(answer->head + answer->head_len, bytes, kept);
    answer->head_len += kept;
    answer->head[answer->head_len] = 0;
    char *end = strstr(answer->head, "\r\n\r\n");
    if (!end)
        return answer->head_len == LONGEST_HEAD - 1 ? REFUSED : UNFINISHED;
    Progress progress = read_head(answer, end);
    return progress == UNFINISHED && kept < n ? take_answer(answer, bytes + kept, n - kept) : progress;
}
