#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "ptah/core/printable.hpp"

namespace ptah::cli {
namespace {

/// Columns on screen: UTF-8 continuation bytes take none.
std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

}  // namespace

PrintableStream::PrintableStream(std::ostream& stream)
    : stream_(stream), terminal_(stream.rdbuf(this)) {}

PrintableStream::~PrintableStream() {
  sync();
  stream_.rdbuf(terminal_);
}

PrintableStream::int_type PrintableStream::overflow(int_type character) {
  if (traits_type::eq_int_type(character, traits_type::eof())) return 0;
  const char byte = traits_type::to_char_type(character);
  return xsputn(&byte, 1) == 1 ? character : traits_type::eof();
}

std::streamsize PrintableStream::xsputn(const char* text, std::streamsize size) {
  waiting_.append(text, static_cast<std::size_t>(size));
  const std::size_t end = waiting_.rfind('\n');
  if (end == std::string::npos) return size;
  const std::string shown = printable(std::string_view(waiting_).substr(0, end + 1));
  waiting_.erase(0, end + 1);
  const auto length = static_cast<std::streamsize>(shown.size());
  return terminal_->sputn(shown.data(), length) == length ? size : 0;
}

int PrintableStream::sync() {
  const std::string shown = printable(waiting_);
  waiting_.clear();
  const auto length = static_cast<std::streamsize>(shown.size());
  return terminal_->sputn(shown.data(), length) == length ? terminal_->pubsync() : -1;
}

Table::Table(std::vector<std::string> headers, std::vector<Align> aligns)
    : headers_(std::move(headers)), aligns_(std::move(aligns)) {
  aligns_.resize(headers_.size(), Align::kLeft);
}

void Table::add(std::vector<std::string> row) {
  row.resize(headers_.size());
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const auto& header : headers_) widths.push_back(columns(header));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  std::string text;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string row;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - columns(cells[i]), ' ');
      if (i > 0) row += "  ";
      row += aligns_[i] == Align::kRight ? padding + cells[i] : cells[i] + padding;
    }
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + "\n";
  };
  line(headers_);
  std::vector<std::string> rule;
  for (std::size_t width : widths) rule.emplace_back(width, '-');
  line(rule);
  for (const auto& row : rows_) line(row);
  return text;
}

std::string number(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string plain(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string engineering(double value, const std::string& unit) {
  static constexpr std::array<const char*, 9> kPrefixes{"f", "p", "n", "u", "m", "", "k", "M", "G"};
  int index = 5;
  double scaled = value;
  while (std::abs(scaled) >= 1000 && index < 8) scaled /= 1000, ++index;
  while (scaled != 0 && std::abs(scaled) < 1 && index > 0) scaled *= 1000, --index;
  char text[64];
  std::snprintf(text, sizeof text, "%.4g %s%s", scaled, kPrefixes[static_cast<std::size_t>(index)],
                unit.c_str());
  return text;
}

std::string sparkline(const std::vector<double>& values, std::size_t width) {
  static constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (values.empty()) return "";
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double span = *high - *low;
  std::string line;
  const std::size_t columns = std::min(width, values.size());
  for (std::size_t column = 0; column < columns; ++column) {
    // The mean of the values that share a column.
    const std::size_t begin = column * values.size() / columns;
    const std::size_t end = (column + 1) * values.size() / columns;
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i) sum += values[i] / static_cast<double>(end - begin);
    const double share = span > 0 ? (sum - *low) / span : 0.5;
    line += kBars[std::clamp(static_cast<int>(share * 8), 0, 7)];
  }
  return line;
}

std::string duration(double seconds) {
  if (seconds < 60) return number(seconds, seconds < 10 ? 2 : 1) + " s";
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

ProgressBar::ProgressBar(bool enabled) : enabled_(enabled && ::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  clear();
}

void ProgressBar::update(double fraction, const std::string& message) {
  if (!enabled_) return;
  fraction = std::clamp(fraction, 0.0, 1.0);
  constexpr int kBarWidth = 24;
  const int filled = static_cast<int>(fraction * kBarWidth);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < filled ? "█" : "░";
  const double elapsed =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  std::string tail = " " + number(fraction * 100, 0) + " %";
  if (fraction > 0.02 && fraction < 1)
    tail += ", " + duration(elapsed / fraction - elapsed) + " left";
  std::string shown = printable(message);
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  tail += "  " + shown;
  std::size_t room = terminal_width() - kBarWidth - 2;
  if (tail.size() > room) {
    while (room > 0 && (tail[room] & 0xC0) == 0x80) --room;  // Not within a character.
    tail.resize(room);
  }
  std::fprintf(stderr, "\r\033[K%s%s", bar.c_str(), tail.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressBar::clear() {
  if (!drawn_) return;
  std::fprintf(stderr, "\r\033[K");
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace ptah::cli
