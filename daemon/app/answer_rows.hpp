/// Answers that list rows: as many as fit into a line.
#pragma once

#include <cstddef>
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

}  // namespace ptah
