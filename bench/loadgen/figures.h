/* What the load generator measures: latencies, and what the kernel says of the servers and of their core. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* --- latencies: a histogram of 128 steps per power of two, so that a percentile is off by less than 1 % */

enum { STEPS = 128, BUCKETS = 40 * STEPS };

typedef struct {
    uint64_t seen[BUCKETS], n;
} Latencies;

static void record(Latencies *latencies, int64_t us) {
    uint64_t v = us < 0 ? 0 : (uint64_t)us;
    int bucket = (int)v;
    if (v >= STEPS) {
        int shift = 63 - __builtin_clzll(v) - 7;
        bucket = (shift + 1) * STEPS + (int)(v >> shift) - STEPS;
    }
    latencies->seen[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    latencies->n++;
}

static uint64_t percentile(const Latencies *latencies, double share) {
    uint64_t below = 0, wanted = (uint64_t)(share * (double)latencies->n);
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
        below += latencies->seen[bucket];
        if (below > wanted)
            return bucket < STEPS ? (uint64_t)bucket : (uint64_t)(bucket % STEPS + STEPS) << (bucket / STEPS - 1);
    }
    return 0;
}

static void print_latencies(const Latencies *latencies) {
    printf("\"p50_us\":%" PRIu64 ",\"p99_us\":%" PRIu64, percentile(latencies, .5), percentile(latencies, .99));
}

/* --- the servers */

typedef struct {
    double cpu, own_cpu, core; /* seconds: the servers', the generator's, and whoever's on the servers' core */
    long rss_kb;
} Reading;

static double ticks(unsigned long n) { return (double)n / (double)sysconf(_SC_CLK_TCK); }

/* In nanoseconds; /proc/PID/stat has hundredths of a second, and some servers need no more than twenty of those. */
static double cpu_of(int pid) {
    clockid_t clock;
    struct timespec spent;
    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &spent))
        return 0;
    return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

static long rss_of(int pid) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    long kb = 0;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1)
            break;
    if (file)
        fclose(file);
    return kb;
}

static double busy_time_of(int core) {
    char line[512], name[32];
    unsigned long user = 0, nice = 0, system = 0;
    size_t length = (size_t)snprintf(name, sizeof name, "cpu%d ", core);
    FILE *file = fopen("/proc/stat", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, name, length) && sscanf(line + length, "%lu %lu %lu", &user, &nice, &system) == 3)
            break;
    if (file)
        fclose(file);
    return ticks(user + nice + system);
}

static Reading read_figures(const int *pids, int n_pids, int core) {
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    Reading reading = {.core = busy_time_of(core)};
    reading.own_cpu = (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec) +
                      (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec) / 1e6;
    for (int i = 0; i < n_pids; i++) {
        reading.cpu += cpu_of(pids[i]);
        reading.rss_kb += rss_of(pids[i]);
    }
    return reading;
}

/* `others_cpu` is the share of the servers' core that somebody else took: figures with much of it are worth little. */
static void print_cpu(Reading from, Reading to, double seconds) {
    double others = to.core - from.core - (to.cpu - from.cpu);
    printf("\"seconds\":%.3f,\"cpu_s\":%.6f,\"client_cpu\":%.3f,\"others_cpu\":%.3f,", seconds, to.cpu - from.cpu,
           (to.own_cpu - from.own_cpu) / seconds, others < 0 ? 0 : others / seconds);
}

static void print_memory(Reading before, Reading after, long peak, int clients) {
    printf("\"rss_before_kb\":%ld,\"rss_max_kb\":%ld,\"kb_each\":%.2f", before.rss_kb, peak > after.rss_kb ? peak : after.rss_kb,
           (double)(after.rss_kb - before.rss_kb) / clients);
}
