#include "ngspice_library.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <ngspice/sharedspice.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "ptah/core/letter_case.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/sim/deck.hpp"
#include "spice_text.hpp"

namespace ptah {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostLines = 400;          ///< The last of what ngspice says.
constexpr std::size_t kMostListing = 200'000;    ///< Lines of an expanded deck.
constexpr std::size_t kMostValues = 20'000'000;  ///< Of one waveform, all vectors together.
constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr int kVoltage = 3;  ///< Of ngspice's types of vectors.
/// How long a caller waits for an analysis to notice that it shall stop.
constexpr auto kGrace = std::chrono::milliseconds(60);
/// How long the end of the process waits for it.
constexpr auto kPatience = std::chrono::seconds(30);

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

/// A loaded circuit.
struct Kept {
  std::uint64_t owner = 0;
  std::vector<std::string> deck;
  std::vector<double> values;  ///< As they are set.
  std::uint64_t used = 0;      ///< When, in requests.
};

/// Its own copy of everything: the caller may have gone.
struct Request {
  std::vector<std::string> deck;
  bool keep = false;  ///< The circuit; `owner`, `values` and `settled` are of such.
  std::uint64_t owner = 0;
  std::vector<LibraryValue> values;
  bool settled = false;
  std::optional<std::vector<LibraryAnalysis>> analyses;
  bool list = false, settle = false;
  LibraryRun run;
  std::vector<std::string> listing;
  std::map<std::string, double> voltages;
};

/// What is used of libngspice. It is opened and closed by hand because after an error that it calls
/// fatal nothing else brings it back into a defined state.
struct Symbols {
  decltype(&ngSpice_Init) init = nullptr;
  decltype(&ngSpice_Command) command = nullptr;
  decltype(&ngSpice_Circ) circuit = nullptr;
  decltype(&ngSpice_AllPlots) plots = nullptr;
  decltype(&ngSpice_AllVecs) vectors = nullptr;
  decltype(&ngGet_Vec_Info) vector = nullptr;

  bool load(void* handle) {
    init = reinterpret_cast<decltype(init)>(dlsym(handle, "ngSpice_Init"));
    command = reinterpret_cast<decltype(command)>(dlsym(handle, "ngSpice_Command"));
    circuit = reinterpret_cast<decltype(circuit)>(dlsym(handle, "ngSpice_Circ"));
    plots = reinterpret_cast<decltype(plots)>(dlsym(handle, "ngSpice_AllPlots"));
    vectors = reinterpret_cast<decltype(vectors)>(dlsym(handle, "ngSpice_AllVecs"));
    vector = reinterpret_cast<decltype(vector)>(dlsym(handle, "ngGet_Vec_Info"));
    return init != nullptr && command != nullptr && circuit != nullptr && plots != nullptr &&
           vectors != nullptr && vector != nullptr;
  }
};

constexpr char kLibrary[] = "libngspice.so.0";

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
    {
      std::unique_lock lock(mutex_);
      const bool left = changed_.wait_for(lock, kPatience, [this] { return request_ == nullptr; });
      if (!left) give_up("does not stop when asked to");
    }
    thread_.join();
    // Not on that thread: where a plugin is being unloaded, the loader's lock is this one's.
    close();
  }

  /// Waits until the library answers, or says why it can not be started.
  Status started() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return answered_; });
    return problem_ ? Status(*problem_) : ok();
  }

  Status execute(const std::shared_ptr<Request>& request, double wall_s, JobContext& job) {
    const std::lock_guard one_at_a_time(callers_);
    if (job.cancelled()) return cancelled_error();
    const auto limit = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                          std::chrono::duration<double>(wall_s));
    std::unique_lock lock(mutex_);
    const auto idle = [this] { return request_ == nullptr; };
    while (!changed_.wait_for(lock, kPoll, idle)) {
      if (job.cancelled()) return cancelled_error();
      if (Clock::now() > limit) {
        return make_error(ErrorCode::kLimit,
                          "ngspice is still busy with an analysis that was given up.", "ngspice",
                          "that one took too long: see the error before this one");
      }
    }
    request_ = request;
    stop_ = false;
    changed_.notify_all();
    bool cancelled = false, late = false;
    while (!changed_.wait_for(lock, kPoll, idle)) {
      if (stop_ && Clock::now() > stopped_ + kGrace) break;
      if (stop_) continue;
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
  void loop() {
    sigset_t asynchronous;
    sigemptyset(&asynchronous);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGCHLD, SIGPIPE, SIGUSR1, SIGUSR2})
      sigaddset(&asynchronous, signal);
    pthread_sigmask(SIG_BLOCK, &asynchronous, nullptr);
    pthread_setname_np(pthread_self(), "ngspice");
    own_folder_ = unshare(CLONE_FS) == 0;
    const Status opened = open();
    std::unique_lock lock(mutex_);
    if (!opened) problem_ = opened.error();
    answered_ = true;
    changed_.notify_all();
    while (true) {
      changed_.wait(lock, [this] { return quit_ || request_ != nullptr; });
      if (quit_) break;
      const std::shared_ptr<Request> request = request_;
      lock.unlock();
      serve(*request);
      lock.lock();
      request_ = nullptr;
      changed_.notify_all();
    }
    lock.unlock();
    forget_all();
  }

  Status open() {
    const auto problem = [](ErrorCode code, std::string message, std::string hint) {
      return make_error(code, std::move(message), kLibrary, std::move(hint));
    };
    if (void* other = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD); other != nullptr) {
      dlclose(other);
      return problem(ErrorCode::kConflict,
                     "libngspice is in use by something else in this process.",
                     "use the simulator ngspice, which runs the program");
    }
    handle_ = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) {
      return problem(ErrorCode::kToolMissing, "libngspice is not installed.",
                     "apt-get install libngspice0, or use the simulator ngspice");
    }
    driver_ = this;
    exited_ = false;
    if (!symbols_.load(handle_) || !start()) {
      close();
      return problem(ErrorCode::kToolFailed, "libngspice can not be started.",
                     "use the simulator ngspice, which runs the program");
    }
    return ok();
  }

  void close() {
    if (handle_ == nullptr) return;
    dlclose(handle_);
    handle_ = nullptr;
  }

  /// To let go of the library would not free them.
  void forget_all() {
    while (!kept_.empty() && !exited_) forget(0);
    kept_.clear();
  }

  bool start() {
    const HostSignals host;
    auto scratch = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-ngspice");
    if (!scratch) return false;
    const int before = ::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    // An empty start file here keeps ngspice from the one in the user's home.
    if (!write_text_file(scratch.value().path() / ".spiceinit", "* none\n", Durability::kCached))
      return false;
    if (::chdir(scratch.value().path().c_str()) != 0) return false;
    const int result = symbols_.init(&Thread::print, nullptr, &Thread::exits, nullptr, nullptr,
                                     &Thread::background, nullptr);
    bool back = true;
    if (own_folder_) {
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
    return symbols_.command(line.data());
  }

  /// False when ngspice refuses the deck; then there is no current circuit.
  bool load(const std::vector<std::string>& deck) {
    std::vector<char*> lines;
    lines.reserve(deck.size() + 1);
    for (const std::string& line : deck) lines.push_back(const_cast<char*>(line.c_str()));
    lines.push_back(nullptr);
    symbols_.circuit(lines.data());
    if (exited_) return false;
    // Only the list of circuits tells: the newest is the first of it, and the current one.
    const std::vector<std::string> listed = output("setcirc");
    const bool loaded = std::any_of(listed.begin(), listed.end(), [](const std::string& line) {
      return line.rfind("Current\t1\t", 0) == 0;
    });
    if (loaded) kept_.emplace_front();
    return loaded;
  }

  /// What a command prints.
  std::vector<std::string> output(const std::string& text) {
    std::vector<std::string> lines;
    {
      const std::lock_guard lock(said_mutex_);
      listing_ = &lines;
    }
    command(text);
    const std::lock_guard lock(said_mutex_);
    listing_ = nullptr;
    return lines;
  }

  /// Of circuit number `index`, of the newest first.
  void forget(std::size_t index) {
    set_current(index);
    command("remcirc");
    kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  void set_current(std::size_t index) { command("setcirc " + std::to_string(index + 1)); }

  /// Voltages of the present circuit's nodes, by name; none where it does not converge.
  std::map<std::string, double> operating_point() {
    std::map<std::string, double> voltages;
    const std::set<std::string> before = plots();
    if (!run_in_background("op") || exited_) return voltages;
    for (std::string plot : plots()) {
      if (before.count(plot) != 0) continue;
      char** names = symbols_.vectors(plot.data());
      for (int i = 0; names != nullptr && names[i] != nullptr; ++i) {
        const std::string name = names[i];
        std::string full = plot + "." + name;
        const vector_info* vector = symbols_.vector(full.data());
        // Inner nodes of devices have a # in their names; currents are no voltages.
        if (vector == nullptr || vector->v_type != kVoltage || vector->v_realdata == nullptr ||
            vector->v_length < 1 || !std::isfinite(vector->v_realdata[0]) ||
            name.find('#') != std::string::npos) {
          continue;
        }
        voltages[name] = vector->v_realdata[0];
      }
    }
    command("destroy all");
    return voltages;
  }

  /// The deck of the present circuit with its operating point, from which the one with values is a
  /// few iterations away instead of the three dozen of stepping gmin. Capacitors do not change it
  /// and junctions hardly; like the deck without values, it is the same for all layouts.
  std::optional<std::vector<std::string>> settled_deck(const Request& request) {
    for (const LibraryAnalysis& analysis : *request.analyses)
      if (analysis.kind == "dc") return std::nullopt;  // begins somewhere else
    std::vector<std::string> settled;
    for (const auto& [name, volt] : operating_point()) {
      char value[40];
      std::snprintf(value, sizeof value, ")=%.9e", volt);
      settled.push_back(".nodeset v(" + name + value);
    }
    if (settled.empty()) return std::nullopt;
    std::sort(settled.begin(), settled.end());
    std::vector<std::string> deck;
    for (const std::string& line : request.deck) {
      if (line == ".end") deck.insert(deck.end(), settled.begin(), settled.end());
      if (line != kDeckStepGmin) deck.push_back(line);
    }
    return deck;
  }

  /// Makes the circuit of `request` the current one, loaded and with its values, and gives its
  /// index.
  std::optional<std::size_t> choose(const Request& request) {
    ++requests_;
    auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
      return kept.owner == request.owner && kept.deck == request.deck;
    });
    if (found == kept_.end()) {
      while (kept_.size() >= kMostKept) {
        const auto oldest =
            std::min_element(kept_.begin(), kept_.end(),
                             [](const Kept& a, const Kept& b) { return a.used < b.used; });
        forget(static_cast<std::size_t>(oldest - kept_.begin()));
      }
      if (!load(request.deck)) return std::nullopt;
      const auto settled = request.settled ? std::nullopt : settled_deck(request);
      if (settled) {
        forget(0);
        if (!load(*settled)) return std::nullopt;
      }
      found = kept_.begin();
      found->owner = request.owner;
      found->deck = request.deck;
      found->values.assign(request.values.size(), 0.0);
    }
    Kept& kept = *found;
    kept.used = requests_;
    const auto index = static_cast<std::size_t>(found - kept_.begin());
    set_current(index);
    // Always by the same way, because ngspice reads the numbers of a deck by another.
    for (std::size_t i = 0; i < kept.values.size() && !exited_; ++i) {
      const LibraryValue& wanted = request.values[i];
      if (kept.values[i] == wanted.value) continue;
      char number[40];
      std::snprintf(number, sizeof number, " = %.15e", wanted.value);
      command("alter " + wanted.element + (wanted.name.empty() ? "" : " " + wanted.name) + number);
      kept.values[i] = wanted.value;
    }
    return index;
  }

  void serve(Request& request) {
    const HostSignals host;
    {
      const std::lock_guard lock(said_mutex_);
      said_.clear();
    }
    exited_ = false;
    const bool keep = request.keep;
    std::optional<std::size_t> current;
    if (keep) {
      current = choose(request);
    } else if (load(request.deck)) {
      current = 0;
    }
    if (!exited_ && current && request.list) request.listing = output("listing runnable");
    if (!exited_ && current && request.settle) request.voltages = operating_point();
    if (!exited_ && current && request.analyses) {
      std::set<std::string> known = plots();
      for (const LibraryAnalysis& analysis : *request.analyses) {
        if (!run_in_background(analysis.command)) request.run.interrupted = true;
        if (exited_ || request.run.interrupted) break;
        auto waveform = collect(analysis, known);
        if (waveform.analysis.empty()) break;
        request.run.waveforms.push_back(std::move(waveform));
      }
    }
    {
      const std::lock_guard lock(said_mutex_);
      request.run.said.assign(said_.begin(), said_.end());
    }
    if (!exited_) {
      command("destroy all");
      // A circuit that failed is not known well enough to be used again.
      const bool whole =
          request.analyses && request.run.waveforms.size() == request.analyses->size();
      if (current && (!keep || !whole)) forget(*current);
      // ngspice keeps every command as part of a script that might loop; this lets go of them.
      symbols_.command(nullptr);
    }
    if (exited_) {
      // It would read the same deck again and again.
      forget_all();
      close();
      if (!open()) give_up("can not be started again after an error it calls fatal");
    }
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
    // Takes up to a second and then gives up: an operating point is found, or given up by ngspice,
    // before it looks. Nothing else ends a thread; callers do not wait for it.
    while (command("bg_halt") != 0) {
    }
    // It does not join: the thread may still be in code that the next close() takes away.
    const auto patience = Clock::now() + kPatience;
    while (background_thread_ != 0 &&
           syscall(SYS_tgkill, getpid(), background_thread_.load(), 0) == 0) {
      if (Clock::now() > patience) give_up("does not end a thread of its own");
      std::this_thread::sleep_for(std::chrono::microseconds(5));
    }
    background_thread_ = 0;
    return complete;
  }

  std::set<std::string> plots() const {
    std::set<std::string> names;
    char** all = symbols_.plots();
    for (int i = 0; all != nullptr && all[i] != nullptr; ++i) names.insert(all[i]);
    return names;
  }

  /// Values of `plot.name`, or none.
  std::vector<std::complex<double>> values(const std::string& plot, const std::string& name) const {
    std::string full = plot + "." + name;
    const vector_info* found = symbols_.vector(full.data());
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
  std::vector<std::complex<double>> output(const std::string& plot, const std::string& name) const {
    const std::size_t comma = name.find(',');
    const std::size_t open = name.find('('), close = name.rfind(')');
    if (comma == std::string::npos || open == std::string::npos || close < comma || comma < open) {
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

  Waveform collect(const LibraryAnalysis& analysis, std::set<std::string>& known) const {
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
      for (const std::string& name : analysis.outputs)
        add(lower_case(name), output(plot, lower_case(name)));
    }
    for (const char* scale :
         {"frequency", "time", "v-sweep", "i-sweep", "res-sweep", "temp-sweep"}) {
      if (analysis.kind == "op") break;
      const auto x = values(plot, scale);
      if (x.empty()) continue;
      // As in a raw file, where the name of a voltage or current says so.
      const std::string plain = scale;
      waveform.x_name =
          plain == "v-sweep" || plain == "i-sweep" ? plain.substr(0, 1) + "(" + plain + ")" : plain;
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
    // "stdout " or "stderr " stands before each line.
    const std::string_view all = text == nullptr ? "" : text;
    const std::string_view line = all.substr(std::min<std::size_t>(all.size(), 7));
    if (self.listing_ != nullptr && all.rfind("stdout", 0) == 0) {
      if (self.listing_->size() < kMostListing) self.listing_->emplace_back(line);
      return 0;
    }
    if (self.said_.size() >= kMostLines) self.said_.pop_front();
    self.said_.emplace_back(line.substr(0, 500));
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
      (*driver_).background_thread_ = static_cast<int>(syscall(SYS_gettid));
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
  bool answered_ = false;
  std::optional<Error> problem_;
  std::shared_ptr<Request> request_;  ///< Being served.
  bool quit_ = false;
  bool stop_ = false;
  bool background_done_ = false;
  Clock::time_point stopped_{};

  std::atomic<bool> exited_ = false;  ///< ngspice met an error after which it would have exited.
  std::atomic<int> background_thread_ = 0;  ///< The last one's id.
  void* handle_ = nullptr;
  Symbols symbols_;
  std::deque<Kept> kept_;  ///< What ngspice has loaded, in its order: the newest first.
  std::uint64_t requests_ = 0;
  bool own_folder_ = false;
  /// ngspice's callbacks go to whoever drives it.
  static inline std::atomic<Thread*> driver_ = nullptr;
  std::mutex said_mutex_;
  std::deque<std::string> said_;
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
  PTAH_TRY(library->thread_->started());
  present = library;
  return library;
}

Result<LibraryRun> NgspiceLibrary::run(const std::vector<std::string>& deck,
                                       const std::vector<LibraryAnalysis>& analyses, double wall_s,
                                       JobContext& job) {
  const auto request = std::make_shared<Request>();
  request->deck = deck;
  request->analyses = analyses;
  PTAH_TRY(thread_->execute(request, wall_s, job));
  return std::move(request->run);
}

Result<LibraryRun> NgspiceLibrary::run(std::uint64_t owner, const LibraryCircuit& circuit,
                                       const std::vector<LibraryAnalysis>& analyses, double wall_s,
                                       JobContext& job) {
  const auto request = std::make_shared<Request>();
  request->deck = circuit.deck;
  request->keep = true;
  request->values = circuit.values;
  request->settled = circuit.settled;
  request->owner = owner;
  request->analyses = analyses;
  PTAH_TRY(thread_->execute(request, wall_s, job));
  return std::move(request->run);
}

std::uint64_t NgspiceLibrary::new_owner() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

Result<std::map<std::string, double>> NgspiceLibrary::operating_point(
    const std::vector<std::string>& deck, double wall_s, JobContext& job) {
  const auto request = std::make_shared<Request>();
  request->deck = deck;
  request->settle = true;
  PTAH_TRY(thread_->execute(request, wall_s, job));
  return std::move(request->voltages);
}

Result<std::vector<std::string>> NgspiceLibrary::expanded(const std::vector<std::string>& deck,
                                                          double wall_s, JobContext& job) {
  const auto request = std::make_shared<Request>();
  request->deck = deck;
  request->list = true;
  PTAH_TRY(thread_->execute(request, wall_s, job));
  return std::move(request->listing);
}

}  // namespace ptah
