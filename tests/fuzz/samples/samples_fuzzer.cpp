/// A dataset's file of any arrays: an error that names the file, or rows whose values are what the
/// format allows, and that are the same after they were written and read again.
///
/// An input is JSON, {"about": ..., "arrays": {name: {"type", "shape", "values"}}}, of which the
/// HDF5 file is made here: the bytes of such a file would try libhdf5, which breaks on some
/// (samples/guarded_read.hpp), instead of what is ours.
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "samples/hdf5.hpp"
#include "samples/sample_file.hpp"

namespace {

using ptah::Json;
using ptah::Samples;
namespace hdf5 = ptah::hdf5;

constexpr std::uint64_t kMostValues = 100'000;  // some pictures

void require(bool condition) {
  if (!condition) std::abort();
}

template <class T>
void put(hdf5::Writer& writer, const std::string& name, const Json& array) {
  hdf5::Shape shape;
  std::uint64_t count = 1;
  for (const Json& size : array.value("shape", Json::array())) {
    if (!size.is_number_unsigned() || size.get<std::uint64_t>() > kMostValues) return;
    shape.push_back(size.get<std::uint64_t>());
    count *= shape.back();
    if (count > kMostValues) return;
  }
  std::vector<T> values;
  for (const Json& value : array.value("values", Json::array()))
    values.push_back(value.is_number() ? static_cast<T>(std::fmod(value.get<double>(), 1e9)) : T{});
  if (values.empty()) values.push_back(T{});
  const std::size_t given = values.size();
  while (values.size() < count) values.push_back(values[values.size() % given]);
  values.resize(count);
  (void)writer.put(name, values, shape);
}

bool write_file(const Json& json, const std::filesystem::path& file) {
  auto writer = hdf5::Writer::create(file);
  if (!writer) return false;
  if (json.contains("about")) (void)writer.value().put_text("about", json["about"].dump());
  const Json arrays = json.value("arrays", Json::object());
  if (!arrays.is_object()) return false;
  std::set<std::string> groups;
  for (const auto& [name, array] : arrays.items()) {
    const std::size_t slash = name.find('/');
    if (name.empty() || slash == 0 || slash + 1 == name.size() ||
        (slash != name.npos && name.find('/', slash + 1) != name.npos) ||
        name.find('.') != name.npos || name.find('\0') != name.npos)
      continue;
    if (slash != name.npos && groups.insert(name.substr(0, slash)).second)
      (void)writer.value().put_group(name.substr(0, slash));
    if (array.is_array()) {
      std::vector<std::string> texts;
      for (const Json& text : array)
        texts.push_back(text.is_string() ? text.get<std::string>() : "");
      (void)writer.value().put_texts(name, texts);
    } else if (array.is_object() && array.value("shape", Json()).is_array() &&
               array.value("values", Json()).is_array()) {
      const Json type = array.value("type", Json());
      if (type == "u1") put<std::uint8_t>(writer.value(), name, array);
      if (type == "u4") put<std::uint32_t>(writer.value(), name, array);
      if (type == "i4") put<std::int32_t>(writer.value(), name, array);
      if (type == "u8") put<std::uint64_t>(writer.value(), name, array);
      if (type == "f4") put<float>(writer.value(), name, array);
      if (type == "f8") put<double>(writer.value(), name, array);
    }
  }
  return writer.value().close().has_value();
}

/// Of groups of pictures: an error, or as many pictures as rows.
void check_pictures(const std::filesystem::path& file) {
  const auto groups = ptah::read_picture_groups(file);
  if (!groups) return require(!groups.error().message.empty() && groups.error().where == file);
  for (const ptah::PictureGroup& group : groups.value()) {
    require(!group.name.empty() && group.about.is_object() && group.classes.size() == group.size());
    std::size_t seen = 0;
    const ptah::Status looked = ptah::read_pictures(
        file, group, [&](std::size_t at, std::span<const std::uint8_t> picture) {
          require(at == seen++ && picture.size() == ptah::PictureGroup::kBytes);
          return ptah::ok();
        });
    require(looked ? seen == group.size() : !looked.error().message.empty());
  }
}

void check(const Samples& samples) {
  require(samples.size() > 0 && samples.devices() > 0);
  std::size_t failed = 0;
  for (const auto& [kind, count] : samples.failures()) failed += static_cast<std::size_t>(count);
  require(failed <= samples.size() && samples.distinct() <= samples.size() - failed);
  for (std::size_t row = 0; row < samples.size(); ++row) {
    require(samples.clean(row) == samples.reason(row).empty());
    require(samples.placement(row, {}).tiles.size() == samples.devices());
    require(static_cast<int>(samples.split(row)) <= 2);
    for (std::size_t i = 0; i < samples.measures(); ++i) (void)samples.label(row, i);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Json json = Json::parse(data, data + size, nullptr, false);
  if (!json.is_object()) return 0;
  const auto file = std::filesystem::temp_directory_path() /
                    ("ptah-fuzz-samples-" + std::to_string(::getpid()) + ".h5");
  if (write_file(json, file)) {
    const auto read = Samples::read(file);
    check_pictures(file);
    if (read) {
      check(read.value());
      require(read.value().write(file).has_value());
      const auto again = Samples::read(file);
      require(again.has_value() && again.value().size() == read.value().size());
    } else {
      require(!read.error().message.empty() && read.error().where == file);
    }
  }
  std::filesystem::remove(file);
  return 0;
}
