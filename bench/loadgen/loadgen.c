/* Load generator: many WebSocket or Socket.IO clients in one epoll loop, because a client in Python or Node would measure
 * itself. It knows no protocol of any server: what clients say are templates, what counts as a delivery is a marker.
 * Prints one line of JSON. Every phase is bounded in time.
 *
 *   gcc -O2 -Wall -Wextra -o loadgen bench/loadgen/loadgen.c
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "figures.h"
#include "http.h"
#include "websocket.h"

static const char *USAGE =
    "usage: loadgen -m MODE -p PORT[,PORT...] [options]\n"
    "  -m MODE    paced   -r messages per second\n"
    "             closed  -w messages in flight: sent, and not yet delivered to everyone\n"
    "             echo    paced, and each answer goes to its sender alone\n"
    "             gather  connects and joins, spread over -d seconds, and says nothing\n"
    "             mixed   paced, and all acts at once\n"
    "             series  paced; first without acts, then with each alone, -d seconds each\n"
    "  -A KIND:RATE:WHAT  an act, so many times per second; of the kinds\n"
    "             say     the next speaker says WHAT    get     reads the path WHAT\n"
    "             come    a client of the later half leaves, and another comes\n"
    "  -n N       clients that read        -L N       clients that join and then never read\n"
    "  -s N       how many of them speak   -R A,B,... rooms; client i is in room i modulo their number\n"
    "  -d, -W S   seconds measured, and before that\n"
    "  -P PATH    of the handshake         -H TEXT    more header lines of the handshake\n"
    "  -k         Socket.IO                -S PID,... servers whose CPU and memory are reported\n"
    "  -j TEXT    said on connecting, may be repeated; the client has joined at the first ack\n"
    "  -t TEXT    what is said; {t} {i} {c} {room} are microseconds, message, client and room\n"
    "  -x TEXT    marks a delivery; digits behind it are a {t}, else deliveries are taken in the order of sending\n"
    "  -c NAME=TEXT  counted as the first client hears it, and the last number behind it\n"
    "  -C CORE    on which the servers run, to see what others took of it\n"
    "  -a TEXT    how an ack begins        -o         check \"seq\" behind each marker: gaps, repeats, disorder\n";

enum { MOST_SERVERS = 8, MOST_JOINS = 4, MOST_ACTS = 8, MOST_EARS = 8 };
enum { READERS = 16, JOINING_AT_ONCE = 64, SCRATCH = 1 << 22 };
static const int64_t SECOND = 1000000, CONNECT_WITHIN = 100 * 1000000LL, LATE = 3 * 1000000LL; /* us */

/* What was asked for. */
static struct {
    const char *mode, *path, *headers, *text, *marker, *ack, *joins[MOST_JOINS], **rooms;
    int clients, slow, speakers, window, core, n_joins, n_rooms, ports[MOST_SERVERS], n_ports, pids[MOST_SERVERS], n_pids;
    double rate, seconds, warm;
    bool socketio, check_order, echo;
} ask = {.mode = "paced", .path = "/", .headers = "", .text = "", .marker = "^", .ack = "{\"type\":\"ack\"", .clients = 100,
         .speakers = 1, .window = 1, .rate = 10, .seconds = 4, .warm = 1};

typedef struct {
    int fd, room;
    bool upgraded, joined;
    int64_t connected_at, last_seq;
    uint64_t delivered;
    uint8_t *rest; /* the begun frame at the end of the last read */
    size_t rest_len;
} Client;

/* What goes on beside the messages of -t. What is due late waits for its turn, and the wait counts. */
typedef struct {
    enum { SAY, GET, COME } kind;
    double rate;
    const char *what;
    bool delivered; /* to everyone in the room, as the messages of -t */
    int64_t next;
    uint64_t done;
    Latencies waits; /* of a get: until it is answered; of a come: until it has joined */
} Act;

/* A connection for reading over HTTP, opened when it is needed. */
typedef struct {
    int fd, port;
    Act *act; /* whose answer is awaited */
    int64_t due_at;
    Answer answer;
} Reader;

/* What the first client counts. */
typedef struct {
    const char *name, *text;
    uint64_t times;
    int64_t last;
} Ear;

/* When each message of a room (or, with echo, of a client) was sent: what carries no time of its own is taken in order. */
typedef struct {
    int64_t *sent_at;
    size_t n, cap;
    int members; /* who stay */
} Audience;

static Client *clients;
static Audience *audiences;
static Act acts[MOST_ACTS];
static Reader readers[READERS];
static Ear ears[MOST_EARS];
static int epoll, total_clients, staying, joined, alive, n_acts, n_ears;
static Act *coming; /* the act by which clients come, if there is one */
static Latencies latencies;
static uint8_t scratch[SCRATCH];

/* What was seen; all of it since the first message, unless said otherwise. */
static struct {
    uint64_t sent, said, expected, delivered, frames, acks, refused, gaps, repeats, disorder, stalls, forgiven;
    bool measuring; /* latencies count */
} seen;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

/* --- what clients say */

static void write_all(Client *client, const void *bytes, size_t n) {
    int64_t deadline = now_us() + 5 * SECOND;
    for (size_t done = 0; done < n && client->fd >= 0;) {
        ssize_t k = write(client->fd, (const char *)bytes + done, n - done);
        if (k > 0) {
            done += (size_t)k;
        } else if (errno == EAGAIN && now_us() < deadline) {
            usleep(100);
        } else { /* the loop will read its end */
            return;
        }
    }
}

static void write_frame(Client *client, int opcode, const void *payload, size_t n) {
    static uint8_t frame[FRAME_HEAD + LONGEST_SAID];
    write_all(client, frame, build_frame(frame, opcode, payload, n));
}

static void write_text(Client *client, const char *text) { write_frame(client, TEXT, text, strlen(text)); }

/* Fills a template in for one client; false where it is too long. */
static bool expand(const Client *client, const char *template, char *out, size_t size) {
    size_t used = 0;
    while (*template && used + 64 < size) {
        char *to = out + used;
        size_t left = size - used;
        if (!strncmp(template, "{t}", 3)) {
            used += (size_t)snprintf(to, left, "%" PRId64, now_us());
            template += 3;
        } else if (!strncmp(template, "{i}", 3)) {
            used += (size_t)snprintf(to, left, "%" PRIu64, seen.said);
            template += 3;
        } else if (!strncmp(template, "{c}", 3)) {
            used += (size_t)snprintf(to, left, "%d", (int)(client - clients));
            template += 3;
        } else if (!strncmp(template, "{room}", 6)) {
            used += (size_t)snprintf(to, left, "%s", ask.rooms[client->room]);
            template += 6;
        } else {
            out[used++] = *template++;
        }
    }
    out[used] = 0;
    return !*template;
}

static void say(Client *client, const char *template) {
    static char text[LONGEST_SAID];
    if (!expand(client, template, text, sizeof text)) {
        fprintf(stderr, "a message is too long\n");
        exit(1);
    }
    write_text(client, text);
}

static Audience *audience_of(const Client *client) {
    return &audiences[ask.echo ? client - clients : client->room];
}

static Client *next_speaker(void) {
    static int turn = 0;
    return &clients[turn++ % ask.speakers];
}

/* The next speaker says the next message. */
static void speak(void) {
    Client *client = next_speaker();
    Audience *audience = audience_of(client);
    if (audience->n == audience->cap) {
        audience->cap = audience->cap ? audience->cap * 2 : 1024;
        audience->sent_at = realloc(audience->sent_at, audience->cap * sizeof *audience->sent_at);
        if (!audience->sent_at)
            die("realloc");
    }
    audience->sent_at[audience->n++] = now_us();
    say(client, ask.text);
    seen.expected += (uint64_t)audience->members;
    seen.sent++;
    seen.said++;
}

static void join(Client *client) {
    client->joined = true;
    joined++;
    if (seen.measuring)
        record(coming ? &coming->waits : &latencies, now_us() - client->connected_at);
}

static void enter(Client *client) { /* the connection stands */
    for (int i = 0; i < ask.n_joins; i++)
        say(client, ask.joins[i]);
    if (!ask.n_joins)
        join(client);
}

/* --- what clients hear */

static int64_t number_at(const uint8_t *p, const uint8_t *end) {
    int64_t value = 0;
    while (p < end && *p >= '0' && *p <= '9')
        value = value * 10 + *p++ - '0';
    return value;
}

static void check_order(Client *client, const uint8_t *p, const uint8_t *end) {
    const uint8_t *at = memmem(p, (size_t)(end - p), "\"seq\":", 6);
    if (!at)
        return;
    int64_t seq = number_at(at + 6, end);
    if (client->last_seq) {
        seen.repeats += seq == client->last_seq;
        seen.disorder += seq < client->last_seq;
        seen.gaps += seq > client->last_seq + 1;
    }
    if (seq > client->last_seq)
        client->last_seq = seq;
}

static void count_delivery(Client *client, const uint8_t *behind_marker, const uint8_t *end) {
    const Audience *audience = audience_of(client);
    if (seen.measuring) {
        int64_t sent_at = number_at(behind_marker, end);
        if (!sent_at && client->delivered < audience->n)
            sent_at = audience->sent_at[client->delivered];
        if (sent_at)
            record(&latencies, now_us() - sent_at);
    }
    if (ask.check_order)
        check_order(client, behind_marker, end);
    client->delivered++;
    seen.delivered += client - clients < staying;
}

static void overhear(const uint8_t *p, size_t n) {
    for (Ear *ear = ears; ear < ears + n_ears; ear++) {
        const uint8_t *at = memmem(p, n, ear->text, strlen(ear->text));
        if (!at)
            continue;
        ear->times += seen.measuring;
        ear->last = number_at(at + strlen(ear->text), p + n);
    }
}

static void hear_text(Client *client, const uint8_t *p, size_t n) {
    seen.frames++;
    if (client == clients)
        overhear(p, n);
    if (ask.socketio && n) {
        if (p[0] == '0') { /* Engine.IO is open: connect to the default namespace */
            write_text(client, "40");
            return;
        }
        if (p[0] == '2' && n == 1) { /* Engine.IO's ping */
            write_text(client, "3");
            return;
        }
        if (n > 1 && p[0] == '4' && p[1] == '0') {
            enter(client);
            return;
        }
    }
    size_t ack = strlen(ask.ack), marker = strlen(ask.marker);
    if (n >= ack && !memcmp(p, ask.ack, ack)) {
        if (!client->joined)
            join(client);
        else
            seen.acks++;
        return;
    }
    const uint8_t *end = p + n, *at = p;
    while ((at = memmem(at, (size_t)(end - at), ask.marker, marker))) {
        at += marker;
        count_delivery(client, at, end);
    }
}

/* Takes the whole frames of `n` bytes; returns how many bytes they were. */
static size_t take_frames(Client *client, const uint8_t *bytes, size_t n) {
    Frame frame;
    size_t at = 0;
    for (size_t length; (length = read_frame(bytes + at, n - at, &frame)); at += length) {
        if (frame.opcode == TEXT)
            hear_text(client, frame.payload, frame.length);
        else if (frame.opcode == PING)
            write_frame(client, PONG, frame.payload, frame.length);
    }
    return at;
}

static size_t take_handshake(Client *client, const uint8_t *bytes, size_t n) {
    const uint8_t *end = memmem(bytes, n, "\r\n\r\n", 4);
    if (!end)
        return 0;
    if (n < 12 || memcmp(bytes + 9, "101", 3)) {
        fprintf(stderr, "the handshake was refused: %.*s\n", (int)(n < 200 ? n : 200), bytes);
        exit(1);
    }
    client->upgraded = true;
    if (!ask.socketio)
        enter(client);
    return (size_t)(end + 4 - bytes);
}

static void lose(Client *client) {
    epoll_ctl(epoll, EPOLL_CTL_DEL, client->fd, NULL);
    close(client->fd);
    client->fd = -1;
    alive--;
}

/* Reads what is there, in front of which stands what the last read left over; false at the end of the connection. */
static bool hear(Client *client) {
    size_t n = client->rest_len;
    if (n > SCRATCH / 2)
        return false;
    memcpy(scratch, client->rest, n);
    ssize_t k = read(client->fd, scratch + n, SCRATCH - n);
    if (k <= 0)
        return k < 0 && errno == EAGAIN;
    n += (size_t)k;
    size_t at = client->upgraded ? 0 : take_handshake(client, scratch, n);
    if (client->upgraded)
        at += take_frames(client, scratch + at, n - at);
    client->rest_len = n - at;
    if (client->rest_len) {
        client->rest = realloc(client->rest, client->rest_len);
        if (!client->rest)
            die("realloc");
        memcpy(client->rest, scratch + at, client->rest_len);
    }
    return true;
}

static void close_reader(Reader *reader) {
    close(reader->fd);
    reader->fd = -1;
    reader->act = NULL;
}

/* Reads what is there of an answer; a server may close a connection on which nothing is asked. */
static void read_answer(Reader *reader) {
    ssize_t k = read(reader->fd, scratch, SCRATCH);
    if (k < 0 && errno == EAGAIN)
        return;
    Progress progress = k > 0 && reader->act ? take_answer(&reader->answer, (char *)scratch, (size_t)k) : REFUSED;
    if (progress == UNFINISHED)
        return;
    if (progress == REFUSED) {
        seen.refused += reader->act != NULL;
        close_reader(reader);
        return;
    }
    if (seen.measuring)
        record(&reader->act->waits, now_us() - reader->due_at);
    reader->act = NULL;
}

static void poll_once(int milliseconds) {
    struct epoll_event events[1024];
    int n = epoll_wait(epoll, events, 1024, milliseconds);
    for (int i = 0; i < n; i++) {
        int number = (int)events[i].data.u32;
        if (number >= total_clients) {
            if (readers[number - total_clients].fd >= 0)
                read_answer(&readers[number - total_clients]);
        } else if (clients[number].fd >= 0 && !hear(&clients[number])) {
            lose(&clients[number]);
        }
    }
}

static void listen_for(int64_t us) {
    for (int64_t end = now_us() + us; now_us() < end;)
        poll_once(10);
}

/* --- connecting */

/* A connected socket whose events carry `number`. */
static int dial(int port, bool reads, int number) {
    int on = 1, tiny = 4096, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        die("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!reads) /* let its server's buffers fill and not the kernel's */
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &tiny, sizeof tiny);
    if (connect(fd, (struct sockaddr *)&address, sizeof address))
        die("connect");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)number};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    return fd;
}

static void connect_client(int i) {
    Client *client = &clients[i];
    int port = ask.ports[i % ask.n_ports];
    client->room = i % ask.n_rooms;
    client->connected_at = now_us();
    client->fd = dial(port, i < ask.clients, i);
    char request[8192];
    write_all(client, request, build_handshake(request, sizeof request, ask.path, port, ask.headers));
    alive++;
}

static void wait_for_joins(int wanted, int64_t deadline) {
    while (joined < wanted && now_us() < deadline)
        poll_once(10);
    if (joined < wanted) {
        fprintf(stderr, "%d of %d clients have joined in time\n", joined, wanted);
        exit(1);
    }
}

static void connect_all(void) {
    int64_t deadline = now_us() + CONNECT_WITHIN;
    for (int i = 0; i < total_clients; i++) {
        connect_client(i);
        wait_for_joins(i + 1 - JOINING_AT_ONCE, deadline);
    }
    wait_for_joins(total_clients, deadline);
    for (int i = ask.clients; i < total_clients; i++)
        epoll_ctl(epoll, EPOLL_CTL_DEL, clients[i].fd, NULL);
}

/* --- the modes */

static Reading look(void) { return read_figures(ask.pids, ask.n_pids, ask.core); }

static double since(int64_t start) { return (double)(now_us() - start) / 1e6; }

static void gather(void) {
    Reading before = look();
    int64_t start = now_us(), deadline = start + (int64_t)(ask.seconds * 1e6) + CONNECT_WITHIN;
    seen.measuring = true;
    for (int i = 0; i < total_clients; i++) {
        int64_t at = start + (int64_t)(ask.seconds * 1e6 * i / total_clients);
        while (now_us() < at)
            poll_once((int)((at - now_us()) / 1000) + 1);
        connect_client(i);
        poll_once(0);
    }
    wait_for_joins(total_clients, deadline);
    Reading joined_by_then = look();
    double took = since(start);
    listen_for(2 * SECOND); /* the last counts go out, and memory settles */
    printf("{\"joined\":%d,", joined);
    print_cpu(before, joined_by_then, took);
    print_latencies(&latencies);
    printf(",");
    print_memory(before, look(), 0, total_clients);
    printf("}\n");
}

static double fan(void) { return ask.echo ? 1 : (double)ask.clients / ask.n_rooms; }

static double in_flight(void) { return (double)(seen.sent - seen.forgiven) - (double)seen.delivered / fan(); }

/* Keeps `window` messages in flight; what does not arrive for two seconds is given up. */
static void refill(int64_t now) {
    static uint64_t last;
    static int64_t progress_at;
    if (seen.delivered != last || !progress_at) {
        last = seen.delivered;
        progress_at = now;
    } else if (now - progress_at > 2 * SECOND) {
        seen.stalls++;
        seen.forgiven += (uint64_t)(in_flight() + .999);
        progress_at = now;
    }
    while (in_flight() <= ask.window - 1)
        speak();
}

/* A client of the later half leaves, and another comes in its place; false while the last one has not joined yet. */
static bool come(int64_t due_at) {
    static int turn = 0;
    int i = staying + turn % (ask.clients - staying);
    Client *client = &clients[i];
    if (!client->joined && client->fd >= 0)
        return false;
    turn++;
    if (client->fd >= 0)
        lose(client);
    joined -= client->joined;
    client->joined = client->upgraded = false;
    client->rest_len = 0;
    client->last_seq = 0;
    connect_client(i);
    client->connected_at = due_at;
    return true;
}

/* Asks for the act's path; false while all readers are waiting for answers. */
static bool get(Act *act, int64_t due_at) {
    Reader *reader = readers;
    while (reader < readers + READERS && reader->act)
        reader++;
    if (reader == readers + READERS)
        return false;
    int number = (int)(reader - readers);
    if (reader->fd < 0) {
        reader->port = ask.ports[number % ask.n_ports];
        reader->fd = dial(reader->port, true, total_clients + number);
    }
    char path[1024], request[2048];
    expand(clients, act->what, path, sizeof path);
    size_t n = build_get(request, sizeof request, path, reader->port);
    reader->answer.head_len = 0;
    reader->answer.in_body = false;
    reader->act = act;
    reader->due_at = due_at;
    if (write(reader->fd, request, n) != (ssize_t)n) { /* it was closed meanwhile: the next turn opens it anew */
        close_reader(reader);
        return false;
    }
    return true;
}

static bool perform(Act *act) {
    if (act->kind == GET)
        return get(act, act->next);
    if (act->kind == COME)
        return come(act->next);
    Client *client = next_speaker();
    say(client, act->what);
    seen.said++;
    seen.expected += act->delivered ? (uint64_t)audience_of(client)->members : 0;
    return true;
}

/* Does of an act what is due, and returns for how many milliseconds nothing more is. */
static int keep_up(Act *act, int64_t now) {
    for (int burst = 0; act->next <= now && burst < 64; burst++) {
        if (!perform(act))
            return 1;
        act->next += (int64_t)(1e6 / act->rate);
        act->done += seen.measuring;
    }
    return act->next > now ? (int)((act->next - now) / 1000) + 1 : 0;
}

/* Says what is due, and returns for how many milliseconds nothing more is. */
static int keep_pace(int64_t now, int64_t *next) {
    if (ask.rate == 0)
        return 5;
    for (int burst = 0; *next <= now && burst < 64; burst++) {
        speak();
        *next += (int64_t)(1e6 / ask.rate);
    }
    return *next > now ? (int)((*next - now) / 1000) + 1 : 0;
}

/* Speaks, acts and listens for a while; returns the most memory that the servers had meanwhile. */
static long talk(double seconds, int first_act, int last_act) {
    int64_t start = now_us(), until = start + (int64_t)(seconds * 1e6), next = start, look_at = start;
    bool closed = !strcmp(ask.mode, "closed");
    long peak = 0;
    for (int a = first_act; a < last_act; a++)
        acts[a].next = start + (int64_t)(1e6 / acts[a].rate);
    for (int64_t now = start; now < until; now = now_us()) {
        if (now >= look_at) {
            long rss = look().rss_kb;
            peak = rss > peak ? rss : peak;
            look_at = now + SECOND / 4;
        }
        int wait = 5;
        if (closed)
            refill(now);
        else
            wait = keep_pace(now, &next);
        for (int a = first_act; a < last_act; a++) {
            int more = keep_up(&acts[a], now);
            wait = more < wait ? more : wait;
        }
        poll_once(wait);
    }
    return peak;
}

/* How many of those that never read their server has given up: their sockets end, where the others' only block. */
static int count_cut(void) {
    int cut = 0;
    int64_t deadline = now_us() + 2 * SECOND;
    for (int i = ask.clients; i < total_clients; i++) {
        ssize_t k = 1;
        while (k > 0 && now_us() < deadline)
            k = read(clients[i].fd, scratch, SCRATCH);
        cut += k == 0 || (k < 0 && errno != EAGAIN);
    }
    return cut;
}

/* Talks with some of the acts, and prints what came of it; returns as talk(). */
static long measure(int first_act, int last_act) {
    Reading begun = look();
    uint64_t delivered = seen.delivered, frames = seen.frames, acks = seen.acks;
    int64_t start = now_us();
    memset(&latencies, 0, sizeof latencies);
    seen.measuring = true;
    long peak = talk(ask.seconds, first_act, last_act);
    seen.measuring = false;
    double seconds = since(start);
    print_cpu(begun, look(), seconds);
    printf("\"deliveries\":%" PRIu64 ",\"frames\":%" PRIu64 ",\"acks\":%" PRIu64 ",", seen.delivered - delivered,
           seen.frames - frames, seen.acks - acks);
    print_latencies(&latencies);
    printf(",\"acts\":[");
    for (int a = first_act; a < last_act; a++) {
        printf("%s{\"done\":%" PRIu64 ",", a > first_act ? "," : "", acts[a].done);
        print_latencies(&acts[a].waits);
        printf("}");
    }
    printf("]");
    return peak;
}

/* Without acts, then with each alone. */
static long measure_series(void) {
    long peak = 0;
    printf("\"phases\":[{");
    for (int a = -1; a < n_acts; a++) {
        listen_for(SECOND / 2);
        printf("%s", a < 0 ? "" : "},{");
        long most = a < 0 ? measure(0, 0) : measure(a, a + 1);
        peak = most > peak ? most : peak;
    }
    printf("}]");
    return peak;
}

static void print_heard(void) {
    printf("\"heard\":{");
    for (Ear *ear = ears; ear < ears + n_ears; ear++)
        printf("%s\"%s\":{\"times\":%" PRIu64 ",\"last\":%" PRId64 "}", ear > ears ? "," : "", ear->name, ear->times,
               ear->last);
    printf("},");
}

static void traffic(void) {
    bool series = !strcmp(ask.mode, "series");
    Reading before = look();
    connect_all();
    listen_for(SECOND); /* counts of viewers go round */
    talk(ask.warm, 0, 0);
    printf("{");
    long peak = series ? measure_series() : measure(0, n_acts);
    Reading after = look();
    for (int64_t end = now_us() + LATE; seen.delivered < seen.expected && now_us() < end;)
        poll_once(10);
    if (n_ears)
        listen_for(SECOND); /* the last totals */
    printf(",\"sent\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"missing\":%" PRId64 ",", seen.sent, seen.refused,
           (int64_t)(seen.expected - seen.delivered));
    printf("\"gaps\":%" PRIu64 ",\"repeats\":%" PRIu64 ",\"disorder\":%" PRIu64 ",", seen.gaps, seen.repeats,
           seen.disorder);
    printf("\"stalls\":%" PRIu64 ",\"gone\":%d,", seen.stalls, total_clients - alive);
    print_heard();
    if (ask.slow)
        printf("\"cut\":%d,", count_cut());
    print_memory(before, after, peak, total_clients);
    printf("}\n");
}

/* --- the command line */

static int numbers(char *list, int *into) {
    int n = 0;
    for (char *word = strtok(list, ","); word && n < MOST_SERVERS; word = strtok(NULL, ","))
        into[n++] = atoi(word);
    return n;
}

static void name_rooms(char *list) {
    ask.rooms = calloc(strlen(list) / 2 + 1, sizeof *ask.rooms);
    for (char *word = strtok(list, ","); word; word = strtok(NULL, ","))
        ask.rooms[ask.n_rooms++] = word;
}

static void add_act(char *words) {
    char *rate = strchr(words, ':'), *what = rate ? strchr(rate + 1, ':') : NULL;
    if (!what || n_acts == MOST_ACTS) {
        fputs(USAGE, stderr);
        exit(2);
    }
    Act *act = &acts[n_acts++];
    *rate = *what = 0;
    act->rate = atof(rate + 1);
    act->what = what + 1;
    act->kind = !strcmp(words, "get") ? GET : !strcmp(words, "come") ? COME : SAY;
    if (act->kind == COME)
        coming = act;
}

static void add_ear(char *words) {
    char *text = strchr(words, '=');
    if (!text || n_ears == MOST_EARS) {
        fputs(USAGE, stderr);
        exit(2);
    }
    *text = 0;
    ears[n_ears++] = (Ear){.name = words, .text = text + 1};
}

static void read_options(int count, char **words) {
    static char only_room[] = "0";
    for (int o; (o = getopt(count, words, "m:p:P:H:n:L:s:R:r:w:d:W:kj:t:x:a:oA:c:S:C:")) != -1;) {
        switch (o) {
        case 'm': ask.mode = optarg; break;
        case 'p': ask.n_ports = numbers(optarg, ask.ports); break;
        case 'P': ask.path = optarg; break;
        case 'H': ask.headers = optarg; break;
        case 'n': ask.clients = atoi(optarg); break;
        case 'L': ask.slow = atoi(optarg); break;
        case 's': ask.speakers = atoi(optarg); break;
        case 'R': name_rooms(optarg); break;
        case 'r': ask.rate = atof(optarg); break;
        case 'w': ask.window = atoi(optarg); break;
        case 'd': ask.seconds = atof(optarg); break;
        case 'W': ask.warm = atof(optarg); break;
        case 'k': ask.socketio = true; break;
        case 'j':
            if (ask.n_joins < MOST_JOINS)
                ask.joins[ask.n_joins++] = optarg;
            break;
        case 't': ask.text = optarg; break;
        case 'x': ask.marker = optarg; break;
        case 'a': ask.ack = optarg; break;
        case 'o': ask.check_order = true; break;
        case 'A': add_act(optarg); break;
        case 'c': add_ear(optarg); break;
        case 'C': ask.core = atoi(optarg); break;
        case 'S': ask.n_pids = numbers(optarg, ask.pids); break;
        default: fputs(USAGE, stderr); exit(2);
        }
    }
    if (!ask.n_rooms)
        name_rooms(only_room);
    ask.echo = !strcmp(ask.mode, "echo");
    staying = coming ? ask.clients - ask.clients / 2 : ask.clients;
    if (!ask.n_ports || ask.speakers < 1 || ask.speakers > staying || ask.rate < 0 || staying == 0) {
        fputs(USAGE, stderr);
        exit(2);
    }
}

int main(int count, char **words) {
    read_options(count, words);
    total_clients = ask.clients + ask.slow;
    clients = calloc((size_t)total_clients, sizeof *clients);
    audiences = calloc((size_t)(ask.echo ? total_clients : ask.n_rooms), sizeof *audiences);
    for (int r = 0; r < READERS; r++)
        readers[r].fd = -1;
    epoll = epoll_create1(0);
    if (!clients || !audiences || epoll < 0)
        die("starting");
    for (int i = 0; i < staying; i++)
        audiences[ask.echo ? i : i % ask.n_rooms].members++;
    for (Act *act = acts; act < acts + n_acts; act++)
        act->delivered = act->kind == SAY && strstr(act->what, ask.marker);
    if (!strcmp(ask.mode, "gather"))
        gather();
    else
        traffic();
    return 0;
}
