// Runs a function in a copy of this process first: what never ends, overflows the stack or asks for all memory ends the copy.
#include "shim.h"

#include <ATen/Parallel.h>

#if defined(__unix__) || defined(__APPLE__)
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// The copy: quiet, without core dumps, and with a limit of time. Threads are not copied, so it computes on this one only.
[[noreturn]] void in_copy(int (*run)(void *), void *data, int seconds, int out) {
  const auto limit = static_cast<rlim_t>(seconds);
  const rlimit cpu{limit, limit}, core{0, 0};
  setrlimit(RLIMIT_CPU, &cpu);
  setrlimit(RLIMIT_CORE, &core);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGXCPU, SIGFPE, SIGILL, SIGTERM})
    std::signal(signal, SIG_DFL);
  const int null = open("/dev/null", O_RDWR);
  if (null >= 0) {
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
  }
  try {
    at::set_num_threads(1);
    // What stands for the end, with the answer.
    const char done = run(data) != 0 ? 2 : 1;
    if (write(out, &done, 1) == 1)
      _exit(0);
  } catch (...) {
  }
  _exit(1);
}

// How long a process has computed.
std::optional<double> seconds_of(pid_t process) {
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0)
    return std::nullopt;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

} // namespace

extern "C" int tx_in_copy(int (*run)(void *), void *data, int seconds, int *answer) {
  *answer = 0;
  try {
    int ends[2];
    if (pipe(ends) != 0)
      return TX_OK;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    const pid_t copy = fork();
    if (copy == 0) {
      close(ends[0]);
      in_copy(run, data, seconds, ends[1]);
    }
    close(ends[1]);
    char done = 0;
    bool waits = false;
    if (copy > 0) {
      int ready = 0;
      // A copy that computes nothing for so long waits for a thread that was not copied, or for a lock that one holds.
      constexpr int STEP = 250, STEPS = 6;
      double computed = -1;
      for (int left = 4000 * seconds, idle = 0; ready == 0 && left > 0 && idle < STEPS; left -= STEP) {
        pollfd reader{ends[0], POLLIN, 0};
        ready = poll(&reader, 1, STEP);
        if (ready < 0 && errno == EINTR)
          ready = 0;
        const auto now = seconds_of(copy);
        idle = now && *now - computed < 0.001 ? idle + 1 : 0;
        computed = now.value_or(-1);
      }
      if (ready > 0 && read(ends[0], &done, 1) != 1)
        done = 0;
      kill(copy, SIGKILL);
      rusage used{};
      while (wait4(copy, nullptr, 0, &used) < 0 && errno == EINTR)
        ;
      // A copy that did not compute waited for a lock that a thread held which was not copied: that says nothing of the run.
      const auto tenths = [](const timeval &time) { return 10 * time.tv_sec + time.tv_usec / 100000; };
      waits = ready == 0 && tenths(used.ru_utime) + tenths(used.ru_stime) < seconds;
    }
    close(ends[0]);
    *answer = done == 2;
    return copy < 0 || done != 0 || waits ? TX_OK : TX_TORCH;
  } catch (...) {
    return TX_OK;
  }
}

#else

extern "C" int tx_in_copy(int (*)(void *), void *, int, int *answer) {
  try {
    *answer = 0;
    return TX_OK;
  } catch (...) {
    return TX_OK;
  }
}

#endif
