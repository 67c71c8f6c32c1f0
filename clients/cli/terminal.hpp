/// What people see: tables, a progress bar, sizes. Only PrintableStream and ProgressBar write.
#pragma once

#include <chrono>
#include <ostream>
#include <streambuf>
#include <string>
#include <vector>

namespace ptah::cli {

/// While it lives, everything that is written to `stream` passes `printable`: names in a GDS file,
/// words of the daemon or of a tool move no cursor and set no title.
class PrintableStream final : private std::streambuf {
 public:
  explicit PrintableStream(std::ostream& stream);
  ~PrintableStream() override;
  PrintableStream(const PrintableStream&) = delete;
  PrintableStream& operator=(const PrintableStream&) = delete;

 private:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;

  std::ostream& stream_;
  std::streambuf* terminal_;
  std::string waiting_;  ///< Whole lines go on at once: a character in two writes stays one.
};

class Table {
 public:
  enum class Align { kLeft, kRight };
  /// One alignment a column; headers may be empty.
  Table(std::vector<std::string> headers, std::vector<Align> aligns);
  void add(std::vector<std::string> row);
  bool empty() const noexcept { return rows_.empty(); }
  std::string text() const;

 private:
  std::vector<std::string> headers_;
  std::vector<Align> aligns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Fixed digits: number(1.5, 2) is "1.50".
std::string number(double value, int digits);
/// As many digits as it needs, at most six: "0.00414812", "-107.7".
std::string plain(double value);
/// Four significant digits with a unit prefix: "57.8 mV".
std::string engineering(double value, const std::string& unit);
/// The values as a line of bars, at most `width` wide: the least is the lowest bar, several values
/// that share one are its mean.
std::string sparkline(const std::vector<double>& values, std::size_t width);

/// "1 min 12 s"
std::string duration(double seconds);

/// One line on standard error, redrawn in place; silent where that is no terminal.
class ProgressBar {
 public:
  explicit ProgressBar(bool enabled);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void update(double fraction, const std::string& message);
  /// Takes the line away, so that something else can be printed.
  void clear();

 private:
  bool enabled_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace ptah::cli
