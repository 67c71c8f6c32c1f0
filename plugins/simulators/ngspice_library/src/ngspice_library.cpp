#include "ngspice_library.hpp"

#include <fcntl.h>
#include <ngspice/sharedspice.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostLines = 400;          ///< Of what ngspice says; an error is said early.
constexpr std::size_t kMostListing = 200'000;    ///< Lines of an expanded deck.
constexpr std::size_t kMostValues = 20'000'000;  ///< Of one waveform, all vectors together.
constexpr auto kPoll = std::chrono::milliseconds(20);
/// How long ngspice may take to notice that it shall stop.
constexpr auto kGrace = std::chrono::seconds(5);

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// The signals that ngspice sets handlers for; they belong to the host.
class HostSignals {
 public:
  HostSignals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], nullptr, &saved_[i]);
  }
  ~HostSignals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &saved_[i], nullptr);
  }
  HostSignals(const HostSignals&) = delete;
  HostSignals& operator=(const HostSignals&) = delete;

 private:
  static constexpr std::array kSignals{SIGINT,  SIGFPE,  SIGSEGV, SIGILL,
                                       SIGTERM, SIGTSTP, SIGCONT, SIGWINCH};
  std::array<struct sigaction, kSignals.size()> saved_{};
};

struct Request {
  const std::vector<std::string>* deck = nullptr;
  const std::vector<LibraryAnalysis>* analyses = nullptr;
  bool list = false;
  LibraryRun run;
  std::vector<std::string> listing;
};

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "ptah: ngspice %s; this process ends\n", why);
  std::abort();
}

}  // namespace

/// The thread that makes every call. Its working folder is its own (as far as the system lets it):
/// an empty one while ngspice looks for start files, then one in which no file can be made, so that
/// the logs of model checks ("bsim4v5.out", opened anew for every model) go nowhere.
class NgspiceLibrary::Thread {
 public:
  Thread() : thread_([this] { loop(); }) {}
  ~Thread() {
    {
      const std::lock_guard lock(mutex_);
      quit_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  /// Waits until the library answers; false: it can not be started.
  bool started() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return state_ != State::kStarting; });
    return state_ == State::kReady;
  }

  Status execute(Request& request, double wall_s, JobContext& job) {
    const std::lock_guard one_at_a_time(callers_);
    if (job.cancelled()) return cancelled_error();
    std::unique_lock lock(mutex_);
    request_ = &request;
    stop_ = false;
    changed_.notify_all();
    const auto start = Clock::now();
    const auto limit = start + std::chrono::duration_cast<Clock::duration>(
                                   std::chrono::duration<double>(wall_s));
    bool cancelled = false, late = false;
    while (!changed_.wait_for(lock, kPoll, [this] { return request_ == nullptr; })) {
      if (stop_) {
        if (Clock::now() > stopped_ + kGrace) give_up("does not stop when asked to");
        continue;
      }
      cancelled = job.cancelled();
      late = Clock::now() > limit;
      if (!cancelled && !late) continue;
      stop_ = true;
      stopped_ = Clock::now();
      changed_.notify_all();
    }
    if (cancelled) return cancelled_error();
    if (late) {
      return make_error(ErrorCode::kLimit,
                        "ngspice ran longer than " + std::to_string(wall_s) + " s.", "ngspice",
                        "raise the option wall_limit_s, or look for what does not end");
    }
    return ok();
  }

 private:
  enum class State { kStarting, kReady, kFailed };

  /// ngspice crashes when it is started twice; its callbacks go to whoever drives it at present.
  static inline bool library_started_ = false;
  static inline std::atomic<Thread*> driver_ = nullptr;

  void loop() {
    sigset_t asynchronous;
    sigemptyset(&asynchronous);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGCHLD, SIGPIPE, SIGUSR1, SIGUSR2})
      sigaddset(&asynchronous, signal);
    pthread_sigmask(SIG_BLOCK, &asynchronous, nullptr);
    pthread_setname_np(pthread_self(), "ngspice");
    const bool good = start();
    std::unique_lock lock(mutex_);
    state_ = good ? State::kReady : State::kFailed;
    changed_.notify_all();
    while (true) {
      changed_.wait(lock, [this] { return quit_ || request_ != nullptr; });
      if (quit_) return;
      Request& request = *request_;
      lock.unlock();
      serve(request);
      lock.lock();
      request_ = nullptr;
      changed_.notify_all();
    }
  }

  bool start() {
    const HostSignals host;
    const bool own_folder = unshare(CLONE_FS) == 0;
    auto scratch = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-ngspice");
    if (!scratch) return false;
    const int before = ::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    // An empty start file here keeps ngspice from the one in the user's home.
    std::ofstream(scratch.value().path() / ".spiceinit") << "* none\n";
    if (::chdir(scratch.value().path().c_str()) != 0) return false;
    driver_ = this;
    int result = 0;
    if (!library_started_) {
      result = ngSpice_Init(&Thread::print, nullptr, &Thread::exits, nullptr, nullptr,
                            &Thread::background, nullptr);
      library_started_ = true;
    }
    bool back = true;
    if (own_folder) {
      back = ::chdir("/proc") == 0;
    } else if (before >= 0) {
      // Denied in some containers. Then the folder is the process's, and goes back to what it was.
      back = ::fchdir(before) == 0;
    }
    if (before >= 0) ::close(before);
    if (result != 0 || !back) return false;
    // OpenMP threads only spin on circuits this small.
    command("set num_threads=1");
    return !exited_;
  }

  /// 0 as far as ngspice knows; most failures only show in what it says.
  int command(const std::string& text) {
    std::vector<char> line(text.begin(), text.end());
    line.push_back('\0');
    return ngSpice_Command(line.data());
  }

  void serve(Request& request) {
    const HostSignals host;
    if (suspect_) check_health();
    {
      const std::lock_guard lock(said_mutex_);
      said_.clear();
      listing_ = nullptr;
    }
    exited_ = false;
    std::vector<char*> lines;
    lines.reserve(request.deck->size() + 1);
    for (const std::string& line : *request.deck) lines.push_back(const_cast<char*>(line.c_str()));
    lines.push_back(nullptr);
    ngSpice_Circ(lines.data());
    if (!exited_ && request.list) {
      {
        const std::lock_guard lock(said_mutex_);
        listing_ = &request.listing;
      }
      command("listing runnable");
      const std::lock_guard lock(said_mutex_);
      listing_ = nullptr;
    }
    if (!exited_ && request.analyses != nullptr) {
      std::set<std::string> known = plots();
      for (const LibraryAnalysis& analysis : *request.analyses) {
        if (!run_in_background(analysis.command)) request.run.interrupted = true;
        if (exited_ || request.run.interrupted) break;
        auto waveform = collect(analysis, known);
        if (waveform.analysis.empty()) break;
        request.run.waveforms.push_back(std::move(waveform));
      }
    }
    if (exited_) suspect_ = true;
    const bool failed = exited_;
    exited_ = false;
    command("destroy all");
    command("remcirc");
    if (exited_) suspect_ = true;
    exited_ = failed;
    const std::lock_guard lock(said_mutex_);
    request.run.said = std::move(said_);
    said_.clear();
  }

  /// After ngspice wanted to exit, a circuit of known answer says whether it can go on.
  void check_health() {
    exited_ = false;
    const std::vector<std::string> deck = {"* health", "v1 a 0 dc 2", "r1 a b 1k", "r2 b 0 3k",
                                           ".end"};
    std::vector<char*> lines;
    for (const std::string& line : deck) lines.push_back(const_cast<char*>(line.c_str()));
    lines.push_back(nullptr);
    command("destroy all");
    command("remcirc");
    exited_ = false;
    std::set<std::string> known = plots();
    ngSpice_Circ(lines.data());
    bool good = !exited_ && run_in_background("op") && !exited_;
    if (good) {
      const Waveform result = collect({"op", "op", {"v(b)"}}, known);
      good = result.y.size() == 1 && result.y[0].size() == 1 &&
             std::abs(result.y[0][0].real() - 1.5) < 1e-9;
    }
    command("destroy all");
    command("remcirc");
    if (!good || exited_) give_up("can not go on after an error it calls fatal");
    suspect_ = false;
  }

  /// False when it was interrupted.
  bool run_in_background(const std::string& text) {
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return false;
      background_done_ = false;
    }
    command("bg_" + text);
    bool complete = true;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return background_done_ || stop_; });
      complete = background_done_;
    }
    // Joins the thread, too; takes up to a second and then gives up.
    while (command("bg_halt") != 0) {
      const std::lock_guard lock(mutex_);
      if (stop_ && Clock::now() > stopped_ + kGrace) give_up("does not stop when asked to");
    }
    return complete;
  }

  static std::set<std::string> plots() {
    std::set<std::string> names;
    char** all = ngSpice_AllPlots();
    for (int i = 0; all != nullptr && all[i] != nullptr; ++i) names.insert(all[i]);
    return names;
  }

  /// Values of `plot.name`, or none.
  static std::vector<std::complex<double>> values(const std::string& plot,
                                                  const std::string& name) {
    std::string full = plot + "." + name;
    const vector_info* found = ngGet_Vec_Info(full.data());
    std::vector<std::complex<double>> result;
    if (found == nullptr || found->v_length <= 0) return result;
    const std::size_t count = std::min<std::size_t>(found->v_length, kMostValues);
    result.reserve(count);
    if (found->v_compdata != nullptr) {
      for (std::size_t i = 0; i < count; ++i)
        result.emplace_back(found->v_compdata[i].cx_real, found->v_compdata[i].cx_imag);
    } else if (found->v_realdata != nullptr) {
      for (std::size_t i = 0; i < count; ++i) result.emplace_back(found->v_realdata[i], 0.0);
    }
    return result;
  }

  /// "v(a,b)" is no vector, but the difference of two.
  static std::vector<std::complex<double>> output(const std::string& plot,
                                                  const std::string& name) {
    const std::size_t comma = name.find(',');
    const std::size_t open = name.find('('), close = name.rfind(')');
    if (comma == std::string::npos || open == std::string::npos || close < comma ||
        comma < open) {
      return values(plot, name);
    }
    const auto ground = [](const std::string& node) { return node == "0" || node == "gnd"; };
    const std::string a = name.substr(open + 1, comma - open - 1);
    const std::string b = name.substr(comma + 1, close - comma - 1);
    auto left = values(plot, "v(" + a + ")");
    auto right = values(plot, "v(" + b + ")");
    if (left.empty() && ground(a)) left.assign(right.size(), 0.0);
    if (right.empty() && ground(b)) right.assign(left.size(), 0.0);
    if (left.size() != right.size()) return {};
    for (std::size_t i = 0; i < left.size(); ++i) left[i] -= right[i];
    return left;
  }

  static Waveform collect(const LibraryAnalysis& analysis, std::set<std::string>& known) {
    // Of noise, the density is the first of two new plots.
    std::string plot;
    for (const std::string& name : plots()) {
      if (known.insert(name).second && name.rfind(analysis.kind, 0) == 0 &&
          (plot.empty() || name.size() < plot.size() ||
           (name.size() == plot.size() && name < plot))) {
        plot = name;
      }
    }
    Waveform waveform;
    if (plot.empty()) return waveform;
    waveform.analysis = analysis.kind;
    const auto add = [&](const std::string& name, std::vector<std::complex<double>> y) {
      if (y.empty()) return;
      waveform.names.push_back(name);
      waveform.y.push_back(std::move(y));
    };
    if (analysis.kind == "noise") {
      add("onoise_spectrum", values(plot, "onoise_spectrum"));
      add("inoise_spectrum", values(plot, "inoise_spectrum"));
    } else {
      for (const std::string& name : analysis.outputs) add(lower(name), output(plot, lower(name)));
    }
    for (const char* scale :
         {"frequency", "time", "v-sweep", "i-sweep", "res-sweep", "temp-sweep"}) {
      if (analysis.kind == "op") break;
      const auto x = values(plot, scale);
      if (x.empty()) continue;
      waveform.x_name = scale;
      waveform.x.reserve(x.size());
      for (const auto& value : x) waveform.x.push_back(value.real());
      break;
    }
    if (analysis.kind == "op" && !waveform.y.empty()) waveform.x = {0};
    return waveform;
  }

  static int print(char* text, int, void*) {
    Thread& self = *driver_;
    const std::lock_guard lock(self.said_mutex_);
    const std::string_view line = text == nullptr ? "" : text;
    if (self.listing_ != nullptr && line.rfind("stdout ", 0) == 0) {
      if (self.listing_->size() < kMostListing) self.listing_->emplace_back(line.substr(7));
    } else if (self.said_.size() < kMostLines) {
      self.said_.emplace_back(line.substr(0, 500));
    }
    return 0;
  }

  static int exits(int, NG_BOOL, NG_BOOL, int, void*) {
    (*driver_).exited_ = true;
    return 0;
  }

  /// Called in the thread of the analysis: when it starts (false) and when it is done (true).
  static int background(NG_BOOL done, int, void*) {
    if (!done) {
      omp_set_num_threads(1);  // a thread's own setting; ngspice makes a thread for each analysis
      return 0;
    }
    Thread& self = *driver_;
    const std::lock_guard lock(self.mutex_);
    self.background_done_ = true;
    self.changed_.notify_all();
    return 0;
  }

  std::mutex callers_;
  std::mutex mutex_;  ///< Guards from here on; never held while in ngspice.
  std::condition_variable changed_;
  State state_ = State::kStarting;
  Request* request_ = nullptr;
  bool quit_ = false;
  bool stop_ = false;
  bool background_done_ = false;
  Clock::time_point stopped_{};

  std::atomic<bool> exited_ = false;  ///< ngspice met an error after which it would have exited.
  bool suspect_ = false;
  std::mutex said_mutex_;
  std::vector<std::string> said_;
  std::vector<std::string>* listing_ = nullptr;
  std::thread thread_;  ///< The last member: it uses the others.
};

NgspiceLibrary::NgspiceLibrary() : thread_(std::make_unique<Thread>()) {}
NgspiceLibrary::~NgspiceLibrary() = default;

Result<std::shared_ptr<NgspiceLibrary>> NgspiceLibrary::acquire() {
  static std::mutex mutex;
  static std::weak_ptr<NgspiceLibrary> present;
  const std::lock_guard lock(mutex);
  if (auto library = present.lock()) return library;
  std::shared_ptr<NgspiceLibrary> library(new NgspiceLibrary());
  if (!library->thread_->started()) {
    return make_error(ErrorCode::kToolFailed, "libngspice can not be started.", "ngspice_library",
                      "use the simulator ngspice, which runs the program");
  }
  present = library;
  return library;
}

Result<LibraryRun> NgspiceLibrary::run(const std::vector<std::string>& deck,
                                       const std::vector<LibraryAnalysis>& analyses,
                                       double wall_s, JobContext& job) {
  Request request;
  request.deck = &deck;
  request.analyses = &analyses;
  PTAH_TRY(thread_->execute(request, wall_s, job));
  return std::move(request.run);
}

Result<std::vector<std::string>> NgspiceLibrary::expanded(const std::vector<std::string>& deck,
                                                          double wall_s, JobContext& job) {
  Request request;
  request.deck = &deck;
  request.list = true;
  PTAH_TRY(thread_->execute(request, wall_s, job));
  return std::move(request.listing);
}

}  // namespace ptah
