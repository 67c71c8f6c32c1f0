#include "flow/dataset.hpp"

#include <charconv>
#include <cstdio>

namespace ptah {
namespace {

std::string variant_file(int variant, const char* extension) {
  char text[32];
  std::snprintf(text, sizeof text, "v%03d.%s", variant, extension);
  return text;
}

void append(std::string& text, double value) {
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  text.append(digits, end);
}

}  // namespace

DatasetPaths::DatasetPaths(std::string circuit, std::int64_t assignment,
                           std::optional<std::int64_t> home)
    : circuit_(std::move(circuit)),
      name_(circuit_ + "_" + std::to_string(assignment)),
      folder_(home ? name_ + "_from_" + std::to_string(*home) : name_) {}

std::string DatasetPaths::data(const char* kind, const std::string& file) const {
  return "data/" + circuit_ + "/" + kind + "/" + folder_ + "/" + file;
}

std::string DatasetPaths::netlist() const {
  return "netlists/" + circuit_ + "/" + folder_ + ".sp";
}
std::string DatasetPaths::pre() const {
  return data("simulations", "pre.csv");
}
std::string DatasetPaths::post(int v) const {
  return data("simulations", variant_file(v, "csv"));
}
std::string DatasetPaths::metrics(int v) const {
  return data("metrics", variant_file(v, "json"));
}
std::string DatasetPaths::layout(int v) const {
  return data("layouts", variant_file(v, "gds"));
}
std::string DatasetPaths::picture(int v) const {
  return data("layouts", variant_file(v, "png"));
}
std::string DatasetPaths::bode(int v) const {
  return data("simulations", variant_file(v, "svg"));
}
std::string DatasetPaths::metadata(int v) const {
  return data("metadata", variant_file(v, "json"));
}
std::string DatasetPaths::times(int v) const {
  return data("times", variant_file(v, "json"));
}
std::string DatasetPaths::disagreement(int v, int number, const std::string& extension) const {
  char text[48];
  std::snprintf(text, sizeof text, "v%03d_%d", v, number);
  return data("disagreements", text + extension);
}
std::string DatasetPaths::tile(const std::string& device) const {
  return data("metadata", "tiles/" + device + ".gds");
}

std::string waveform_csv(const Waveform& waveform, const std::string& output) {
  std::string text = waveform.x_name + ",real,imag\n";
  const auto* values = waveform.find(output);
  if (values == nullptr) return text;
  text.reserve(values->size() * 60);
  for (std::size_t i = 0; i < values->size(); ++i) {
    append(text, waveform.x[i]);
    text += ',';
    append(text, (*values)[i].real());
    text += ',';
    append(text, (*values)[i].imag());
    text += '\n';
  }
  return text;
}

}  // namespace ptah
