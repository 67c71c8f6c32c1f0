/// Answers that list rows: as many as fit into a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rpc/fields.hpp"
#include "rpc/message.hpp"

namespace ptah {

/// Adds a row to an answer: at least one, and no more than fit into a line. False when it is full.
template <class Info>
bool add_row(std::vector<Info>& rows, std::size_t& bytes, Info info) {
  bytes += rpc::dump(rpc::write_value(info)).size() + 1;
  if (bytes > rpc::kMaxAnswer && !rows.empty()) return false;
  rows.push_back(std::move(info));
  return true;
}

/// Moves what `info_of` makes of `found` into `into`, up to `limit` and as far as it fits into a
/// line; `found` has one more where there is more. Then it gives back the cursor "name@3" for the
/// next call.
template <class Row, class Info, class InfoOf>
std::optional<std::string> add_versions(const std::vector<Row>& found, std::int64_t limit,
                                        std::vector<Info>& into, InfoOf info_of) {
  std::size_t bytes = 0;
  for (const Row& row : found) {
    if (static_cast<std::int64_t>(into.size()) == limit || !add_row(into, bytes, info_of(row))) {
      return into.back().name + "@" + std::to_string(into.back().version);
    }
  }
  return std::nullopt;
}

}  // namespace ptah
