/// The door to HDF5: Debian's libhdf5 brings libcurl and some twenty libraries more, of which a
/// worker that touches no dataset has none (ptah/core/delayed_library.hpp).
#pragma once

#include "ptah/core/delayed_library.hpp"
#include "samples/sample_file.hpp"

namespace ptah {

/// What libptah_samples.so exports as `ptah_samples`; as what sample_file.hpp declares.
struct SampleFileIo {
  DelayedLibraryHead head;
  /// `group` and `paint`: both or none.
  Status (*write)(const Samples& samples, const std::filesystem::path& file,
                  const PictureGroup* group, const PaintPicture* paint) noexcept;
  Result<Samples> (*read)(const std::filesystem::path& file) noexcept;
  Result<Samples> (*read_bytes)(std::string_view bytes, const std::string& name) noexcept;
  Result<std::vector<PictureGroup>> (*read_groups)(const std::filesystem::path& file) noexcept;
  Status (*read_pictures)(const std::filesystem::path& file, const PictureGroup& group,
                          const LookAtPicture& look) noexcept;
};

/// Opened with the first call; fails as `open_delayed`. [any thread]
Result<const SampleFileIo*> sample_file_io();

}  // namespace ptah
