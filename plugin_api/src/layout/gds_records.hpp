/// Record and data types of the GDSII stream format (Calma, release 6.0), as far as they carry
/// geometry, and its real number format.
#pragma once

#include <cstdint>

namespace ptah::gds::detail {

enum class Record : std::uint8_t {
  kHeader = 0x00,
  kBgnLib = 0x01,
  kLibName = 0x02,
  kUnits = 0x03,
  kEndLib = 0x04,
  kBgnStr = 0x05,
  kStrName = 0x06,
  kEndStr = 0x07,
  kBoundary = 0x08,
  kPath = 0x09,
  kSref = 0x0A,
  kAref = 0x0B,
  kText = 0x0C,
  kLayer = 0x0D,
  kDatatype = 0x0E,
  kWidth = 0x0F,
  kXy = 0x10,
  kEndEl = 0x11,
  kSname = 0x12,
  kColRow = 0x13,
  kNode = 0x15,
  kTextType = 0x16,
  kPresentation = 0x17,
  kString = 0x19,
  kStrans = 0x1A,
  kMag = 0x1B,
  kAngle = 0x1C,
  kPathType = 0x21,
  kNodeType = 0x2A,
  kBox = 0x2D,
  kBoxType = 0x2E,
  kBgnExtn = 0x30,
  kEndExtn = 0x31,
};

constexpr std::uint8_t kNoData = 0, kBits = 1, kInt16 = 2, kInt32 = 3, kReal64 = 5, kAscii = 6;

/// Excess-64, base 16, 56 bits of fraction; in memory order most significant byte first.
std::uint64_t to_gds_real(double value);
double from_gds_real(std::uint64_t word);

}  // namespace ptah::gds::detail
